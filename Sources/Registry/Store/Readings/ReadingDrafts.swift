// ReadingDrafts.swift: outlets and readings on their way into the store, and what comes of each.

import Monitoring

/// A reading to be stored.
public struct ReadingDraft: Hashable, Sendable {
    /// Line of the source, for messages.
    public var line: Int
    public var outletID: String
    public var pollutant: Pollutant
    public var hour: Hour
    /// The unit that the reading names; nil: the outlet's.
    public var unit: MeasuringUnit?
    /// A unit that the reading names and in which no outlet reports, such as `ug/L`: only its outlet can say which one is right.
    public var otherUnit: String?
    public var reading: Reading

    public init(
        line: Int, outletID: String, pollutant: Pollutant, hour: Hour, unit: MeasuringUnit? = nil, otherUnit: String? = nil,
        reading: Reading
    ) {
        self.line = line
        self.outletID = outletID
        self.pollutant = pollutant
        self.hour = hour
        self.unit = unit
        self.otherUnit = otherUnit
        self.reading = reading
    }
}

/// What came of one reading.
public enum ReadingOutcome: Hashable, Sendable {
    case accepted
    /// Another value stood for the hour; it is kept as an earlier version.
    case corrected
    /// The same stood already.
    case unchanged
    case rejected(field: String, value: String, reason: String)
}

/// An outlet or a station to be stored, with what it reports.
public struct OutletDraft: Hashable, Sendable {
    public var line: Int
    public var id: String
    /// The factory's id; nil for a station.
    public var factoryID: String?
    public var kind: OutletKind
    public var name: String?
    /// Degrees, WGS 84: of a station.
    public var longitude: Double?
    public var latitude: Double?
    /// Of a station at a river or a lake.
    public var body: WaterBody?
    public var synthetic: Bool
    public var items: [Item]

    /// One item that it reports. Items that are stored and not named stay.
    public struct Item: Hashable, Sendable {
        public var pollutant: Pollutant
        public var unit: MeasuringUnit
        public var limits: [LimitDraft]

        public init(pollutant: Pollutant, unit: MeasuringUnit, limits: [LimitDraft] = []) {
            self.pollutant = pollutant
            self.unit = unit
            self.limits = limits
        }
    }

    public init(
        line: Int, id: String, factoryID: String?, kind: OutletKind, name: String? = nil, longitude: Double? = nil,
        latitude: Double? = nil, body: WaterBody? = nil, synthetic: Bool = false, items: [Item]
    ) {
        self.line = line
        self.id = id
        self.factoryID = factoryID
        self.kind = kind
        self.name = name
        self.longitude = longitude
        self.latitude = latitude
        self.body = body
        self.synthetic = synthetic
        self.items = items
    }
}

/// What a permit allows, and from when until when.
public struct LimitDraft: Hashable, Sendable {
    public var limit: PermitLimit
    /// The first day that it holds.
    public var from: Day
    /// The last one; nil: it has no end.
    public var until: Day?

    public init(_ limit: PermitLimit, from: Day, until: Day? = nil) {
        self.limit = limit
        self.from = from
        self.until = until
    }

    func holds(on day: Int32) -> Bool { from.daysSince1970 <= day && until.map { day <= $0.daysSince1970 } ?? true }
}

extension [LimitDraft] {
    /// The limit of a day: of those that hold the one that began last.
    func limit(on day: Int32) -> PermitLimit? {
        var latest: LimitDraft?
        for draft in self where draft.holds(on: day) && (latest.map { $0.from < draft.from } ?? true) { latest = draft }
        return latest?.limit
    }
}
