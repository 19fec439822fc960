// ReadingWriter.swift: a batch of readings into the store. Each is checked by itself: what does not fit is refused with its field and the reason,
// the others are kept. At the end of the batch the states of the channels and factories that it touched are judged anew, and what has begun
// or ended goes into the change feed with the same transaction.

import GRDB
import Monitoring
import Synchronization

/// Which readings of one delivery have been met, over all its batches: a second one for the same outlet, item and hour with another value is
/// an error of the delivery; in a later delivery it is a correction.
public final class ReadingRun: Sendable {
    private let met = Mutex<Set<UInt64>>([])

    public init() {}

    func contains(_ key: UInt64) -> Bool { met.withLock { $0.contains(key) } }
    func insert(_ key: UInt64) { met.withLock { _ = $0.insert(key) } }

    /// A channel's number and an hour in one word: both are under 2³² for as long as it matters, and a collision only refuses a row.
    static func key(channel: Int64, hour: Hour) -> UInt64 {
        UInt64(truncatingIfNeeded: channel) << 32 | UInt64(UInt32(bitPattern: hour.number))
    }
}

extension WriteContext {
    /// Stores readings.
    ///
    /// - Parameters:
    ///   - owner: the factory whose outlets alone may be written; nil: all.
    ///   - run: the delivery that the batch belongs to.
    /// - Returns: one outcome for each, in their order.
    /// - Throws: `RegistryError`; then nothing of the batch is kept.
    ///
    /// Cost: about 10 µs each.
    public func write(
        readings: [ReadingDraft], owner: Int64? = nil, run: ReadingRun
    ) throws(RegistryError) -> [ReadingOutcome] {
        guard !readings.isEmpty else { return [] }
        let writer = try ReadingWriter(self, owner: owner)
        var outcomes: [ReadingOutcome] = []
        outcomes.reserveCapacity(readings.count)
        var counts = (accepted: 0, corrected: 0)
        for draft in readings {
            let outcome = try writer.write(draft, run: run)
            switch outcome {
            case .accepted: counts.accepted += 1
            case .corrected: counts.corrected += 1
            case .unchanged, .rejected: break
            }
            outcomes.append(outcome)
        }
        if counts.accepted + counts.corrected > 0 {
            try writer.finish(self)
            try audit(
                action: "readings.written", subject: nil, detail: "{\"accepted\":\(counts.accepted),\"corrected\":\(counts.corrected)}")
        }
        return outcomes
    }
}

private final class ReadingWriter {
    private let db: Database
    private let path: String
    private let owner: Int64?
    private let outlets: OutletLookup
    private let tables: ReadingTables
    private let judge: MonitoringJudge
    private var settings: MonitoringSettings
    /// Seconds since 1970.
    private let second: Int64
    private let latest: Hour
    private let firstDay: Int32

    init(_ context: WriteContext, owner: Int64?) throws(RegistryError) {
        db = context.db
        path = context.path
        self.owner = owner
        second = context.now / 1000
        var settings = try MonitoringSettings(db, path: path)
        latest = MonitoringSettings.latestHour(atSecond: second)
        firstDay = settings.firstDay(at: latest)
        if settings.newestHour == nil {
            // The first readings of all: what is old already goes straight into blocks.
            settings.packed = .through(settings.policy.firstHotDay(at: settings.now(atSecond: second)) - 1)
        }
        self.settings = settings
        outlets = try OutletLookup(db, path: path)
        tables = try ReadingTables(db, path: path, packed: settings.packed)
        judge = try MonitoringJudge(db, path: path)
    }

    func write(_ draft: ReadingDraft, run: ReadingRun) throws(RegistryError) -> ReadingOutcome {
        guard let outlet = try outlets.outlet(draft.outletID) else {
            return .rejected(field: "outlet", value: draft.outletID, reason: "no outlet or station has this id")
        }
        if let owner, outlet.factoryPK != owner {
            return .rejected(field: "outlet", value: draft.outletID, reason: "belongs to another factory than the key's")
        }
        if outlet.isFactoryRemoved {
            return .rejected(field: "outlet", value: draft.outletID, reason: "its factory has been removed")
        }
        guard let channel = outlet.channels[draft.pollutant] else {
            let items = outlet.channels.keys.map(\.code).sorted().joined(separator: ", ")
            return .rejected(
                field: "pollutant", value: draft.pollutant.code, reason: "outlet \(outlet.id) does not report it; it reports \(items)")
        }
        if let refusal = refusal(of: draft, channel) { return refusal }
        let key = ReadingRun.key(channel: channel.pk, hour: draft.hour)
        let put = try tables.put(draft.reading, channel: channel.pk, hour: draft.hour, arrived: second) { !run.contains(key) }
        switch put {
        case .added, .replaced: run.insert(key)
        case .unchanged:
            run.insert(key)
            return .unchanged
        case .differs(let known):
            return .rejected(
                field: "value", value: draft.reading.value?.description ?? "",
                reason:
                    "is the second of outlet \(outlet.id), \(channel.pollutant.code), \(draft.hour.iso) in this delivery; the first was "
                    + (known.value?.description ?? "empty"))
        }
        if settings.newestHour.map({ $0 < draft.hour }) ?? true { settings.newestHour = draft.hour }
        try judge.note(draft.reading, hour: draft.hour, channel: channel, of: outlet)
        if case .replaced = put { return .corrected }
        return .accepted
    }

    /// What of a reading cannot be, whatever is stored.
    private func refusal(of draft: ReadingDraft, _ channel: ChannelEntry) -> ReadingOutcome? {
        if let unit = draft.otherUnit ?? draft.unit.flatMap({ $0 == channel.unit ? nil : $0.symbol }) {
            return .rejected(
                field: "unit", value: unit,
                reason: "the outlet reports \(channel.pollutant.code) in \(channel.unit.symbol); nothing is converted here")
        }
        if draft.hour > latest {
            return .rejected(field: "hour", value: draft.hour.iso, reason: "lies in the future; it is \(latest.iso) now")
        }
        if draft.hour.day < firstDay {
            return .rejected(
                field: "hour", value: draft.hour.iso,
                reason: "is older than the hours that are kept, which begin at \(Hour(day: firstDay).iso)")
        }
        guard let value = draft.reading.value else {
            guard draft.reading.flag == .none else { return nil }
            return .rejected(field: "value", value: "", reason: "is missing; only a flagged reading may have none")
        }
        if value < 0, !channel.unit.allowsNegative {
            return .rejected(field: "value", value: value.description, reason: "is negative")
        }
        if channel.pollutant == .pH, value > 14 {
            return .rejected(field: "value", value: value.description, reason: "is no pH, which runs from 0 to 14")
        }
        return nil
    }

    func finish(_ context: WriteContext) throws(RegistryError) {
        settings.generation += 1
        try judge.finish(context, tables, now: settings.now(atSecond: second), generation: settings.generation)
        try tables.flush()
        try settings.save(db, path: path)
    }
}
