// RunningSums.swift: sums over all factories before every 64th of the Hilbert order. A cluster cell is a run of that order, so what it holds is the
// difference of two rows, and the few factories between a row and the run's end: an unfiltered tile costs by its cells, not by the million
// factories in them.

import Registry
import SpatialIndex

/// What a run of factories adds up to. Exact under subtraction.
struct RunSum: Sendable {
    /// Sums of grid positions. 2^32 factories of 2^32 each fit.
    var x: UInt64 = 0
    var y: UInt64 = 0
    /// Factories of each status, by its raw value.
    var statuses = SIMD8<UInt32>()

    var count: Int { Int(statuses.wrappedSum()) }
    var violating: Int { Int(statuses[Int(FactoryStatus.violating.rawValue)]) }
    /// Rank 0 is the worst; `.max` for none.
    var worstStatus: UInt8 { UInt8(truncatingIfNeeded: statuses.indices.first { statuses[$0] > 0 } ?? Int(UInt8.max)) }

    @inline(__always)
    mutating func subtract(x: UInt32, y: UInt32, status: UInt8) {
        self.x &-= UInt64(x)
        self.y &-= UInt64(y)
        statuses[Int(status & 7)] &-= 1
    }

    /// Adds fewer than 256 factories. The statuses are counted in the eight bytes of one number, without a branch.
    @inline(__always)
    fileprivate mutating func add(_ run: Range<Int>, _ columns: RunningSums.Columns) {
        // Checked here, once, and not for each factory.
        guard run.lowerBound >= 0, run.upperBound <= columns.count, let x = columns.x, let y = columns.y, let status = columns.status else {
            return
        }
        var (sumX, sumY, counts) = (UInt64(0), UInt64(0), UInt64(0))
        var index = run.lowerBound
        while index < run.upperBound {
            sumX &+= UInt64(x[index])
            sumY &+= UInt64(y[index])
            counts &+= 1 &<< (UInt64(status[index] & 7) &* 8)
            index &+= 1
        }
        self.x &+= sumX
        self.y &+= sumY
        let bytes = unsafeBitCast(counts.littleEndian, to: SIMD8<UInt8>.self)
        statuses &+= SIMD8<UInt32>(truncatingIfNeeded: bytes)
    }
}

/// 64 bytes a row of 64 factories. Made when a snapshot is opened: some 2 ms for 1.2 million factories.
struct RunningSums: Sendable {
    private static let stride = 64

    /// What stands before every 64th factory.
    private let rows: [RunSum]

    /// - Parameter status: raw values of `FactoryStatus`, which has at most 8.
    init(x: Column<UInt32>, y: Column<UInt32>, status: Column<UInt8>) {
        let count = min(x.count, y.count, status.count)
        var rows: [RunSum] = []
        rows.reserveCapacity(count / RunningSums.stride + 1)
        var sum = RunSum()
        RunningSums.withColumns(x, y, status) { columns in
            for start in Swift.stride(from: 0, through: count, by: RunningSums.stride) {
                rows.append(sum)
                sum.add(start..<min(start + RunningSums.stride, count), columns)
            }
        }
        self.rows = rows
    }

    /// The sum of a run, of the columns that these sums were made of. Constant cost.
    func sum(of run: Range<Int>, x: Column<UInt32>, y: Column<UInt32>, status: Column<UInt8>) -> RunSum {
        var sum = RunSum()
        let first = (run.lowerBound + RunningSums.stride - 1) / RunningSums.stride
        let last = run.upperBound / RunningSums.stride
        RunningSums.withColumns(x, y, status) { columns in
            guard first < last, rows.indices.contains(last) else { return sum.add(run, columns) }
            let (from, to) = (rows[first], rows[last])
            sum = RunSum(x: to.x &- from.x, y: to.y &- from.y, statuses: to.statuses &- from.statuses)
            sum.add(run.lowerBound..<first * RunningSums.stride, columns)
            sum.add(last * RunningSums.stride..<run.upperBound, columns)
        }
        return sum
    }

    /// The columns' addresses.
    fileprivate struct Columns {
        var x: UnsafePointer<UInt32>?
        var y: UnsafePointer<UInt32>?
        var status: UnsafePointer<UInt8>?
        var count: Int
    }

    @inline(__always)
    private static func withColumns(_ x: Column<UInt32>, _ y: Column<UInt32>, _ status: Column<UInt8>, _ body: (Columns) -> Void) {
        x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y in
                status.withUnsafeBufferPointer { status in
                    body(
                        Columns(
                            x: x.baseAddress, y: y.baseAddress, status: status.baseAddress, count: min(x.count, y.count, status.count)))
                }
            }
        }
    }
}
