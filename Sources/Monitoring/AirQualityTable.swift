// AirQualityTable.swift: the breakpoints of HJ 633-2012 and the sub-index between them. Everything is counted in whole numbers: a mean is a
// sum and a count, and rounding up is a division of integers, so 75 µg/m³ of PM2.5 is exactly 100 and never 101.
// `data/monitoring/aqi-breakpoints-hj633-2012.csv` has the same numbers; a test compares the two.

/// The six items of the air quality index.
public enum AirItem: String, Sendable, CaseIterable {
    case so2 = "SO2"
    case no2 = "NO2"
    case pm10 = "PM10"
    case pm25 = "PM2.5"
    case co = "CO"
    case o3 = "O3"

    public var pollutant: Pollutant {
        switch self {
        case .so2: .so2
        case .no2: .no2
        case .pm10: .pm10
        case .pm25: .pm25
        case .co: .co
        case .o3: .o3
        }
    }

    /// The unit of the breakpoints: mg/m³ for CO, µg/m³ for all others.
    public var unit: MeasuringUnit { self == .co ? .milligramPerCubicMetre : .microgramPerCubicMetre }
}

/// Over how long a concentration is averaged.
public enum Averaging: String, Sendable, CaseIterable {
    case hour = "1h"
    case eightHours = "8h"
    case day = "24h"

    public var hours: Int {
        switch self {
        case .hour: 1
        case .eightHours: 8
        case .day: 24
        }
    }

    /// How many hours of a mean must be there (GB 3095-2012, table 4, read in public sources): 6 of 8, 20 of 24.
    public var hoursNeeded: Int {
        switch self {
        case .hour: 1
        case .eightHours: 6
        case .day: 20
        }
    }
}

/// A mean of hourly concentrations, exact: sum and count.
public struct MeanConcentration: Hashable, Sendable {
    /// Sum of the values in the unit of the breakpoints, times 10⁶.
    public var sumMillionths: Int64
    public var count: Int

    /// - Parameter count: 1 to 24.
    public init(sumMillionths: Int64, count: Int) {
        self.sumMillionths = sumMillionths
        self.count = count
    }

    public init(_ value: Quantity) { self.init(sumMillionths: value.millionths, count: 1) }

    public var double: Double { Double(sumMillionths) / Double(count) / 1e6 }
}

/// The index of one item.
public struct SubIndex: Hashable, Sendable {
    /// 0 to 500, rounded up.
    public var value: Int
    /// The concentration is above the last breakpoint: the index is 500 and says no more.
    public var isBeyond: Bool
}

public enum AirQualityTable {
    /// The values of the sub-index at the breakpoints.
    static let indices = [0, 50, 100, 150, 200, 300, 400, 500]

    /// Upper ends of the intervals, in whole units: interval i is (i, i + 1]. Tables that end early go on by another average.
    static func breakpoints(_ item: AirItem, _ averaging: Averaging) -> [Int64]? {
        switch (item, averaging) {
        case (.so2, .day): [0, 50, 150, 475, 800, 1600, 2100, 2620]
        case (.so2, .hour): [0, 150, 500, 650, 800]
        case (.no2, .day): [0, 40, 80, 180, 280, 565, 750, 940]
        case (.no2, .hour): [0, 100, 200, 700, 1200, 2340, 3090, 3840]
        case (.pm10, .day): [0, 50, 150, 250, 350, 420, 500, 600]
        case (.pm25, .day): [0, 35, 75, 115, 150, 250, 350, 500]
        case (.co, .day): [0, 2, 4, 14, 24, 36, 48, 60]
        case (.co, .hour): [0, 5, 10, 35, 60, 90, 120, 150]
        case (.o3, .hour): [0, 160, 200, 300, 400, 800, 1000, 1200]
        case (.o3, .eightHours): [0, 100, 160, 215, 265, 800]
        default: nil
        }
    }

    /// The sub-index of a concentration: linear between the breakpoints around it, rounded up.
    ///
    /// - Returns: nil where the standard has no table for this average; where the value is negative or no mean; and above the end of a table that
    ///   another average continues: SO2 over 1 hour above 800 (use 24 hours), O3 over 8 hours above 800 (use 1 hour).
    public static func subIndex(_ item: AirItem, _ averaging: Averaging, _ mean: MeanConcentration) -> SubIndex? {
        guard let points = breakpoints(item, averaging), let last = points.last, (1...24).contains(mean.count), mean.sumMillionths >= 0
        else { return nil }
        let count = Int64(mean.count)
        // sum ≤ breakpoint × count, both times 10⁶: no division, no rounding.
        func reaches(_ point: Int64) -> Bool { mean.sumMillionths <= point * 1_000_000 * count }
        guard reaches(last) else { return points.count == indices.count ? SubIndex(value: 500, isBeyond: true) : nil }
        guard let upper = points.indices.dropFirst().first(where: { reaches(points[$0]) }) else { return nil }
        let (low, high) = (points[upper - 1], points[upper])
        let rise = Int64(indices[upper] - indices[upper - 1])
        let above = mean.sumMillionths - low * 1_000_000 * count
        let width = (high - low) * 1_000_000 * count
        let (quotient, remainder) = (rise * above).quotientAndRemainder(dividingBy: width)
        return SubIndex(value: indices[upper - 1] + Int(quotient) + (remainder > 0 ? 1 : 0), isBeyond: false)
    }
}

/// The grades of the index.
public enum AirGrade: Int, Sendable, CaseIterable {
    case excellent = 1
    case good, light, moderate, heavy, severe

    /// - Parameter index: 0 or more.
    public init(index: Int) {
        switch index {
        case ...50: self = .excellent
        case ...100: self = .good
        case ...150: self = .light
        case ...200: self = .moderate
        case ...300: self = .heavy
        default: self = .severe
        }
    }

    public var name: String {
        switch self {
        case .excellent: "excellent"
        case .good: "good"
        case .light: "light"
        case .moderate: "moderate"
        case .heavy: "heavy"
        case .severe: "severe"
        }
    }

    public var nameZH: String {
        switch self {
        case .excellent: "优"
        case .good: "良"
        case .light: "轻度污染"
        case .moderate: "中度污染"
        case .heavy: "重度污染"
        case .severe: "严重污染"
        }
    }
}
