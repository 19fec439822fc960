// RegistryStore+Reading.swift: streams over whole tables, for building snapshots. Each stream sees one moment of the data, however
// long it takes and whoever writes meanwhile. Unpublished supplier links are private to their brands: no reader here hands one out.

import Boundaries
import GRDB

extension RegistryStore {
    /// Hands every factory that is not removed to `body`, ascending pk.
    ///
    /// Cost: O(n), about 1 µs each.
    /// - Throws: `RegistryError`, or what `body` throws, which ends the stream.
    public func forEachFactory(_ body: (borrowing FactoryRow) throws -> Void) throws {
        try stream(
            """
            SELECT pk, lon, lat, accuracy_m, county, flags, key_monitored, disclosed, id, industry, name_zh, name_en,
                former_name, credit_code, place_county, place_prefecture, place_province
            FROM factories WHERE removed_seq IS NULL ORDER BY pk
            """
        ) { row in
            try body(
                FactoryRow(
                    pk: row.int(0), longitude: row.double(1), latitude: row.double(2), accuracyMeters: row.optionalDouble(3),
                    countyCode: Int32(truncatingIfNeeded: row.int(4)), places: row.places(14),
                    flags: UInt32(truncatingIfNeeded: row.int(5)),
                    keyMonitored: row.int(6) != 0, disclosed: row.int(7) != 0, id: row.utf8(8), industry: row.utf8(9), nameZH: row.utf8(10),
                    nameEN: row.utf8(11), formerName: row.utf8(12), creditCode: row.utf8(13)))
        }
    }

    /// Hands the facts of every record of those factories to `body`, ascending by factory pk, then by day of publication, then by the other
    /// facts: two records in one place of that order are alike in all of them. So the order depends on the data alone, not
    /// on the order of their import.
    ///
    /// Cost: O(n), under 1 µs each, from an index that `finishBulkImport` makes; without it, a sort.
    /// - Throws: `RegistryError`, or what `body` throws, which ends the stream.
    public func forEachRecord(_ body: (borrowing RecordRow) throws -> Void) throws {
        try stream(
            """
            SELECT factory_pk, published, kind, category, state, measure, rating, act_date, fine_cny, superseded FROM records
            WHERE factory_pk NOT IN (SELECT pk FROM factories WHERE removed_seq IS NOT NULL)
            ORDER BY factory_pk, published, kind, category, state, measure, rating, act_date, fine_cny, superseded
            """
        ) { row in
            guard let kind = RecordKind(rawValue: UInt8(truncatingIfNeeded: row.int(2))),
                let category = RecordCategory(rawValue: UInt8(truncatingIfNeeded: row.int(3))),
                let state = RecordState(rawValue: UInt8(truncatingIfNeeded: row.int(4)))
            else {
                throw RegistryError.damaged(
                    path: path, detail: "a record of factory \(row.int(0)) has a kind, category or state unknown here")
            }
            let facts = RecordFacts(
                kind: kind, published: Day(daysSince1970: Int32(truncatingIfNeeded: row.int(1))),
                actDate: row.optionalInt(7).map { Day(daysSince1970: Int32(truncatingIfNeeded: $0)) }, category: category,
                measure: row.optionalInt(5).flatMap { Measure(rawValue: UInt8(truncatingIfNeeded: $0)) }, fineCNY: row.optionalDouble(8),
                state: state, rating: row.optionalInt(6).flatMap { CreditRating(rawValue: UInt8(truncatingIfNeeded: $0)) },
                superseded: row.int(9) != 0)
            try body(RecordRow(factoryPK: row.int(0), facts: facts))
        }
    }

    /// Hands every pair of a factory and a brand with a published link to `body`, once, ascending (factory pk, brand pk).
    public func forEachPublishedLink(_ body: (_ factoryPK: Int64, _ brandPK: Int64) throws -> Void) throws {
        try stream(
            """
            SELECT DISTINCT factory_pk, brand_pk FROM supplier_links WHERE published = 1
            AND factory_pk NOT IN (SELECT pk FROM factories WHERE removed_seq IS NOT NULL) ORDER BY factory_pk, brand_pk
            """
        ) { row in try body(row.int(0), row.int(1)) }
    }

    /// All brands, ascending pk.
    public func brands() throws(RegistryError) -> [Brand] {
        try read { db in
            let row = try RawStatement(
                db, path: path, sql: "SELECT pk, id, name_zh, name_en, sector, website, source, synthetic FROM brands ORDER BY pk")
            var brands: [Brand] = []
            while try row.step() {
                brands.append(
                    Brand(
                        pk: row.int(0), id: row.text(1) ?? "", nameZH: row.text(2), nameEN: row.text(3), sector: row.text(4),
                        website: row.text(5), source: row.text(6), synthetic: row.int(7) != 0))
            }
            return brands
        }
    }

    /// Steps through a query in one read transaction. An error of `body` comes out as it is, one of SQLite as `RegistryError`.
    func stream(_ sql: String, _ body: (RawStatement) throws -> Void) throws {
        var bodyError: (any Error)?
        try read { db in
            let row = try RawStatement(db, path: path, sql: sql)
            while try row.step() {
                do {
                    try body(row)
                } catch {
                    bodyError = error
                    return
                }
            }
        }
        if let bodyError { throw bodyError }
    }
}
