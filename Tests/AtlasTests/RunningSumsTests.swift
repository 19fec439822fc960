// RunningSumsTests.swift: the sum of any run is that of its factories, one by one.

import Registry
import SpatialIndex
import Testing

@testable import Atlas

@Suite struct RunningSumsTests {
    private struct Naive: Equatable {
        var x: UInt64 = 0
        var y: UInt64 = 0
        var statuses = [Int](repeating: 0, count: 8)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 1_000, 5_000]) func everyRunHasItsSum(count: Int) {
        var random = SplitMix64(state: UInt64(count) + 5)
        // The largest positions too: sums must not overflow.
        let x = (0..<count).map { _ in Bool.random(using: &random) ? UInt32.max : UInt32.random(in: 0...UInt32.max, using: &random) }
        let y = (0..<count).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) }
        // One status only, in places: the counters of a block hold as many as it has.
        let status = (0..<count).map { $0 < count / 2 ? 3 : UInt8.random(in: 0..<6, using: &random) }
        let columns = (Column(x), Column(y), Column(status))
        let sums = RunningSums(x: columns.0, y: columns.1, status: columns.2)
        var ends = Set([0, count, count / 2, min(count, 64), min(count, 127), min(count, 128)])
        for _ in 0..<40 { ends.insert(Int.random(in: 0...count, using: &random)) }
        for start in ends {
            for end in ends where end >= start {
                var expected = Naive()
                for index in start..<end {
                    expected.x += UInt64(x[index])
                    expected.y += UInt64(y[index])
                    expected.statuses[Int(status[index])] += 1
                }
                var sum = sums.withReader(columns.0, columns.1, columns.2) { $0.sum(of: start..<end, among: 0xFF) }
                #expect(Naive(x: sum.x, y: sum.y, statuses: (0..<8).map { Int(sum.statuses[$0]) }) == expected, "\(start)..<\(end)")
                #expect(sum.count == end - start && sum.violating == expected.statuses[Int(FactoryStatus.violating.rawValue)])
                #expect(sum.worstStatus == expected.statuses.firstIndex { $0 > 0 }.map(UInt8.init) ?? .max)
                let wanted = UInt8.random(in: 0...254, using: &random)
                let some = sums.withReader(columns.0, columns.1, columns.2) { $0.sum(of: start..<end, among: wanted) }
                let passing = (start..<end).filter { wanted & (1 << status[$0]) != 0 }
                #expect(some.x == passing.reduce(0) { $0 + UInt64(x[$1]) } && some.y == passing.reduce(0) { $0 + UInt64(y[$1]) })
                #expect((0..<8).allSatisfy { some.statuses[$0] == (wanted & (1 << $0) != 0 ? sum.statuses[$0] : 0) })
                for wanted in [0xFF, wanted] {
                    let passing = (start..<end).filter { wanted & (1 << status[$0]) != 0 }
                    let cluster = sums.withReader(columns.0, columns.1, columns.2) { $0.cluster(of: start..<end, among: wanted) }
                    #expect(cluster.count == passing.count)
                    #expect(cluster.violating == passing.count { status[$0] == FactoryStatus.violating.rawValue })
                    #expect(cluster.worstStatus == passing.map { status[$0] }.min() ?? .max)
                    if passing.count == 1 { #expect(cluster.first == passing[0]) }
                    let (x, y) = (passing.reduce(0) { $0 + UInt64(x[$1]) }, passing.reduce(0) { $0 + UInt64(y[$1]) })
                    let divisor = UInt64(max(passing.count, 1))
                    #expect(cluster.mean == GridPoint(x: UInt32(x / divisor), y: UInt32(y / divisor)))
                }
                guard end > start else { continue }
                sum.subtract(x: x[start], y: y[start], status: status[start])
                #expect(sum.count == end - start - 1 && sum.x == expected.x - UInt64(x[start]))
            }
        }
    }
}
