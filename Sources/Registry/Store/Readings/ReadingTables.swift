// ReadingTables.swift: one reading of one channel and hour, wherever it lies: among the hot hours or in a day's block. What is read of blocks
// within one batch is kept until the batch ends and written back once.

import GRDB
import Monitoring

/// The readings within one transaction.
final class ReadingTables {
    private let path: String
    private let insertHot: RawStatement
    private let readHot: RawStatement
    private let updateHot: RawStatement
    private let readBlock: RawStatement
    private let writeBlock: RawStatement
    private let addVersion: RawStatement
    private let lastVersion: RawStatement
    private var blocks: [ReadingMark: (block: ReadingBlock, isChanged: Bool)] = [:]
    /// Up to here hours lie in blocks.
    var packed: ReadingMark

    init(_ db: Database, path: String, packed: ReadingMark) throws(RegistryError) {
        self.path = path
        self.packed = packed
        func statement(_ sql: String) throws(RegistryError) -> RawStatement { try RawStatement(db, path: path, sql: sql) }
        insertHot = try statement(
            "INSERT INTO hot_readings (hour, channel_pk, value, flag, arrived) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")
        readHot = try statement("SELECT value, flag, arrived FROM hot_readings WHERE hour = ?1 AND channel_pk = ?2")
        updateHot = try statement("UPDATE hot_readings SET value = ?3, flag = ?4, arrived = ?5 WHERE hour = ?1 AND channel_pk = ?2")
        readBlock = try statement("SELECT readings FROM reading_blocks WHERE day = ?1 AND channel_pk = ?2")
        writeBlock = try statement(
            """
            INSERT INTO reading_blocks (day, channel_pk, readings) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET readings = excluded.readings
            """)
        addVersion = try statement(
            """
            INSERT INTO reading_versions (channel_pk, hour, version, value, flag, arrived, replaced)
            SELECT ?1, ?2, coalesce(max(version), 0) + 1, ?3, ?4, ?5, ?6 FROM reading_versions WHERE channel_pk = ?1 AND hour = ?2
            """)
        lastVersion = try statement("SELECT max(replaced) FROM reading_versions WHERE channel_pk = ?1 AND hour = ?2")
    }

    enum Put {
        case added, unchanged
        case replaced(Reading)
        /// Another reading stands, and it was to stay.
        case differs(Reading)
    }

    /// Stores a reading. One that stood for the hour becomes an earlier version.
    ///
    /// - Parameters:
    ///   - arrived: seconds since 1970.
    ///   - replaces: asked when another reading stands; false: it stays.
    func put(
        _ reading: Reading, channel: Int64, hour: Hour, arrived: Int64, replaces: () -> Bool
    ) throws(RegistryError) -> Put {
        if packed.includes(day: hour.day, channel: channel) {
            return try putPacked(reading, channel: channel, hour: hour, arrived: arrived, replaces: replaces)
        }
        bind(insertHot, reading, channel, hour, arrived)
        if try insertHot.run() > 0 { return .added }
        guard let known = try hot(channel: channel, hour: hour) else {
            throw .damaged(path: path, detail: "a reading of channel \(channel) is neither there nor not there")
        }
        if known.reading == reading { return .unchanged }
        guard replaces() else { return .differs(known.reading) }
        try keepVersion(known.reading, channel: channel, hour: hour, arrived: known.arrived, replaced: arrived)
        bind(updateHot, reading, channel, hour, arrived)
        try updateHot.run()
        return .replaced(known.reading)
    }

    private func bind(_ row: RawStatement, _ reading: Reading, _ channel: Int64, _ hour: Hour, _ arrived: Int64) {
        row.bind(1, hour.number)
        row.bind(2, channel)
        row.bind(3, reading.value?.millionths)
        row.bind(4, reading.flag.rawValue)
        row.bind(5, arrived)
    }

    private func putPacked(
        _ reading: Reading, channel: Int64, hour: Hour, arrived: Int64, replaces: () -> Bool
    ) throws(RegistryError) -> Put {
        let key = ReadingMark(day: hour.day, channel: channel)
        var block = try block(key)
        guard let known = block[hour.hourOfDay] else {
            block[hour.hourOfDay] = reading
            blocks[key] = (block, true)
            return .added
        }
        if known == reading { return .unchanged }
        guard replaces() else { return .differs(known) }
        lastVersion.bind(1, channel)
        lastVersion.bind(2, hour.number)
        let earlier = try lastVersion.step() ? lastVersion.optionalInt(0) : nil
        lastVersion.reset()
        try keepVersion(known, channel: channel, hour: hour, arrived: earlier, replaced: arrived)
        block[hour.hourOfDay] = reading
        blocks[key] = (block, true)
        return .replaced(known)
    }

    private func keepVersion(
        _ reading: Reading, channel: Int64, hour: Hour, arrived: Int64?, replaced: Int64
    ) throws(RegistryError) {
        addVersion.bind(1, channel)
        addVersion.bind(2, hour.number)
        addVersion.bind(3, reading.value?.millionths)
        addVersion.bind(4, reading.flag.rawValue)
        addVersion.bind(5, arrived)
        addVersion.bind(6, replaced)
        try addVersion.run()
    }

    /// The reading of an hour, and when it arrived where that is known.
    func reading(channel: Int64, hour: Hour) throws(RegistryError) -> (reading: Reading, arrived: Int64?)? {
        if packed.includes(day: hour.day, channel: channel) {
            return try block(ReadingMark(day: hour.day, channel: channel))[hour.hourOfDay].map { ($0, nil) }
        }
        return try hot(channel: channel, hour: hour)
    }

    private func hot(channel: Int64, hour: Hour) throws(RegistryError) -> (reading: Reading, arrived: Int64?)? {
        readHot.bind(1, hour.number)
        readHot.bind(2, channel)
        defer { readHot.reset() }
        guard try readHot.step() else { return nil }
        return (try Reading(readHot, value: 0, flag: 1, path: path), readHot.int(2))
    }

    private func block(_ key: ReadingMark) throws(RegistryError) -> ReadingBlock {
        if let known = blocks[key] { return known.block }
        readBlock.bind(1, key.day)
        readBlock.bind(2, key.channel)
        defer { readBlock.reset() }
        let block = try readBlock.step() ? try ReadingBlock(readBlock, column: 0, path: path) : ReadingBlock()
        blocks[key] = (block, false)
        return block
    }

    /// Writes changed blocks back. To be called at the end of a batch.
    func flush() throws(RegistryError) {
        // In the table's order: neighbours lie on the same page.
        for (key, entry) in blocks.sorted(by: { $0.key < $1.key }) where entry.isChanged {
            writeBlock.bind(1, key.day)
            writeBlock.bind(2, key.channel)
            writeBlock.bind(3, blob: entry.block.bytes)
            try writeBlock.run()
        }
        blocks.removeAll(keepingCapacity: true)
    }
}

extension Reading {
    /// From two columns of a row.
    init(_ row: RawStatement, value: Int32, flag: Int32, path: String) throws(RegistryError) {
        guard let known = ReadingFlag(rawValue: UInt8(truncatingIfNeeded: row.int(flag))) else {
            throw .damaged(path: path, detail: "a reading has a flag unknown here")
        }
        self.init(value: row.optionalInt(value).map { Quantity(millionths: $0) }, flag: known)
    }
}

extension ReadingBlock {
    /// From a column of a row.
    init(_ row: RawStatement, column: Int32, path: String) throws(RegistryError) {
        do throws(Problem) {
            try self.init(decoding: row.utf8(column))
        } catch {
            throw .damaged(path: path, detail: "a day of readings cannot be read (\(error))")
        }
    }
}
