// LiveFactory.swift: one factory that was touched since the snapshot was built, judged and ready for every question.

import Boundaries
import Registry
import SpatialIndex

/// What tiles and filters read of a factory first: small, so that many lie side by side in memory.
struct LiveFacts: Hashable, Sendable, BitwiseCopyable {
    var x: UInt32
    var y: UInt32
    /// `SnapshotFlags.noDay` without records.
    var latestDay: Int32
    var industry: UInt16
    var categoryMask: UInt16
    var status: UInt8
    var worstSeverity: UInt8
    /// Brands that publish it.
    var brandCount: UInt16
}

/// A factory as it is now.
final class LiveFactory: Sendable {
    /// A record that counts.
    struct Record: Hashable, Sendable {
        var day: Int32
        var category: UInt8
        var severity: UInt8
    }

    let pk: UInt32
    let id: String
    let nameZH: String
    let nameEN: String
    let formerName: String
    let creditCode: String
    let industryCode: String
    /// Degrees, WGS 84.
    let longitude: Double
    let latitude: Double
    /// On the Hilbert curve.
    let position: UInt64
    let facts: LiveFacts
    let county: Int32
    /// Number of the most exact place; `PlaceColumns.none`: none.
    let place: UInt32
    let flags: UInt32
    let accuracyMeters: Double?
    let records: [Record]
    /// Numbers of the brands, ascending; and their ids.
    let brands: [UInt16]
    let brandIDs: [String]
    /// Names as search compares them.
    let foldedName: [UInt32]
    let foldedFormerName: [UInt32]

    /// - Parameters:
    ///   - tables: give numbers to industries and brands.
    ///   - asOf: the day that statuses refer to.
    init(_ state: FactoryState, pk: UInt32, tables: LiveTables, over snapshot: Snapshot, asOf: Day) {
        self.pk = pk
        id = state.id
        nameZH = state.nameZH
        nameEN = state.nameEN
        formerName = state.formerName
        creditCode = state.creditCode
        industryCode = state.industry
        longitude = state.longitude
        latitude = state.latitude
        let cell = MercatorGrid.project(longitude: state.longitude, latitude: state.latitude)
        position = HilbertCurve.position(of: cell)
        county = state.countyCode != 0 ? state.countyCode : snapshot.countyToAssume(at: state.places.finest)
        place = snapshot.placeIndex(code: state.places.finest).map { UInt32(truncatingIfNeeded: $0) } ?? PlaceColumns.none
        flags = state.flags & ~SnapshotFlags.own | (state.keyMonitored ? SnapshotFlags.keyMonitored : 0)
        // As exact as the file's column.
        accuracyMeters = state.accuracyMeters.map { Double(Float($0)) }
        let assessment = Assessment.assess(
            records: state.records, disclosed: state.disclosed || state.keyMonitored, exceedingNow: state.exceedingNow, asOf: asOf)
        var kept: [Record] = []
        var facts = LiveFacts(
            x: cell.x, y: cell.y, latestDay: SnapshotFlags.noDay, industry: tables.number(ofIndustry: state.industry), categoryMask: 0,
            status: assessment.status.rawValue, worstSeverity: 0, brandCount: UInt16(truncatingIfNeeded: state.brandIDs.count))
        for (record, severity) in zip(state.records, assessment.severities) where record.counts {
            let day = record.published.daysSince1970
            facts.worstSeverity = max(facts.worstSeverity, severity)
            facts.categoryMask |= 1 << UInt16(record.category.rawValue & 15)
            facts.latestDay = max(facts.latestDay, day)
            kept.append(Record(day: day, category: record.category.rawValue, severity: severity))
        }
        records = kept
        self.facts = facts
        brandIDs = state.brandIDs
        brands = state.brandIDs.map { tables.number(ofBrand: $0) }
        foldedName = LiveFactory.folded(state.nameZH)
        foldedFormerName = LiveFactory.folded(state.formerName)
    }

    private static func folded(_ text: String) -> [UInt32] {
        var text = text
        var characters: [UInt32] = []
        text.withUTF8 { SearchText.fold($0, into: &characters) }
        return characters
    }

    /// Whether it stands before another in the order of the map.
    func precedes(position: UInt64, pk: UInt32) -> Bool { (self.position, self.pk) < (position, pk) }

    /// Whether its id differs from this one in nothing but the case of ASCII letters.
    func hasID(lowercase: String) -> Bool {
        id.utf8.count == lowercase.utf8.count
            && zip(id.utf8, lowercase.utf8).allSatisfy { ((0x41...0x5A).contains($0) ? $0 | 0x20 : $0) == $1 }
    }

    /// For search: the larger, the earlier it is found.
    var searchRank: UInt64 {
        SearchRank.of(status: facts.status, worstSeverity: facts.worstSeverity, records: records.count)
    }

    /// Id, Chinese name and English name as bytes, for the duration of `body`.
    func withTexts(
        _ body: (_ id: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>, _ english: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var (id, name, english) = (id, nameZH, nameEN)
        id.withUTF8 { id in name.withUTF8 { name in english.withUTF8 { body(id, name, $0) } } }
    }

    /// As queries return it.
    func hit(distanceMeters: Double? = nil) -> FactoryHit {
        FactoryHit(
            pk: Int64(pk), id: id, nameZH: nameZH, nameEN: nameEN.isEmpty ? nil : nameEN, longitude: longitude, latitude: latitude,
            status: FactoryStatus(rawValue: facts.status) ?? .unknown, industry: industryCode, records: records.count,
            worstSeverity: Int(facts.worstSeverity),
            latestRecord: facts.latestDay == SnapshotFlags.noDay ? nil : Day(daysSince1970: facts.latestDay).iso,
            countyCode: county > 0 ? String(county) : nil, keyMonitored: flags & SnapshotFlags.keyMonitored != 0, brands: brandIDs,
            flags: FactoryFlags(rawValue: flags & ~SnapshotFlags.own).names, accuracyMeters: accuracyMeters, distanceMeters: distanceMeters)
    }
}

/// In which order search finds factories of one kind of match.
enum SearchRank {
    /// The worst first: by status, worst severity, number of records. The larger, the earlier.
    static func of(status: UInt8, worstSeverity: UInt8, records: Int) -> UInt64 {
        UInt64(UInt8.max - status) << 40 | UInt64(worstSeverity) << 32 | UInt64(records)
    }
}

/// Numbers for industries and brands: those of the snapshot, and new ones behind them.
struct LiveTables: Sendable {
    private(set) var industries: IndustryCodes
    private var industryNumbers: [String: UInt16]
    private(set) var brandIDs: [String]
    private(set) var brandNumbers: [String: UInt16]

    init(_ snapshot: Snapshot) {
        industries = snapshot.industryCodes
        let codes = (0..<snapshot.industryCodes.count).map { snapshot.industryCodes[$0] }
        industryNumbers = LiveTables.numbers(codes)
        brandIDs = snapshot.brandIDs
        brandNumbers = LiveTables.numbers(snapshot.brandIDs)
    }

    private static func numbers(_ texts: [String]) -> [String: UInt16] {
        Dictionary(texts.enumerated().map { ($1, UInt16(truncatingIfNeeded: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    func number(ofIndustry code: String) -> UInt16 { industryNumbers[code] ?? 0 }
    func number(ofBrand id: String) -> UInt16 { brandNumbers[id] ?? .max }

    /// Takes industries that were not there.
    ///
    /// - Throws: `SnapshotBuilder.Failure.tooLarge`.
    mutating func add(industries codes: some Sequence<String>) throws(SnapshotBuilder.Failure) {
        var new: [String] = []
        for code in codes where industryNumbers[code] == nil {
            let limit = Int64(UInt16.max)
            guard industryNumbers.count < limit else {
                throw .tooLarge(what: "the number of different industry codes", found: limit + 1, limit: limit)
            }
            industryNumbers[code] = UInt16(truncatingIfNeeded: industries.count + new.count)
            new.append(code)
        }
        if !new.isEmpty { industries = industries.adding(new) }
    }

    /// Takes the registry's list of brands, in its order.
    ///
    /// - Returns: false when it does not begin with the brands that are known: then numbers would mean others.
    mutating func setBrands(_ ids: [String]) throws(SnapshotBuilder.Failure) -> Bool {
        guard ids.count != brandIDs.count else { return ids == brandIDs }
        guard ids.count < Int(UInt16.max) else {
            throw .tooLarge(what: "the number of brands", found: Int64(ids.count), limit: Int64(UInt16.max))
        }
        guard ids.starts(with: brandIDs) else { return false }
        brandIDs = ids
        brandNumbers = LiveTables.numbers(ids)
        return true
    }
}

extension Snapshot {
    /// The county to assume for a factory whose source names none: that of its position, unless the borders are invented. 0: none.
    func countyToAssume(at code: Int32) -> Int32 {
        guard code != 0, let index = placeIndex(code: code), placeColumns.level[index] == PlaceLevel.county.rawValue,
            !placeColumns.sources[Int(placeColumns.source[index])].synthetic
        else { return 0 }
        return code
    }
}
