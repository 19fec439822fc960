// PointSets.swift: the point sets that every query is tried on, skewed, crowded and adversarial, and an index over each.

import Glibc
import SpatialIndex

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}

struct Position: Hashable, Sendable, CustomStringConvertible {
    var longitude: Double
    var latitude: Double

    init(_ longitude: Double, _ latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }

    var description: String { "(\(longitude), \(latitude))" }
    var cell: GridPoint { MercatorGrid.project(longitude: longitude, latitude: latitude) }
}

/// A named set of positions.
struct PointSet: Sendable, CustomStringConvertible {
    var description: String
    var positions: [Position]

    /// All sets. Sizes are chosen so that brute force in a debug build stays quick.
    static let all: [PointSet] = {
        var random = SplitMix64(seed: 2026)
        var sets: [PointSet] = []
        for count in [0, 1, 2, 16, 17, 255, 256, 257] {
            sets.append(
                PointSet(
                    description: "\(count) in China",
                    positions: (0..<count).map { _ in Position(random.uniform(75, 134), random.uniform(18, 53)) }))
        }
        sets.append(PointSet(description: "all equal", positions: Array(repeating: Position(116.397, 39.909), count: 70)))
        sets.append(
            PointSet(description: "one meridian", positions: (0..<300).map { Position(116.4, -90 + 180 * Double($0) / 299) }))
        sets.append(PointSet(description: "tile corners", positions: tileCorners(&random)))
        sets.append(PointSet(description: "rim of the square", positions: rim(&random)))
        sets.append(
            PointSet(
                description: "2,000 at one gate",
                positions: Array(repeating: Position(113.9401, 22.5408), count: 2000)
                    + (0..<100).map { _ in Position(random.uniform(113.8, 114.1), random.uniform(22.4, 22.7)) }))
        sets.append(PointSet(description: "clusters", positions: clusters(1500, &random)))
        sets.append(
            PointSet(
                description: "the world", positions: (0..<700).map { _ in Position(random.uniform(-180, 180), random.uniform(-90, 90)) }))
        sets.append(
            PointSet(
                description: "astride the antimeridian",
                positions: (0..<400).map { number in
                    let east = random.uniform(-1, 1)
                    return Position(
                        number % 40 == 0 ? (number % 80 == 0 ? 180 : -180) : east < 0 ? 180 + east : east - 180, random.uniform(-18, -16))
                }))
        sets.append(
            PointSet(
                description: "round the north pole",
                positions: (0..<400).map { number in Position(random.uniform(-180, 180), number == 0 ? 90 : random.uniform(84, 90)) }))
        return sets
    }()

    private static func clusters(_ count: Int, _ random: inout SplitMix64) -> [Position] {
        var positions: [Position] = []
        while positions.count < count {
            let centre = Position(random.uniform(100, 122), random.uniform(22, 41))
            let size = random.uniform(0.0001, 0.2)
            for _ in 0..<(1 + random.below(120)) where positions.count < count {
                let shared = positions.last.flatMap { random.below(4) == 0 ? $0 : nil }
                positions.append(
                    shared ?? Position(centre.longitude + random.uniform(-size, size), centre.latitude + random.uniform(-size, size)))
            }
        }
        return positions
    }

    private static func tileCorners(_ random: inout SplitMix64) -> [Position] {
        (0..<300).map { _ in
            let tiles = Double(1 << random.below(16))
            let column = (random.unit() * (tiles + 1)).rounded(.down)
            let row = (random.unit() * (tiles + 1)).rounded(.down)
            return Position(column / tiles * 360 - 180, atan(sinh(.pi * (1 - 2 * row / tiles))) * 180 / .pi)
        }
    }

    private static func rim(_ random: inout SplitMix64) -> [Position] {
        let edge = MercatorGrid.maxLatitude
        let longitudes = [-180, 180, -179.999_999_9, 179.999_999_9, 0, 116]
        let latitudes = [edge, -edge, edge.nextUp, edge.nextDown, -edge.nextUp, 85.05, -85.05, 85.052, -88, 90, -90, 0]
        var positions = longitudes.flatMap { longitude in latitudes.map { Position(longitude, $0) } }
        for _ in 0..<100 {
            positions.append(Position(random.below(2) == 0 ? 180 : -180, random.uniform(-90, 90)))
            positions.append(Position(random.uniform(-180, 180), random.uniform(84.9, 85.2) * (random.below(2) == 0 ? 1 : -1)))
        }
        return positions
    }

    /// Places to ask from: points of the set, places beside them, and the globe's awkward spots.
    func queries(_ count: Int, seed: UInt64) -> [Position] {
        var random = SplitMix64(seed: seed)
        var queries: [Position] = []
        for number in 0..<count {
            switch number % 4 {
            case 0 where !positions.isEmpty: queries.append(positions[random.below(positions.count)])
            case 1 where !positions.isEmpty, 2 where !positions.isEmpty:
                let near = positions[random.below(positions.count)]
                let size = pow(10, random.uniform(-6, 0.5))
                queries.append(
                    Position(
                        near.longitude + random.uniform(-size, size),
                        Swift.min(Swift.max(near.latitude + random.uniform(-size, size), -90), 90)))
            default: queries.append(Position(random.uniform(-180, 180), random.uniform(-90, 90)))
            }
        }
        return queries + [Position(0, 90), Position(77, -90), Position(180, 0), Position(-180, 85.06), Position(540.5, -17)]
    }
}

/// An index over a set, and the set in the index's order.
struct IndexedSet {
    let positions: [Position]
    let cells: [GridPoint]
    let tree: PackedRTree
    let earth: EarthPoints

    init(_ set: PointSet) { self.init(set.positions) }

    init(_ unordered: [Position]) {
        let points = unordered.map(\.cell)
        let order = PackedRTree.hilbertOrder(of: points).map { Int($0) }
        positions = order.map { unordered[$0] }
        cells = order.map { points[$0] }
        tree = PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y)))
        earth = EarthPoints(longitude: Column(positions.map(\.longitude)), latitude: Column(positions.map(\.latitude)))
    }
}
