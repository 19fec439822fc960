// TileRequest.swift: the address of a tile as clients write it, and the key it has in the cache.

import Atlas
import SpatialIndex

/// A tile that exists in the pyramid, with what it shall show.
struct TileRequest: Sendable {
    var map: MapKind
    var tile: TileID
    var filter = Filter()
    var datum = TileDatum.wgs84
    /// What the map 'carbon' shall show; the usual for all others.
    var carbon = CarbonSelection()

    init(map: MapKind, tile: TileID, filter: Filter = Filter(), datum: TileDatum = .wgs84) {
        self.map = map
        self.tile = tile
        self.filter = filter
        self.datum = datum
    }

    /// - Parameter segments: `tiles`, map, z, x, `y.mvt`.
    /// - Throws: `Problem` 404 for an address outside the pyramid, 400 for a bad filter or datum.
    init(segments: [String], parameters: [(name: String, value: String)]) throws(Problem) {
        map = try MapKind.parse(segments[1])
        guard segments[4].hasSuffix(".mvt") else {
            throw Problem(.notFound, kind: .notFound, detail: "tiles end in .mvt, such as /tiles/blue/5/26/13.mvt")
        }
        guard let z = TileRequest.number(segments[2]), let x = TileRequest.number(segments[3]),
            let y = TileRequest.number(String(segments[4].dropLast(4)))
        else {
            throw Problem(.notFound, kind: .notFound, detail: "a tile's address is /tiles/{map}/{z}/{x}/{y}.mvt with three whole numbers")
        }
        guard z <= TileSchema.deepestZoom else {
            throw Problem(
                .notFound, kind: .outsidePyramid, detail: "z is \(Problem.excerpt(segments[2])); it must be 0 to \(TileSchema.deepestZoom)",
                parameter: "z")
        }
        guard let tile = TileID(z: z, x: x, y: y) else {
            let last = (1 << z) - 1
            let axis = x > last ? "x" : "y"
            throw Problem(.notFound, kind: .outsidePyramid, detail: "\(axis) must be 0 to \(last) at zoom \(z)", parameter: axis)
        }
        self.tile = tile
        let query = try QueryParameters(parameters, known: map.parameters, filters: map != .base)
        filter = query.filter
        datum = try TileDatum.parse(query)
        carbon = try CarbonSelection(query)
    }

    /// A whole number without sign or leading zeros, so that a tile has one address.
    private static func number(_ text: String) -> Int? {
        let digits = text.utf8
        guard (1...10).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != 0x30 else { return nil }
        return Int(text)
    }

    /// Reads `/tiles/blue/5/26/13.mvt` without a query and without an allocation.
    ///
    /// - Returns: nil for anything else, which is then read, and its error named, by the other initialiser.
    init?(plain path: String) {
        var path = path
        let read = path.withUTF8 { bytes -> (MapKind, TileID)? in
            guard bytes.count > 12, bytes.starts(with: "/tiles/".utf8) else { return nil }
            var index = 7
            let map: MapKind
            if bytes[7...].starts(with: "blue/".utf8) {
                (map, index) = (.blue, 12)
            } else if bytes[7...].starts(with: "supply-chain/".utf8) {
                (map, index) = (.supplyChain, 20)
            } else if bytes[7...].starts(with: "base/".utf8) {
                (map, index) = (.base, 12)
            } else if bytes[7...].starts(with: "carbon/".utf8) {
                (map, index) = (.carbon, 14)
            } else {
                return nil
            }
            func number(endingWith end: UInt8) -> Int? {
                let start = index
                var value = 0
                while index < bytes.count, case let byte = bytes[index], (0x30...0x39).contains(byte), index - start < 8 {
                    value = value * 10 + Int(byte - 0x30)
                    index += 1
                }
                guard index > start, index < bytes.count, bytes[index] == end, index - start == 1 || bytes[start] != 0x30 else {
                    return nil
                }
                index += 1
                return value
            }
            guard let z = number(endingWith: UInt8(ascii: "/")), let x = number(endingWith: UInt8(ascii: "/")),
                let y = number(endingWith: UInt8(ascii: ".")), bytes[index...].elementsEqual("mvt".utf8), z <= TileSchema.deepestZoom,
                let tile = TileID(z: z, x: x, y: y)
            else { return nil }
            return (map, tile)
        }
        guard let read else { return nil }
        self.init(map: read.0, tile: read.1)
    }
}

extension MapKind {
    /// The parameters of its tiles beside the filters.
    var parameters: [String] { self == .carbon ? ["datum"] + CarbonSelection.parameterNames : ["datum"] }

    /// - Throws: `Problem` 404.
    static func parse(_ name: String) throws(Problem) -> MapKind {
        guard let map = MapKind(rawValue: name) else {
            let names = MapKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .notFound, kind: .notFound, detail: "there is no map '\(Problem.excerpt(name))'; the maps are \(names)", parameter: "map")
        }
        return map
    }
}

extension TileDatum {
    /// - Throws: `Problem` 400.
    static func parse(_ query: QueryParameters) throws(Problem) -> TileDatum {
        guard let name = query.text("datum") else { return .wgs84 }
        guard let datum = TileDatum(rawValue: name.lowercased()) else {
            throw Problem(parameter: "datum", value: name, mustBe: "one of \(TileDatum.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return datum
    }
}

extension CarbonSelection {
    /// - Throws: `Problem` 400.
    init(_ query: QueryParameters) throws(Problem) {
        do throws(QueryError) { self = try CarbonSelection { query.text($0) } } catch { throw Problem(error) }
    }
}
