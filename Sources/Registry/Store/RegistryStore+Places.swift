// RegistryStore+Places.swift: provinces, prefectures and counties in the registry, and which of them each factory lies in. The codes of
// factories always match the borders in the store: new factories get them in the transaction that stores them, and new borders
// give them anew to all.

import Boundaries
import GRDB
import Synchronization

/// What an exchange of borders did.
public struct PlacesOutcome: Sendable, Encodable {
    public var coverage: PlaceCoverage.Report
    /// Places in the registry now, by the names of their levels.
    public var places: [String: Int]
    /// Factories whose codes or flags changed.
    public var relocated: Int
    /// Of all factories: those whose source names another county than their position, and those that lie in no place.
    public var mismatches: Int
    public var placeless: Int
}

/// The locator of the borders in the store, kept until they change.
final class PlaceCache: Sendable {
    private let kept = Mutex<(version: Int64, locator: PlaceLocator?)?>(nil)

    /// Nil when the store has no borders.
    func locator(_ db: Database, path: String) throws(RegistryError) -> PlaceLocator? {
        let version = try RegistryStore.placesVersion(db, path: path)
        if let known = kept.withLock({ $0 }), known.version == version { return known.locator }
        let places = try RegistryStore.places(db, path: path)
        let locator = places.isEmpty ? nil : PlaceLocator(places)
        kept.withLock { $0 = (version, locator) }
        return locator
    }
}

extension RegistryStore {
    /// All places with their outlines, by level, then code.
    public func places() throws(RegistryError) -> [PlaceOutline] {
        try read { db in try RegistryStore.places(db, path: path) }
    }

    /// Says where a point lies; nil when the registry has no borders. Kept between calls.
    public func placeLocator() throws(RegistryError) -> PlaceLocator? {
        try read { db in try placeCache.locator(db, path: path) }
    }

    /// Puts places into the registry: those of the same levels as the new ones go, the others stay, all are cleaned together, and every
    /// factory gets its codes.
    ///
    /// - Parameter names: by code, for derived places and those without a name.
    /// - Throws: `RegistryError`, or `BoundaryError` when the borders cannot be cleaned. Nothing has changed then.
    ///
    /// Cost: that of `PlaceCoverage`, and about 4 µs for each factory whose codes change.
    public func replacePlaces(
        with new: [PlaceOutline], names: [Int32: (zh: String, en: String)] = [:], source: String? = nil
    ) throws -> PlacesOutcome {
        let levels = Set(new.map(\.level))
        let kept = try read { db in try RegistryStore.places(db, path: path, given: true) }.filter { !levels.contains($0.level) }
        let given = kept + new
        let coverage = try PlaceCoverage(given, names: names)
        let locator = PlaceLocator(coverage.places)
        return try write(durably: true) { db in
            try RegistryStore.store(coverage.places, given: given, db, path: path)
            let sequence = try RegistryStore.nextSequence(db, path: path)
            let relocated = try RegistryStore.relocate(by: locator, db, path: path)
            try RegistryStore.recordChange(
                db, path: path, sequence: sequence, entity: "places", accepted: Int64(coverage.places.count),
                updated: Int64(relocated.changed),
                source: source)
            let version = try RawStatement(
                db, path: path,
                sql: "INSERT INTO meta VALUES ('places_version', ?1) ON CONFLICT DO UPDATE SET value = excluded.value")
            version.bind(1, String(sequence))
            try version.run()
            let counts = Dictionary(grouping: coverage.places, by: \.level.name).mapValues(\.count)
            return PlacesOutcome(
                coverage: coverage.report, places: counts, relocated: relocated.changed, mismatches: relocated.mismatches,
                placeless: relocated.placeless)
        }
    }

    // MARK: Tables

    /// The change that wrote the places; 0 when there are none.
    static func placesVersion(_ db: Database, path: String) throws(RegistryError) -> Int64 {
        let row = try RawStatement(db, path: path, sql: "SELECT value FROM meta WHERE name = 'places_version'")
        return try row.step() ? Int64(row.text(0) ?? "") ?? 0 : 0
    }

    /// - Parameter given: the shapes as they were imported, without derived places; else the cleaned ones.
    static func places(_ db: Database, path: String, given: Bool = false) throws(RegistryError) -> [PlaceOutline] {
        let sources = try RawStatement(db, path: path, sql: "SELECT pk, edition, source, licence, synthetic, note FROM place_sources")
        var known: [Int64: PlaceSource] = [:]
        while try sources.step() {
            known[sources.int(0)] = PlaceSource(
                edition: sources.text(1) ?? "", source: sources.text(2) ?? "", licence: sources.text(3) ?? "",
                synthetic: sources.int(4) != 0, note: sources.text(5) ?? "")
        }
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT code, level, parent, source_pk, derived, name_zh, name_en, \(given ? "given" : "outline") FROM places
                \(given ? "WHERE given IS NOT NULL" : "") ORDER BY level, code
                """)
        var places: [PlaceOutline] = []
        while try row.step() {
            guard let level = PlaceLevel(rawValue: UInt8(truncatingIfNeeded: row.int(1))), let source = known[row.int(3)],
                let outline = Outline(bytes: row.utf8(7))
            else { throw .damaged(path: path, detail: "the place \(row.int(0)) cannot be read") }
            places.append(
                PlaceOutline(
                    code: Int32(truncatingIfNeeded: row.int(0)), level: level, nameZH: row.text(5) ?? "", nameEN: row.text(6) ?? "",
                    parent: Int32(truncatingIfNeeded: row.int(2)), outline: outline, source: source, isDerived: row.int(4) != 0))
        }
        return places
    }

    private static func store(_ places: [PlaceOutline], given: [PlaceOutline], _ db: Database, path: String) throws(RegistryError) {
        for table in ["places", "place_sources"] { try RawStatement(db, path: path, sql: "DELETE FROM \(table)").run() }
        let shapes = Dictionary(given.map { ($0.code, $0.outline) }, uniquingKeysWith: { first, _ in first })
        let insertSource = try RawStatement(
            db, path: path,
            sql: "INSERT INTO place_sources (edition, source, licence, synthetic, note) VALUES (?1, ?2, ?3, ?4, ?5)")
        let insert = try RawStatement(
            db, path: path,
            sql: """
                INSERT INTO places (code, level, parent, source_pk, derived, name_zh, name_en, outline, given)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """)
        var sources: [PlaceSource: Int64] = [:]
        for place in places {
            if sources[place.source] == nil {
                insertSource.bind(1, place.source.edition)
                insertSource.bind(2, place.source.source)
                insertSource.bind(3, place.source.licence)
                insertSource.bind(4, place.source.synthetic)
                insertSource.bind(5, place.source.note)
                try insertSource.run()
                sources[place.source] = insertSource.lastInsertedKey
            }
            insert.bind(1, Int64(place.code))
            insert.bind(2, place.level.rawValue)
            insert.bind(3, Int64(place.parent))
            insert.bind(4, sources[place.source])
            insert.bind(5, place.isDerived)
            insert.bind(6, place.nameZH)
            insert.bind(7, place.nameEN)
            insert.bind(8, blob: place.outline.bytes)
            insert.bind(9, blob: place.isDerived ? nil : shapes[place.code]?.bytes)
            try insert.run()
        }
    }

    // MARK: Factories

    /// Gives every factory its codes and the flags that go with them.
    private static func relocate(
        by locator: PlaceLocator, _ db: Database, path: String
    ) throws(RegistryError) -> (changed: Int, mismatches: Int, placeless: Int) {
        let row = try RawStatement(
            db, path: path,
            sql: "SELECT pk, lon, lat, county, flags, place_county, place_prefecture, place_province, synthetic FROM factories")
        let update = try RawStatement(
            db, path: path,
            sql: "UPDATE factories SET flags = ?1, place_county = ?2, place_prefecture = ?3, place_province = ?4 WHERE pk = ?5")
        // All reading before the first change: SQLite leaves open what a reader sees of rows that change under it.
        var (changed, mismatches, placeless) = (0, 0, 0)
        var waiting: [(pk: Int64, flags: FactoryFlags, codes: PlaceCodes)] = []
        while try row.step() {
            let before = FactoryFlags(rawValue: UInt32(truncatingIfNeeded: row.int(4)))
            let (codes, flags) = located(
                longitude: row.double(1), latitude: row.double(2), county: row.optionalInt(3).map { Int32(truncatingIfNeeded: $0) },
                flags: before, isInvented: row.int(8) != 0, by: locator)
            if flags.contains(.countyMismatch) { mismatches += 1 }
            if flags.contains(.noPlace) { placeless += 1 }
            if flags != before || codes != row.places(5) { waiting.append((row.int(0), flags, codes)) }
        }
        for (pk, flags, codes) in waiting {
            update.bind(1, Int64(flags.rawValue))
            update.bind(2, codes.county.orNull)
            update.bind(3, codes.prefecture.orNull)
            update.bind(4, codes.province.orNull)
            update.bind(5, pk)
            changed += try update.run()
        }
        return (changed, mismatches, placeless)
    }

    /// The codes at a position, and the flags with those that follow from the codes.
    static func located(
        longitude: Double, latitude: Double, county: Int32?, flags: FactoryFlags, isInvented: Bool, by locator: PlaceLocator?
    ) -> (codes: PlaceCodes, flags: FactoryFlags) {
        var flags = flags.subtracting(.byPlace)
        guard let locator else { return (.none, flags) }
        let codes = locator.codes(longitude: longitude, latitude: latitude)
        if codes.isNone {
            flags.insert(.noPlace)
        } else if let county, !locator.agree(codes, withCounty: county, isInvented: isInvented) {
            flags.insert(.countyMismatch)
        }
        return (codes, flags)
    }
}

extension FactoryDraft {
    /// Where the factory lies, and its flags with what follows from that.
    func located(by locator: PlaceLocator?) -> (codes: PlaceCodes, flags: FactoryFlags) {
        RegistryStore.located(
            longitude: longitude, latitude: latitude, county: countyCode, flags: flags, isInvented: synthetic, by: locator)
    }
}

extension Int32 {
    /// Codes of 0 are stored as NULL.
    var orNull: Int64? { self == 0 ? nil : Int64(self) }
}

extension RawStatement {
    /// Three columns of codes: county, prefecture, province.
    func places(_ column: Int32) -> PlaceCodes {
        PlaceCodes(
            county: Int32(truncatingIfNeeded: int(column)), prefecture: Int32(truncatingIfNeeded: int(column + 1)),
            province: Int32(truncatingIfNeeded: int(column + 2)))
    }
}
