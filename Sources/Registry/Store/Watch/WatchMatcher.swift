// WatchMatcher.swift: which factory a supplier of a brand's list means. A valid credit code decides if exactly one factory has it; else the
// normalised name together with the place, if exactly one factory has both. Everything less is a candidate with a score, for a person: a
// brand that watches the wrong factory is worse off than one that knows it watches none.

import GRDB

/// Matches suppliers within one read of the store.
final class WatchMatcher {
    private struct Row {
        var pk: Int64
        var nameZH: String?
        var nameEN: String?
        var formerName: String?
        var creditCode: String?
        var address: String?
        var county: Int64?
        var places: [Int64]
    }

    private let byID: RawStatement
    private let byCode: RawStatement
    private let byName: [RawStatement]
    private let placesByName: RawStatement
    private var placeNames: PlaceLexicon?

    /// More factories of one name or code are not looked at.
    private static let mostRows = 50
    static let mostCandidates = 10
    /// What is less alike is no candidate.
    static let leastScore = 0.45

    init(_ db: Database, path: String) throws(RegistryError) {
        func factories(_ condition: String) throws(RegistryError) -> RawStatement {
            try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, name_zh, name_en, former_name, credit_code, address, county, place_county, place_prefecture, place_province
                    FROM factories WHERE \(condition) AND removed_seq IS NULL ORDER BY pk LIMIT \(WatchMatcher.mostRows)
                    """)
        }
        byID = try factories("id = ?1")
        byCode = try factories("credit_code = ?1")
        byName = try [factories("name_zh_key = ?1"), factories("name_en_key = ?1"), factories("former_name_key = ?1")]
        placesByName = try RawStatement(db, path: path, sql: "SELECT code, name_zh, name_en FROM places")
    }

    /// - Parameter similar: ids of factories whose names may be alike, from an index of names; those of equal names are found here.
    func match(_ supplier: SupplierDraft, similar: [String] = []) throws(RegistryError) -> WatchMatch {
        if let id = supplier.factoryID, let row = try rows(byID, { $0.bind(1, id) }).first {
            return .matched(factoryPK: row.pk, basis: .factoryID)
        }
        var candidates: [Row] = []
        if let code = supplier.creditCode {
            candidates = try rows(byCode, { $0.bind(1, code) })
            if candidates.count == 1, CreditCode.isValid(code) { return .matched(factoryPK: candidates[0].pk, basis: .creditCode) }
        }
        let place = PlaceWish(supplier.place, try names())
        if let name = supplier.name, let key = NameKey.hash(name) {
            let wanted = NameKey.normalized(name)
            var named: [Row] = []
            for statement in byName { named += try rows(statement) { $0.bind(1, key) } }
            // Equal hashes are no proof of equal names.
            named.removeAll { row in ![row.nameZH, row.nameEN, row.formerName].contains { $0.map(NameKey.normalized) == wanted } }
            let fitting = WatchMatcher.unique(named).filter { row in
                place?.isExact == true && place?.verdict(row.places, county: row.county, address: row.address) == .fits
                    // Two valid codes that differ are two legal entities, whatever they are called.
                    && !WatchMatcher.contradicts(supplier.creditCode, row.creditCode)
            }
            if fitting.count == 1, candidates.isEmpty || candidates.contains(where: { $0.pk == fitting[0].pk }) {
                return .matched(factoryPK: fitting[0].pk, basis: .nameAndPlace)
            }
            candidates += named
            for id in similar.prefix(WatchMatcher.mostRows) { candidates += try rows(byID, { $0.bind(1, id) }) }
        }
        let scored = WatchMatcher.unique(candidates).map { WatchMatcher.candidate($0, supplier, place) }
            .filter { $0.score >= WatchMatcher.leastScore }
            .sorted { ($1.score, $0.factoryPK) < ($0.score, $1.factoryPK) }
        return .candidates(Array(scored.prefix(WatchMatcher.mostCandidates)))
    }

    // MARK: Scores

    private static func candidate(_ row: Row, _ supplier: SupplierDraft, _ place: PlaceWish?) -> WatchCandidate {
        var words: [String] = []
        var likeness = 0.5
        if let name = supplier.name {
            likeness = [row.nameZH, row.nameEN, row.formerName].compactMap { $0 }.map { NameSimilarity.of(name, $0) }.max() ?? 0
            words.append(likeness == 1 ? "the same name" : "the name is alike by \(Int((likeness * 100).rounded())) %")
        } else {
            words.append("no name was given")
        }
        var placeScore = 0.5
        if let place {
            switch place.verdict(row.places, county: row.county, address: row.address) {
            case .fits:
                placeScore = 1
                words.append("the place fits")
            case .elsewhere:
                placeScore = 0
                words.append("it lies elsewhere")
            case .unknownPlace: words.append("the place is not known")
            case .unknownSite: words.append("where exactly it lies is not known")
            }
        } else {
            words.append("no place was given")
        }
        var codeScore = 0.5
        switch (supplier.creditCode, row.creditCode) {
        case (let code?, let other?) where code == other:
            codeScore = 1
            words.append(CreditCode.isValid(code) ? "the same credit code, which others have too" : "the same code, which is not valid")
        case (.some, .some):
            codeScore = 0
            words.append("another credit code")
        default: words.append("no credit codes to compare")
        }
        let score = 0.6 * likeness + 0.25 * placeScore + 0.15 * codeScore
        return WatchCandidate(factoryPK: row.pk, score: (score * 1000).rounded() / 1000, reason: words.joined(separator: "; "))
    }

    private static func contradicts(_ a: String?, _ b: String?) -> Bool {
        guard let a, let b else { return false }
        return a != b && CreditCode.isValid(a) && CreditCode.isValid(b)
    }

    // MARK: Rows

    private func rows(_ statement: RawStatement, _ bind: (RawStatement) -> Void) throws(RegistryError) -> [Row] {
        bind(statement)
        defer { statement.reset() }
        var found: [Row] = []
        while try statement.step() {
            found.append(
                Row(
                    pk: statement.int(0), nameZH: statement.text(1), nameEN: statement.text(2), formerName: statement.text(3),
                    creditCode: statement.text(4), address: statement.text(5), county: statement.optionalInt(6),
                    places: (7...9).compactMap { statement.optionalInt($0) }))
        }
        return found
    }

    private static func unique(_ rows: [Row]) -> [Row] {
        var seen: Set<Int64> = []
        return rows.filter { seen.insert($0.pk).inserted }
    }

    /// Read once for all suppliers.
    private func names() throws(RegistryError) -> PlaceLexicon {
        if let placeNames { return placeNames }
        defer { placesByName.reset() }
        var places: [(code: Int64, nameZH: String, nameEN: String)] = []
        while try placesByName.step() {
            places.append((placesByName.int(0), placesByName.text(1) ?? "", placesByName.text(2) ?? ""))
        }
        let names = PlaceLexicon(places)
        placeNames = names
        return names
    }
}

/// A place as a brand writes it: a code, or names of places that are known here, or a part of addresses.
private struct PlaceWish {
    /// What is known of a factory and this place.
    enum Verdict {
        case fits, elsewhere
        /// The text names no place that is known here.
        case unknownPlace
        /// Of the factory less is known than was asked: its province, where a city was given.
        case unknownSite
    }

    private let key: PlaceKey
    private let names: PlaceLexicon
    private let codes: Set<Int64>
    /// Whether it says one prefecture at least: of one name there may be several companies in a province.
    let isExact: Bool

    /// Beijing, Tianjin, Shanghai and Chongqing are cities though their codes are provinces'.
    private static let cities: Set<Int64> = [110_000, 120_000, 310_000, 500_000]

    /// Nil for a place that says nothing.
    init?(_ text: String?, _ names: PlaceLexicon) {
        guard let text, let key = PlaceKey(text), !PlaceLexicon.namesOnlyTheCountry(text) else { return nil }
        self.key = key
        self.names = names
        let codes = key.code.map(PlaceWish.codes(ofDigits:)) ?? names.codes(of: text)
        self.codes = codes
        let provinces = Set(codes.map { $0 / 10_000 * 10_000 })
        let isCity = provinces.count == 1 && provinces.isSubset(of: PlaceWish.cities)
        // What is no name known here is a part of an address, which says more than a prefecture.
        isExact = isCity || (Set(codes.map { $0 / 100 }).count <= 1 && codes.isDisjoint(with: provinces))
    }

    /// The code of GB/T 2260 that begins so; empty when no province has it.
    private static func codes(ofDigits digits: String) -> Set<Int64> {
        guard let code = Int64(digits + String(repeating: "0", count: 6 - digits.utf8.count)),
            DivisionNames.provinces.contains(code / 10_000 * 10_000)
        else { return [] }
        return [code]
    }

    /// - Parameter places: codes of where the factory lies, the most exact first.
    func verdict(_ places: [Int64], county: Int64?, address: String?) -> Verdict {
        guard !codes.isEmpty else { return key.matches(county: county, address: address) ? .fits : .unknownPlace }
        let sites = [places.first, county].compactMap(\.self)
        if lie(sites) { return .fits }
        let known = sites + (address.map { Array(names.codes(of: $0)) } ?? [])
        if lie(known) || (known.isEmpty && key.matches(county: nil, address: address)) { return .fits }
        // What is said more exactly by another source is not left open by this one.
        let finest = known.filter { site in !known.contains { $0 != site && PlaceLexicon.lies($0, within: site) } }
        let mayLieThere = finest.contains { site in codes.contains { PlaceLexicon.lies($0, within: site) } }
        return finest.isEmpty || mayLieThere ? .unknownSite : .elsewhere
    }

    private func lie(_ sites: [Int64]) -> Bool {
        sites.contains { site in codes.contains { PlaceLexicon.lies(site, within: $0) } }
    }
}
