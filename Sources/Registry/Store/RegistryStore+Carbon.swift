// RegistryStore+Carbon.swift: figures of places and emissions of enterprises: into the store, and out of it with the one that is shown
// first where several sources speak of the same place or enterprise and year.

import GRDB

/// A place's figure as stored.
public struct PlaceFigure: Hashable, Sendable {
    /// Six digits of GB/T 2260.
    public var place: Int32
    public var year: Int
    public var metric: PlaceMetric
    /// tce, t, persons or CNY.
    public var value: Double
    public var origin: CarbonSource
    public var method: String?
}

/// What an enterprise emitted in a year, as stored.
public struct Emission: Hashable, Sendable {
    public var factoryPK: Int64
    public var year: Int
    /// tCO2e; nil: not said.
    public var scope1: Double?
    public var scope2: Double?
    public var scope3: Double?
    public var method: String?
    public var isVerified: Bool?
    public var origin: CarbonSource

    public init(
        factoryPK: Int64, year: Int, scope1: Double? = nil, scope2: Double? = nil, scope3: Double? = nil, method: String? = nil,
        isVerified: Bool? = nil, origin: CarbonSource
    ) {
        self.factoryPK = factoryPK
        self.year = year
        self.scope1 = scope1
        self.scope2 = scope2
        self.scope3 = scope3
        self.method = method
        self.isVerified = isVerified
        self.origin = origin
    }
}

/// Sums of emissions over the enterprises that lie in a place.
public struct PlaceEmissions: Hashable, Sendable, Encodable {
    /// 0: in no place.
    public var code: Int32
    public var name: String
    public var year: Int
    public var enterprises: Int
    public var scope1: Double
    public var scope2: Double
    public var scope3: Double
}

extension RegistrySchema {
    /// Amounts in base units (tce, t, persons, CNY; tCO2e). `edition` is empty rather than null: it is part of the key.
    static let carbonTables = """
        CREATE TABLE place_figures (
            pk INTEGER PRIMARY KEY,
            place INTEGER NOT NULL,
            year INTEGER NOT NULL,
            metric INTEGER NOT NULL,
            source TEXT NOT NULL, edition TEXT NOT NULL,
            value REAL NOT NULL CHECK (value >= 0),
            method TEXT,
            priority INTEGER NOT NULL,
            synthetic INTEGER NOT NULL,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            UNIQUE (place, year, metric, source, edition)
        ) STRICT;

        CREATE TABLE emissions (
            pk INTEGER PRIMARY KEY,
            factory_pk INTEGER NOT NULL REFERENCES factories (pk),
            year INTEGER NOT NULL,
            source TEXT NOT NULL, edition TEXT NOT NULL,
            scope1 REAL CHECK (scope1 >= 0), scope2 REAL CHECK (scope2 >= 0), scope3 REAL CHECK (scope3 >= 0),
            method TEXT,
            verified INTEGER,
            priority INTEGER NOT NULL,
            synthetic INTEGER NOT NULL,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            UNIQUE (factory_pk, year, source, edition)
        ) STRICT;
        """
}

extension RegistryStore {
    /// Stores figures of places. As `apply(factories:in:)`; a code that the borders in the store do not have is rejected.
    @discardableResult
    public func apply(figures: [FigureDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(figures, through: FigureWriter.self, run: run, seen: \.figures)
    }

    /// Stores emissions. Their factories are in the store already. As `apply(factories:in:)`.
    @discardableResult
    public func apply(emissions: [EmissionDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(emissions, through: EmissionWriter.self, run: run, seen: \.emissions)
    }

    // MARK: Reading

    /// Hands every figure to `body`, by place, year and metric; of several sources the one that is shown comes first.
    public func forEachFigure(ofPlace code: Int32? = nil, _ body: (PlaceFigure) throws -> Void) throws {
        let condition = code.map { "WHERE place = \($0)" } ?? ""
        try stream(
            """
            SELECT place, year, metric, value, source, edition, priority, synthetic, method FROM place_figures \(condition)
            ORDER BY place, year, metric, \(CarbonSource.order)
            """
        ) { row in
            guard let metric = PlaceMetric(rawValue: UInt8(truncatingIfNeeded: row.int(2))) else {
                throw RegistryError.damaged(path: path, detail: "a figure of place \(row.int(0)) has a metric unknown here")
            }
            try body(
                PlaceFigure(
                    place: Int32(truncatingIfNeeded: row.int(0)), year: Int(row.int(1)), metric: metric, value: row.double(3),
                    origin: row.carbonSource(4), method: row.text(8)))
        }
    }

    /// Hands every year of emissions to `body`, ascending factory pk and year; of several sources the one that is shown comes first.
    public func forEachEmission(ofFactory pk: Int64? = nil, _ body: (Emission) throws -> Void) throws {
        let condition = pk.map { "WHERE factory_pk = \($0)" } ?? ""
        try stream(
            """
            SELECT factory_pk, year, scope1, scope2, scope3, source, edition, priority, synthetic, method, verified FROM emissions
            \(condition) ORDER BY factory_pk, year, \(CarbonSource.order)
            """
        ) { row in
            try body(
                Emission(
                    factoryPK: row.int(0), year: Int(row.int(1)), scope1: row.optionalDouble(2), scope2: row.optionalDouble(3),
                    scope3: row.optionalDouble(4), method: row.text(9), isVerified: row.optionalInt(10).map { $0 != 0 },
                    origin: row.carbonSource(5)))
        }
    }

    /// All figures of a place, as `forEachFigure` orders them.
    public func figures(ofPlace code: Int32) throws -> [PlaceFigure] {
        var figures: [PlaceFigure] = []
        try forEachFigure(ofPlace: code) { figures.append($0) }
        return figures
    }

    /// All emissions of a factory, as `forEachEmission` orders them.
    public func emissions(ofFactory pk: Int64) throws -> [Emission] {
        var emissions: [Emission] = []
        try forEachEmission(ofFactory: pk) { emissions.append($0) }
        return emissions
    }

    /// Emissions of a year summed over the enterprises of each province or prefecture, by where they lie; code 0 for those at sea and
    /// abroad. Of several sources for one enterprise only the one that is shown counts.
    public func emissions(ofYear year: Int, byPrefecture: Bool) throws(RegistryError) -> [PlaceEmissions] {
        let column = byPrefecture ? "place_prefecture" : "place_province"
        return try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT coalesce(factories.\(column), 0), places.name_zh, count(*), total(scope1), total(scope2), total(scope3) FROM (
                        SELECT factory_pk, scope1, scope2, scope3,
                            row_number() OVER (PARTITION BY factory_pk ORDER BY \(CarbonSource.order)) AS rank
                        FROM emissions WHERE year = ?1
                    ) AS shown JOIN factories ON factories.pk = shown.factory_pk LEFT JOIN places ON places.code = factories.\(column)
                    WHERE rank = 1 GROUP BY 1 ORDER BY 1
                    """)
            row.bind(1, Int64(year))
            var sums: [PlaceEmissions] = []
            while try row.step() {
                sums.append(
                    PlaceEmissions(
                        code: Int32(truncatingIfNeeded: row.int(0)), name: row.text(1) ?? "", year: year, enterprises: Int(row.int(2)),
                        scope1: row.double(3), scope2: row.double(4), scope3: row.double(5)))
            }
            return sums
        }
    }
}

extension RawStatement {
    /// Four columns: source, edition, priority, synthetic.
    func carbonSource(_ column: Int32) -> CarbonSource {
        CarbonSource(
            source: text(column) ?? "", edition: text(column + 1) ?? "", priority: Int(int(column + 2)), synthetic: int(column + 3) != 0)
    }
}
