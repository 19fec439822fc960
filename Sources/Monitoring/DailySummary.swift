// DailySummary.swift: what is kept of a day once its hours are given up: how many readings counted, their smallest, mean and largest value, and
// how many exceeded the limit of that day.

/// One day of one item. Flagged readings are counted and take no part in anything else.
public struct DailySummary: Hashable, Sendable {
    /// Readings that count.
    public var count = 0
    public var flagged = 0
    public var exceeding = 0
    public private(set) var least: Quantity?
    public private(set) var greatest: Quantity?
    /// Sum of the values, times 10⁶: 24 values under 10¹⁵ fit.
    public private(set) var sumMillionths: Int64 = 0

    public init() {}

    public init(count: Int, flagged: Int, exceeding: Int, least: Quantity?, greatest: Quantity?, sumMillionths: Int64) {
        self.count = count
        self.flagged = flagged
        self.exceeding = exceeding
        self.least = least
        self.greatest = greatest
        self.sumMillionths = sumMillionths
    }

    public init(_ block: ReadingBlock, limit: PermitLimit?) {
        for reading in block.readings { if let reading { add(reading, limit: limit) } }
    }

    public mutating func add(_ reading: Reading, limit: PermitLimit?) {
        guard reading.counts, let value = reading.value else {
            flagged += 1
            return
        }
        count += 1
        sumMillionths &+= value.millionths
        least = least.map { min($0, value) } ?? value
        greatest = greatest.map { max($0, value) } ?? value
        if limit?.exceedance(of: reading) != nil { exceeding += 1 }
    }

    /// Nil for a day without a reading that counts.
    public var mean: Double? { count > 0 ? Double(sumMillionths) / Double(count) / 1e6 : nil }
}
