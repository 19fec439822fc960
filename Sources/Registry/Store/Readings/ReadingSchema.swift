// ReadingSchema.swift: the tables of monitoring. Recent hours stand one by one, ordered by hour, so that a new hour is written at the table's
// end; older ones are packed, a day of an item in one block, ordered by day for the same reason. Both orders make retention the removal of a
// table's beginning.

enum ReadingSchema {
    /// Values are in millionths of the channel's unit (`Quantity`), hours since 1970 (`Hour`), days of Beijing time since 1970, times of arrival
    /// in seconds since 1970. A channel is an item of an outlet, in its unit.
    static let tables = """
        -- Outlets of factories (kind 1 air, 2 water) and stations (3 air, 4 surface water; of no factory, with a position of their own).
        CREATE TABLE outlets (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            factory_pk INTEGER REFERENCES factories (pk),
            kind INTEGER NOT NULL,
            name TEXT,
            lon REAL, lat REAL,
            body TEXT,
            synthetic INTEGER NOT NULL,
            changed_seq INTEGER NOT NULL,
            CHECK ((factory_pk IS NULL) = (kind IN (3, 4)))
        ) STRICT;
        CREATE INDEX outlets_by_factory ON outlets (factory_pk) WHERE factory_pk IS NOT NULL;

        CREATE TABLE channels (
            pk INTEGER PRIMARY KEY,
            outlet_pk INTEGER NOT NULL REFERENCES outlets (pk),
            pollutant INTEGER NOT NULL,
            unit INTEGER NOT NULL,
            UNIQUE (outlet_pk, pollutant)
        ) STRICT;

        -- Both days included; until_day null: still valid. Of those that hold on a day the one that began last counts.
        CREATE TABLE limits (
            channel_pk INTEGER NOT NULL REFERENCES channels (pk),
            from_day INTEGER NOT NULL,
            until_day INTEGER,
            lower INTEGER, upper INTEGER,
            PRIMARY KEY (channel_pk, from_day),
            CHECK (lower IS NOT NULL OR upper IS NOT NULL)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE hot_readings (
            hour INTEGER NOT NULL,
            channel_pk INTEGER NOT NULL,
            value INTEGER,
            flag INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            PRIMARY KEY (hour, channel_pk)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE reading_blocks (
            day INTEGER NOT NULL,
            channel_pk INTEGER NOT NULL,
            readings BLOB NOT NULL,
            PRIMARY KEY (day, channel_pk)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE reading_days (
            day INTEGER NOT NULL,
            channel_pk INTEGER NOT NULL,
            count INTEGER NOT NULL, flagged INTEGER NOT NULL, exceeding INTEGER NOT NULL,
            least INTEGER, greatest INTEGER, sum INTEGER NOT NULL,
            PRIMARY KEY (day, channel_pk)
        ) STRICT, WITHOUT ROWID;

        -- What was corrected, oldest version 1; the one that stands is in one of the tables above. `arrived` is null where it was packed before.
        CREATE TABLE reading_versions (
            channel_pk INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            version INTEGER NOT NULL,
            value INTEGER,
            flag INTEGER NOT NULL,
            arrived INTEGER,
            replaced INTEGER NOT NULL,
            PRIMARY KEY (channel_pk, hour, version)
        ) STRICT, WITHOUT ROWID;

        -- The latest reading of each channel, and of which hour its exceedance is if it exceeds its limit now.
        CREATE TABLE channel_state (
            channel_pk INTEGER PRIMARY KEY,
            hour INTEGER NOT NULL,
            value INTEGER,
            flag INTEGER NOT NULL,
            exceeding_hour INTEGER,
            exceeding_value INTEGER,
            multiple REAL
        ) STRICT;

        -- The same of each factory: whether any of its channels exceeds now, since when, and which one does worst.
        CREATE TABLE monitoring_state (
            factory_pk INTEGER PRIMARY KEY REFERENCES factories (pk),
            last_hour INTEGER NOT NULL,
            exceeding INTEGER NOT NULL,
            since_hour INTEGER,
            multiple REAL,
            channel_pk INTEGER,
            generation INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX monitoring_exceeding ON monitoring_state (factory_pk) WHERE exceeding = 1;

        -- Numbers by name (MonitoringSettings).
        CREATE TABLE monitoring_settings (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """
}
