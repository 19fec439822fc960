// FilterProgram.swift: a filter made ready for one snapshot. Words become masks, tables and lists once, so that testing a
// factory is a few loads and no string is compared.

import Registry
import SpatialIndex

/// A compiled filter. Cheap to make (microseconds, or the length of the named brands' supplier lists).
struct FilterProgram: Sendable {
    /// Bit s set: status s passes.
    private let statusMask: UInt8
    /// Passing industries by index; nil: all.
    private let industries: Column<Bool>?
    private let slices: BitSlices
    private let wish: BitSlices.Wish
    /// Passing categories of a record; all ones when no category is asked for.
    private let categories: UInt16
    private let fromDay: Int32
    private let toDay: Int32
    private let minSeverity: UInt8
    private let asksForRecords: Bool
    /// The only candidates, ascending, when brands are named or the map shows suppliers only; nil: all factories.
    let candidates: [UInt32]?
    /// Whether every factory passes, those hidden aside.
    let passesAll: Bool
    /// The statuses that pass, a bit each, where nothing else is asked; nil: more is asked.
    let statusesAlone: UInt8?
    /// Factories of the snapshot that have changed since, which pass no filter here: the delta has them.
    private let hidden: HiddenFactories?
    /// Which of the delta's factories pass by their brands.
    private let liveBrands: LiveBrands

    /// What is asked of a changed factory's brands.
    private enum LiveBrands: Sendable {
        case any
        case published
        /// Ascending.
        case oneOf([UInt16])
    }

    private let status: Column<UInt8>
    private let industry: Column<UInt16>
    private let categoryMask: Column<UInt16>
    private let worstSeverity: Column<UInt8>
    private let latestDay: Column<Int32>
    private let recordOffsets: Column<UInt32>
    private let recordDay: Column<Int32>
    private let recordCategory: Column<UInt8>
    private let recordSeverity: Column<UInt8>

    /// - Throws: `QueryError` for a brand that the snapshot does not know.
    ///
    /// - Parameters:
    ///   - suppliersOnly: whether only factories with a published link may pass.
    ///   - delta: changes that lie over the snapshot.
    init(_ filter: Filter, for snapshot: Snapshot, suppliersOnly: Bool = false, delta: Delta? = nil) throws(QueryError) {
        statusMask = filter.statuses.isEmpty ? 0xFF : filter.statuses.reduce(0) { $0 | (1 << ($1 & 7)) }
        industries =
            filter.industries.isEmpty ? nil : (delta?.tables.industries ?? snapshot.industryCodes).beginning(with: filter.industries)
        categories = filter.categories.isEmpty ? 0xFFFF : filter.categories.reduce(0) { $0 | (1 << UInt16($1 & 15)) }
        fromDay = filter.from?.daysSince1970 ?? .min
        toDay = filter.to?.daysSince1970 ?? .max
        minSeverity = UInt8(filter.minSeverity ?? 0)
        asksForRecords = filter.asksForRecords
        if filter.brands.isEmpty || filter.brands.contains(Filter.anyBrand) {
            candidates = suppliersOnly || !filter.brands.isEmpty ? snapshot.suppliers : nil
            liveBrands = candidates == nil ? .any : .published
        } else {
            var lists: [UInt32] = []
            var numbers: [UInt16] = []
            for brand in filter.brands {
                let number = delta?.tables.brandNumbers[brand]
                if let number { numbers.append(number) }
                guard let index = snapshot.brandIndex[brand] else {
                    // A brand that came after the snapshot has suppliers in the delta only.
                    if number != nil { continue }
                    throw QueryError(parameter: "brand", value: brand, message: "no brand with this id is on the map")
                }
                lists += snapshot.supplierFactory[Int(snapshot.supplierOffsets[index])..<Int(snapshot.supplierOffsets[index + 1])]
            }
            candidates = filter.brands.count == 1 ? lists : Array(Set(lists)).sorted()
            liveBrands = .oneOf(numbers.sorted())
        }
        statusesAlone = filter.asksForStatusesAlone && candidates == nil ? statusMask : nil
        passesAll = statusesAlone == 0xFF
        slices = snapshot.bitSlices
        wish = slices.wish(statusMask: statusMask, industries: industries)
        hidden = delta?.hidden
        status = snapshot.status
        industry = snapshot.industry
        categoryMask = snapshot.categoryMask
        worstSeverity = snapshot.worstSeverity
        latestDay = snapshot.latestDay
        recordOffsets = snapshot.recordOffsets
        recordDay = snapshot.recordDay
        recordCategory = snapshot.recordCategory
        recordSeverity = snapshot.recordSeverity
    }

    /// Whether factory `index` passes everything but the candidates' list.
    @inline(__always)
    func matches(_ index: Int) -> Bool {
        if let hidden, hidden.contains(index) { return false }
        if passesAll { return true }
        if statusMask & (1 << (status[index] & 7)) == 0 { return false }
        if let industries, !industries[Int(industry[index])] { return false }
        return !asksForRecords || (mayHaveRecord(index) && hasRecord(index))
    }

    /// Whether factory `index` passes, candidates included. O(log of the candidates) when brands are named.
    func passes(_ index: Int) -> Bool {
        if let candidates {
            let at = candidates.partitioningIndex { Int($0) >= index }
            guard at < candidates.count, Int(candidates[at]) == index else { return false }
        }
        return matches(index)
    }

    /// Calls `body` for every factory of the range that passes, ascending.
    ///
    /// Cost: O(range), or O(candidates in the range) when brands are named.
    @inline(__always)
    func forEachMatch(in range: Range<Int>, _ body: (Int) -> Void) {
        if let candidates {
            var at = candidates.partitioningIndex { Int($0) >= range.lowerBound }
            while at < candidates.count, Int(candidates[at]) < range.upperBound {
                let index = Int(candidates[at])
                if matches(index) { body(index) }
                at += 1
            }
        } else if passesAll, hidden == nil {
            for index in range { body(index) }
        } else {
            withScan(of: range) { scan in
                forEachWord(in: range, by: &scan) { start, bits in
                    var passing = bits
                    while passing != 0 {
                        body(start &+ passing.trailingZeroBitCount)
                        passing &= passing &- 1
                    }
                }
            }
        }
    }

    /// Calls `body` with the number of a factory and a bit for each of the 64 from there on, where any of the range passes, where no candidates are
    /// named. The range is a part of the one that the scan was opened for: one scan serves many short runs.
    @inline(__always)
    func forEachWord(in range: Range<Int>, by scan: inout FilterScan, _ body: (Int, UInt64) -> Void) {
        var start = range.lowerBound
        while start < range.upperBound {
            // A block of the slices, or a part of one.
            let end = min((start | 63) &+ 1, range.upperBound)
            var passing = bits(Range(uncheckedBounds: (start, end)), &scan)
            if let hidden { passing &= ~hidden.word(from: start) }
            if passing != 0 { body(start, passing) }
            start = end
        }
    }

    /// Whether factories of the snapshot are hidden by a delta.
    var hides: Bool { hidden.map { $0.count > 0 } ?? false }

    /// Calls `body` for every hidden factory of a run. O(log hidden + those in the run).
    func forEachHidden(in run: Range<Int>, _ body: (Int) -> Void) {
        guard let hidden else { return }
        for index in hidden.within(run) { body(Int(index)) }
    }

    /// What `forEachWord` reads, by address, for the duration of `body`: valid for this range.
    @inline(__always)
    func withScan(of range: Range<Int>, _ body: (inout FilterScan) -> Void) {
        // The columns' lengths were checked when the file was opened; the range is checked against them here, once.
        precondition(range.lowerBound >= 0 && range.upperBound <= min(status.count, industry.count))
        slices.withReader(wish) { slices in
            var scan = FilterScan(slices: slices)
            guard wish.leavesIndustries, let industries else { return body(&scan) }
            industry.withUnsafeBufferPointer { industry in
                industries.withUnsafeBufferPointer { passes in
                    (scan.industry, scan.passes) = (industry.baseAddress, passes.baseAddress)
                    body(&scan)
                }
            }
        }
    }

    /// A bit for each of up to 64 factories of one block: which pass everything but the candidates' list.
    @inline(__always)
    private func bits(_ run: Range<Int>, _ scan: inout FilterScan) -> UInt64 {
        let asked = (run.count == 64 ? 0 : 1 &<< UInt64(truncatingIfNeeded: run.count)) &- 1
        let passing = scan.passing(block: run.lowerBound &>> 6) &>> UInt64(truncatingIfNeeded: run.lowerBound & 63) & asked
        return scan.passes == nil && !asksForRecords ? passing : narrowed(passing, run, scan)
    }

    /// Those of the bits whose factories pass what the slices do not know.
    private func narrowed(_ bits: UInt64, _ run: Range<Int>, _ scan: FilterScan) -> UInt64 {
        var passing = scan.industryBits(run, among: bits)
        guard asksForRecords else { return passing }
        // The columns per factory first, without a branch; then the records of the few that are left.
        if passing.nonzeroBitCount > 16 {
            // Many: all of them in their order is faster than one bit after the other.
            var mayHave: UInt64 = 0
            for (bit, index) in run.enumerated() { mayHave |= (mayHaveRecord(index) ? 1 : 0) &<< UInt64(truncatingIfNeeded: bit) }
            passing &= mayHave
        } else {
            passing = FilterProgram.keep(passing) { mayHaveRecord(run.lowerBound &+ $0) }
        }
        return FilterProgram.keep(passing) { hasRecord(run.lowerBound &+ $0) }
    }

    /// The bits whose number passes a test.
    @inline(__always)
    private static func keep(_ bits: UInt64, where test: (Int) -> Bool) -> UInt64 {
        var left = bits
        var kept: UInt64 = 0
        while left != 0 {
            let bit = left.trailingZeroBitCount
            left &= left &- 1
            kept |= (test(bit) ? 1 : 0) &<< UInt64(truncatingIfNeeded: bit)
        }
        return kept
    }

    /// What the columns per factory say of its records. No branches.
    @inline(__always)
    private func mayHaveRecord(_ index: Int) -> Bool {
        let day: UInt8 = latestDay[index] >= fromDay ? 1 : 0
        let severity: UInt8 = worstSeverity[index] >= minSeverity ? 1 : 0
        let category: UInt8 = categoryMask[index] & categories != 0 ? 1 : 0
        return day & severity & category == 1
    }

    /// Whether a changed factory passes, its brands included.
    func passes(_ facts: LiveFacts, of factory: @autoclosure () -> LiveFactory) -> Bool {
        if statusMask & (1 << (facts.status & 7)) == 0 { return false }
        if let industries, !industries[Int(facts.industry)] { return false }
        switch liveBrands {
        case .any: break
        case .published: if facts.brandCount == 0 { return false }
        case .oneOf(let wanted):
            guard facts.brandCount > 0, factory().brands.contains(where: { wanted.contains($0) }) else { return false }
        }
        guard asksForRecords else { return true }
        guard facts.latestDay >= fromDay, facts.worstSeverity >= minSeverity, facts.categoryMask & categories != 0 else { return false }
        return factory().records.contains { record in
            record.day >= fromDay && record.day <= toDay && record.severity >= minSeverity
                && categories & (1 << UInt16(record.category & 15)) != 0
        }
    }

    /// One and the same record must meet every condition; the columns per factory reject most without looking at records.
    private func hasRecord(_ index: Int) -> Bool {
        for record in Int(recordOffsets[index])..<Int(recordOffsets[index + 1]) {
            let day = recordDay[record]
            if day >= fromDay, day <= toDay, recordSeverity[record] >= minSeverity,
                categories & (1 << UInt16(recordCategory[record] & 15)) != 0
            {
                return true
            }
        }
        return false
    }
}

/// What a filter reads of 64 factories at a time, by address.
struct FilterScan {
    private let slices: BitSlices.Reader
    fileprivate var industry: UnsafePointer<UInt16>?
    /// By industry; nil: the slices know which pass.
    fileprivate var passes: UnsafePointer<Bool>?
    /// The block that was asked for last, and who passes there: where cells hold a few factories, several in turn share one.
    private var last = (block: -1, passing: UInt64(0))

    fileprivate init(slices: BitSlices.Reader) { self.slices = slices }

    /// A bit for each of 64 factories that the slices let pass.
    @inline(__always)
    fileprivate mutating func passing(block: Int) -> UInt64 {
        if block != last.block { last = (block, slices.passing(block: block)) }
        return last.passing
    }

    /// Of factories with a bit, those of a wanted industry. Indices in the column are below the table's length: that was checked when the
    /// file was opened.
    @inline(__always)
    fileprivate func industryBits(_ run: Range<Int>, among bits: UInt64) -> UInt64 {
        guard let passes, let industry else { return bits }
        let first = industry + run.lowerBound
        var left = bits
        var passing: UInt64 = 0
        while left != 0 {
            let bit = left.trailingZeroBitCount
            left &= left &- 1
            passing |= (passes[Int(first[bit])] ? 1 : 0) &<< UInt64(truncatingIfNeeded: bit)
        }
        return passing
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first position whose element satisfies a predicate that is false up to there and true from there. O(log n).
    func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
