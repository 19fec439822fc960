// RunningSums.swift: sums over all factories before every 64th of the Hilbert order. A cluster cell is a run of that order, so what it holds is the
// difference of two rows, and the few factories between a row and the run's end: a tile of all factories, or of those of some statuses, costs by
// its cells, not by the million factories in them.

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

    /// Adds fewer than 256 factories, those of unwanted statuses left out.
    @inline(__always)
    fileprivate mutating func add(_ run: Range<Int>, among wanted: UInt8 = 0xFF, _ columns: RunningSums.Columns) {
        let sum = ShortSum(run, among: wanted, columns)
        x &+= sum.x
        y &+= sum.y
        statuses &+= SIMD8<UInt32>(truncatingIfNeeded: unsafeBitCast(sum.statuses.littleEndian, to: SIMD8<UInt8>.self))
    }
}

/// What fewer than 256 factories add up to, those of unwanted statuses left out. The statuses are counted in the eight bytes of one number, without
/// a branch. Where all are known to be wanted the compiler leaves the test out.
private struct ShortSum {
    var x: UInt64 = 0
    var y: UInt64 = 0
    /// Status s in the s-th byte, lowest first.
    var statuses: UInt64 = 0

    @inline(__always)
    init(_ run: Range<Int>, among wanted: UInt8, _ columns: RunningSums.Columns) {
        // Checked here, once, and not for each factory.
        guard run.lowerBound >= 0, run.upperBound <= columns.count, let x = columns.x, let y = columns.y, let status = columns.status else {
            return
        }
        var (sumX, sumY, counts) = (UInt64(0), UInt64(0), UInt64(0))
        var index = run.lowerBound
        while index < run.upperBound {
            let status = UInt64(status[index] & 7)
            let passes = UInt64(wanted) &>> status & 1
            sumX &+= UInt64(x[index]) &* passes
            sumY &+= UInt64(y[index]) &* passes
            counts &+= passes &<< (status &* 8)
            index &+= 1
        }
        (self.x, self.y, statuses) = (sumX, sumY, counts)
    }
}

/// 192 bytes a row of 64 factories. Made when a snapshot is opened, for some 7 % of the instructions that opening takes (tools/guard).
struct RunningSums: Sendable {
    /// Sums of grid positions of each status, by its raw value.
    fileprivate struct ByStatus {
        var x = SIMD8<UInt64>()
        var y = SIMD8<UInt64>()

        mutating func add(_ run: Range<Int>, _ columns: Columns) {
            guard run.lowerBound >= 0, run.upperBound <= columns.count, let x = columns.x, let y = columns.y, let status = columns.status
            else { return }
            withUnsafeMutableBytes(of: &self) { sums in
                // By address: a lane that is chosen by number would be stored and loaded with its seven others.
                let sums = sums.assumingMemoryBound(to: UInt64.self)
                for index in run {
                    let lane = Int(status[index] & 7)
                    sums[lane] &+= UInt64(x[index])
                    sums[lane | 8] &+= UInt64(y[index])
                }
            }
        }
    }

    private static let stride = 64

    /// What stands before every 64th factory.
    private let rows: [RunSum]
    private let byStatus: [ByStatus]

    /// - Parameter status: raw values of `FactoryStatus`, which has at most 8.
    init(x: Column<UInt32>, y: Column<UInt32>, status: Column<UInt8>) {
        let count = min(x.count, y.count, status.count)
        var rows: [RunSum] = []
        var byStatus: [ByStatus] = []
        rows.reserveCapacity(count / RunningSums.stride + 1)
        byStatus.reserveCapacity(count / RunningSums.stride + 1)
        var sum = RunSum()
        var sums = ByStatus()
        RunningSums.withColumns(x, y, status) { columns in
            for start in Swift.stride(from: 0, through: count, by: RunningSums.stride) {
                rows.append(sum)
                byStatus.append(sums)
                let block = start..<min(start + RunningSums.stride, count)
                sum.add(block, columns)
                sums.add(block, columns)
            }
        }
        self.rows = rows
        self.byStatus = byStatus
    }

    /// These sums and the columns they were made of, by address, for the duration of `body`: for many runs, since opening them for each costs as
    /// much as some dozens of factories.
    @inline(__always)
    func withReader<R>(_ x: Column<UInt32>, _ y: Column<UInt32>, _ status: Column<UInt8>, _ body: (Reader) -> R) -> R {
        rows.withUnsafeBufferPointer { rows in
            byStatus.withUnsafeBufferPointer { byStatus in
                RunningSums.withColumns(x, y, status) { body(Reader(rows: rows, byStatus: byStatus, columns: $0)) }
            }
        }
    }

    struct Reader {
        fileprivate let rows: UnsafeBufferPointer<RunSum>
        fileprivate let byStatus: UnsafeBufferPointer<ByStatus>
        fileprivate let columns: Columns

        /// The factories of a run as one cluster. Constant cost, but for finding a single one.
        ///
        /// - Parameter wanted: bit s set: factories of status s count.
        @inline(__always)
        func cluster(of run: Range<Int>, among wanted: UInt8) -> ClusterSum {
            // Two rows and what is left on both sides are no less work than so many factories.
            guard run.count < RunningSums.stride else { return named(ClusterSum(sum(of: run, among: wanted)), run, among: wanted) }
            // Two loops: the first without the test.
            let sum = wanted == 0xFF ? ShortSum(run, among: 0xFF, columns) : ShortSum(run, among: wanted, columns)
            return named(ClusterSum(x: sum.x, y: sum.y, statuses: sum.statuses), run, among: wanted)
        }

        /// Adds factories to a cluster: those with a bit, of the 64 from `start` on. One after the other, by the columns that are open here.
        @inline(__always)
        func add(_ bits: UInt64, from start: Int, to cluster: inout ClusterSum) {
            let end = start &+ UInt64.bitWidth &- bits.leadingZeroBitCount
            guard bits != 0, start >= 0, end <= columns.count, let x = columns.x, let y = columns.y, let status = columns.status else {
                return
            }
            var (sumX, sumY, statuses) = (UInt64(0), UInt64(0), UInt64(0))
            var left = bits
            while left != 0 {
                let index = start &+ left.trailingZeroBitCount
                left &= left &- 1
                sumX &+= UInt64(x[index])
                sumY &+= UInt64(y[index])
                statuses &+= 1 &<< (UInt64(status[index] & 7) &* 8)
            }
            cluster.add(x: sumX, y: sumY, statuses: statuses, first: start &+ bits.trailingZeroBitCount)
        }

        /// Of one factory also which it is.
        @inline(__always)
        private func named(_ cluster: ClusterSum, _ run: Range<Int>, among wanted: UInt8) -> ClusterSum {
            var cluster = cluster
            if cluster.count == 1 { cluster.first = run.first { isWanted($0, wanted) } ?? run.lowerBound }
            return cluster
        }

        private func isWanted(_ index: Int, _ wanted: UInt8) -> Bool {
            guard index >= 0, index < columns.count, let status = columns.status else { return false }
            return wanted &>> (status[index] & 7) & 1 != 0
        }

        /// What a run adds up to. Constant cost.
        func sum(of run: Range<Int>, among wanted: UInt8) -> RunSum {
            if wanted == 0xFF { return sum(of: run) }
            var sum = RunSum()
            let first = (run.lowerBound + RunningSums.stride - 1) / RunningSums.stride
            let last = run.upperBound / RunningSums.stride
            guard first < last, rows.indices.contains(last) else {
                sum.add(run, among: wanted, columns)
                return sum
            }
            // All ones in the lanes of wanted statuses.
            let lanes = 0 &- (SIMD8(repeating: UInt64(wanted)) &>> SIMD8(0, 1, 2, 3, 4, 5, 6, 7) & 1)
            sum = RunSum(
                x: ((byStatus[last].x &- byStatus[first].x) & lanes).wrappedSum(),
                y: ((byStatus[last].y &- byStatus[first].y) & lanes).wrappedSum(),
                statuses: (rows[last].statuses &- rows[first].statuses) & SIMD8<UInt32>(truncatingIfNeeded: lanes))
            sum.add(run.lowerBound..<first * RunningSums.stride, among: wanted, columns)
            sum.add(last * RunningSums.stride..<run.upperBound, among: wanted, columns)
            return sum
        }

        /// The same of all statuses. A function of its own: one for both costs these tiles 4 to 7 % more instructions (tools/guard).
        private func sum(of run: Range<Int>) -> RunSum {
            var sum = RunSum()
            let first = (run.lowerBound + RunningSums.stride - 1) / RunningSums.stride
            let last = run.upperBound / RunningSums.stride
            guard first < last, rows.indices.contains(last) else {
                sum.add(run, columns)
                return sum
            }
            let (from, to) = (rows[first], rows[last])
            sum = RunSum(x: to.x &- from.x, y: to.y &- from.y, statuses: to.statuses &- from.statuses)
            sum.add(run.lowerBound..<first * RunningSums.stride, columns)
            sum.add(last * RunningSums.stride..<run.upperBound, columns)
            return sum
        }
    }

    /// The columns' addresses.
    fileprivate struct Columns {
        var x: UnsafePointer<UInt32>?
        var y: UnsafePointer<UInt32>?
        var status: UnsafePointer<UInt8>?
        var count: Int
    }

    @inline(__always)
    private static func withColumns<R>(_ x: Column<UInt32>, _ y: Column<UInt32>, _ status: Column<UInt8>, _ body: (Columns) -> R) -> R {
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
