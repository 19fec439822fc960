// LiveSchema.swift: what the live registry adds to the tables: the change feed says what happened to what, removed factories stay as
// tombstones, every change has its line in the audit log, accounts have keys, and answers are kept for clients that ask twice.

enum LiveSchema {
    /// `changes`: `factory_pk` is null for what is not about one factory, `subject` the public id of what it is about, `actor` the id of the
    /// key (null: the command line), `data` what the event says, as JSON, public facts only; `audience` is null for everyone, else the one
    /// brand that may see it. Batches of importers have none of these and `kind` 'batch'.
    ///
    /// `factories.removed_seq` is the change that removed the factory; null: it is there.
    static let tables = """
        ALTER TABLE changes ADD COLUMN factory_pk INTEGER;
        ALTER TABLE changes ADD COLUMN subject TEXT;
        ALTER TABLE changes ADD COLUMN actor TEXT;
        ALTER TABLE changes ADD COLUMN data TEXT;
        ALTER TABLE changes ADD COLUMN audience INTEGER;
        CREATE INDEX changes_by_factory ON changes (factory_pk, seq) WHERE factory_pk IS NOT NULL;

        ALTER TABLE factories ADD COLUMN removed_seq INTEGER;
        CREATE INDEX factories_removed ON factories (removed_seq) WHERE removed_seq IS NOT NULL;

        -- Who did what, when, from where. `seq` is the change in the feed, null for what is in no feed; `detail` is JSON.
        CREATE TABLE audit (
            pk INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            actor TEXT,
            account TEXT,
            address TEXT,
            request TEXT,
            action TEXT NOT NULL,
            subject TEXT,
            seq INTEGER,
            detail TEXT
        ) STRICT;

        CREATE TABLE accounts (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            role INTEGER NOT NULL,
            brand_pk INTEGER REFERENCES brands (pk),
            factory_pk INTEGER REFERENCES factories (pk),
            created_at INTEGER NOT NULL,
            closed_at INTEGER
        ) STRICT;

        -- Keys and sessions. Of a secret only a salted hash is kept. Times in milliseconds since 1970; `rights` is a bit for each right.
        CREATE TABLE keys (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account_pk INTEGER NOT NULL REFERENCES accounts (pk),
            opened_by INTEGER REFERENCES keys (pk),
            salt BLOB NOT NULL,
            hash BLOB NOT NULL,
            rights INTEGER NOT NULL,
            label TEXT,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE INDEX keys_by_account ON keys (account_pk);
        CREATE INDEX keys_by_opener ON keys (opened_by) WHERE opened_by IS NOT NULL;

        -- Answers to requests with an Idempotency-Key, kept for a day.
        CREATE TABLE answered (
            account_pk INTEGER NOT NULL,
            idempotency_key TEXT NOT NULL,
            request_hash BLOB NOT NULL,
            at INTEGER NOT NULL,
            status INTEGER NOT NULL,
            etag TEXT,
            location TEXT,
            body BLOB NOT NULL,
            PRIMARY KEY (account_pk, idempotency_key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX answered_by_time ON answered (at);
        """
}
