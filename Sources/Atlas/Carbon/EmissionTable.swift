// EmissionTable.swift: the emissions of one year as tiles read them: in Hilbert order, positions beside tonnes, one row after the other.
// Walking the columns of the snapshot instead meets another cache line for each value, and other years between.

import SpatialIndex
import Synchronization

/// An enterprise in one year.
struct EmissionRow {
    /// In the snapshot's order.
    var index: UInt32
    /// In the columns of emissions.
    var row: UInt32
    var x: UInt32
    var y: UInt32
    /// Tonnes; NaN: not known.
    var scopes: (Double, Double, Double)
    var isVerified: Bool
    var isSynthetic: Bool

    /// Summed tonnes of the scopes that are known; nil when none of them is.
    @inline(__always)
    func tonnes(_ wanted: EmissionScopes) -> Double? {
        var sum = 0.0
        var isKnown = false
        func add(_ value: Double) {
            if value.isNaN { return }
            sum += value
            isKnown = true
        }
        if wanted.contains(.one) { add(scopes.0) }
        if wanted.contains(.two) { add(scopes.1) }
        if wanted.contains(.three) { add(scopes.2) }
        return isKnown ? sum : nil
    }
}

/// The tables of the years that were asked for, kept with the snapshot: 48 bytes an enterprise.
final class EmissionTables: Sendable {
    private let tables = Mutex<[UInt16: [EmissionRow]]>([:])

    /// Ascending by index. O(enterprises) the first time.
    func rows(year: UInt16, _ carbon: CarbonColumns, _ tree: PackedRTree) -> [EmissionRow] {
        if let known = tables.withLock({ $0[year] }) { return known }
        // A year without emissions is not kept: anyone may ask for any.
        guard carbon.emissionYears.contains(Int(year)) else { return [] }
        var made: [EmissionRow] = []
        made.reserveCapacity(carbon.enterprise.count)
        for number in carbon.enterprise.indices {
            guard let row = carbon.row(number, year: year) else { continue }
            let index = Int(carbon.enterprise[number])
            made.append(
                EmissionRow(
                    index: UInt32(index), row: UInt32(row), x: tree.x[index], y: tree.y[index],
                    scopes: (carbon.scope1[row], carbon.scope2[row], carbon.scope3[row]), isVerified: carbon.verified[row] == 1,
                    isSynthetic: carbon.sources[Int(carbon.emissionSource[row])].synthetic))
        }
        let table = made
        tables.withLock { $0[year] = table }
        return table
    }
}

extension RandomAccessCollection where Element == EmissionRow, Index == Int {
    /// Those of a run of factories.
    func of(_ factories: Range<Int>) -> SubSequence {
        let first = partitioningIndex { Int($0.index) >= factories.lowerBound }
        let last = partitioningIndex { Int($0.index) >= factories.upperBound }
        return self[first..<last]
    }
}
