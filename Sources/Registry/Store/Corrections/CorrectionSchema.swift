// CorrectionSchema.swift: what corrective action adds to the tables: where each record stands, the history that is only ever added to, the
// documents, and drafts.
//
// Documents lie in the registry itself, in pieces, and not in a folder beside it. So a step and its documents are one transaction: after a
// kill or a power cut both are there or neither, no file can be missing or left over, and every copy of the registry, backups included,
// has them. The price is the file's size; that of time is kept small by storing a document in pieces, each a short write of its
// own, so that no other write waits for ten megabytes.

enum CorrectionSchema {
    /// `corrections` has a row for each record of which a step was taken; `stage` is a `CorrectionStage`. Times are milliseconds since 1970.
    /// `last_record_pk` is the newest record at the verification: what comes later can be a relapse.
    ///
    /// The trigger on `records`: importers bring the state that a source gives. Once a step was taken here, ours stands, but for a withdrawal.
    static let tables = """
        CREATE TABLE corrections (
            record_pk INTEGER PRIMARY KEY REFERENCES records (pk),
            factory_pk INTEGER NOT NULL REFERENCES factories (pk),
            stage INTEGER NOT NULL,
            state INTEGER NOT NULL,
            since INTEGER NOT NULL,
            steps INTEGER NOT NULL,
            objections_until INTEGER,
            verified_at INTEGER,
            last_record_pk INTEGER,
            relapsed_by INTEGER REFERENCES records (pk)
        ) STRICT;
        CREATE INDEX corrections_by_factory ON corrections (factory_pk);
        CREATE INDEX corrections_due ON corrections (objections_until) WHERE objections_until IS NOT NULL;

        CREATE TRIGGER records_keep_correction AFTER UPDATE OF state ON records
        WHEN new.state <> \(RecordState.withdrawn.rawValue)
            AND EXISTS (SELECT 1 FROM corrections WHERE record_pk = new.pk AND state <> new.state)
        BEGIN
            UPDATE records SET state = (SELECT state FROM corrections WHERE record_pk = new.pk) WHERE pk = new.pk;
        END;

        CREATE TABLE correction_steps (
            pk INTEGER PRIMARY KEY,
            record_pk INTEGER NOT NULL REFERENCES records (pk),
            number INTEGER NOT NULL,
            step INTEGER NOT NULL,
            stage_before INTEGER NOT NULL,
            stage_after INTEGER NOT NULL,
            at INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            account TEXT, key TEXT, role INTEGER, author TEXT, factory TEXT, brand TEXT,
            statement TEXT NOT NULL,
            UNIQUE (record_pk, number)
        ) STRICT;
        CREATE TRIGGER correction_steps_stay BEFORE UPDATE ON correction_steps
        BEGIN SELECT RAISE(ABORT, 'the history of a record is never changed'); END;
        CREATE TRIGGER correction_steps_are_kept BEFORE DELETE ON correction_steps
        BEGIN SELECT RAISE(ABORT, 'the history of a record is never deleted'); END;

        -- An objection is the step that it was made in; `settled_by` is the number of the step that closed it.
        CREATE TABLE objections (
            record_pk INTEGER NOT NULL REFERENCES records (pk),
            number INTEGER NOT NULL,
            account TEXT NOT NULL,
            settled_by INTEGER,
            PRIMARY KEY (record_pk, number)
        ) STRICT, WITHOUT ROWID;

        -- One row for each upload: two accounts that upload the same bytes do not learn of each other.
        CREATE TABLE documents (
            pk INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL,
            account TEXT NOT NULL,
            factory_pk INTEGER,
            name TEXT NOT NULL,
            type INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            at INTEGER NOT NULL,
            is_complete INTEGER NOT NULL,
            is_public INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX documents_by_hash ON documents (sha256, account) WHERE is_complete = 1;
        CREATE INDEX documents_by_account ON documents (account);
        CREATE INDEX documents_by_factory ON documents (factory_pk) WHERE factory_pk IS NOT NULL;
        CREATE INDEX documents_unused ON documents (at) WHERE is_public = 0;

        CREATE TABLE document_parts (
            document_pk INTEGER NOT NULL REFERENCES documents (pk) ON DELETE CASCADE,
            part INTEGER NOT NULL,
            content BLOB NOT NULL,
            UNIQUE (document_pk, part)
        ) STRICT;

        CREATE TABLE step_documents (
            step_pk INTEGER NOT NULL REFERENCES correction_steps (pk),
            position INTEGER NOT NULL,
            document_pk INTEGER NOT NULL REFERENCES documents (pk),
            PRIMARY KEY (step_pk, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX step_documents_by_document ON step_documents (document_pk);

        CREATE TABLE correction_drafts (
            record_pk INTEGER NOT NULL REFERENCES records (pk),
            account TEXT NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            draft TEXT NOT NULL,
            PRIMARY KEY (record_pk, account, number)
        ) STRICT, WITHOUT ROWID;
        """
}
