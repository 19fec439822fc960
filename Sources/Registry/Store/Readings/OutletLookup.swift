// OutletLookup.swift: outlets and their channels as a batch of readings meets them: each is read once.

import GRDB
import Monitoring

/// An outlet with what it reports.
final class OutletEntry {
    let pk: Int64
    let id: String
    /// Nil for a station.
    let factoryPK: Int64?
    /// Its readings are kept, for the factory may come back, but nothing is shown of them and none are added.
    let isFactoryRemoved: Bool
    let kind: OutletKind
    var channels: [Pollutant: ChannelEntry] = [:]

    init(pk: Int64, id: String, factoryPK: Int64?, isFactoryRemoved: Bool, kind: OutletKind) {
        self.pk = pk
        self.id = id
        self.factoryPK = factoryPK
        self.isFactoryRemoved = isFactoryRemoved
        self.kind = kind
    }
}

/// One item of an outlet.
final class ChannelEntry {
    let pk: Int64
    let pollutant: Pollutant
    let unit: MeasuringUnit
    let limits: [LimitDraft]

    init(pk: Int64, pollutant: Pollutant, unit: MeasuringUnit, limits: [LimitDraft]) {
        self.pk = pk
        self.pollutant = pollutant
        self.unit = unit
        self.limits = limits
    }
}

/// Reads outlets by id within one transaction.
final class OutletLookup {
    private let path: String
    private let byID: RawStatement
    private let channels: RawStatement
    private let limits: RawStatement
    private var known: [String: OutletEntry?] = [:]
    private var last: OutletEntry?

    init(_ db: Database, path: String) throws(RegistryError) {
        self.path = path
        byID = try RawStatement(
            db, path: path,
            sql: """
                SELECT outlets.pk, factory_pk, kind, factories.removed_seq IS NOT NULL
                FROM outlets LEFT JOIN factories ON factories.pk = outlets.factory_pk WHERE outlets.id = ?1
                """)
        channels = try RawStatement(db, path: path, sql: "SELECT pk, pollutant, unit FROM channels WHERE outlet_pk = ?1")
        limits = try RawStatement(
            db, path: path, sql: "SELECT from_day, until_day, lower, upper FROM limits WHERE channel_pk = ?1 ORDER BY from_day")
    }

    /// The outlet with an id; nil when there is none.
    func outlet(_ id: String) throws(RegistryError) -> OutletEntry? {
        if let last, last.id == id { return last }
        if let entry = known[id] {
            last = entry
            return entry
        }
        let entry = try read(id)
        known[id] = entry
        last = entry
        return entry
    }

    /// What an outlet reports, as everyone may see it; nil when it does not, or when its factory has been removed.
    func shownChannel(_ outletID: String, _ pollutant: Pollutant) throws(RegistryError) -> ChannelEntry? {
        guard let outlet = try outlet(outletID), !outlet.isFactoryRemoved else { return nil }
        return outlet.channels[pollutant]
    }

    func forget(_ id: String) {
        known[id] = nil
        last = nil
    }

    private func read(_ id: String) throws(RegistryError) -> OutletEntry? {
        byID.bind(1, id)
        defer { byID.reset() }
        guard try byID.step() else { return nil }
        guard let kind = OutletKind(rawValue: UInt8(truncatingIfNeeded: byID.int(2))) else {
            throw .damaged(path: path, detail: "outlet \(id) has a kind unknown here")
        }
        let entry = OutletEntry(
            pk: byID.int(0), id: id, factoryPK: byID.optionalInt(1), isFactoryRemoved: byID.int(3) != 0, kind: kind)
        channels.bind(1, entry.pk)
        defer { channels.reset() }
        while try channels.step() {
            let (pollutant, unit) = try channels.item(1, path: path)
            let pk = channels.int(0)
            entry.channels[pollutant] = ChannelEntry(pk: pk, pollutant: pollutant, unit: unit, limits: try readLimits(pk))
        }
        return entry
    }

    func readLimits(_ channel: Int64) throws(RegistryError) -> [LimitDraft] {
        limits.bind(1, channel)
        defer { limits.reset() }
        var drafts: [LimitDraft] = []
        while try limits.step() { drafts.append(limits.limit(0)) }
        return drafts
    }
}

extension RawStatement {
    /// From columns pollutant, unit.
    func item(_ column: Int32, path: String) throws(RegistryError) -> (Pollutant, MeasuringUnit) {
        guard let pollutant = Pollutant(rawValue: UInt8(truncatingIfNeeded: int(column))),
            let unit = MeasuringUnit(rawValue: UInt8(truncatingIfNeeded: int(column + 1)))
        else { throw .damaged(path: path, detail: "a channel has an item or unit unknown here") }
        return (pollutant, unit)
    }

    /// From columns from_day, until_day, lower, upper.
    func limit(_ column: Int32) -> LimitDraft {
        LimitDraft(
            PermitLimit(
                lower: optionalInt(column + 2).map { Quantity(millionths: $0) },
                upper: optionalInt(column + 3).map { Quantity(millionths: $0) }),
            from: Day(daysSince1970: Int32(truncatingIfNeeded: int(column))),
            until: optionalInt(column + 1).map { Day(daysSince1970: Int32(truncatingIfNeeded: $0)) })
    }
}
