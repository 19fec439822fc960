// RecordCounts.swift: how many records each factory has. The counts follow a zeta distribution cut at 300, whose exponent is solved
// so that the numbers asked for come out; the factories that breach more often draw the larger ones.
//
// Decision: the mean of 1.583 is records per factory of all 1.2 million. 18 % of the factories have no record, else nothing
// could be clean or unknown; the others have 1.93 on average, which needs the exponent 2.46 (2.71 if every factory had one).

enum RecordCounts {
    /// Share of the factories that have a record, when there are records enough.
    static let shareWithRecords = 0.82

    /// The exponent s for which Σ k·k^−s / Σ k^−s over 1...cut is the mean. Bisection; the mean falls as s grows.
    static func exponent(mean: Double, cut: Int) -> Double {
        var low = -20.0
        var high = 30.0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if zetaMean(middle, cut) > mean { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    static func zetaMean(_ exponent: Double, _ cut: Int) -> Double {
        var sum = 0.0
        var weighted = 0.0
        for k in 1...cut {
            let weight = PortableMath.power(Double(k), -exponent)
            sum += weight
            weighted += Double(k) * weight
        }
        return weighted / sum
    }

    /// `factories` counts in descending order that add up to `records` exactly. Stratified, so the sum misses by little before the
    /// last step, which moves counts in the middle by one.
    static func descending(factories: Int, records: Int, random: inout RandomStream) -> [UInt16] {
        let cut = GeneratorOptions.mostRecordsPerFactory
        guard records > 0, factories > 0 else { return [UInt16](repeating: 0, count: factories) }
        let wanted = Int((Double(factories) * shareWithRecords).rounded())
        let holders = max(1, (records + cut - 1) / cut, min(wanted, records))
        let s = exponent(mean: Double(records) / Double(holders), cut: cut)
        var cumulative: [Double] = []
        var sum = 0.0
        for k in stride(from: cut, through: 1, by: -1) {
            sum += PortableMath.power(Double(k), -s)
            cumulative.append(sum)
        }
        var counts = [UInt16](repeating: 0, count: factories)
        let offset = random.unit()
        var total = 0
        var step = 0
        for index in 0..<holders {
            let quantile = (Double(index) + offset) / Double(holders) * sum
            while step < cut - 1, cumulative[step] <= quantile { step += 1 }
            counts[index] = UInt16(cut - step)
            total += cut - step
        }
        var index = holders / 50
        while total != records {
            if total < records, counts[index] < cut {
                counts[index] += 1
                total += 1
            } else if total > records, counts[index] > 1 {
                counts[index] -= 1
                total -= 1
            }
            index = (index + 1) % holders
        }
        return counts.sorted(by: >)
    }

    /// The order in which factories take the largest counts: each has an exponential clock that runs as fast as its weight, so the
    /// next to be drawn is chosen in proportion to the weights (Efraimidis, Spirakis 2006). Weights: the kind's multiplier, squared
    /// so that the mean counts come out in its ratio although the tail is cut and zeros are many (measured), times the factory's size.
    static func order(clocks: [Double]) -> [Int32] {
        var keys = clocks.enumerated().map { (key: $0.element.bitPattern, index: Int32(truncatingIfNeeded: $0.offset)) }
        keys.sort { ($0.key, $0.index) < ($1.key, $1.index) }
        return keys.map(\.index)
    }
}
