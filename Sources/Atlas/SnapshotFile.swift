// SnapshotFile.swift: a snapshot file in memory. Maps it, checks every byte once, and hands out its sections as columns.

import Glibc
import SpatialIndex

/// A file mapped read-only, unmapped with the last reference to it.
final class MappedFile: @unchecked Sendable {
    // Unchecked: the pages are read-only and live as long as this object; nothing here changes after init.
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(SnapshotError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: systemMessage()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotOpen(path: path, reason: systemMessage()) }
        guard (status.st_mode & S_IFMT) == S_IFREG else { throw .cannotOpen(path: path, reason: "not a regular file") }
        let size = Int(status.st_size)
        guard size >= SnapshotFormat.headerBytes else { throw .notASnapshot(path: path) }
        // MAP_POPULATE: the checksums below read every page anyway; one system call is cheaper than 50,000 page faults.
        guard let base = mmap(nil, size, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0), base != MAP_FAILED else {
            throw .cannotOpen(path: path, reason: systemMessage())
        }
        bytes = UnsafeRawBufferPointer(start: base, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}

func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// The sections of an opened, checked snapshot file.
struct SnapshotFile: Sendable {
    let path: String
    let identifier: UInt64
    let file: MappedFile
    private let sections: [String: Section]

    private struct Section: Sendable {
        var offset: Int
        var byteCount: Int
        var elementSize: Int
        var checksum: UInt64
    }

    /// Maps and checks a file: magic, version, size, and the checksum of every section.
    ///
    /// Cost: one pass over the file at memory speed, on two threads.
    init(path: String) throws(SnapshotError) {
        let file = try MappedFile(path: path)
        let bytes = file.bytes
        func number<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
            T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        guard bytes.prefix(8).elementsEqual(SnapshotFormat.magic) else { throw .notASnapshot(path: path) }
        let version = number(8, as: UInt32.self)
        guard version == SnapshotFormat.version else {
            throw .otherVersion(path: path, found: version, supported: SnapshotFormat.version)
        }
        let size = number(16, as: UInt64.self)
        guard size == UInt64(bytes.count) else { throw .truncated(path: path, expectedBytes: size, foundBytes: UInt64(bytes.count)) }
        let count = Int(number(12, as: UInt32.self))
        let tableEnd = SnapshotFormat.headerBytes + count * SnapshotFormat.tableEntryBytes
        guard count <= SnapshotFormat.maximumSections, tableEnd <= bytes.count else {
            throw .damaged(path: path, section: "header")
        }
        let table = UnsafeRawBufferPointer(rebasing: bytes[SnapshotFormat.headerBytes..<tableEnd])
        guard SnapshotFormat.checksum(table) == number(24, as: UInt64.self) else { throw .damaged(path: path, section: "header") }
        guard SnapshotFile.isZero(bytes[32..<64]) else { throw .damaged(path: path, section: "header") }

        var sections: [String: Section] = [:]
        var end = tableEnd
        for index in 0..<count {
            let entry = SnapshotFormat.headerBytes + index * SnapshotFormat.tableEntryBytes
            let name = String(decoding: bytes[entry..<(entry + SnapshotFormat.nameBytes)].prefix { $0 != 0 }, as: UTF8.self)
            let offset = number(entry + 32, as: UInt64.self)
            let byteCount = number(entry + 40, as: UInt64.self)
            let elementSize = number(entry + 56, as: UInt32.self)
            guard offset >= UInt64(end), offset % UInt64(SnapshotFormat.alignment) == 0, byteCount <= size, offset <= size - byteCount,
                elementSize > 0, byteCount % UInt64(elementSize) == 0
            else { throw .inconsistent(path: path, detail: "section '\(name)' does not fit into the file") }
            // Padding is part of the file too: a bit flipped there is damage like any other.
            guard SnapshotFile.isZero(bytes[end..<Int(offset)]) else { throw .damaged(path: path, section: "padding before \(name)") }
            end = Int(offset + byteCount)
            sections[name] = Section(
                offset: Int(offset), byteCount: Int(byteCount), elementSize: Int(elementSize),
                checksum: number(entry + 48, as: UInt64.self))
        }
        guard end == bytes.count else { throw .inconsistent(path: path, detail: "\(bytes.count - end) bytes after the last section") }
        self.path = path
        self.identifier = number(24, as: UInt64.self)
        self.file = file
        self.sections = sections
        if let damaged = firstDamagedSection() { throw .damaged(path: path, section: damaged) }
    }

    /// Whether each byte is zero: the first is, and each equals the one before it.
    private static func isZero(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
        return bytes[0] == 0 && memcmp(start, start + 1, bytes.count - 1) == 0
    }

    /// A section as a column; it borrows the mapped pages and keeps them alive.
    func column<T: BitwiseCopyable & Sendable>(_ name: SectionName, of type: T.Type) throws(SnapshotError) -> Column<T> {
        guard let section = sections[name.rawValue] else {
            throw .inconsistent(path: path, detail: "section '\(name.rawValue)' is missing")
        }
        guard section.elementSize == MemoryLayout<T>.stride, let base = file.bytes.baseAddress else {
            throw .inconsistent(path: path, detail: "section '\(name.rawValue)' has elements of \(section.elementSize) bytes")
        }
        let start = (base + section.offset).assumingMemoryBound(to: T.self)
        return Column(borrowing: start, count: section.byteCount / MemoryLayout<T>.stride, owner: file)
    }

    /// A section of so many elements.
    func column<T: BitwiseCopyable & Sendable>(_ name: SectionName, of type: T.Type, count: Int) throws(SnapshotError) -> Column<T> {
        let column = try column(name, of: type)
        try check(column.count == count, "'\(name.rawValue)' has \(column.count) elements, not \(count)")
        return column
    }

    /// - Throws: `SnapshotError.inconsistent` with the detail, unless the condition holds.
    func check(_ condition: Bool, _ detail: @autoclosure () -> String) throws(SnapshotError) {
        if !condition { throw .inconsistent(path: path, detail: detail()) }
    }

    /// - Throws: `SnapshotError.inconsistent`, which names the section and says what is wrong with it, unless the condition holds.
    func check(_ section: SectionName, _ condition: Bool, _ fault: @autoclosure () -> String) throws(SnapshotError) {
        try check(condition, "'\(section.rawValue)' \(fault())")
    }

    /// Checks all sections, the largest first and half of the bytes on a second thread.
    private func firstDamagedSection() -> String? {
        let bySize = sections.sorted { ($0.value.byteCount, $0.key) > ($1.value.byteCount, $1.key) }
        var halves: [[(String, Section)]] = [[], []]
        var loads = [0, 0]
        for (name, section) in bySize {
            let lighter = loads[0] <= loads[1] ? 0 : 1
            halves[lighter].append((name, section))
            loads[lighter] += section.byteCount
        }
        let file = file
        let parts = halves
        let check: @Sendable (Int) -> String? = { half in
            parts[half].first { _, section in
                let range = section.offset..<(section.offset + section.byteCount)
                return SnapshotFormat.checksum(UnsafeRawBufferPointer(rebasing: file.bytes[range])) != section.checksum
            }?.0
        }
        guard file.bytes.count > 4 << 20 else { return check(0) ?? check(1) }
        let pieces: [@Sendable () -> String?] = [{ @Sendable in check(0) }, { @Sendable in check(1) }]
        let results = inParallel(pieces)
        return results.compactMap { $0 }.first
    }
}
