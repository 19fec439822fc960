// RegistrySchema.swift: the tables, as migrations that only ever grow at the end, and the indexes that are made when they are
// first needed. Names of tables and columns occur in this folder and nowhere else.

import GRDB

enum RegistrySchema {
    /// SQLite's application_id of a registry: "BLUA". Tells a registry from any other SQLite file.
    static let applicationID: Int64 = 0x424C_5541

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        // All foreign keys are checked at each statement: nothing is deferred.
        migrator.registerMigration("1 factories, records, brands, links", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: firstTables)
        }
        migrator.registerMigration("places", foreignKeyChecks: .immediate) { db in try db.execute(sql: placeTables) }
        migrator.registerMigration("live registry", foreignKeyChecks: .immediate) { db in try db.execute(sql: LiveSchema.tables) }
        migrator.registerMigration("carbon", foreignKeyChecks: .immediate) { db in try db.execute(sql: carbonTables) }
        migrator.registerMigration("logos of brands", foreignKeyChecks: .immediate) { db in try db.execute(sql: logoTables) }
        migrator.registerMigration("monitoring", foreignKeyChecks: .immediate) { db in try db.execute(sql: ReadingSchema.tables) }
        migrator.registerMigration("corrective action", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: CorrectionSchema.tables)
        }
        migrator.registerMigration("watch lists", foreignKeyChecks: .immediate) { db in try db.execute(sql: WatchSchema.tables) }
        migrator.registerMigration("emission factors", foreignKeyChecks: .immediate) { db in try db.execute(sql: factorTable) }
        return migrator
    }

    /// In every table: `pk` is ours, small and stable (also the id of a map feature), `id` the source's; `content_hash` tells
    /// an unchanged row by one comparison; `changed_seq` is the change (table changes) that wrote the row last. Lists of the
    /// domain are stored as their raw numbers, days as days since 1970. The facts that a snapshot needs stand first in a row,
    /// so that reading stops before the long texts. `superseded` is kept by the writer: whether a row names this one in
    /// `supersedes`.
    private static let firstTables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE factories (
            pk INTEGER PRIMARY KEY,
            lon REAL NOT NULL, lat REAL NOT NULL,
            accuracy_m REAL,
            county INTEGER,
            flags INTEGER NOT NULL,
            key_monitored INTEGER NOT NULL,
            disclosed INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            industry TEXT,
            name_zh TEXT,
            name_en TEXT,
            name_zh_key INTEGER,
            name_en_key INTEGER,
            former_name_key INTEGER,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            synthetic INTEGER NOT NULL,
            former_name TEXT,
            credit_code TEXT,
            address TEXT,
            source_x REAL NOT NULL, source_y REAL NOT NULL, source_datum TEXT NOT NULL,
            attributes TEXT,
            CHECK (name_zh IS NOT NULL OR name_en IS NOT NULL)
        ) STRICT;

        CREATE TABLE records (
            pk INTEGER PRIMARY KEY,
            factory_pk INTEGER NOT NULL REFERENCES factories (pk),
            published INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            category INTEGER NOT NULL,
            state INTEGER NOT NULL,
            measure INTEGER,
            rating INTEGER,
            act_date INTEGER,
            fine_cny REAL,
            superseded INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            supersedes TEXT,
            authority TEXT, document_number TEXT, regulation TEXT, text TEXT, source_url TEXT, retrieved_at TEXT
        ) STRICT;
        CREATE INDEX records_by_supersedes ON records (supersedes) WHERE supersedes IS NOT NULL;

        CREATE TABLE brands (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name_zh TEXT, name_en TEXT, sector TEXT, website TEXT, source TEXT,
            synthetic INTEGER NOT NULL,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE supplier_links (
            pk INTEGER PRIMARY KEY,
            factory_pk INTEGER NOT NULL REFERENCES factories (pk),
            brand_pk INTEGER NOT NULL REFERENCES brands (pk),
            kind INTEGER NOT NULL,
            published INTEGER NOT NULL,
            since INTEGER, until INTEGER, tier INTEGER, source TEXT,
            content_hash INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            UNIQUE (factory_pk, brand_pk, kind)
        ) STRICT;

        -- The change feed: one row per applied batch. AUTOINCREMENT: a number is never given twice.
        CREATE TABLE changes (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            entity TEXT NOT NULL,
            accepted INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            source TEXT
        ) STRICT;

        -- One row per import that changed something.
        CREATE TABLE imports (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            source TEXT NOT NULL,
            sha256 TEXT,
            report TEXT NOT NULL
        ) STRICT;
        """

    /// Provinces, prefectures and counties, each with its shape as its file gave it (`given`, null for those derived) and as cleaned
    /// together with all others (`outline`); both as `Outline.bytes`. A factory's place_* are the codes of where it lies, null for none;
    /// its `county` stays what its source says.
    private static let placeTables = """
        CREATE TABLE place_sources (
            pk INTEGER PRIMARY KEY,
            edition TEXT NOT NULL, source TEXT NOT NULL, licence TEXT NOT NULL,
            synthetic INTEGER NOT NULL,
            note TEXT NOT NULL
        ) STRICT;

        CREATE TABLE places (
            code INTEGER PRIMARY KEY,
            level INTEGER NOT NULL,
            parent INTEGER NOT NULL,
            source_pk INTEGER NOT NULL REFERENCES place_sources (pk),
            derived INTEGER NOT NULL,
            name_zh TEXT NOT NULL,
            name_en TEXT NOT NULL,
            outline BLOB NOT NULL,
            given BLOB
        ) STRICT;

        ALTER TABLE factories ADD COLUMN place_county INTEGER;
        ALTER TABLE factories ADD COLUMN place_prefecture INTEGER;
        ALTER TABLE factories ADD COLUMN place_province INTEGER;
        """

    /// Pictures drawn by this program, each once under the SHA-256 of its bytes, and whose they are.
    private static let logoTables = """
        CREATE TABLE logos (
            hash TEXT PRIMARY KEY NOT NULL,
            png BLOB NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE brand_logos (
            brand_pk INTEGER PRIMARY KEY REFERENCES brands (pk),
            hash TEXT NOT NULL REFERENCES logos (hash),
            set_at TEXT NOT NULL
        ) STRICT;
        """

    /// For finding a factory by code or name: made when the first row needs it, kept from then on. A first big import is
    /// faster without. The keys are hashes of normalised names: integers sort and store several times faster than names, and
    /// a candidate's name is compared in full anyway.
    static let matchIndexes = [
        "CREATE INDEX IF NOT EXISTS factories_by_credit_code ON factories (credit_code) WHERE credit_code IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS factories_by_name_zh ON factories (name_zh_key) WHERE name_zh_key IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS factories_by_name_en ON factories (name_en_key) WHERE name_en_key IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS factories_by_former_name ON factories (former_name_key) WHERE former_name_key IS NOT NULL",
    ]

    /// For reading all records in the order of their factories: the index holds every fact the judgement needs, so a reader
    /// never touches the rows with their texts. Made at the end of an import.
    static let readIndexes = [
        """
        CREATE INDEX IF NOT EXISTS records_facts ON records
        (factory_pk, published, kind, category, state, measure, rating, act_date, fine_cny, superseded)
        """,
        "CREATE INDEX IF NOT EXISTS links_by_brand ON supplier_links (brand_pk)",
    ]
}
