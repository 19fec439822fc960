// WorkFolder.swift: the folder that all peers of the comparison share, in this process and outside of it. Little-endian arrays
// without headers, so that any language reads them in a line; results as JSON.
//
//   points.f64          longitude, latitude per point; the point's place is its id
//   cells.u32           x, y per point: cells of the Web Mercator grid
//   factories.csv       id, lon, lat, x, y, status (0...5), industry
//   attributes.csv      what else our tiles say of each
//   queries/WORK.bin    windows: minX, minY, maxX, maxY (uint32, inclusive); radius: lon, lat, meters; nearest: lon, lat (float64)
//   answers/WORK.bin    per query a count and so many ids (uint32); sets ascending, nearest in order
//   answers/WORK.meters.f64  the distances in the same order
//   addresses.txt       z x y a line: tiles that a builder of whole tile sets found something in; 'Duel tiles' makes them
//   tiles.json          the tiles of the comparison and what is in them
//   results/PEER.json   times and counts of wrong answers

import Foundation
import SpatialIndex
import Workloads

struct WorkFolder {
    private let root: URL

    init(_ path: String) { root = URL(fileURLWithPath: path, isDirectory: true) }

    // Points

    func write(points: [Position], cells: [GridPoint]) throws {
        try write(points, to: "points.f64")
        try write(cells.flatMap { [$0.x, $0.y] }, to: "cells.u32")
    }

    func points() throws -> (positions: [Position], cells: [GridPoint]) {
        let positions: [Position] = try read("points.f64")
        let edges: [UInt32] = try read("cells.u32")
        guard edges.count == 2 * positions.count, !positions.isEmpty else {
            throw DuelError("points.f64 and cells.u32 in \(root.path) do not belong together; run 'Duel export' again")
        }
        return (positions, positions.indices.map { GridPoint(x: edges[2 * $0], y: edges[2 * $0 + 1]) })
    }

    // Queries

    func write(_ queries: QuerySet, for work: Work) throws {
        let file = "queries/\(work.name).bin"
        switch queries {
        case .windows(let boxes): try write(boxes.flatMap { [$0.minX, $0.minY, $0.maxX, $0.maxY] }, to: file)
        case .circles(let circles): try write(circles, to: file)
        case .places(let places, _): try write(places, to: file)
        }
    }

    func queries(of work: Work) throws -> QuerySet {
        let file = "queries/\(work.name).bin"
        switch work.kind {
        case .window:
            let edges: [UInt32] = try read(file)
            return .windows(
                stride(from: 0, to: edges.count - 3, by: 4).map {
                    GridBox(minX: edges[$0], minY: edges[$0 + 1], maxX: edges[$0 + 2], maxY: edges[$0 + 3])
                })
        case .radius: return .circles(try read(file))
        case .nearest(let k): return .places(try read(file), k: k)
        }
    }

    // Answers

    func write(_ answers: [Answer], for work: Work) throws {
        try write(answers.flatMap { [UInt32($0.ids.count)] + $0.ids }, to: "answers/\(work.name).bin")
        if case .window = work.kind { return }
        try write(answers.flatMap(\.distances), to: "answers/\(work.name).meters.f64")
    }

    func answers(of work: Work) throws -> [Answer] {
        let words: [UInt32] = try read("answers/\(work.name).bin")
        var distances: [Double] = []
        if case .window = work.kind {} else { distances = try read("answers/\(work.name).meters.f64") }
        var answers: [Answer] = []
        var at = 0
        var before = 0
        while at < words.count {
            let count = Int(words[at])
            guard at + 1 + count <= words.count else { throw DuelError("answers/\(work.name).bin is cut off") }
            let metersEnd = distances.isEmpty ? 0 : before + count
            guard metersEnd <= distances.count else { throw DuelError("answers/\(work.name).meters.f64 is cut off") }
            answers.append(
                Answer(ids: Array(words[at + 1..<at + 1 + count]), distances: distances.isEmpty ? [] : Array(distances[before..<metersEnd]))
            )
            at += 1 + count
            before += count
        }
        return answers
    }

    // Text

    func text(of file: String) throws -> String { try String(contentsOf: root.appending(path: file), encoding: .utf8) }

    func write(text: String, to file: String) throws { try write(Data(text.utf8), to: file) }

    func write(json value: some Encodable, to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try write(encoder.encode(value), to: file)
    }

    func read<T: Decodable>(json file: String, as type: T.Type) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: root.appendingPathComponent(file)))
    }

    // Arrays

    private func write<T: BitwiseCopyable>(_ values: [T], to file: String) throws {
        try values.withUnsafeBytes { try write(Data($0), to: file) }
    }

    private func write(_ data: Data, to file: String) throws {
        let url = root.appendingPathComponent(file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url, options: .atomic)
    }

    private func read<T: BitwiseCopyable>(_ file: String) throws -> [T] {
        let data: Data
        do { data = try Data(contentsOf: root.appendingPathComponent(file)) } catch {
            throw DuelError(
                "cannot read \(root.appendingPathComponent(file).path): run 'Duel export' first (\(error.localizedDescription))")
        }
        let count = data.count / MemoryLayout<T>.stride
        return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = data.copyBytes(to: UnsafeMutableRawBufferPointer(buffer).bindMemory(to: T.self)) / MemoryLayout<T>.stride
        }
    }
}

/// What stops a command, in words for the person who gave it.
struct DuelError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// One line of results/PEER.json.
struct ResultRow: Codable {
    var peer: String
    var version: String
    var work: String
    var queries: Int
    /// Microseconds a query; of `build` the whole build.
    var medianMicroseconds: Double
    var p99Microseconds: Double
    /// Mean over the queries' medians of the rounds.
    var meanMicroseconds: Double
    var exact: Bool
    /// Queries whose answer differs from ours.
    var wrong: Int
    var note: String
    var bytesPerPoint: Double?
    /// Nil in files of before rows told it.
    var run: Run?
    var rounds: Int?

    enum CodingKeys: String, CodingKey {
        case peer, version, work, queries, exact, wrong, note, run, rounds
        case medianMicroseconds = "median_us"
        case p99Microseconds = "p99_us"
        case meanMicroseconds = "mean_us"
        case bytesPerPoint = "bytes_per_point"
    }
}
