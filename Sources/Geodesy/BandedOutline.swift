// BandedOutline.swift: point in polygon, for one outline of thousands of corners and millions of points.
//
// Two looks. A grid of cells of 1/8°: a cell that no edge touches is inside or outside as a whole, which settles all but the points near the
// outline. For these, a line to the west crosses the rings an odd number of times if the point is inside; edges are sorted into
// bands of latitude, so only a few dozen are looked at.

/// Rings with a grid, and their edges in bands of latitude. Immutable after init.
struct BandedOutline: Sendable {
    typealias Corner = (x: Double, y: Double)

    private static let bandsPerDegree = 32.0
    private static let cellsPerDegree = 8.0

    private struct Edge {
        var bottom: Double
        var top: Double
        /// A point of the edge, and degrees of longitude per degree of latitude.
        var x: Double
        var y: Double
        var slope: Double
    }

    private enum Cell: UInt8 {
        case outside
        case inside
        case mixed
    }

    /// Corners of all rings.
    let cornerCount: Int
    private let west: Double
    private let south: Double
    private let columns: Int
    private let rows: Int
    private let cells: [Cell]
    /// Edges of band b: edges[starts[b] ..< starts[b + 1]].
    private let starts: [Int32]
    private let edges: [Edge]

    /// Rings as tools/make-outline writes them. Data that do not fit give an empty outline; a test looks at the corners.
    init(base64: StaticString) {
        self.init(rings: BandedOutline.rings(base64.withUTF8Buffer { BandedOutline.decode($0) }))
    }

    /// Rings in degrees, by the even-odd rule. Some milliseconds for China.
    init(rings: [[Corner]]) {
        let corners = rings.joined()
        cornerCount = corners.count
        // Whole degrees around all corners, so that cells and bands begin at the same places.
        let west = (corners.map(\.x).min() ?? 0).rounded(.down)
        let south = (corners.map(\.y).min() ?? 0).rounded(.down)
        let width = (corners.map(\.x).max() ?? -1).rounded(.up) - west
        let height = (corners.map(\.y).max() ?? -1).rounded(.up) - south
        let columns = Int(max(width, 0) * Self.cellsPerDegree) + 1
        let rows = Int(max(height, 0) * Self.cellsPerDegree) + 1
        self.west = west
        self.south = south
        self.columns = columns
        self.rows = rows

        var cells = [Cell](repeating: .outside, count: columns * rows)
        let bandsPerCell = Int(Self.bandsPerDegree / Self.cellsPerDegree)
        var bands = [[Edge]](repeating: [], count: rows * bandsPerCell)
        for ring in rings {
            for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
                Self.mark(a, b, west: west, south: south, columns: columns, rows: rows, in: &cells)
                guard a.y != b.y else { continue }
                let edge = Edge(bottom: min(a.y, b.y), top: max(a.y, b.y), x: a.x, y: a.y, slope: (b.x - a.x) / (b.y - a.y))
                let first = Int((edge.bottom - south) * Self.bandsPerDegree)
                let last = Int((edge.top - south) * Self.bandsPerDegree)
                for band in first...min(last, bands.count - 1) { bands[band].append(edge) }
            }
        }
        var starts: [Int32] = [0]
        for band in bands { starts.append((starts.last ?? 0) + Int32(band.count)) }
        self.starts = starts
        edges = bands.flatMap { $0 }

        // Between two neighbours that no edge touches, no edge runs: they are alike.
        for row in 0..<rows {
            var known: Cell?
            for column in 0..<columns {
                let at = row * columns + column
                if cells[at] == .mixed {
                    known = nil
                } else {
                    let centerX = west + (Double(column) + 0.5) / Self.cellsPerDegree
                    let centerY = south + (Double(row) + 0.5) / Self.cellsPerDegree
                    let state = known ?? (Self.crossings(centerX, centerY, south: south, starts: starts, edges: edges) ? .inside : .outside)
                    cells[at] = state
                    known = state
                }
            }
        }
        self.cells = cells
    }

    /// Whether a position is inside; one exactly on an edge is on one side of it. Not finite: outside.
    func contains(longitude: Double, latitude: Double) -> Bool {
        let x = (longitude - west) * Self.cellsPerDegree
        let y = (latitude - south) * Self.cellsPerDegree
        // Also false for NaN.
        guard x >= 0, y >= 0, x < Double(columns), y < Double(rows) else { return false }
        switch cells[Int(y) * columns + Int(x)] {
        case .outside: return false
        case .inside: return true
        case .mixed: return Self.crossings(longitude, latitude, south: south, starts: starts, edges: edges)
        }
    }

    /// The same without the grid: for tests.
    func containsByEdges(longitude: Double, latitude: Double) -> Bool {
        let y = (latitude - south) * Self.cellsPerDegree
        guard y >= 0, y < Double(rows), longitude.isFinite else { return false }
        return Self.crossings(longitude, latitude, south: south, starts: starts, edges: edges)
    }

    private static func crossings(_ x: Double, _ y: Double, south: Double, starts: [Int32], edges: [Edge]) -> Bool {
        let band = Int((y - south) * bandsPerDegree)
        var inside = false
        for at in Int(starts[band])..<Int(starts[band + 1]) {
            let edge = edges[at]
            if y >= edge.bottom, y < edge.top, x > edge.x + (y - edge.y) * edge.slope { inside.toggle() }
        }
        return inside
    }

    /// Marks the cells that an edge touches, and those it almost touches.
    private static func mark(_ a: Corner, _ b: Corner, west: Double, south: Double, columns: Int, rows: Int, in cells: inout [Cell]) {
        let slack = 1e-6
        let (low, high) = a.y <= b.y ? (a, b) : (b, a)
        func clamped(_ value: Double, _ count: Int) -> Int { max(0, min(Int(value * cellsPerDegree), count - 1)) }
        let slope = high.y > low.y ? (high.x - low.x) / (high.y - low.y) : 0
        for row in clamped(low.y - south - slack, rows)...clamped(high.y - south + slack, rows) {
            var from = low.x
            var to = high.x
            if high.y > low.y {
                let bottom = south + Double(row) / cellsPerDegree
                from = low.x + (max(low.y, min(bottom, high.y)) - low.y) * slope
                to = low.x + (max(low.y, min(bottom + 1 / cellsPerDegree, high.y)) - low.y) * slope
            }
            for column in clamped(min(from, to) - west - slack, columns)...clamped(max(from, to) - west + slack, columns) {
                cells[row * columns + column] = .mixed
            }
        }
    }

    /// Rings from varints: their number; per ring its length and zigzag differences of longitude and latitude in 1/10,000 degree.
    private static func rings(_ bytes: [UInt8]) -> [[Corner]] {
        var at = 0
        func varint() -> Int {
            var result = 0
            var shift = 0
            while at < bytes.count, shift < 63 {
                let byte = bytes[at]
                at += 1
                result |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return result
        }
        func difference() -> Int {
            let folded = varint()
            return folded & 1 == 0 ? folded >> 1 : -(folded >> 1) - 1
        }
        var x = 0
        var y = 0
        return (0..<min(varint(), bytes.count)).map { _ in
            (0..<min(varint(), bytes.count)).map { _ in
                x += difference()
                y += difference()
                return (Double(x) / 10_000, Double(y) / 10_000)
            }
        }
    }

    /// Base64 (RFC 4648).
    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt32
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(character) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(character) + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
