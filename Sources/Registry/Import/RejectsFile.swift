// RejectsFile.swift: the rows that were not taken, as a CSV file that can be handed back to whoever made the data: line, id, field, value
// and reason. It appears with the first such row.

import Glibc

struct RejectedRow: Sendable {
    var line: Int
    var id: String
    var reject: RowReject
}

/// One thread at a time.
final class RejectsFile {
    private static let header = "line,id,field,value,reason\n"

    /// Nil: rows are counted and not written.
    private let wanted: String?
    private let fallback: String?
    private(set) var path: String?
    private var descriptor: Int32 = -1
    private(set) var count = 0
    private var reasons: [String: ImportReport.RejectReason] = [:]

    /// - Parameter fallback: tried if `path` cannot be made.
    init(path: String?, fallback: String?) {
        wanted = path
        self.fallback = fallback
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func add(_ rows: [RejectedRow]) throws(ImportError) {
        guard !rows.isEmpty else { return }
        count += rows.count
        for row in rows { tally(row.reject) }
        guard let wanted else { return }
        var text: [UInt8] = []
        if descriptor < 0 {
            try create(wanted)
            text.append(contentsOf: RejectsFile.header.utf8)
        }
        for row in rows {
            text.append(contentsOf: "\(row.line),".utf8)
            for field in [row.id, row.reject.field, row.reject.value] {
                RejectsFile.append(field, to: &text)
                text.append(UInt8(ascii: ","))
            }
            RejectsFile.append(row.reject.reason, to: &text)
            text.append(UInt8(ascii: "\n"))
        }
        try write(text)
    }

    private func tally(_ reject: RowReject) {
        // Values inside reasons would make every one its own.
        let key = reject.field + "\u{0}" + reject.reason
        if reasons[key] != nil {
            reasons[key]?.count += 1
        } else if reasons.count < 10_000 {
            reasons[key] = ImportReport.RejectReason(field: reject.field, reason: reject.reason, count: 1)
        }
    }

    /// The most frequent reasons.
    var topReasons: [ImportReport.RejectReason] {
        Array(reasons.values.sorted { ($1.count, $0.field, $0.reason) < ($0.count, $1.field, $1.reason) }.prefix(20))
    }

    private func create(_ wanted: String) throws(ImportError) {
        var reason = ""
        for candidate in [wanted, fallback].compactMap({ $0 }) {
            descriptor = open(candidate, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            if descriptor >= 0 {
                path = candidate
                return
            }
            reason = String(cString: strerror(errno))
        }
        throw .rejectsFile(path: wanted, reason: reason)
    }

    private func write(_ text: [UInt8]) throws(ImportError) {
        var offset = 0
        while offset < text.count {
            let written = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), text.count - offset) }
            if written < 0 {
                if errno == EINTR { continue }
                throw .rejectsFile(path: path ?? "", reason: String(cString: strerror(errno)))
            }
            offset += written
        }
    }

    /// Removes the file of an earlier run, which would tell of rows that are right by now. Only a file that begins as ours do.
    func removeStale() {
        guard descriptor < 0 else { return }
        for candidate in [wanted, fallback].compactMap({ $0 }) {
            let old = open(candidate, O_RDONLY | O_CLOEXEC)
            guard old >= 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: RejectsFile.header.utf8.count)
            let count = read(old, &bytes, bytes.count)
            close(old)
            if count == bytes.count, bytes.elementsEqual(RejectsFile.header.utf8) { unlink(candidate) }
        }
    }

    /// A CSV field. Control characters are written as their numbers, so that the file stays text.
    private static func append(_ field: String, to text: inout [UInt8]) {
        let needsQuotes =
            field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D } || field.hasPrefix(" ") || field.hasSuffix(" ")
        if needsQuotes { text.append(0x22) }
        for byte in field.utf8 {
            if byte < 0x20, byte != 0x0A, byte != 0x09 {
                text.append(contentsOf: "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            } else {
                if byte == 0x22 { text.append(0x22) }
                text.append(byte)
            }
        }
        if needsQuotes { text.append(0x22) }
    }
}
