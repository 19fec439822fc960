// Support.swift: one generated set for all tests, read back by a reader of the tests' own.

import Foundation
import Glibc

@testable import SyntheticData

/// The committed tables, found from this file's own place.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
let tablesFolder = repository.appending(path: "data/places").path

/// A table of the set: rows of fields as text slices, found again by column name.
struct ReadTable: Sendable {
    let columns: [String]
    private let bytes: [UInt8]
    /// Start of every field, row by row, and one past the end of the last.
    private var starts: [Int] = []
    private var ends: [Int] = []

    /// Reads comma-separated text; a field in double quotes may hold commas.
    init(path: String) throws {
        let data = try Data(contentsOf: URL(filePath: path))
        bytes = [UInt8](data)
        var starts: [Int] = []
        var ends: [Int] = []
        let count = bytes.count
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var position = 0
            while position < count {
                // memchr keeps this fast without optimisation.
                let newline = memchr(base + position, 0x0A, count - position).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? count
                var field = position
                while true {
                    if field < newline, base[field] == 0x22,
                        let quote = memchr(base + field + 1, 0x22, newline - field - 1).map({
                            UnsafeRawPointer($0) - UnsafeRawPointer(base)
                        })
                    {
                        starts.append(field + 1)
                        ends.append(quote)
                        if quote + 1 >= newline { break }
                        field = quote + 2
                        continue
                    }
                    let end = memchr(base + field, 0x2C, newline - field).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? newline
                    starts.append(field)
                    ends.append(end)
                    if end == newline { break }
                    field = end + 1
                }
                position = newline + 1
            }
        }
        let header = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        columns = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        self.starts = starts
        self.ends = ends
    }

    var isRectangular: Bool { starts.count % columns.count == 0 }
    var count: Int { starts.count / columns.count - 1 }

    func column(_ name: String) -> Column {
        Column(table: self, number: columns.firstIndex(of: name) ?? -1)
    }

    struct Column: Sendable {
        let table: ReadTable
        let number: Int
        /// The field of a row, counted from 0 after the header.
        subscript(row: Int) -> String {
            let field = (row + 1) * table.columns.count + number
            return String(decoding: table.bytes[table.starts[field]..<table.ends[field]], as: UTF8.self)
        }
    }
}

/// A generated set in a folder of its own, removed when the tests end.
final class GeneratedSet: Sendable {
    let folder: String
    let summary: GenerationSummary

    init(factories: Int, records: Int, brands: Int = 580, seed: UInt64 = 1, errors: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "blueatlas-synthetic-\(UUID().uuidString)").path
        var options = GeneratorOptions(tablesFolder: tablesFolder, outputFolder: folder)
        options.factories = factories
        options.records = records
        options.brands = brands
        options.seed = seed
        options.injectsErrors = errors
        summary = try SyntheticDataset.generate(options, in: Standard.regions.get())
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func table(_ name: String) throws -> ReadTable { try ReadTable(path: folder + "/" + name) }
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: folder + "/" + name)) }
}

/// The set that the statistics are checked on: large enough for them, small enough for an unoptimised build.
enum Standard {
    static let factoryCount = 60_000
    static let recordCount = 95_000
    static let set = Result { try GeneratedSet(factories: factoryCount, records: recordCount) }
    static let factories = Result { try set.get().table("factories.csv") }
    static let records = Result { try set.get().table("records.csv") }
    static let regions = Result { try Regions.load(folder: tablesFolder) }
}

extension ReadTable.Column {
    /// How often each value occurs.
    func tally(_ key: (String) -> String = { $0 }) -> [String: Int] {
        var tally: [String: Int] = [:]
        for row in 0..<table.count { tally[key(self[row]), default: 0] += 1 }
        return tally
    }
}

extension Dictionary where Key == String, Value == Int {
    /// A value's share in percent.
    func percent(_ key: String) -> Double { Double(self[key] ?? 0) * 100 / Double(values.reduce(0, +)) }
}

/// The slope of a straight line through points, by least squares.
func slope(_ points: [(x: Double, y: Double)]) -> Double {
    let n = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / n
    let meanY = points.reduce(0) { $0 + $1.y } / n
    return points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
}
