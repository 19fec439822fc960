// ReadingRows.swift: hourly readings of the key monitored facilities, each with an outlet of waste water and one of waste gas, three items each.
// An item's level lies at 40 to 70 % of its limit and wanders as a log-AR(1) process (ρ 0.9, σ 0.25, assumptions of the specification); what
// exceeds comes in runs of four hours on average, and one outlet in a hundred causes almost a third of it. Gaps, flags, late values,
// corrections, zeros below the detection limit and stuck instruments are there as real feeds have them. The rows are written hour by hour, in
// the order in which they arrive: a file is what a feed would deliver in that hour.

/// What an item is like.
struct MonitoredItem: Sendable {
    let code: StaticString
    let unit: StaticString
    /// Digits behind the point in the feed.
    let decimals: Int
    /// Permit limits that occur, in units of the last digit.
    let limits: [Int]
    /// Of pH: the range instead of an upper limit, in units of the last digit.
    var range: ClosedRange<Int>?
    /// Whether instruments report zeros below their detection limit.
    var hasZeros = false

    static let cod = MonitoredItem(code: "w01018", unit: "mg/L", decimals: 2, limits: [5000, 5000, 6000, 8000, 10_000])
    static let ammonia = MonitoredItem(code: "w21003", unit: "mg/L", decimals: 3, limits: [5000, 5000, 8000, 15_000], hasZeros: true)
    static let nitrogen = MonitoredItem(code: "w21001", unit: "mg/L", decimals: 2, limits: [1500, 2000])
    static let phosphorus = MonitoredItem(code: "w21011", unit: "mg/L", decimals: 3, limits: [500, 500, 1000], hasZeros: true)
    static let pH = MonitoredItem(code: "w01001", unit: "-", decimals: 2, limits: [900], range: 600...900)
    static let so2 = MonitoredItem(code: "a21026", unit: "mg/m3", decimals: 2, limits: [3500, 5000, 10_000, 20_000], hasZeros: true)
    static let nox = MonitoredItem(code: "a21002", unit: "mg/m3", decimals: 2, limits: [5000, 10_000, 20_000])
    static let particles = MonitoredItem(code: "a34013", unit: "mg/m3", decimals: 2, limits: [500, 1000, 2000, 3000])

    static let waterThirds = [pH, phosphorus, nitrogen]
    static let gas = [so2, nox, particles]
}

/// The outlets and the rows of their readings.
struct ReadingRows: Sendable {
    /// Numbers of the monitored factories, ascending.
    let factories: [Int]
    let seed: UInt64
    /// Hours since 1970, UTC.
    let hours: ClosedRange<Int>
    private(set) var chunks: [Chunk]

    static let itemsPerFactory = 6
    static let outletHeader: StaticString = "outlet,factory,kind,name,pollutant,unit,lower,upper,from,until,synthetic\n"
    static let header: StaticString = "outlet,pollutant,hour,value,unit,flag\n"

    /// Assumptions of the specification.
    static let exceedingShare = 0.004
    static let badOutletShare = 0.01
    static let badOutletsPart = 0.30
    static let lateShare = 0.02
    static let correctedShare = 0.003
    static let flaggedShare = 0.015
    /// Of values, by the gaps measured on two stations over a year: 2 to 3.4 %.
    static let gapShare = 0.027
    static let meanRun = 4.0
    static let meanFlagRun = 3.0

    /// Facilities in one piece of work.
    static let chunkSize = 512

    init(factories: [Int], seed: UInt64, hours: ClosedRange<Int>) {
        self.factories = factories
        self.seed = seed
        self.hours = hours
        chunks = stride(from: 0, to: factories.count, by: Self.chunkSize).enumerated().map { number, start in
            Chunk(factories: Array(factories[start..<min(start + Self.chunkSize, factories.count)]), seed: seed, number: number)
        }
    }

    /// `2026-11-23T05`, Beijing time.
    static func appendTime(_ hour: Int, to rows: inout ByteBuffer) {
        let local = hour + 8
        let day = Int((Double(local) / 24).rounded(.down))
        let date = Civil.date(days: day)
        rows.integer(date.year, digits: 4)
        rows.text("-")
        rows.integer(date.month, digits: 2)
        rows.text("-")
        rows.integer(date.day, digits: 2)
        rows.text("T")
        rows.integer(local - day * 24, digits: 2)
    }

    /// The file of an hour.
    static func fileName(_ hour: Int) -> String {
        var name = ByteBuffer(capacity: 20)
        appendTime(hour, to: &name)
        name.text(".csv")
        return String(decoding: name.bytes, as: UTF8.self)
    }

    /// Whether a file has the name of an hour's, such as `2026-11-23T05.csv`.
    static func isFileName(_ name: String) -> Bool {
        let pattern = Array("dddd-dd-ddTdd.csv".utf8)
        return name.utf8.count == pattern.count
            && zip(name.utf8, pattern).allSatisfy { $1 == UInt8(ascii: "d") ? (0x30...0x39).contains($0) : $0 == $1 }
    }

    /// One row for each item of each outlet.
    func outletRows() -> ByteBuffer {
        var rows = ByteBuffer(capacity: factories.count * Self.itemsPerFactory * 90)
        for chunk in chunks {
            for channel in chunk.channels {
                channel.appendOutlet(to: &rows)
                rows.comma()
                rows.identifier("BA", channel.factory + 1)
                rows.text(channel.isWater ? ",water,废水排放口（合成）," : ",air,废气排放口（合成）,")
                rows.text(channel.item.code)
                rows.comma()
                rows.text(channel.item.unit)
                rows.comma()
                if let range = channel.item.range { rows.fixed(Int64(range.lowerBound), decimals: channel.item.decimals) }
                rows.comma()
                rows.fixed(Int64(channel.limit), decimals: channel.item.decimals)
                rows.text(",2020-01-01,,true\n")
            }
        }
        return rows
    }

    /// Writes what arrives in each hour, in order.
    mutating func write(_ take: (_ hour: Int, _ rows: [UInt8], _ counts: ReadingCounts) throws -> Void) throws {
        for hour in hours {
            let before = chunks
            var after: [Chunk] = []
            after.reserveCapacity(before.count)
            var rows = ByteBuffer(capacity: factories.count * Self.itemsPerFactory * 56 + 64)
            rows.text(Self.header)
            var counts = ReadingCounts()
            try Chunks.run(count: before.count) { number -> (Chunk, ByteBuffer, ReadingCounts) in
                var chunk = before[number]
                var rows = ByteBuffer(capacity: chunk.channels.count * 56)
                let counts = chunk.advance(to: hour, &rows)
                return (chunk, rows, counts)
            } take: { _, piece in
                after.append(piece.0)
                rows.raw(piece.1.bytes)
                counts.add(piece.2)
            }
            chunks = after
            try take(hour, rows.bytes, counts)
        }
    }
}

/// How many readings are of which kind.
struct ReadingCounts: Sendable, Equatable {
    /// Rows written: first deliveries and corrections.
    var rows = 0
    var exceeding = 0
    var flagged = 0
    var missing = 0
    var late = 0
    var corrected = 0

    mutating func add(_ other: ReadingCounts) {
        rows += other.rows
        exceeding += other.exceeding
        flagged += other.flagged
        missing += other.missing
        late += other.late
        corrected += other.corrected
    }
}

extension ReadingRows {
    /// One item of one outlet, and where its process stands.
    struct Channel: Sendable {
        let factory: Int
        let isWater: Bool
        let item: MonitoredItem
        /// In units of the last digit.
        let limit: Int
        let level: Double
        let exceedanceRate: Double
        let reportsZeros: Bool
        /// Logarithm of the value over its level.
        var deviation = 0.0
        /// Hours that are left of a run.
        var exceedingLeft = 0
        var gapLeft = 0
        var flagLeft = 0
        var stuckLeft = 0
        /// Of the run: how far beyond the limit, and for pH on which side.
        var excess = 0.0
        var isBelow = false
        var flag: UInt8 = 0
        var lastValue = 0

        func appendOutlet(to rows: inout ByteBuffer) {
            rows.identifier("BO", factory + 1)
            rows.byte(isWater ? UInt8(ascii: "W") : UInt8(ascii: "A"))
        }
    }

    /// A row that arrives later than its hour.
    struct Pending: Sendable {
        var arrives: Int
        var channel: Int
        var hour: Int
        var value: Int
        var isCorrection: Bool
    }

    struct Chunk: Sendable {
        var channels: [Channel] = []
        private var pending: [Pending] = []
        private var random: RandomStream

        init(factories: [Int], seed: UInt64, number: Int) {
            random = RandomStream(seed: seed, stage: .readings, chunk: number)
            channels.reserveCapacity(factories.count * ReadingRows.itemsPerFactory)
            for factory in factories {
                let third = MonitoredItem.waterThirds[random.below(MonitoredItem.waterThirds.count)]
                for (isWater, items) in [(true, [MonitoredItem.cod, .ammonia, third]), (false, MonitoredItem.gas)] {
                    let rate =
                        random.chance(ReadingRows.badOutletShare)
                        ? ReadingRows.exceedingShare * ReadingRows.badOutletsPart / ReadingRows.badOutletShare
                        : ReadingRows.exceedingShare * (1 - ReadingRows.badOutletsPart) / (1 - ReadingRows.badOutletShare)
                    for item in items {
                        let limit = item.limits[random.below(item.limits.count)]
                        var channel = Channel(
                            factory: factory, isWater: isWater, item: item, limit: limit,
                            level: item.range == nil ? Double(limit) * random.uniform(0.4, 0.7) : random.uniform(700, 800),
                            exceedanceRate: rate, reportsZeros: item.hasZeros && random.chance(0.04))
                        channel.deviation = 0.25 * random.gaussian()
                        channels.append(channel)
                    }
                }
            }
        }

        /// Makes an hour and writes what arrives in it.
        mutating func advance(to hour: Int, _ rows: inout ByteBuffer) -> ReadingCounts {
            var counts = ReadingCounts()
            for index in channels.indices {
                let outcome = channels[index].advance(&random)
                guard outcome != .missing else {
                    counts.missing += 1
                    continue
                }
                let channel = channels[index]
                if channel.flag != 0 { counts.flagged += 1 } else if outcome == .exceeding { counts.exceeding += 1 }
                if channel.flag == 0, random.chance(ReadingRows.lateShare) {
                    counts.late += 1
                    let delay = 1 + min(23, Int(3 * random.exponential()))
                    pending.append(
                        Pending(arrives: hour + delay, channel: index, hour: hour, value: channel.lastValue, isCorrection: false))
                    continue
                }
                counts.rows += 1
                append(index, hour: hour, value: channel.lastValue, flag: channel.flag, &rows)
                if channel.flag == 0, random.chance(ReadingRows.correctedShare) {
                    let value = channel.corrected(random.gaussian())
                    guard value != channel.lastValue else { continue }
                    pending.append(
                        Pending(arrives: hour + 2 + random.below(11), channel: index, hour: hour, value: value, isCorrection: true))
                }
            }
            for row in pending where row.arrives == hour {
                counts.rows += 1
                if row.isCorrection { counts.corrected += 1 }
                append(row.channel, hour: row.hour, value: row.value, flag: 0, &rows)
            }
            pending.removeAll { $0.arrives <= hour }
            return counts
        }

        private func append(_ index: Int, hour: Int, value: Int, flag: UInt8, _ rows: inout ByteBuffer) {
            let channel = channels[index]
            channel.appendOutlet(to: &rows)
            rows.comma()
            rows.text(channel.item.code)
            rows.comma()
            ReadingRows.appendTime(hour, to: &rows)
            rows.text(":00+08:00,")
            // An instrument that is down measures nothing.
            if flag != 1 { rows.fixed(Int64(value), decimals: channel.item.decimals) }
            rows.comma()
            rows.text(channel.item.unit)
            switch flag {
            case 1: rows.text(",outage\n")
            case 2: rows.text(",calibration\n")
            case 3: rows.text(",maintenance\n")
            default: rows.text(",\n")
            }
        }
    }
}

extension ReadingRows.Channel {
    enum Outcome { case usual, exceeding, missing }

    private static let persistence = 0.9
    private static let spread = 0.25

    /// One hour on. What it reads stands in `lastValue` and `flag`.
    mutating func advance(_ random: inout RandomStream) -> Outcome {
        let innovation = (1 - Self.persistence * Self.persistence).squareRoot() * Self.spread
        deviation = Self.persistence * deviation + innovation * random.gaussian()
        // A run of length L takes its share of the hours: it begins with probability share / (mean length) in the others.
        if exceedingLeft > 0 {
            exceedingLeft -= 1
        } else if random.chance(exceedanceRate / ReadingRows.meanRun / (1 - exceedanceRate)) {
            exceedingLeft = Self.geometric(mean: ReadingRows.meanRun, &random) - 1
            excess = min(5, random.logNormal(median: 0.25, sigma: 0.8))
            isBelow = random.chance(0.5)
            return read(isExceeding: true, &random)
        } else {
            return read(isExceeding: false, &random)
        }
        return read(isExceeding: true, &random)
    }

    private mutating func read(isExceeding: Bool, _ random: inout RandomStream) -> Outcome {
        if gapLeft > 0 {
            gapLeft -= 1
            return .missing
        }
        if random.chance(ReadingRows.gapShare / Self.meanGap) {
            gapLeft = Self.gap(&random) - 1
            return .missing
        }
        if flagLeft > 0 {
            flagLeft -= 1
        } else if random.chance(ReadingRows.flaggedShare / ReadingRows.meanFlagRun) {
            flagLeft = Self.geometric(mean: ReadingRows.meanFlagRun, &random) - 1
            flag = UInt8(1 + random.below(3))
        } else {
            flag = 0
        }
        if isExceeding {
            lastValue = exceedingValue(&random)
            stuckLeft = 0
            return .exceeding
        }
        if stuckLeft > 0, lastValue <= limit, item.range?.contains(lastValue) ?? true {
            stuckLeft -= 1
            return .usual
        }
        if random.chance(0.001) { stuckLeft = Self.geometric(mean: 8, &random) }
        if reportsZeros, random.chance(0.3) {
            lastValue = 0
            return .usual
        }
        lastValue = usualValue(&random)
        return .usual
    }

    private func usualValue(_ random: inout RandomStream) -> Int {
        if let range = item.range {
            // pH wanders on a straight scale: a tenth of what a concentration does on the logarithm's.
            return min(max(Int((level + 100 * deviation).rounded()), range.lowerBound), range.upperBound)
        }
        let value = Int((level * PortableMath.exp(deviation)).rounded())
        let ceiling = limit * 97 / 100
        return value <= ceiling ? max(value, 0) : ceiling - random.below(max(1, limit / 20))
    }

    private func exceedingValue(_ random: inout RandomStream) -> Int {
        if let range = item.range {
            let distance = 1 + Int(min(2, excess) * 60) + random.below(10)
            return isBelow ? range.lowerBound - distance : range.upperBound + distance
        }
        let value = Double(limit) * (1 + excess * PortableMath.exp(0.1 * random.gaussian()))
        return max(limit + 1, Int(value.rounded()))
    }

    /// Another value for an hour that was delivered.
    func corrected(_ gaussian: Double) -> Int {
        guard item.range == nil else { return lastValue + (gaussian < 0 ? -7 : 7) }
        return max(0, Int((Double(lastValue) * PortableMath.exp(0.15 * gaussian)).rounded()))
    }

    /// 1 or more.
    private static func geometric(mean: Double, _ random: inout RandomStream) -> Int {
        var length = 1
        while length < 1000, !random.chance(1 / mean) { length += 1 }
        return length
    }

    /// Lengths of gaps as measured: of 144, 84 of one hour, 35 of two, the longest 58.
    private static func gap(_ random: inout RandomStream) -> Int {
        let draw = random.unit()
        if draw < 84.0 / 144 { return 1 }
        if draw < 119.0 / 144 { return 2 }
        return min(58, 3 + Int(7 * random.exponential()))
    }

    /// Of the law above: 84/144 · 1 + 35/144 · 2 + 25/144 · 9.5.
    private static let meanGap = 2.72
}
