// LayerEncoder+Geometry.swift: points, lines and polygons as drawing commands (MVT 2.1, section 4.3).
//
// Every position is written as the step from the one before, zigzag-encoded. What the specification forbids is left out
// here, so that a tile is always valid: steps of no length, lines of one point, rings without area.

extension LayerEncoder {
    /// Adds a point. Attributes set next belong to it.
    ///
    /// Coordinates beyond ±(2^30 − 1), some hundred thousand tiles away, are clamped: readers have 32 bits for a step.
    public mutating func addPoint(id: UInt64?, x: Int32, y: Int32) {
        close()
        var cursor = TilePoint(x: 0, y: 0)
        geometry.append(DrawingCommand.integer(DrawingCommand.moveTo, count: 1))
        step(to: TilePoint(x: x, y: y), from: &cursor)
        open(id: id, type: .point)
    }

    /// Adds one feature of several points.
    ///
    /// - Returns: false when there is no point: then no feature is added, and attributes set next go nowhere.
    @discardableResult
    public mutating func addPoints(id: UInt64?, _ points: [TilePoint]) -> Bool {
        close()
        guard !points.isEmpty, points.count <= DrawingCommand.largestCount else { return false }
        var cursor = TilePoint(x: 0, y: 0)
        geometry.append(DrawingCommand.integer(DrawingCommand.moveTo, count: points.count))
        for point in points { step(to: point, from: &cursor) }
        open(id: id, type: .point)
        return true
    }

    /// Adds a line. Repeated positions are written once.
    ///
    /// - Returns: false when fewer than two different positions are left: then no feature is added.
    @discardableResult
    public mutating func addLine(id: UInt64?, _ points: [TilePoint]) -> Bool {
        addLines(id: id, [points])
    }

    /// Adds one feature of several lines; those of fewer than two different positions are left out.
    ///
    /// - Returns: false when no line is left: then no feature is added.
    @discardableResult
    public mutating func addLines(id: UInt64?, _ lines: [[TilePoint]]) -> Bool {
        close()
        var cursor = TilePoint(x: 0, y: 0)
        for line in lines {
            let path = Self.withoutRepeats(line)
            guard path.count >= 2, path.count <= DrawingCommand.largestCount else { continue }
            append(path: path, from: &cursor)
        }
        guard geometry.count > 0 else { return false }
        open(id: id, type: .line)
        return true
    }

    /// Adds a polygon: its exterior ring, then its holes, closed or not, in either direction of winding.
    ///
    /// The exterior is written clockwise as y points south, holes the other way round. Rings of fewer than three different
    /// positions or without area are left out, holes with their exterior. Rings must not cross themselves or each other:
    /// that is not looked at.
    /// - Returns: false when nothing is left: then no feature is added.
    @discardableResult
    public mutating func addPolygon(id: UInt64?, rings: [[TilePoint]]) -> Bool {
        addPolygons(id: id, [rings])
    }

    /// Adds one feature of several polygons, each as for `addPolygon`.
    @discardableResult
    public mutating func addPolygons(id: UInt64?, _ polygons: [[[TilePoint]]]) -> Bool {
        close()
        var cursor = TilePoint(x: 0, y: 0)
        for rings in polygons {
            for (number, ring) in rings.enumerated() {
                let isWritten = append(ring: ring, isExterior: number == 0, from: &cursor)
                if number == 0 && !isWritten { break }
            }
        }
        guard geometry.count > 0 else { return false }
        open(id: id, type: .polygon)
        return true
    }

    private mutating func append(ring: [TilePoint], isExterior: Bool, from cursor: inout TilePoint) -> Bool {
        var path = Self.withoutRepeats(ring)
        if path.count > 1, path.first == path.last { path.removeLast() }
        guard path.count >= 3, path.count <= DrawingCommand.largestCount else { return false }
        let area = Ring.doubledArea(path)
        guard area != 0 else { return false }
        // Turned around in place of its first point, so that a ring starts where the caller started it.
        if (area > 0) != isExterior { path[1...].reverse() }
        append(path: path, from: &cursor)
        geometry.append(DrawingCommand.integer(DrawingCommand.closePath, count: 1))
        return true
    }

    private mutating func append(path: [TilePoint], from cursor: inout TilePoint) {
        geometry.append(DrawingCommand.integer(DrawingCommand.moveTo, count: 1))
        step(to: path[0], from: &cursor)
        geometry.append(DrawingCommand.integer(DrawingCommand.lineTo, count: path.count - 1))
        for point in path.dropFirst() { step(to: point, from: &cursor) }
    }

    @inline(__always)
    private mutating func step(to point: TilePoint, from cursor: inout TilePoint) {
        let next = Self.clamped(point)
        geometry.append(Self.zigzag(next.x &- cursor.x))
        geometry.append(Self.zigzag(next.y &- cursor.y))
        cursor = next
    }

    private static func withoutRepeats(_ points: [TilePoint]) -> [TilePoint] {
        var path: [TilePoint] = []
        path.reserveCapacity(points.count)
        for point in points {
            let next = clamped(point)
            if path.last != next { path.append(next) }
        }
        return path
    }

    @inline(__always)
    static func clamped(_ point: TilePoint) -> TilePoint {
        let limit: Int32 = 1 << 30 - 1
        return TilePoint(x: min(max(point.x, -limit), limit), y: min(max(point.y, -limit), limit))
    }

    @inline(__always)
    static func zigzag(_ value: Int32) -> UInt32 {
        UInt32(bitPattern: (value &<< 1) ^ (value &>> 31))
    }
}
