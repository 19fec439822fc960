// TouchedFactories.swift: what a reader that follows the change feed needs: which factories changes have touched, and what each of them is
// now. Not the changes themselves are handed on but the state after them, so reading twice, or from too early on, does no harm.

import Boundaries
import GRDB

/// A factory as it is now, with the facts that its status follows from.
public struct FactoryState: Hashable, Sendable {
    public var pk: Int64
    public var id: String
    /// Texts are empty where there is none.
    public var nameZH: String
    public var nameEN: String
    public var formerName: String
    public var creditCode: String
    public var industry: String
    /// Degrees, WGS 84.
    public var longitude: Double
    public var latitude: Double
    public var accuracyMeters: Double?
    /// As the source gives it; 0: not known.
    public var countyCode: Int32
    public var places: PlaceCodes
    /// See `FactoryFlags`.
    public var flags: UInt32
    public var keyMonitored: Bool
    public var disclosed: Bool
    public var exceedingNow: Bool
    /// In the order of `forEachRecord`.
    public var records: [RecordFacts]
    /// Brands that publish it, ascending pk.
    public var brandIDs: [String]
}

/// What changes up to `sequence` have done to single factories.
public struct TouchedFactories: Sendable {
    /// The last change that is in here: go on reading from it.
    public var sequence: Int64
    /// Whether a bulk import is among the changes: then the factories here are not all that were touched.
    public var hasBatch: Bool
    /// Ascending pk; no state: the factory is removed.
    public var factories: [(pk: Int64, state: FactoryState?)]
    /// Those of them whose monitoring has changed: an exceedance has begun or ended.
    public var monitored: Set<Int64> = []
    /// Ids of all brands, ascending pk.
    public var brandIDs: [String]
}

extension RegistryStore {
    /// Which factories have been touched by changes after a sequence number, and what they are now. One moment of the data.
    ///
    /// Cost: O(changes in between), and some 30 µs a factory.
    public func touchedFactories(after sequence: Int64) throws(RegistryError) -> TouchedFactories {
        try read { db in
            let head = try RegistryStore.nextSequence(db, path: path) - 1
            let rows = try RawStatement(
                db, path: path,
                sql: "SELECT DISTINCT kind = 'batch', factory_pk, entity = 'monitoring' FROM changes WHERE seq > ?1 AND seq <= ?2")
            rows.bind(1, sequence)
            rows.bind(2, head)
            var hasBatch = false
            var keys: Set<Int64> = []
            var monitored: Set<Int64> = []
            while try rows.step() {
                if rows.int(0) != 0 { hasBatch = true }
                guard let pk = rows.optionalInt(1) else { continue }
                keys.insert(pk)
                if rows.int(2) != 0 { monitored.insert(pk) }
            }
            return try TouchedFactories(
                sequence: head, hasBatch: hasBatch, factories: states(of: keys.sorted(), db), monitored: monitored, brandIDs: brandIDs(db))
        }
    }

    /// What factories are now, by ascending pk.
    public func states(ofFactories keys: [Int64]) throws(RegistryError) -> TouchedFactories {
        try read { db in
            try TouchedFactories(
                sequence: RegistryStore.nextSequence(db, path: path) - 1, hasBatch: false, factories: states(of: keys.sorted(), db),
                brandIDs: brandIDs(db))
        }
    }

    private func brandIDs(_ db: Database) throws(RegistryError) -> [String] {
        let row = try RawStatement(db, path: path, sql: "SELECT id FROM brands ORDER BY pk")
        var ids: [String] = []
        while try row.step() { ids.append(row.text(0) ?? "") }
        return ids
    }

    private func states(of keys: [Int64], _ db: Database) throws(RegistryError) -> [(pk: Int64, state: FactoryState?)] {
        let factory = try RawStatement(
            db, path: path,
            sql: """
                SELECT lon, lat, accuracy_m, county, flags, key_monitored, disclosed, id, industry, name_zh, name_en, former_name,
                    credit_code, place_county, place_prefecture, place_province,
                    EXISTS (SELECT 1 FROM monitoring_state WHERE factory_pk = factories.pk AND exceeding = 1)
                FROM factories WHERE pk = ?1 AND removed_seq IS NULL
                """)
        let records = try RawStatement(
            db, path: path,
            sql: """
                SELECT published, kind, category, state, measure, rating, act_date, fine_cny, superseded FROM records WHERE factory_pk = ?1
                ORDER BY published, kind, category, state, measure, rating, act_date, fine_cny, superseded
                """)
        let brands = try RawStatement(
            db, path: path,
            sql: """
                SELECT DISTINCT brands.id FROM supplier_links AS link JOIN brands ON brands.pk = link.brand_pk
                WHERE link.factory_pk = ?1 AND link.published = 1 ORDER BY brands.pk
                """)
        var states: [(pk: Int64, state: FactoryState?)] = []
        states.reserveCapacity(keys.count)
        for pk in keys {
            factory.reset()
            factory.bind(1, pk)
            guard try factory.step() else {
                states.append((pk, nil))
                continue
            }
            states.append(
                (
                    pk,
                    FactoryState(
                        pk: pk, id: factory.text(7) ?? "", nameZH: factory.text(9) ?? "", nameEN: factory.text(10) ?? "",
                        formerName: factory.text(11) ?? "", creditCode: factory.text(12) ?? "", industry: factory.text(8) ?? "",
                        longitude: factory.double(0), latitude: factory.double(1), accuracyMeters: factory.optionalDouble(2),
                        countyCode: Int32(truncatingIfNeeded: factory.int(3)), places: factory.places(13),
                        flags: UInt32(truncatingIfNeeded: factory.int(4)), keyMonitored: factory.int(5) != 0,
                        disclosed: factory.int(6) != 0, exceedingNow: factory.int(16) != 0, records: try facts(of: pk, records),
                        brandIDs: try texts(of: pk, brands))
                ))
        }
        return states
    }

    private func facts(of pk: Int64, _ row: RawStatement) throws(RegistryError) -> [RecordFacts] {
        row.reset()
        row.bind(1, pk)
        var facts: [RecordFacts] = []
        while try row.step() { facts.append(try RecordFacts(row, path: path)) }
        return facts
    }

    private func texts(of pk: Int64, _ row: RawStatement) throws(RegistryError) -> [String] {
        row.reset()
        row.bind(1, pk)
        var texts: [String] = []
        while try row.step() { texts.append(row.text(0) ?? "") }
        return texts
    }
}
