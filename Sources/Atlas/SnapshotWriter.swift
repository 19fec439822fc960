// SnapshotWriter.swift: writes sections into a new file beside its destination and renames it there when it is whole and
// on disk, so that a reader sees the old snapshot or the new one and never a part.

import Glibc
import SpatialIndex

struct SnapshotWriter: ~Copyable {
    private struct Entry {
        var name: SectionName
        var offset: Int
        var byteCount: Int
        var elementSize: Int
        var checksum: UInt64
    }

    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var position: Int
    private var entries: [Entry] = []
    private let capacity = SectionName.allCases.count

    init(path: String) throws(SnapshotError) {
        self.path = path
        temporaryPath = path + ".partial-\(getpid())"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        position = SnapshotFormat.headerBytes + capacity * SnapshotFormat.tableEntryBytes
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: systemMessage()) }
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            unlink(temporaryPath)
        }
    }

    /// Appends one section.
    mutating func append<T: BitwiseCopyable & Sendable>(_ name: SectionName, _ values: [T]) throws(SnapshotError) {
        try append(name, Column(values))
    }

    /// Appends one section.
    mutating func append<T: BitwiseCopyable & Sendable>(_ name: SectionName, _ values: Column<T>) throws(SnapshotError) {
        let offset = (position + SnapshotFormat.alignment - 1) / SnapshotFormat.alignment * SnapshotFormat.alignment
        var failure: SnapshotError?
        var checksum: UInt64 = 0
        var byteCount = 0
        values.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            checksum = SnapshotFormat.checksum(raw)
            byteCount = raw.count
            failure = write(raw, at: offset)
        }
        if let failure { throw failure }
        entries.append(Entry(name: name, offset: offset, byteCount: byteCount, elementSize: MemoryLayout<T>.stride, checksum: checksum))
        position = offset + byteCount
    }

    /// Writes header and table, makes everything durable and puts the file in its place. Returns identifier and size.
    consuming func finish() throws(SnapshotError) -> (identifier: UInt64, fileBytes: Int) {
        var table: [UInt8] = []
        table.reserveCapacity(entries.count * SnapshotFormat.tableEntryBytes)
        for entry in entries {
            var name = Array(entry.name.rawValue.utf8)
            name += Array(repeating: 0, count: SnapshotFormat.nameBytes - name.count)
            table += name
            table.appendLittleEndian(UInt64(entry.offset))
            table.appendLittleEndian(UInt64(entry.byteCount))
            table.appendLittleEndian(entry.checksum)
            table.appendLittleEndian(UInt32(entry.elementSize))
            table.appendLittleEndian(UInt32(0))
        }
        let identifier = table.withUnsafeBytes { SnapshotFormat.checksum($0) }
        var header = SnapshotFormat.magic
        header.appendLittleEndian(SnapshotFormat.version)
        header.appendLittleEndian(UInt32(entries.count))
        header.appendLittleEndian(UInt64(position))
        header.appendLittleEndian(identifier)
        header += Array(repeating: 0, count: SnapshotFormat.headerBytes - header.count)
        header += table
        if let failure = header.withUnsafeBytes({ write($0, at: 0) }) { throw failure }
        // An empty last section leaves the file short of its declared size: set it.
        guard ftruncate(descriptor, off_t(position)) == 0, fsync(descriptor) == 0 else {
            throw .cannotWrite(path: path, reason: systemMessage())
        }
        guard rename(temporaryPath, path) == 0 else { throw .cannotWrite(path: path, reason: systemMessage()) }
        close(descriptor)
        descriptor = -1
        syncFolder()
        return (identifier, position)
    }

    /// The rename is durable only when the folder is.
    private func syncFolder() {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let handle = open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if handle >= 0 {
            fsync(handle)
            close(handle)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> SnapshotError? {
        guard let base = bytes.baseAddress else { return nil }
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, base + done, min(bytes.count - done, 1 << 30), off_t(offset + done))
            if written < 0 {
                if errno == EINTR { continue }
                return .cannotWrite(path: path, reason: systemMessage())
            }
            done += written
        }
        return nil
    }
}

extension [UInt8] {
    fileprivate mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
