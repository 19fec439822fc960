// FilterProgram.swift: a filter made ready for one snapshot. Words become masks, tables and lists once, so that testing a
// factory is a few loads and no string is compared.

import Registry
import SpatialIndex

/// A compiled filter. Cheap to make (microseconds, or the length of the named brands' supplier lists).
struct FilterProgram: Sendable {
    /// Bit s set: status s passes.
    private let statusMask: UInt8
    /// Passing industries by index; nil: all.
    private let industries: [Bool]?
    /// Passing categories of a record; all ones when no category is asked for.
    private let categories: UInt16
    private let fromDay: Int32
    private let toDay: Int32
    private let minSeverity: UInt8
    private let asksForRecords: Bool
    /// The only candidates, ascending, when brands are named or the map shows suppliers only; nil: all factories.
    let candidates: [UInt32]?
    /// Whether every factory passes.
    let passesAll: Bool

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
    init(_ filter: Filter, for snapshot: Snapshot, suppliersOnly: Bool = false) throws(QueryError) {
        statusMask = filter.statuses.isEmpty ? 0xFF : filter.statuses.reduce(0) { $0 | (1 << ($1 & 7)) }
        if filter.industries.isEmpty {
            industries = nil
        } else {
            industries = snapshot.industryCodes.map { code in
                filter.industries.contains { code.hasPrefix($0) || code.drop { $0.isLetter }.hasPrefix($0) }
            }
        }
        categories = filter.categories.isEmpty ? 0xFFFF : filter.categories.reduce(0) { $0 | (1 << UInt16($1 & 15)) }
        fromDay = filter.from?.daysSince1970 ?? .min
        toDay = filter.to?.daysSince1970 ?? .max
        minSeverity = UInt8(filter.minSeverity ?? 0)
        asksForRecords = filter.asksForRecords
        if filter.brands.isEmpty {
            candidates = suppliersOnly ? snapshot.suppliers : nil
        } else {
            var lists: [UInt32] = []
            for brand in filter.brands {
                guard let index = snapshot.brandIndex[brand] else {
                    throw QueryError(parameter: "brand", value: brand, message: "no brand with this id is on the map")
                }
                lists += snapshot.supplierFactory[Int(snapshot.supplierOffsets[index])..<Int(snapshot.supplierOffsets[index + 1])]
            }
            candidates = filter.brands.count == 1 ? lists : Array(Set(lists)).sorted()
        }
        passesAll = statusMask == 0xFF && industries == nil && !asksForRecords && candidates == nil
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
        if passesAll { return true }
        if statusMask & (1 << (status[index] & 7)) == 0 { return false }
        if let industries, !industries[Int(industry[index])] { return false }
        return !asksForRecords || hasRecord(index)
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
        } else if passesAll {
            for index in range { body(index) }
        } else {
            for index in range where matches(index) { body(index) }
        }
    }

    /// One and the same record must meet every condition; the columns per factory reject most without looking at records.
    private func hasRecord(_ index: Int) -> Bool {
        guard categoryMask[index] & categories != 0, worstSeverity[index] >= minSeverity, latestDay[index] >= fromDay else { return false }
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

extension Array {
    /// The first position whose element satisfies a predicate that is false up to there and true from there. O(log n).
    func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
