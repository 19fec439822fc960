// PlaceDrawing.swift: the shapes of places in the units of one tile.
//
// A border's points are rounded to the tile's units before anything is cut, the same way for both its places and in both tiles that
// it crosses. Stretches of a ring that lie wholly beyond one side of the tile are shortened on the way: what is then cut is small.

import SpatialIndex
import VectorTile

/// Shapes of one tile.
struct PlaceDrawing {
    private let tile: TileID
    private let columns: PlaceColumns
    private let x: Column<UInt32>
    private let y: Column<UInt32>
    /// Grid cells that shapes may lie in to reach the tile with its buffer.
    private let reach: GridBox
    private let originX: Int64
    private let originY: Int64
    private let shift: Int64

    init?(_ tile: TileID, _ datum: TileDatum, _ columns: PlaceColumns) {
        guard columns.count > 0, tile.z <= TileRules.maximumZoom else { return nil }
        self.tile = tile
        self.columns = columns
        (x, y) = columns.points(datum)
        let box = tile.box
        originX = Int64(box.minX)
        originY = Int64(box.minY)
        shift = Int64(32 - 12 - tile.z)
        // 65 units, rounded up, and how far a datum may move a point.
        let margin = (Int64(1) << Int64(32 - tile.z)) / 63 + 1 + (datum == .wgs84 ? 0 : Int64(TileRules.shiftMargin))
        func clamped(_ value: Int64) -> UInt32 { UInt32(clamping: value) }
        reach = GridBox(
            minX: clamped(Int64(box.minX) - margin), minY: clamped(Int64(box.minY) - margin), maxX: clamped(Int64(box.maxX) + margin),
            maxY: clamped(Int64(box.maxY) + margin))
    }

    func reaches(_ box: GridBox) -> Bool {
        box.minX <= reach.maxX && box.maxX >= reach.minX && box.minY <= reach.maxY && box.maxY >= reach.minY
    }

    /// A point of the grid in the tile's units, rounded down everywhere alike.
    @inline(__always)
    private func local(_ x: UInt32, _ y: UInt32) -> TilePoint {
        let (dx, dy) = (Int64(x) - originX, Int64(y) - originY)
        // Smart shifts: a negative one goes the other way. Far away is far enough.
        return TilePoint(x: Int32(clamping: dx >> shift), y: Int32(clamping: dy >> shift))
    }

    /// The polygons of a place inside the buffered tile.
    func polygons(_ place: Int) -> [[[TilePoint]]] {
        var made: [[[TilePoint]]] = []
        for polygon in Int(columns.placePolygons[place])..<Int(columns.placePolygons[place + 1]) {
            var rings: [[TilePoint]] = []
            for ring in Int(columns.polygonRings[polygon])..<Int(columns.polygonRings[polygon + 1]) {
                let (points, outside, everywhere) = self.ring(ring)
                // Beyond one side as a whole, or too small to see: an exterior takes its holes along.
                let inside = points.count < 3 || everywhere != 0 ? [] : outside == 0 ? points : TileClip.ring(points)
                if inside.count >= 3 {
                    rings.append(inside)
                } else if rings.isEmpty {
                    break
                }
            }
            if !rings.isEmpty { made.append(rings) }
        }
        return made
    }

    /// A ring's points without repeats, shortened outside; the sides that any of them lies beyond, and those that all do.
    private func ring(_ ring: Int) -> (points: [TilePoint], outside: UInt8, everywhere: UInt8) {
        var points: [TilePoint] = []
        var outside: UInt8 = 0
        var everywhere: UInt8 = 15
        var lastSides: (UInt8, UInt8) = (0, 0)
        func add(_ point: TilePoint) {
            if points.last == point { return }
            let sides = TileClip.sides(point)
            outside |= sides
            everywhere &= sides
            // Three in a row beyond the same side: the middle one makes no difference inside.
            if points.count >= 2, sides & lastSides.0 & lastSides.1 != 0 {
                points[points.count - 1] = point
                lastSides.0 = sides
            } else {
                points.append(point)
                lastSides = (sides, lastSides.0)
            }
        }
        x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y in
                for reference in columns.placeArcs[Int(columns.ringArcs[ring])..<Int(columns.ringArcs[ring + 1])] {
                    let range = columns.points(arc: Int(reference < 0 ? ~reference : reference), zoom: tile.z)
                    if range.isEmpty { continue }
                    // The last point is the next arc's first.
                    if reference < 0 {
                        for at in range.dropFirst().reversed() { add(local(x[at], y[at])) }
                    } else {
                        for at in range.dropLast() { add(local(x[at], y[at])) }
                    }
                }
            }
        }
        if points.count > 1, points.first == points.last { points.removeLast() }
        return (points, outside, everywhere)
    }

    /// The parts of an arc inside the buffered tile; a part keeps one point beyond it on either side.
    func lines(arc: Int) -> [[TilePoint]] {
        let range = columns.points(arc: arc, zoom: tile.z)
        var parts: [[TilePoint]] = []
        var part: [TilePoint] = []
        var previous: (point: TilePoint, sides: UInt8)?
        for at in range {
            let point = local(x[at], y[at])
            let sides = TileClip.sides(point)
            if let before = previous {
                if before.sides & sides == 0 {
                    if part.isEmpty { part.append(before.point) }
                    part.append(point)
                } else if !part.isEmpty {
                    parts.append(part)
                    part = []
                }
            }
            previous = (point, sides)
        }
        if !part.isEmpty { parts.append(part) }
        return parts.flatMap(TileClip.line)
    }
}
