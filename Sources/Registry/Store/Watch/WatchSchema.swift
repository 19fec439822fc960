// WatchSchema.swift: the tables of Blue EcoChain. All of it is private to one brand: nothing here is in the change feed, and every query names
// the brand. Public ids are random, because numbers that count up would tell one brand how much others do.

enum WatchSchema {
    /// Times are milliseconds since 1970. `watch_entries.state` and `basis` are raw values of `WatchMatchState` and `WatchMatchBasis`.
    /// `subscriptions.secret` is kept as it is, because signing needs it; whoever may read the file may sign.
    static let tables = """
        CREATE TABLE watch_lists (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            brand_pk INTEGER NOT NULL REFERENCES brands (pk),
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX watch_lists_by_brand ON watch_lists (brand_pk);

        CREATE TABLE watch_entries (
            pk INTEGER PRIMARY KEY AUTOINCREMENT,
            list_pk INTEGER NOT NULL REFERENCES watch_lists (pk) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            ref TEXT, factory_id TEXT, credit_code TEXT, name TEXT, place TEXT,
            name_key INTEGER,
            tier INTEGER,
            tags TEXT NOT NULL,
            state INTEGER NOT NULL,
            basis INTEGER,
            factory_pk INTEGER REFERENCES factories (pk),
            decided_at INTEGER NOT NULL,
            UNIQUE (list_pk, number)
        ) STRICT;
        CREATE INDEX watch_entries_by_factory ON watch_entries (factory_pk) WHERE factory_pk IS NOT NULL;
        CREATE INDEX watch_entries_by_code ON watch_entries (credit_code) WHERE factory_pk IS NULL AND credit_code IS NOT NULL;
        CREATE INDEX watch_entries_by_name ON watch_entries (name_key) WHERE factory_pk IS NULL AND name_key IS NOT NULL;

        CREATE TABLE watch_candidates (
            entry_pk INTEGER NOT NULL REFERENCES watch_entries (pk) ON DELETE CASCADE,
            factory_pk INTEGER NOT NULL REFERENCES factories (pk),
            score REAL NOT NULL,
            reason TEXT NOT NULL,
            rejected INTEGER NOT NULL,
            PRIMARY KEY (entry_pk, factory_pk)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE subscriptions (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            brand_pk INTEGER NOT NULL REFERENCES brands (pk),
            channel INTEGER NOT NULL,
            target TEXT NOT NULL,
            label TEXT,
            secret TEXT, old_secret TEXT, old_secret_until INTEGER,
            enabled INTEGER NOT NULL,
            disabled_reason TEXT,
            created_at INTEGER NOT NULL,
            digest_minute INTEGER NOT NULL,
            digest_day INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX subscriptions_by_brand ON subscriptions (brand_pk);

        CREATE TABLE watch_rules (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            brand_pk INTEGER NOT NULL REFERENCES brands (pk),
            subscription_pk INTEGER NOT NULL REFERENCES subscriptions (pk) ON DELETE CASCADE,
            rule TEXT NOT NULL,
            version INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX watch_rules_by_brand ON watch_rules (brand_pk);
        CREATE INDEX watch_rules_by_subscription ON watch_rules (subscription_pk);

        -- How far the change feed has been turned into deliveries.
        CREATE TABLE feed_cursors (name TEXT PRIMARY KEY NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        -- One row for each thing to deliver. Rows of one (subscription, lane) go out one after the other, by pk; lane is the factory, or 0.
        CREATE TABLE deliveries (
            pk INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            subscription_pk INTEGER NOT NULL REFERENCES subscriptions (pk) ON DELETE CASCADE,
            lane INTEGER NOT NULL,
            seq INTEGER,
            event_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            last_at INTEGER, last_status INTEGER, last_outcome TEXT, last_detail TEXT
        ) STRICT;
        CREATE INDEX deliveries_pending ON deliveries (subscription_pk, lane, pk) WHERE state = 0;
        CREATE INDEX deliveries_by_subscription ON deliveries (subscription_pk, pk);

        -- Events that wait for the next digest.
        CREATE TABLE digest_items (
            pk INTEGER PRIMARY KEY,
            subscription_pk INTEGER NOT NULL REFERENCES subscriptions (pk) ON DELETE CASCADE,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX digest_items_by_subscription ON digest_items (subscription_pk, pk);
        """
}

/// Ids that are shown.
enum RandomID {
    /// `prefix` and 20 characters of 32 kinds: 100 random bits.
    static func make(_ prefix: String) -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<20).map { _ in alphabet[Int(generator.next(upperBound: UInt32(32)))] }
        return prefix + String(decoding: bytes, as: UTF8.self)
    }
}
