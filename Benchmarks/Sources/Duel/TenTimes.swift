// TenTimes.swift: a set of points that is larger and as clustered, and queries over it that find as much.

import SpatialIndex
import Workloads

enum TenTimes {
    /// So many points of each, moved up to a kilometre, so that places stay as clustered as they were.
    static func points(_ small: [Position], factor: Int) -> [Position] {
        var random = SeededRandom(seed: 12)
        return small.flatMap { point in
            (0..<factor).map { copy in
                copy == 0
                    ? point
                    : Position(
                        longitude: point.longitude + (random.unit() - 0.5) * 0.02, latitude: point.latitude + (random.unit() - 0.5) * 0.02)
            }
        }
    }

    /// The same places, each area as large as it must be to hold so many points.
    static func shrunk(_ queries: QuerySet, to counts: [Int], _ contender: Contender, _ out: AnswerBuffer) -> QuerySet {
        switch queries {
        case .places: return queries
        case .circles(let circles):
            return .circles(
                zip(circles, counts).map { circle, count in
                    // Midway between the last that belongs and the next: on a point's very distance a geodesic would have to be solved.
                    let found = contender.nearest?(circle.centre, count + 1, out) ?? 0
                    guard found > count else { return circle }
                    var smaller = circle
                    smaller.meters = ((count > 0 ? out.distances[count - 1] : 0) + out.distances[count]) / 2
                    return smaller
                })
        case .windows(let boxes):
            return .windows(
                zip(boxes, counts).map { box, count in
                    var low = 0.0
                    var high = 1.0
                    for _ in 0..<24 {
                        let middle = (low + high) / 2
                        let found = contender.window?(box.scaled(by: middle), out) ?? 0
                        if found == count { return box.scaled(by: middle) }
                        if found < count { low = middle } else { high = middle }
                    }
                    return box.scaled(by: high)
                })
        }
    }
}

extension GridBox {
    /// About its middle, each side so much as long.
    fileprivate func scaled(by factor: Double) -> GridBox {
        func side(_ low: UInt32, _ high: UInt32) -> (UInt32, UInt32) {
            let middle = (Double(low) + Double(high)) / 2
            let half = (Double(high) - Double(low)) / 2 * factor
            return (UInt32((middle - half).rounded()), UInt32((middle + half).rounded()))
        }
        let (left, right) = side(minX, maxX)
        let (top, bottom) = side(minY, maxY)
        return GridBox(minX: left, minY: top, maxX: right, maxY: bottom)
    }
}
