// TransformText.swift: the text side of `blueatlas transform`: numbers, records of a CSV file in a stream (RFC 4180, bytes passed on as
// they are), and results as lines, CSV columns or JSON.

import Foundation
import Geodesy

enum PositionText {
    /// The parts of a text between commas, semicolons and white space.
    static func numbers(in text: String) -> [Substring] {
        text.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == "，" || $0.isWhitespace })
    }

    /// A decimal number; nothing else counts, neither words for infinity nor hexadecimals.
    static func number(_ bytes: some Collection<UInt8>, _ name: String) -> Result<Double, TransformProblem> {
        let isPlain = bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
        if isPlain, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite { return .success(value) }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        if text.isEmpty { return .failure(TransformProblem("\(name) is empty")) }
        if ["nan", "inf", "infinity"].contains(text.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "+-"))) {
            return .failure(TransformProblem("\(name) '\(text)' is not a finite number"))
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }), let value = Double(text) else {
            return .failure(TransformProblem("\(name) '\(text.prefix(60))' is not a number"))
        }
        guard value.isFinite else { return .failure(TransformProblem("\(name) '\(text.prefix(60))' is not a finite number")) }
        return .success(value)
    }
}

/// One record of a file, as its bytes and as its fields.
struct Record {
    /// Where it begins, from 1.
    var line: Int
    /// Without the line end.
    var content: [UInt8]
    var lineEnd: [UInt8]
    /// Unquoted.
    var fields: [[UInt8]]
    /// Ends inside a quoted field.
    var isUnclosed: Bool
}

/// Records of a file or of stdin, one at a time; memory for one record and one buffer.
final class RecordReader {
    let name: String
    private let handle: FileHandle
    private let delimiter: UInt8
    private let quotes: Bool
    private var buffer: [UInt8] = []
    private var at = 0
    private var line = 1
    /// A longer record is a quote that is not closed.
    private static let longestRecord = 16 << 20

    init(path: String, delimiter: UInt8, quotes: Bool) throws {
        self.delimiter = delimiter
        self.quotes = quotes
        if path == "-" {
            name = "stdin"
            handle = .standardInput
            return
        }
        name = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure(message: "\(path): no such file")
        }
        guard !isFolder.boolValue else { throw CommandFailure(message: "\(path): is a folder, not a file") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(message: "\(path): cannot be read (permission?)")
        }
        self.handle = handle
    }

    private func byte() throws -> UInt8? {
        if at == buffer.count {
            do { buffer = Array(try handle.read(upToCount: 1 << 18) ?? Data()) } catch {
                throw CommandFailure(message: "\(name), line \(line): \(error.localizedDescription)")
            }
            at = 0
            if buffer.isEmpty { return nil }
        }
        defer { at += 1 }
        return buffer[at]
    }

    func next() throws -> Record? {
        var record = Record(line: line, content: [], lineEnd: [], fields: [], isUnclosed: false)
        var field: [UInt8] = []
        var isQuoted = false
        // Inside quotes, after a quote that either ends them or is the first of two.
        var isAfterQuote = false
        while let byte = try byte() {
            if byte == 0x0A, !isQuoted || isAfterQuote {
                line += 1
                record.lineEnd = [0x0A]
                if record.content.last == 0x0D {
                    record.content.removeLast()
                    if field.last == 0x0D, !isAfterQuote { field.removeLast() }
                    record.lineEnd = [0x0D, 0x0A]
                }
                record.fields.append(field)
                return record
            }
            if byte == 0x0A { line += 1 }
            record.content.append(byte)
            if record.content.count > Self.longestRecord {
                throw CommandFailure(message: "\(name), line \(record.line): a record of over 16 MB; is a quote not closed?")
            }
            if isQuoted, !isAfterQuote {
                if byte == 0x22 { isAfterQuote = true } else { field.append(byte) }
            } else if isQuoted, byte == 0x22 {
                field.append(byte)
                isAfterQuote = false
            } else if byte == delimiter, quotes {
                record.fields.append(field)
                field = []
                isQuoted = false
                isAfterQuote = false
            } else if byte == 0x22, quotes, field.isEmpty || (record.fields.isEmpty && field == [0xEF, 0xBB, 0xBF]) {
                isQuoted = true
            } else if byte != 0x0D || !isAfterQuote {
                field.append(byte)
            }
        }
        guard !record.content.isEmpty else { return nil }
        record.fields.append(field)
        record.isUnclosed = isQuoted && !isAfterQuote
        return record
    }
}

/// Results as text on stdout, in blocks.
struct TransformFormat {
    private let json: Bool
    private let latLon: Bool
    private let decimals: Int
    private var output: [UInt8] = []
    private var hasElements = false

    init(json: Bool, latLon: Bool, decimals: Int) {
        self.json = json
        self.latLon = latLon
        self.decimals = decimals
    }

    mutating func begin() {
        if json { write("[") }
    }

    mutating func end() {
        if json { write(hasElements ? "\n]\n" : "]\n") }
        flush()
    }

    mutating func flush() {
        guard !output.isEmpty else { return }
        do { try FileHandle.standardOutput.write(contentsOf: Data(output)) } catch {
            // Nothing that follows could be written either.
            try? FileHandle.standardError.write(contentsOf: Data("error: stdout cannot be written: \(error.localizedDescription)\n".utf8))
            exit(EXIT_FAILURE)
        }
        output.removeAll(keepingCapacity: true)
    }

    private mutating func write(_ text: String) {
        output.append(contentsOf: text.utf8)
        if output.count > 1 << 16 { flush() }
    }

    // MARK: Positions

    /// x, y, accuracy, operation, with tabs between. A position that failed has a line too, so that lines correspond.
    mutating func point(_ result: Result<TransformOutcome, TransformProblem>, input: String, line: Int?) {
        if json { return element(result, line: line, input: input) }
        switch result {
        case .success(let outcome):
            let first = fixed(latLon ? outcome.y : outcome.x)
            let second = fixed(latLon ? outcome.x : outcome.y)
            write("\(first)\t\(second)\t\(accuracy(outcome) ?? "unknown")\t\(outcome.operation)\n")
        case .failure(let problem): write("\t\t\terror: \(problem)\n")
        }
    }

    private mutating func element(_ result: Result<TransformOutcome, TransformProblem>, line: Int?, input: String?) {
        var members: [String] = []
        if let line { members.append("\"line\":\(line)") }
        if let input { members.append("\"input\":\(quoted(input))") }
        switch result {
        case .success(let outcome):
            members.append("\"x\":\(outcome.x),\"y\":\(outcome.y),\"accuracy_m\":\(accuracy(outcome) ?? "null")")
            members.append("\"ballpark\":\(outcome.isBallpark),\"operation\":\(quoted(outcome.operation))")
        case .failure(let problem): members.append("\"error\":\(quoted(problem.description))")
        }
        write((hasElements ? ",\n{" : "\n{") + members.joined(separator: ",") + "}")
        hasElements = true
    }

    // MARK: CSV

    mutating func csvHeader(_ record: Record, adding names: [String], separator: UInt8) {
        if json { return }
        append(record, cells: names, padding: 0, separator)
    }

    mutating func csvRow(_ record: Record, fieldCount: Int, _ result: Result<TransformOutcome, TransformProblem>, separator: UInt8) {
        if json { return element(result, line: record.line, input: nil) }
        let padding = max(0, fieldCount - record.fields.count)
        switch result {
        case .success(let outcome):
            append(
                record, cells: [fixed(outcome.x), fixed(outcome.y), accuracy(outcome) ?? "", outcome.operation], padding: padding, separator
            )
        case .failure(let problem): append(record, cells: ["", "", "", "error: \(problem)"], padding: padding, separator)
        }
    }

    private mutating func append(_ record: Record, cells: [String], padding: Int, _ separator: UInt8) {
        output.append(contentsOf: record.content)
        if record.isUnclosed { output.append(0x22) }
        output.append(contentsOf: repeatElement(separator, count: padding))
        for cell in cells {
            output.append(separator)
            let special: Set<UInt8> = [separator, 0x22, 0x0A, 0x0D]
            let needsQuotes = cell.utf8.contains { special.contains($0) }
            let quoted = "\"\(cell.replacingOccurrences(of: "\"", with: "\"\""))\""
            output.append(contentsOf: needsQuotes ? Array(quoted.utf8) : Array(cell.utf8))
        }
        output.append(contentsOf: record.lineEnd.isEmpty ? [0x0A] : record.lineEnd)
        if output.count > 1 << 16 { flush() }
    }

    // MARK: Values

    private func accuracy(_ outcome: TransformOutcome) -> String? {
        outcome.accuracyMeters.map { $0 == $0.rounded() && abs($0) < 1e9 ? "\(Int($0))" : "\($0)" }
    }

    /// A number with fixed decimals; exact to the last one for all positions on earth.
    private func fixed(_ value: Double) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * Double(scale)).rounded()
        guard abs(scaled) < 9e15 else { return String(format: "%.\(decimals)f", value) }
        let whole = Int(abs(scaled))
        let sign = scaled < 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(whole) }
        let fraction = String(whole % scale)
        return sign + String(whole / scale) + "." + String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
