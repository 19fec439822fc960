// ImportSupport.swift: what the tests of the importers share: files made on the spot, rows in plain form, and a second, naive CSV reader.

import CZlib
import Foundation

@testable import Registry

/// A folder of one test, removed with it.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("blueatlas-import-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
}

enum Repository {
    /// The repository's own data folder.
    static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("data").path
}

/// Gzip of zlib itself, for files that the reader must unpack.
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        return []
    }
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1000)
    let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            _ = deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    return Array(output[0..<count])
}

/// Everything a text input delivers.
func drain(_ input: any TextInput, step: Int = 4096) throws -> [UInt8] {
    var text: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 16)
    defer { buffer.deallocate() }
    while true {
        let count = try input.read(into: buffer)
        if count == 0 { return text }
        text.append(contentsOf: buffer[0..<count])
    }
}

/// All rows of a reader: fields as texts, or what is wrong.
func rows(_ reader: any RowReader) throws -> [(line: Int, fields: [String]?, reason: String)] {
    var result: [(line: Int, fields: [String]?, reason: String)] = []
    while true {
        switch try reader.next() {
        case .end: return result
        case .malformed(let line, let reject): result.append((line, nil, reject.reason))
        case .row(let line):
            result.append((line, (0..<reader.row.count).map { String(decoding: reader.row.field($0), as: UTF8.self) }, ""))
        }
    }
}

func delimited(_ text: String, delimiter: Character = ",", step: Int = .max, bufferBytes: Int = 1 << 20) throws -> DelimitedReader {
    try DelimitedReader(
        input: MemoryText(Array(text.utf8), step: step), delimiter: delimiter.asciiValue ?? 0x2C, path: "test.csv", bufferBytes: bufferBytes
    )
}

func features(_ text: String, step: Int = .max) throws -> FeatureReader {
    try FeatureReader(input: MemoryText(Array(text.utf8), step: step), path: "test.geojson")
}

/// Reads a field from text.
func reading<T>(_ text: String, _ body: (FieldBytes) throws -> T) rethrows -> T {
    var copy = text
    return try copy.withUTF8 { try body($0) }
}

/// CSV character by character, as slow and as plain as can be: the independent answer.
func naiveCSV(_ text: String) -> [[String: String]] {
    var rows: [[String]] = [[]]
    var field = ""
    var isQuoted = false
    var scalars = Array(text.unicodeScalars)
    scalars.append("\n")
    var index = 0
    while index < scalars.count {
        let scalar = scalars[index]
        if isQuoted {
            if scalar == "\"" {
                if index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    field.unicodeScalars.append("\"")
                    index += 1
                } else {
                    isQuoted = false
                }
            } else {
                field.unicodeScalars.append(scalar)
            }
        } else if scalar == "\"" {
            isQuoted = true
        } else if scalar == "," || scalar == "\n" {
            rows[rows.count - 1].append(field)
            field = ""
            if scalar == "\n" { rows.append([]) }
        } else if scalar != "\r" {
            field.unicodeScalars.append(scalar)
        }
        index += 1
    }
    guard let header = rows.first else { return [] }
    return rows.dropFirst().filter { $0.count == header.count }.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
}

extension Importer {
    /// Imports a file with the options set in a closure.
    static func run(
        _ path: String, into store: RegistryStore? = nil, _ configure: (inout ImportOptions) -> Void = { _ in },
        progress: ((ImportProgress) -> Void)? = nil, isCancelled: () -> Bool = { false }
    ) throws -> ImportReport {
        var options = ImportOptions()
        options.isDryRun = store == nil
        configure(&options)
        return try Importer(options: options).run(path: path, into: store, progress: progress, isCancelled: isCancelled)
    }
}

extension FactoryDetail {
    var attributesJSON: String? { AttributesJSON.encode(attributes) }
}
