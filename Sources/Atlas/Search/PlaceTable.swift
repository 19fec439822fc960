// PlaceTable.swift: the provinces, prefectures and counties that factories of a snapshot are in, for search: name, parents, number of
// factories, and a window in which nearly all of them lie. Made from the factories' own county codes, so a place is found exactly when
// there is something to see.

import Foundation
import Registry
import SpatialIndex
import Synchronization

/// A code of GB/T 2260 and its name, as a table of divisions has it.
public struct PlaceName: Hashable, Sendable {
    /// Six digits.
    public var code: Int32
    public var nameZH: String

    public init(code: Int32, nameZH: String) {
        self.code = code
        self.nameZH = nameZH
    }

    /// Reads a CSV file with the columns `code` and `name_zh`, such as `data/places/admin-divisions.csv`.
    ///
    /// - Throws: `QueryError` that names the line.
    public static func table(csv text: String) throws(QueryError) -> [PlaceName] {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard let header = lines.first, let code = header.firstIndex(of: "code"), let name = header.firstIndex(of: "name_zh") else {
            throw QueryError(parameter: "places", value: String(text.prefix(40)), message: "the first line must name code, name_zh")
        }
        var places: [PlaceName] = []
        for (index, line) in lines.enumerated().dropFirst() {
            guard line.count == header.count, let number = Int32(line[code]), (110_000...999_999).contains(number), !line[name].isEmpty
            else {
                throw QueryError(
                    parameter: "places", value: line.joined(separator: ","),
                    message: "line \(index + 1) must have \(header.count) columns with a code of six digits and a name")
            }
            places.append(PlaceName(code: number, nameZH: String(line[name])))
        }
        return places
    }
}

/// A place that a search found.
public struct PlaceMatch: Hashable, Sendable {
    public enum Level: String, Sendable {
        case province, prefecture, county
    }

    public var code: Int32
    public var nameZH: String
    public var level: Level
    /// The names of the province and the prefecture that it lies in, as far as there are.
    public var within: [String]
    /// Factories whose county code is of this place.
    public var factories: Int
    /// Degrees, WGS 84: holds all but the outermost factories of the place, whose positions may be wrong.
    public var west: Double
    public var south: Double
    public var east: Double
    public var north: Double
    /// Which parts of the name matched, in UTF-16 code units.
    public var ranges: [Range<Int>] = []
}

/// The places of a snapshot.
struct PlaceTable: Sendable {
    private let codes: Column<Int32>
    private let counts: Column<UInt32>
    private let bounds: Column<Float>
    private let names: StringColumn
    private let readings: StringColumn
    private let folded = Folded()

    /// What a search compares. Made by the first one: folding three thousand names takes longer than all else of opening.
    private final class Folded: Sendable {
        private let places = Mutex<[Place]?>(nil)

        func places(_ make: () -> [Place]) -> [Place] {
            places.withLock { places in
                let made = places ?? make()
                places = made
                return made
            }
        }
    }

    private struct Place: Sendable {
        var hit: PlaceMatch
        /// Folded name, and the names of the places it lies in.
        var name: [UInt32]
        var within: [UInt32]
        /// Its reading in Latin letters without spaces and marks.
        var reading: [UInt32]
    }

    static func level(_ code: Int32) -> PlaceMatch.Level { code % 10_000 == 0 ? .province : code % 100 == 0 ? .prefecture : .county }

    /// - Throws: `SnapshotError.inconsistent` when the sections do not fit each other.
    init(_ file: SnapshotFile) throws(SnapshotError) {
        codes = try file.column(.searchPlaceCode, of: Int32.self)
        counts = try file.column(.searchPlaceFactories, of: UInt32.self)
        bounds = try file.column(.searchPlaceBounds, of: Float.self)
        names = StringColumn(
            offsets: try file.column(.searchPlaceOffsets, of: UInt32.self), heap: try file.column(.searchPlaceHeap, of: UInt8.self))
        readings = StringColumn(
            offsets: try file.column(.searchPlaceReadingOffsets, of: UInt32.self),
            heap: try file.column(.searchPlaceReadingHeap, of: UInt8.self))
        guard counts.count == codes.count, names.count == codes.count, readings.count == codes.count, bounds.count == codes.count * 4 else {
            throw .inconsistent(path: file.path, detail: "the columns of the places differ in length")
        }
    }

    private func foldedPlaces() -> [Place] {
        var places: [Place] = []
        let nameOf = Dictionary(codes.indices.map { (codes[$0], names[$0]) }, uniquingKeysWith: { first, _ in first })
        for index in codes.indices {
            let code = codes[index]
            let parents = [code / 10_000 * 10_000, code / 100 * 100].filter { $0 != code }
            let within = parents.compactMap { nameOf[$0] }.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
            let box = (0..<4).map { Double(bounds[index * 4 + $0]) }
            let hit = PlaceMatch(
                code: code, nameZH: names[index], level: PlaceTable.level(code), within: within, factories: Int(counts[index]),
                west: box[0], south: box[1], east: box[2], north: box[3])
            places.append(
                Place(
                    hit: hit, name: SearchText(hit.nameZH).characters, within: SearchText(within.joined()).characters,
                    reading: SearchText(readings[index]).characters))
        }
        return places
    }

    /// Places in whose names all terms stand, at least one of them in the name itself: whole names first, then names that begin so, larger
    /// places before smaller. A code of six digits is that place. A term of Latin letters matches the beginning of the reading, or initials.
    ///
    /// - Parameter changes: how many factories more, or fewer, are in a place by now, by its code. A place without any is not found.
    ///
    /// Cost: O(places): a fraction of a millisecond; the first search of a snapshot some 20 ms more.
    func search(_ query: SearchQuery, limit: Int, letters: LetterTable, changes: [Int32: Int] = [:]) -> [PlaceMatch] {
        let places = folded.places(foldedPlaces)
        var found: [(order: Int, place: Int, factories: Int)] = []
        for (index, place) in places.enumerated() {
            var best: Int?
            let all = query.terms.allSatisfy { term in
                if let order = PlaceTable.order(of: term, in: place, letters) {
                    best = min(best ?? order, order)
                    return true
                }
                return SearchText.find(term, in: place.within) != nil
            }
            let factories = place.hit.factories + (changes[place.hit.code] ?? 0)
            if all, factories > 0, let best { found.append((best, index, factories)) }
        }
        found.sort { a, b in
            (a.order, -a.factories, places[a.place].hit.code) < (b.order, -b.factories, places[b.place].hit.code)
        }
        return found.prefix(limit).map { item in
            var hit = places[item.place].hit
            hit.factories = item.factories
            hit.ranges = SearchHighlights.ranges(of: query, in: hit.nameZH, .name, letters)
            return hit
        }
    }

    private static func order(of term: [UInt32], in place: Place, _ letters: LetterTable) -> Int? {
        if term.elementsEqual(String(place.hit.code).unicodeScalars.map(\.value)) { return 0 }
        if let start = SearchText.find(term, in: place.name) { return place.name.count == term.count ? 0 : start == 0 ? 1 : 2 }
        guard term.count > 1 else { return nil }
        if place.reading.starts(with: term) { return 1 }
        return SearchHighlights.findInitials(term, in: place.name, letters) == 0 ? 3 : nil
    }

    // MARK: Building

    /// Members beyond this many do not make a place's window better.
    private static let sampleSize = 2_000

    /// Writes the places of `names` that factories lie in.
    static func write(_ names: [PlaceName], _ factories: SnapshotDraft.Factories, to writer: inout SnapshotWriter) throws(SnapshotError) {
        var members: [Int32: [UInt32]] = [:]
        for (index, county) in factories.county.enumerated() where county > 0 {
            for code in Set([county, county / 100 * 100, county / 10_000 * 10_000]) {
                members[code, default: []].append(UInt32(truncatingIfNeeded: index))
            }
        }
        var codes: [Int32] = []
        var counts: [UInt32] = []
        var bounds: [Float] = []
        var heap = StringHeap()
        var readings = StringHeap()
        for name in names.sorted(by: { $0.code < $1.code }) {
            guard name.code != codes.last, let inside = members[name.code], !DivisionNames.placeholders.contains(name.nameZH) else {
                continue
            }
            codes.append(name.code)
            counts.append(UInt32(truncatingIfNeeded: inside.count))
            heap.append(name.nameZH)
            readings.append(PinyinInitials.reading(of: name.nameZH))
            let sample = stride(from: 0, to: inside.count, by: max(inside.count / sampleSize, 1)).map { Int(inside[$0]) }
            let longitudes = middle(sample.map { factories.longitude[$0] })
            let latitudes = middle(sample.map { factories.latitude[$0] })
            bounds += [longitudes.0, latitudes.0, longitudes.1, latitudes.1].map(Float.init)
        }
        try writer.append(.searchPlaceCode, codes)
        try writer.append(.searchPlaceFactories, counts)
        try writer.append(.searchPlaceBounds, bounds)
        try writer.append(.searchPlaceOffsets, heap.offsets)
        try writer.append(.searchPlaceHeap, heap.heap)
        try writer.append(.searchPlaceReadingOffsets, readings.offsets)
        try writer.append(.searchPlaceReadingHeap, readings.heap)
    }

    /// What lies between the third and the last but third of a hundred; not empty.
    private static func middle(_ values: [Double]) -> (Double, Double) {
        let sorted = values.sorted()
        let cut = sorted.count * 3 / 100
        return (sorted[cut], sorted[sorted.count - 1 - cut])
    }
}

extension Snapshot {
    /// Places that match a query, best first.
    public func searchPlaces(_ query: SearchQuery, limit: Int) -> [PlaceMatch] {
        placeTable.search(query, limit: limit, letters: search.letters)
    }
}
