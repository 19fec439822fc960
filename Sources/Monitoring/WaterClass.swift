// WaterClass.swift: classes of surface water (GB 3838-2002, I to V and worse) and of treated waste water (GB 18918-2002, 1A and 1B), both by the
// worst item. `data/monitoring/water-limits.csv` has the same numbers; a test compares the two.

/// A class of surface water, best first.
public enum SurfaceWaterClass: Int, Sendable, Comparable, CaseIterable {
    case one = 1
    case two, three, four, five, inferiorFive

    public var name: String {
        switch self {
        case .one: "I"
        case .two: "II"
        case .three: "III"
        case .four: "IV"
        case .five: "V"
        case .inferiorFive: "inferior V"
        }
    }

    public var nameZH: String {
        switch self {
        case .one: "Ⅰ类"
        case .two: "Ⅱ类"
        case .three: "Ⅲ类"
        case .four: "Ⅳ类"
        case .five: "Ⅴ类"
        case .inferiorFive: "劣Ⅴ类"
        }
    }

    public static func < (a: SurfaceWaterClass, b: SurfaceWaterClass) -> Bool { a.rawValue < b.rawValue }
}

/// What water the limits are for: phosphorus and nitrogen differ.
public enum WaterBody: String, Sendable, CaseIterable {
    case river, lake
}

/// The class of a surface water with what it follows from.
public struct SurfaceWater: Hashable, Sendable {
    /// One item and its class.
    public struct Part: Hashable, Sendable {
        public var pollutant: Pollutant
        public var value: Quantity
        public var waterClass: SurfaceWaterClass
    }

    public var parts: [Part] = []

    /// The class of the worst item; nil when no item of the standard was measured.
    public var waterClass: SurfaceWaterClass? { parts.map(\.waterClass).max() }
    /// The items that decide.
    public var worst: [Pollutant] { parts.filter { $0.waterClass == waterClass }.map(\.pollutant) }

    /// - Parameter values: in mg/L, pH without a unit. Items that the table does not have (temperature, conductivity) take no part.
    public init(_ values: [(pollutant: Pollutant, value: Quantity)], in body: WaterBody = .river) {
        for (pollutant, value) in values {
            guard let waterClass = SurfaceWater.waterClass(of: pollutant, value, in: body) else { continue }
            parts.append(Part(pollutant: pollutant, value: value, waterClass: waterClass))
        }
    }

    /// The class that one item alone would give.
    static func waterClass(of pollutant: Pollutant, _ value: Quantity, in body: WaterBody) -> SurfaceWaterClass? {
        // One range for all classes.
        if pollutant == .pH { return value >= 6 && value <= 9 ? .one : .inferiorFive }
        guard let limits = limits(of: pollutant, in: body) else { return nil }
        for (waterClass, limit) in zip(SurfaceWaterClass.allCases, limits) {
            if pollutant == .dissolvedOxygen ? value.millionths >= limit : value.millionths <= limit { return waterClass }
        }
        return .inferiorFive
    }

    /// Limits of the classes I to V in 10⁻⁶ mg/L: largest values, of dissolved oxygen smallest ones. Total nitrogen is a
    /// limit of lakes only.
    static func limits(of pollutant: Pollutant, in body: WaterBody) -> [Int64]? {
        switch (pollutant, body) {
        case (.dissolvedOxygen, _): [7_500_000, 6_000_000, 5_000_000, 3_000_000, 2_000_000]
        case (.permanganateIndex, _): [2_000_000, 4_000_000, 6_000_000, 10_000_000, 15_000_000]
        case (.cod, _): [15_000_000, 15_000_000, 20_000_000, 30_000_000, 40_000_000]
        case (.bod5, _): [3_000_000, 3_000_000, 4_000_000, 6_000_000, 10_000_000]
        case (.ammoniaNitrogen, _): [150_000, 500_000, 1_000_000, 1_500_000, 2_000_000]
        case (.totalPhosphorus, .river): [20_000, 100_000, 200_000, 300_000, 400_000]
        case (.totalPhosphorus, .lake): [10_000, 25_000, 50_000, 100_000, 200_000]
        case (.totalNitrogen, .lake): [200_000, 500_000, 1_000_000, 1_500_000, 2_000_000]
        case (.copper, _): [10_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000]
        case (.zinc, _): [50_000, 1_000_000, 1_000_000, 2_000_000, 2_000_000]
        default: nil
        }
    }
}

/// The class of treated waste water of town plants.
public enum DischargeClass: Int, Sendable, Comparable, CaseIterable {
    case oneA = 1
    case oneB, belowOneB

    public var name: String {
        switch self {
        case .oneA: "1A"
        case .oneB: "1B"
        case .belowOneB: "below 1B"
        }
    }

    public static func < (a: DischargeClass, b: DischargeClass) -> Bool { a.rawValue < b.rawValue }
}

/// What the limits of GB 18918-2002 depend on.
public struct DischargeConditions: Hashable, Sendable {
    /// Degrees Celsius; ammonia has a wider limit at 12 or below. Nil: not known, the narrower limit holds.
    public var waterTemperature: Quantity?
    /// Whether the plant was built from 2006 on; the table at hand has the limit of phosphorus for those only.
    public var isBuiltFrom2006: Bool

    public init(waterTemperature: Quantity? = nil, isBuiltFrom2006: Bool = true) {
        self.waterTemperature = waterTemperature
        self.isBuiltFrom2006 = isBuiltFrom2006
    }
}

extension DischargeClass {
    /// The class by the worst item; nil when no item of the standard was measured.
    ///
    /// - Parameter values: in mg/L.
    public static func of(
        _ values: [(pollutant: Pollutant, value: Quantity)], _ conditions: DischargeConditions = DischargeConditions()
    ) -> DischargeClass? {
        values.compactMap { pollutant, value -> DischargeClass? in
            guard let limits = limits(of: pollutant, conditions) else { return nil }
            if value.millionths <= limits.oneA { return .oneA }
            return value.millionths <= limits.oneB ? .oneB : .belowOneB
        }.max()
    }

    /// In 10⁻⁶ mg/L.
    static func limits(of pollutant: Pollutant, _ conditions: DischargeConditions) -> (oneA: Int64, oneB: Int64)? {
        switch pollutant {
        case .cod: (50_000_000, 60_000_000)
        case .bod5: (10_000_000, 20_000_000)
        case .suspendedSolids: (10_000_000, 20_000_000)
        case .totalNitrogen: (15_000_000, 20_000_000)
        case .ammoniaNitrogen:
            conditions.waterTemperature.map { $0 <= 12 } ?? false ? (8_000_000, 15_000_000) : (5_000_000, 8_000_000)
        case .totalPhosphorus: conditions.isBuiltFrom2006 ? (500_000, 1_000_000) : nil
        default: nil
        }
    }
}
