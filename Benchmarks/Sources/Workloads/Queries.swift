// Queries.swift: the works of the comparison and their queries. Places "around data" are as dense as the data, since they are
// picked evenly over the points; uniform ones lie anywhere in China's bounding box and mostly far from any point.

import Glibc
import SpatialIndex

/// Degrees, WGS 84.
package struct Position: BitwiseCopyable, Equatable {
    package var longitude: Double
    package var latitude: Double

    package init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

package struct CircleQuery: BitwiseCopyable, Equatable {
    package var longitude: Double
    package var latitude: Double
    package var meters: Double

    package init(longitude: Double, latitude: Double, meters: Double) {
        self.longitude = longitude
        self.latitude = latitude
        self.meters = meters
    }

    package var centre: Position { Position(longitude: longitude, latitude: latitude) }
}

/// One row of the comparison: queries of one kind and size.
package struct Work {
    package enum Kind {
        case window(kilometers: Double)
        case radius(kilometers: Double)
        case nearest(k: Int)
    }

    package var name: String
    package var kind: Kind
    package var uniform = false
    package var queries: Int

    package init(name: String, kind: Kind, uniform: Bool = false, queries: Int = 1_000) {
        self.name = name
        self.kind = kind
        self.uniform = uniform
        self.queries = queries
    }

    /// Small queries are many, so that a round of them touches as much of an index as its users do: some hundred would stay in the
    /// processor's nearest cache from round to round, and its branch predictor would know them by heart.
    package static let all = [
        Work(name: "window-1km", kind: .window(kilometers: 1), queries: 20_000),
        Work(name: "window-10km", kind: .window(kilometers: 10), queries: 4_000),
        Work(name: "window-100km", kind: .window(kilometers: 100), queries: 500),
        Work(name: "window-500km", kind: .window(kilometers: 500), queries: 200),
        Work(name: "window-1km-uniform", kind: .window(kilometers: 1), uniform: true, queries: 20_000),
        Work(name: "radius-1km", kind: .radius(kilometers: 1), queries: 20_000),
        Work(name: "radius-5km", kind: .radius(kilometers: 5), queries: 4_000),
        Work(name: "radius-20km", kind: .radius(kilometers: 20), queries: 1_000),
        Work(name: "nearest-1", kind: .nearest(k: 1), queries: 20_000),
        Work(name: "nearest-10", kind: .nearest(k: 10), queries: 20_000),
        Work(name: "nearest-100", kind: .nearest(k: 100), queries: 4_000),
        Work(name: "nearest-10-uniform", kind: .nearest(k: 10), uniform: true, queries: 20_000),
    ]
}

/// The queries of a work.
package enum QuerySet {
    case windows([GridBox])
    case circles([CircleQuery])
    case places([Position], k: Int)

    package var count: Int {
        switch self {
        case .windows(let boxes): boxes.count
        case .circles(let circles): circles.count
        case .places(let places, _): places.count
        }
    }

    /// - Parameter shrink: windows and circles are made this much smaller on each side: for denser points, so that as many are found.
    package init(_ work: Work, over points: [Position], seed: UInt64, shrink: Double = 1) {
        var random = SeededRandom(seed: seed, name: work.name)
        let places = (0..<work.queries).map { number in
            work.uniform ? QuerySet.anywhere(&random) : QuerySet.aroundData(number, of: work.queries, points, &random)
        }
        switch work.kind {
        case .window(let kilometers):
            self = .windows(places.map { QuerySet.box(around: $0.point, meters: kilometers * 1_000 * shrink) })
        case .radius(let kilometers):
            self = .circles(
                places.map { CircleQuery(longitude: $0.near.longitude, latitude: $0.near.latitude, meters: kilometers * 1_000 * shrink) })
        case .nearest(let k):
            self = .places(places.map(\.near), k: k)
        }
    }

    private struct Place {
        /// A point of the data, or any.
        var point: Position
        /// A place up to some hundred metres from it: nobody asks from the middle of a factory.
        var near: Position
    }

    private static func aroundData(_ number: Int, of count: Int, _ points: [Position], _ random: inout SeededRandom) -> Place {
        // One in each of `count` equal parts of the ids.
        let id = min((number * points.count + Int(random.unit() * Double(points.count))) / count, points.count - 1)
        let point = points[id]
        return Place(
            point: point,
            near: Position(
                longitude: point.longitude + (random.unit() - 0.5) * 0.01, latitude: point.latitude + (random.unit() - 0.5) * 0.01))
    }

    private static func anywhere(_ random: inout SeededRandom) -> Place {
        let place = Position(longitude: 73 + random.unit() * 62, latitude: 18 + random.unit() * 36)
        return Place(point: place, near: place)
    }

    /// The cells of a square of the ground: Mercator's scale at the middle counts.
    package static func box(around middle: Position, meters: Double) -> GridBox {
        let cellMeters = 2 * Double.pi * 6_378_137 / 4_294_967_296 * cos(middle.latitude * .pi / 180)
        let half = UInt32(min(meters / 2 / cellMeters, 4e9))
        let cell = MercatorGrid.project(longitude: middle.longitude, latitude: middle.latitude)
        return GridBox(
            minX: cell.x > half ? cell.x - half : 0, minY: cell.y > half ? cell.y - half : 0,
            maxX: cell.x < .max - half ? cell.x + half : .max, maxY: cell.y < .max - half ? cell.y + half : .max)
    }
}
