// GeometryReader.swift: from drawing commands back to points, lines and rings (MVT 2.1, section 4.3).

enum GeometryReader {
    /// One path of the commands: positions, and whether it was closed.
    private struct Path {
        var points: [TilePoint]
        var isClosed = false
    }

    static func geometry(of type: GeometryType, _ commands: [UInt32], part: String, offset: Int) throws(VectorTileError) -> TileGeometry {
        func fail(_ expected: String, _ found: String) -> VectorTileError {
            VectorTileError(offset: offset, part: "\(part), geometry", expected: expected, found: found)
        }
        if type == .unknown { return .unknown(commands) }
        let paths = try read(commands, fail)
        guard !paths.isEmpty else { throw fail("a geometry", "none") }
        switch type {
        case .unknown:
            return .unknown(commands)
        case .point:
            // A point has MoveTo only, with every position its own path.
            guard paths.allSatisfy({ $0.points.count == 1 && !$0.isClosed }) else {
                throw fail("MoveTo only, for points", "other commands")
            }
            return .points(paths.map { $0.points[0] })
        case .line:
            guard paths.allSatisfy({ $0.points.count >= 2 && !$0.isClosed }) else {
                throw fail("lines of two positions or more, not closed", "another path")
            }
            return .lines(paths.map(\.points))
        case .polygon:
            guard paths.allSatisfy({ $0.points.count >= 3 && $0.isClosed }) else {
                throw fail("rings of three positions or more that end with ClosePath", "another path")
            }
            return .polygons(grouped(paths.map(\.points)))
        }
    }

    private static func read(
        _ commands: [UInt32], _ fail: (_ expected: String, _ found: String) -> VectorTileError
    ) throws(VectorTileError) -> [Path] {
        var paths: [Path] = []
        var x: Int32 = 0
        var y: Int32 = 0
        var at = 0
        while at < commands.count {
            let command = commands[at] & 7
            let count = Int(commands[at] >> 3)
            let name = "command \(command) with count \(count) at number \(at)"
            at += 1
            switch command {
            case DrawingCommand.moveTo, DrawingCommand.lineTo:
                guard count >= 1, count <= (commands.count - at) / 2 else {
                    throw fail("a count of 1 to \((commands.count - at) / 2), two numbers for each position", name)
                }
                if command == DrawingCommand.lineTo, paths.last?.isClosed ?? true { throw fail("MoveTo before LineTo", name) }
                for _ in 0..<count {
                    let (nextX, overX) = x.addingReportingOverflow(unzigzag(commands[at]))
                    let (nextY, overY) = y.addingReportingOverflow(unzigzag(commands[at + 1]))
                    guard !overX, !overY else { throw fail("a position within 32 bits", "a step beyond, at number \(at)") }
                    (x, y) = (nextX, nextY)
                    at += 2
                    if command == DrawingCommand.moveTo {
                        paths.append(Path(points: [TilePoint(x: x, y: y)]))
                    } else {
                        paths[paths.count - 1].points.append(TilePoint(x: x, y: y))
                    }
                }
            case DrawingCommand.closePath:
                guard count == 1, let last = paths.indices.last, !paths[last].isClosed else {
                    throw fail("one ClosePath behind each ring", name)
                }
                paths[last].isClosed = true
            default:
                throw fail("MoveTo (1), LineTo (2) or ClosePath (7)", name)
            }
        }
        return paths
    }

    /// Rings to polygons: a ring that winds as the first one does begins a polygon, the others are its holes.
    ///
    /// In version 2 the first ring is an exterior one by rule; in version 1 direction was left open.
    private static func grouped(_ rings: [[TilePoint]]) -> [[[TilePoint]]] {
        var polygons: [[[TilePoint]]] = []
        var exterior: Int128 = 0
        for ring in rings {
            let area = Ring.doubledArea(ring).signum()
            if exterior == 0 { exterior = area }
            if polygons.isEmpty || (area == exterior && area != 0) {
                polygons.append([ring])
            } else {
                polygons[polygons.count - 1].append(ring)
            }
        }
        return polygons
    }

    private static func unzigzag(_ value: UInt32) -> Int32 {
        Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }
}
