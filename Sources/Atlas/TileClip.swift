// TileClip.swift: rings and lines in a tile's units, cut at the square of the tile and its buffer.
//
// Rings by Sutherland and Hodgman (1974): nothing can go wrong with a ring that touches itself after rounding, and areas add up. Where a
// ring leaves the square several times, its parts stay joined by edges along the square's side, off the screen. An edge is cut
// from its lower end, whichever way a ring runs along it: both places of a border get the same cut.

import VectorTile

enum TileClip {
    static let low = -PlaceTileSchema.buffer
    static let high = Int32(TileRules.extent) + PlaceTileSchema.buffer

    /// Which sides of the square a point lies beyond, one bit each.
    @inline(__always)
    static func sides(_ point: TilePoint) -> UInt8 {
        (point.x < low ? 1 : 0) | (point.x > high ? 2 : 0) | (point.y < low ? 4 : 0) | (point.y > high ? 8 : 0)
    }

    /// The part of an open ring inside; empty when there is none.
    static func ring(_ points: [TilePoint]) -> [TilePoint] {
        var ring = points
        ring = half(ring, at: low, axis: \.x, keeps: { $0 >= low }, cut: cutX)
        ring = half(ring, at: high, axis: \.x, keeps: { $0 <= high }, cut: cutX)
        ring = half(ring, at: low, axis: \.y, keeps: { $0 >= low }, cut: cutY)
        return half(ring, at: high, axis: \.y, keeps: { $0 <= high }, cut: cutY)
    }

    @inline(__always)
    private static func half(
        _ ring: [TilePoint], at edge: Int32, axis: KeyPath<TilePoint, Int32>, keeps: (Int32) -> Bool,
        cut: (TilePoint, TilePoint, Int32) -> TilePoint
    ) -> [TilePoint] {
        guard var previous = ring.last else { return [] }
        var result: [TilePoint] = []
        result.reserveCapacity(ring.count + 4)
        var wasKept = keeps(previous[keyPath: axis])
        for point in ring {
            let isKept = keeps(point[keyPath: axis])
            if isKept != wasKept { result.append(cut(previous, point, edge)) }
            if isKept { result.append(point) }
            (previous, wasKept) = (point, isKept)
        }
        return result
    }

    private static func cutX(_ a: TilePoint, _ b: TilePoint, _ x: Int32) -> TilePoint {
        let (a, b) = (a.x, a.y) < (b.x, b.y) ? (a, b) : (b, a)
        return TilePoint(x: x, y: between(a.y, b.y, Double(x) - Double(a.x), of: Double(b.x) - Double(a.x)))
    }

    private static func cutY(_ a: TilePoint, _ b: TilePoint, _ y: Int32) -> TilePoint {
        let (a, b) = (a.x, a.y) < (b.x, b.y) ? (a, b) : (b, a)
        return TilePoint(x: between(a.x, b.x, Double(y) - Double(a.y), of: Double(b.y) - Double(a.y)), y: y)
    }

    /// The number that lies `part` of `whole` on the way from one to the other, rounded.
    private static func between(_ from: Int32, _ to: Int32, _ part: Double, of whole: Double) -> Int32 {
        Int32((Double(from) + (Double(to) - Double(from)) * (part / whole)).rounded())
    }

    /// The parts of a line inside.
    static func line(_ line: [TilePoint]) -> [[TilePoint]] {
        if line.allSatisfy({ sides($0) == 0 }) { return [line] }
        var parts: [[TilePoint]] = []
        var part: [TilePoint] = []
        for (a, b) in zip(line, line.dropFirst()) {
            guard let (from, to) = segment(a, b) else { continue }
            if part.last != from {
                if part.count > 1 { parts.append(part) }
                part = [from]
            }
            part.append(to)
        }
        if part.count > 1 { parts.append(part) }
        return parts
    }

    /// The part of a segment inside (Liang and Barsky 1984).
    private static func segment(_ a: TilePoint, _ b: TilePoint) -> (TilePoint, TilePoint)? {
        let (dx, dy) = (Double(b.x) - Double(a.x), Double(b.y) - Double(a.y))
        var (start, end) = (0.0, 1.0)
        for (step, room) in [
            (-dx, Double(a.x) - Double(low)), (dx, Double(high) - Double(a.x)), (-dy, Double(a.y) - Double(low)),
            (dy, Double(high) - Double(a.y)),
        ] {
            if step == 0 {
                if room < 0 { return nil }
            } else if step < 0 {
                start = max(start, room / step)
            } else {
                end = min(end, room / step)
            }
        }
        guard start <= end else { return nil }
        func at(_ share: Double) -> TilePoint {
            TilePoint(x: Int32((Double(a.x) + dx * share).rounded()), y: Int32((Double(a.y) + dy * share).rounded()))
        }
        return (start == 0 ? a : at(start), end == 1 ? b : at(end))
    }
}
