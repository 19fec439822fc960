// AirQuality.swift: the air quality index of a station, by hour and by day (HJ 633-2012): which averages take part, how many hours they
// need, which item decides.
//
// By hour: SO2, NO2, CO and O3 of the hour itself; O3 over the 8 hours that end with it; PM2.5 and PM10 over the 24 hours that end with it,
// since the standard has no table for an hour of them. SO2 above 800 µg/m³ goes by the 24 hours that end with the hour.
// By day: means of its 24 hours of SO2, NO2, CO, PM2.5 and PM10; O3 by its greatest hour and by the greatest of the 17 eight-hour means that lie
// within the day, of which 14 must be there (HJ 663-2013).

/// The index with what it follows from.
public struct AirQuality: Hashable, Sendable {
    /// One concentration and its sub-index.
    public struct Part: Hashable, Sendable {
        public var item: AirItem
        public var averaging: Averaging
        public var mean: MeanConcentration
        public var subIndex: SubIndex
    }

    /// An average that could not be taken.
    public struct Missing: Hashable, Sendable {
        public var item: AirItem
        public var averaging: Averaging
        /// Hours that are there; for the day's O3 over 8 hours, means.
        public var have: Int
        public var need: Int
    }

    public var parts: [Part] = []
    public var missing: [Missing] = []

    /// The largest sub-index; nil when nothing could be averaged.
    public var index: Int? { parts.map(\.subIndex.value).max() }
    /// A concentration lies above its last breakpoint: the index says 500 and means more.
    public var isBeyond: Bool { parts.contains { $0.subIndex.isBeyond } }
    public var grade: AirGrade? { index.map(AirGrade.init(index:)) }
    /// Whether all six items take part. If not, the index is a lower bound and must be shown as one.
    public var isComplete: Bool { Set(parts.map(\.item)).count == AirItem.allCases.count }

    /// The items that decide, when the index is over 50; several when they tie. Below, the standard names none.
    public var primary: [AirItem] {
        guard let index, index > 50 else { return [] }
        return AirItem.allCases.filter { item in parts.contains { $0.item == item && $0.subIndex.value == index } }
    }

    // MARK: By hour

    /// - Parameter hours: of each item the 24 hours that end with the one asked for, oldest first, in the unit of the breakpoints; nil for
    ///   hours without a reading that counts. Items may be absent. Of more than 24 elements the last 24 count.
    public static func hourly(_ hours: [AirItem: [Quantity?]]) -> AirQuality {
        var result = AirQuality()
        for item in AirItem.allCases {
            let series = hours[item] ?? []
            switch item {
            case .pm10, .pm25: result.add(item, .day, series)
            case .no2, .co: result.add(item, .hour, series)
            case .so2:
                let isAboveTable = series.last.flatMap(\.self).map { $0 > 800 } ?? false
                result.add(item, isAboveTable ? .day : .hour, series)
            case .o3:
                result.add(item, .hour, series)
                result.add(item, .eightHours, series)
            }
        }
        return result
    }

    /// The mean over the last hours of a series; nil if too few are there.
    private static func mean(_ series: ArraySlice<Quantity?>, need: Int) -> MeanConcentration? {
        // A negative concentration is an instrument's drift and not a measurement.
        let values = series.compactMap(\.self).filter { $0 >= 0 }
        guard !values.isEmpty, values.count >= need else { return nil }
        return MeanConcentration(sumMillionths: values.reduce(0) { $0 + $1.millionths }, count: values.count)
    }

    private mutating func add(_ item: AirItem, _ averaging: Averaging, _ series: [Quantity?]) {
        let window = series.suffix(averaging.hours)
        guard let mean = AirQuality.mean(window, need: averaging.hoursNeeded) else {
            let have = window.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
            missing.append(Missing(item: item, averaging: averaging, have: have, need: averaging.hoursNeeded))
            return
        }
        add(item, averaging, mean)
    }

    /// A mean above the end of a table that another average continues has no sub-index: the other one is there.
    private mutating func add(_ item: AirItem, _ averaging: Averaging, _ mean: MeanConcentration) {
        guard let subIndex = AirQualityTable.subIndex(item, averaging, mean) else { return }
        parts.append(Part(item: item, averaging: averaging, mean: mean, subIndex: subIndex))
    }

    // MARK: By day

    /// How many of the 17 eight-hour means of a day must be there.
    static let eightHourMeansNeeded = 14

    /// - Parameter hours: of each item the 24 hours of the day, in the unit of the breakpoints.
    public static func daily(_ hours: [AirItem: [Quantity?]]) -> AirQuality {
        var result = AirQuality()
        for item in AirItem.allCases {
            let series = hours[item] ?? []
            guard item == .o3 else {
                result.add(item, .day, series)
                continue
            }
            let there = series.compactMap(\.self)
            if let greatest = there.max(), there.count >= Averaging.day.hoursNeeded {
                result.add(item, .hour, MeanConcentration(greatest))
            } else {
                result.missing.append(Missing(item: item, averaging: .hour, have: there.count, need: Averaging.day.hoursNeeded))
            }
            result.addGreatestEightHours(series)
        }
        return result
    }

    private mutating func addGreatestEightHours(_ series: [Quantity?]) {
        let length = Averaging.eightHours.hours
        let means = series.indices.dropFirst(length - 1).compactMap { end in
            AirQuality.mean(series[(end - length + 1)...end], need: Averaging.eightHours.hoursNeeded)
        }
        // Compared as fractions: a ÷ n > b ÷ m where a·m > b·n.
        let greatest = means.max { $0.sumMillionths * Int64($1.count) < $1.sumMillionths * Int64($0.count) }
        guard let greatest, means.count >= AirQuality.eightHourMeansNeeded else {
            missing.append(
                Missing(item: .o3, averaging: .eightHours, have: means.count, need: AirQuality.eightHourMeansNeeded))
            return
        }
        add(.o3, .eightHours, greatest)
    }
}
