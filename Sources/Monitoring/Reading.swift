// Reading.swift: one hourly reading, the limit it is held against, and what follows: the exceedance multiple, value ÷ limit − 1.

/// Why a reading is not to be held against anyone. Flagged readings are kept and shown and never count as an exceedance.
public enum ReadingFlag: UInt8, Sendable, CaseIterable {
    // The raw values are stored: never change one, two bits at most.
    case none = 0
    case outage, calibration, maintenance

    /// As in the HTTP interface and in files.
    public var name: String {
        switch self {
        case .none: "none"
        case .outage: "outage"
        case .calibration: "calibration"
        case .maintenance: "maintenance"
        }
    }

    /// By name; an empty text is none.
    public init?(_ name: String) {
        guard !name.isEmpty else {
            self = .none
            return
        }
        guard let flag = ReadingFlag.allCases.first(where: { $0.name == name }) else { return nil }
        self = flag
    }
}

/// What one hour of one item says.
public struct Reading: Hashable, Sendable {
    /// Nil only with a flag: an instrument that is down measures nothing.
    public var value: Quantity?
    public var flag: ReadingFlag

    public init(value: Quantity?, flag: ReadingFlag = .none) {
        self.value = value
        self.flag = flag
    }

    /// Whether it may be held against a limit.
    public var counts: Bool { flag == .none && value != nil }
}

/// What a permit allows: a largest value, and for pH a smallest one as well. Values on the limit comply.
public struct PermitLimit: Hashable, Sendable {
    public var lower: Quantity?
    public var upper: Quantity?

    public init(lower: Quantity? = nil, upper: Quantity? = nil) {
        self.lower = lower
        self.upper = upper
    }

    /// How a reading breaks the limit; nil: it does not, or it is flagged.
    public func exceedance(of reading: Reading) -> Exceedance? {
        guard reading.counts, let value = reading.value else { return nil }
        if let upper, value > upper {
            // Two-sided limits have no multiple: pH 10 against 9 is not "0.11 times over".
            guard lower == nil, upper.millionths > 0 else { return Exceedance(multiple: nil, side: .above) }
            return Exceedance(multiple: Double(value.millionths - upper.millionths) / Double(upper.millionths), side: .above)
        }
        if let lower, value < lower { return Exceedance(multiple: nil, side: .below) }
        return nil
    }
}

/// A reading beyond its limit.
public struct Exceedance: Hashable, Sendable {
    public enum Side: String, Sendable {
        case above, below
    }

    /// value ÷ limit − 1, over 0; nil for two-sided limits and for a limit of 0.
    public var multiple: Double?
    public var side: Side

    public init(multiple: Double?, side: Side) {
        self.multiple = multiple
        self.side = side
    }
}

/// The rule for "exceeding now" (BlueAtlas's own, to be shown to users as such): the last reading that is not flagged, of the current hour or
/// the `hours` − 1 before it, exceeds the limit of its day. Without such a reading nothing is known, so nobody is exceeding.
public enum ExceedingNow {
    /// How many hours count as now.
    public static let hours = 3

    /// The oldest hour that counts.
    public static func oldest(at now: Hour) -> Hour { now.adding(1 - hours) }

    /// The exceedance of the reading that decides, and its hour.
    ///
    /// - Parameter readings: the hours from `oldest(at: now)` on, in any order.
    public static func judge(
        _ readings: some Sequence<(hour: Hour, reading: Reading)>, now: Hour, limit: (Hour) -> PermitLimit?
    ) -> (hour: Hour, exceedance: Exceedance)? {
        var latest: (hour: Hour, reading: Reading)?
        for item in readings where item.reading.counts && item.hour >= oldest(at: now) && item.hour <= now {
            if let known = latest, known.hour >= item.hour { continue }
            latest = item
        }
        guard let latest, let exceedance = limit(latest.hour)?.exceedance(of: latest.reading) else { return nil }
        return (latest.hour, exceedance)
    }
}
