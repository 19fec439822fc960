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
    private let scan: StatusScan
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
        scan = StatusScan(mask: statusMask)
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
            // Sixty-four at a time: a word of bits, one column after the other, so that no branch waits on a single factory.
            withHandle(range) { handle in
                var start = range.lowerBound
                while start < range.upperBound {
                    let run = Range(uncheckedBounds: (start, min(start + 64, range.upperBound)))
                    var passing = bits(run, handle)
                    if let hidden { passing &= ~hidden.word(from: start) }
                    while passing != 0 {
                        body(start &+ passing.trailingZeroBitCount)
                        passing &= passing &- 1
                    }
                    start = run.upperBound
                }
            }
        }
    }

    /// Whether factories of the snapshot are hidden by a delta.
    var hides: Bool { hidden.map { $0.count > 0 } ?? false }

    /// Calls `body` for every hidden factory of a run. O(log hidden + those in the run).
    func forEachHidden(in run: Range<Int>, _ body: (Int) -> Void) {
        guard let hidden else { return }
        for index in hidden.within(run) { body(Int(index)) }
    }

    /// The columns' addresses, for the duration of `body`.
    @inline(__always)
    private func withHandle(_ range: Range<Int>, _ body: (FilterHandle) -> Void) {
        // The columns' lengths were checked when the file was opened; the range is checked against them here, once.
        precondition(range.lowerBound >= 0 && range.upperBound <= min(status.count, industry.count))
        status.withUnsafeBufferPointer { status in
            industry.withUnsafeBufferPointer { industry in
                scan.wanted.withUnsafeBufferPointer { wanted in
                    guard let status = status.baseAddress, let industry = industry.baseAddress else { return }
                    guard let industries else { return body(FilterHandle(status: status, wanted: wanted, industry: industry, passes: nil)) }
                    industries.withUnsafeBufferPointer { passes in
                        body(FilterHandle(status: status, wanted: wanted, industry: industry, passes: passes.baseAddress))
                    }
                }
            }
        }
    }

    /// A bit for each of up to 64 factories: which pass everything but the candidates' list.
    private func bits(_ run: Range<Int>, _ handle: FilterHandle) -> UInt64 {
        var passing = handle.statusBits(run)
        passing = handle.industryBits(run, among: passing)
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

/// Which statuses are wanted, as words to compare eight statuses with at a time.
private struct StatusScan: Sendable {
    /// Wanted statuses, each in every byte of a word; none: all are wanted.
    let wanted: [UInt64]

    init(mask: UInt8) {
        wanted = mask == 0xFF ? [] : (0..<8).filter { mask & (1 << $0) != 0 }.map { UInt64($0) * FilterHandle.ones }
    }
}

/// The columns of a filter by address.
private struct FilterHandle {
    let status: UnsafePointer<UInt8>
    let wanted: UnsafeBufferPointer<UInt64>
    let industry: UnsafePointer<UInt16>
    /// By industry; nil: all pass.
    let passes: UnsafePointer<Bool>?

    static let ones: UInt64 = 0x0101_0101_0101_0101

    /// A bit for each of up to 64 factories with a wanted status. The run must be within the column.
    @inline(__always)
    func statusBits(_ run: Range<Int>) -> UInt64 {
        let count = run.count
        if wanted.isEmpty { return count == 64 ? ~0 : (1 &<< UInt64(truncatingIfNeeded: count)) &- 1 }
        let first = UnsafeRawPointer(status + run.lowerBound)
        var bits: UInt64 = 0
        var at = 0
        while at &+ 8 <= count {
            bits |= eight(UInt64(littleEndian: first.loadUnaligned(fromByteOffset: at, as: UInt64.self))) &<< UInt64(truncatingIfNeeded: at)
            at &+= 8
        }
        while at < count {
            bits |= (eight(UInt64(first.load(fromByteOffset: at, as: UInt8.self))) & 1) &<< UInt64(truncatingIfNeeded: at)
            at &+= 1
        }
        return bits
    }

    /// A bit for each byte of a word whose lowest three bits are a wanted status.
    @inline(__always)
    private func eight(_ word: UInt64) -> UInt64 {
        let highest = 128 &* FilterHandle.ones
        let statuses = word & (7 &* FilterHandle.ones)
        var found: UInt64 = 0
        // A byte's highest bit survives the subtraction only where the byte is zero.
        for status in wanted { found |= highest &- (statuses ^ status) }
        // One bit of each byte, gathered in the highest byte.
        return (((found & highest) &>> 7) &* 0x0102_0408_1020_4080) &>> 56
    }

    /// Of factories with a bit, those of a wanted industry. Indices in the column are below the table's length: that was checked when the
    /// file was opened.
    @inline(__always)
    func industryBits(_ run: Range<Int>, among bits: UInt64) -> UInt64 {
        guard let passes else { return bits }
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
