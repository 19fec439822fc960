// RegistryStore+Factors.swift: the table of emission factors: into the store, and out of it.

import GRDB

extension RegistrySchema {
    /// `place` and `year` are 0 rather than null where there is none: they are part of the key.
    static let factorTable = """
        CREATE TABLE emission_factors (
            pk INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            name TEXT NOT NULL,
            place INTEGER NOT NULL,
            year INTEGER NOT NULL,
            source TEXT NOT NULL, edition TEXT NOT NULL,
            name_en TEXT,
            unit TEXT NOT NULL,
            value REAL NOT NULL CHECK (value >= 0),
            heat REAL, carbon REAL, oxidation REAL,
            priority INTEGER NOT NULL,
            synthetic INTEGER NOT NULL,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            UNIQUE (kind, name, place, year, source, edition)
        ) STRICT;
        """
}

/// A factor is identified by kind, name, place, year, source and edition.
final class FactorWriter: BatchWriter {
    static let entity = "emission_factors"
    private let upserter: Upserter
    private let sequence: Int64

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(
            db, path: path, table: "emission_factors", key: ["kind", "name", "place", "year", "source", "edition"],
            columns: [
                "kind", "name", "place", "year", "source", "edition", "name_en", "unit", "value", "heat", "carbon", "oxidation", "priority",
                "synthetic", "content_hash", "changed_seq",
            ])
        self.sequence = sequence
    }

    func write(_ draft: FactorDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        let factor = draft.factor
        guard factor.value >= 0, factor.value.isFinite else {
            return .rejected(field: FactorField.value.name, value: "\(factor.value)", reason: "must be 0 or more")
        }
        let hash = factor.contentHash
        let bindKey = { (row: RawStatement) in
            row.bind(1, factor.kind.rawValue)
            row.bind(2, factor.name)
            row.bind(3, Int64(factor.place ?? 0))
            row.bind(4, Int64(factor.year ?? 0))
            row.bind(5, factor.origin.source)
            row.bind(6, factor.origin.edition)
        }
        let result = try upserter.write(contentHash: hash, seen: &seen, bindKey: bindKey) { row in
            bindKey(row)
            row.bind(7, factor.nameEN)
            row.bind(8, factor.unit)
            row.bind(9, factor.value)
            row.bind(10, factor.content?.heat)
            row.bind(11, factor.content?.carbon)
            row.bind(12, factor.content?.oxidation)
            row.bind(13, Int64(factor.origin.priority))
            row.bind(14, factor.origin.synthetic)
            row.bind(15, hash)
            row.bind(16, sequence)
        }
        if case .duplicate = result {
            return .rejected(
                field: FactorField.subject.name, value: factor.name,
                reason: "has another factor of the same place, year and source in the same file already")
        }
        return result.outcome(field: FactorField.subject.name, value: factor.name)
    }
}

extension RegistryStore {
    /// Stores emission factors. As `apply(factories:in:)`.
    @discardableResult
    public func apply(factors: [FactorDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(factors, through: FactorWriter.self, run: run, seen: \.factors)
    }

    /// Emission factors by kind, place, name and year; of several sources of one the one that goes before stands first. A factor without a
    /// place or a year holds everywhere and always, so `place` and `year` let it through.
    ///
    /// - Parameters:
    ///   - kind, year: nil: any.
    ///   - place: nil: any; else a code of GB/T 2260: the factors that hold there, those of its prefecture and province too.
    public func emissionFactors(kind: FactorKind? = nil, place: Int32? = nil, year: Int? = nil) throws(RegistryError) -> [EmissionFactor] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT kind, name, name_en, place, year, unit, value, heat, carbon, oxidation, source, edition, priority, synthetic
                    FROM emission_factors
                    WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR place IN (0, ?2, ?2 / 100 * 100, ?2 / 10000 * 10000))
                      AND (?3 IS NULL OR year IN (0, ?3))
                    ORDER BY kind, place, name, year, \(CarbonSource.order)
                    """)
            row.bind(1, kind.map { Int64($0.rawValue) })
            row.bind(2, place.map(Int64.init))
            row.bind(3, year.map(Int64.init))
            var factors: [EmissionFactor] = []
            while try row.step() {
                guard let kind = FactorKind(rawValue: UInt8(truncatingIfNeeded: row.int(0))) else {
                    throw RegistryError.damaged(path: path, detail: "an emission factor has the kind \(row.int(0)), unknown here")
                }
                var content: FuelContent?
                if let heat = row.optionalDouble(7), let carbon = row.optionalDouble(8), let oxidation = row.optionalDouble(9) {
                    content = FuelContent(heat: heat, carbon: carbon, oxidation: oxidation)
                }
                factors.append(
                    EmissionFactor(
                        kind: kind, name: row.text(1) ?? "", nameEN: row.text(2),
                        place: row.int(3) == 0 ? nil : Int32(truncatingIfNeeded: row.int(3)), year: row.int(4) == 0 ? nil : Int(row.int(4)),
                        unit: row.text(5) ?? "", value: row.double(6), content: content, origin: row.carbonSource(10)))
            }
            return factors
        }
    }
}
