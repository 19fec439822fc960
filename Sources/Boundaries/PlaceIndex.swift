// PlaceIndex.swift: which place contains this point? A raster over all places says for most cells at once which place covers
// them whole; only in cells that a border touches, the even-odd rule decides, and it looks only at the edges of the point's
// own row. The answer is exactly that of testing every place in order and taking the first that contains the point.

/// An immutable index over places, for point lookups. Where outlines overlap, the place that stands first wins.
public struct PlaceIndex: Sendable {
    /// The places, in the order given; lookups answer with positions in this array.
    public let places: [Place]

    private let west: Double
    private let south: Double
    private let columns: Int
    private let rows: Int
    private let cellsPerDegree: Double
    /// Per raster cell: 0 = no place; `n + 1` = place n covers it; high bit set = index into `mixed` of a list of candidates.
    private let cells: [UInt32]
    /// Lists of `place << 1 | covers`, each ended by `.max`.
    private let mixed: [UInt32]
    private let bands: [RowBands]

    private static let mixedFlag: UInt32 = 1 << 31

    /// The edges of one place by raster row: `edges[offsets[r]..<offsets[r + 1]]` reach into row `firstRow + r`.
    private struct RowBands: Sendable {
        var firstRow = 0
        var offsets: [Int32] = [0]
        var edges: [Edge] = []
    }

    /// O(edges × rows they span + raster cells). `cellsPerDegree` 20 means cells of 0.05°, about 5 km.
    public init(_ places: [Place], cellsPerDegree: Int = 20) {
        self.places = places
        var minX = Double.infinity
        var minY = Double.infinity
        var maxX = -Double.infinity
        var maxY = -Double.infinity
        for place in places {
            for ring in place.rings {
                for vertex in ring {
                    minX = min(minX, vertex.longitude)
                    maxX = max(maxX, vertex.longitude)
                    minY = min(minY, vertex.latitude)
                    maxY = max(maxY, vertex.latitude)
                }
            }
        }
        let scale = Double(max(1, cellsPerDegree))
        let hasExtent = minX <= maxX
        west = hasExtent ? (minX * scale).rounded(.down) / scale : 0
        south = hasExtent ? (minY * scale).rounded(.down) / scale : 0
        columns = hasExtent ? Int((maxX - west) * scale) + 2 : 0
        rows = hasExtent ? Int((maxY - south) * scale) + 2 : 0
        self.cellsPerDegree = scale
        var builder = RasterBuilder(west: west, south: south, columns: columns, rows: rows, scale: scale)
        var bands: [RowBands] = []
        bands.reserveCapacity(places.count)
        for (number, place) in places.enumerated() { bands.append(builder.add(place, number: UInt32(number))) }
        self.bands = bands
        (cells, mixed) = builder.finish()
    }

    /// The first place that contains the point, or nil at sea, abroad and for positions that are not finite. Under 0.1 µs.
    public func place(containing longitude: Double, _ latitude: Double) -> Place? {
        index(containing: longitude, latitude).map { places[$0] }
    }

    /// The position in `places` of the first place that contains the point.
    public func index(containing longitude: Double, _ latitude: Double) -> Int? {
        guard let (row, cell) = locate(longitude, latitude) else { return nil }
        let entry = cells[cell]
        if entry < Self.mixedFlag { return entry == 0 ? nil : Int(entry) - 1 }
        var next = Int(entry & ~Self.mixedFlag)
        while mixed[next] != .max {
            let place = Int(mixed[next] >> 1)
            if mixed[next] & 1 == 1 || bandContains(place, row, longitude, latitude) { return place }
            next += 1
        }
        return nil
    }

    /// Whether one place contains the point, whatever other places do.
    public func contains(place: Int, longitude: Double, latitude: Double) -> Bool {
        guard places.indices.contains(place), let (row, _) = locate(longitude, latitude) else { return false }
        return bandContains(place, row, longitude, latitude)
    }

    private func locate(_ longitude: Double, _ latitude: Double) -> (row: Int, cell: Int)? {
        let x = (longitude - west) * cellsPerDegree
        let y = (latitude - south) * cellsPerDegree
        guard x >= 0, y >= 0, x < Double(columns), y < Double(rows) else { return nil }
        return (Int(y), Int(y) * columns + Int(x))
    }

    private func bandContains(_ place: Int, _ row: Int, _ longitude: Double, _ latitude: Double) -> Bool {
        bands.withUnsafeBufferPointer { bands in
            let offset = row - bands[place].firstRow
            guard offset >= 0, offset + 1 < bands[place].offsets.count else { return false }
            var inside = false
            let range = Int(bands[place].offsets[offset])..<Int(bands[place].offsets[offset + 1])
            bands[place].edges.withUnsafeBufferPointer { edges in
                for edge in edges[range] {
                    if (edge.lowY > latitude) != (edge.highY > latitude), edge.isEast(ofLongitude: longitude, latitude: latitude) {
                        inside.toggle()
                    }
                }
            }
            return inside
        }
    }

    /// Collects, per raster cell, which places touch it with an edge and which cover it whole.
    private struct RasterBuilder {
        let west: Double
        let south: Double
        let columns: Int
        let rows: Int
        let scale: Double
        /// (cell, place << 1 | covers), ascending by place as places are added in order.
        private var entries: [(cell: Int32, value: UInt32)] = []
        private var touchedBy: [UInt32]

        init(west: Double, south: Double, columns: Int, rows: Int, scale: Double) {
            self.west = west
            self.south = south
            self.columns = columns
            self.rows = rows
            self.scale = scale
            touchedBy = Array(repeating: .max, count: columns * rows)
        }

        private func row(_ latitude: Double) -> Int { min(max(Int((latitude - south) * scale), 0), rows - 1) }
        private func column(_ longitude: Double) -> Int { min(max(Int((longitude - west) * scale), 0), columns - 1) }

        mutating func add(_ place: Place, number: UInt32) -> RowBands {
            var edges: [Edge] = []
            for ring in place.rings {
                guard var previous = ring.last else { continue }
                for vertex in ring {
                    if vertex != previous { edges.append(Edge(from: previous, to: vertex)) }
                    previous = vertex
                }
            }
            guard let firstEdge = edges.first else { return RowBands() }
            var lowest = firstEdge.lowY
            var highest = firstEdge.highY
            for edge in edges {
                lowest = min(lowest, edge.lowY)
                highest = max(highest, edge.highY)
            }
            var bands = RowBands()
            bands.firstRow = row(lowest)
            let rowCount = row(highest) - bands.firstRow + 1
            var counts = [Int32](repeating: 0, count: rowCount + 1)
            for edge in edges { for row in row(edge.lowY)...row(edge.highY) { counts[row - bands.firstRow + 1] += 1 } }
            for index in 1...rowCount { counts[index] += counts[index - 1] }
            bands.offsets = counts
            bands.edges = Array(repeating: firstEdge, count: Int(counts[rowCount]))
            for edge in edges {
                for row in row(edge.lowY)...row(edge.highY) {
                    let slot = row - bands.firstRow
                    bands.edges[Int(counts[slot])] = edge
                    counts[slot] += 1
                    touch(edge, row: row, number: number)
                }
            }
            fill(bands, rowCount: rowCount, number: number)
            return bands
        }

        /// Marks the cells of one row that an edge runs through, one cell more on each side against rounding.
        private mutating func touch(_ edge: Edge, row: Int, number: UInt32) {
            var fromX = edge.lowX
            var toX = edge.highX
            if edge.highY > edge.lowY {
                let bottom = max(edge.lowY, south + Double(row) / scale)
                let top = min(edge.highY, south + Double(row + 1) / scale)
                fromX = edge.longitude(atLatitude: bottom)
                toX = edge.longitude(atLatitude: top)
            }
            let first = max(column(min(fromX, toX) - 1e-9), 0)
            let last = min(column(max(fromX, toX) + 1e-9), columns - 1)
            for column in first...last {
                let cell = row * columns + column
                if touchedBy[cell] != number {
                    touchedBy[cell] = number
                    entries.append((Int32(cell), number << 1))
                }
            }
        }

        /// A cell without an edge of the place is wholly in or out: its centre says which.
        private mutating func fill(_ bands: RowBands, rowCount: Int, number: UInt32) {
            var crossings: [Double] = []
            for slot in 0..<rowCount {
                let row = bands.firstRow + slot
                let latitude = south + (Double(row) + 0.5) / scale
                crossings.removeAll(keepingCapacity: true)
                for edge in bands.edges[Int(bands.offsets[slot])..<Int(bands.offsets[slot + 1])]
                where (edge.lowY > latitude) != (edge.highY > latitude) {
                    crossings.append(edge.longitude(atLatitude: latitude))
                }
                crossings.sort()
                for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                    for column in column(crossings[pair])...column(crossings[pair + 1]) {
                        let cell = row * columns + column
                        let centre = west + (Double(column) + 0.5) / scale
                        if touchedBy[cell] != number, centre > crossings[pair], centre < crossings[pair + 1] {
                            entries.append((Int32(cell), number << 1 | 1))
                        }
                    }
                }
            }
        }

        /// The raster and the lists of candidates. A list ends at the first place that covers the cell: none after it can win.
        func finish() -> (cells: [UInt32], mixed: [UInt32]) {
            var cells = [UInt32](repeating: 0, count: columns * rows)
            var mixed: [UInt32] = []
            // Counting sort by cell keeps the order of places.
            var starts = [Int](repeating: 0, count: columns * rows + 1)
            for entry in entries { starts[Int(entry.cell) + 1] += 1 }
            for cell in 0..<columns * rows { starts[cell + 1] += starts[cell] }
            var sorted = [UInt32](repeating: 0, count: entries.count)
            var next = starts
            for entry in entries {
                sorted[next[Int(entry.cell)]] = entry.value
                next[Int(entry.cell)] += 1
            }
            for cell in 0..<columns * rows {
                let list = sorted[starts[cell]..<starts[cell + 1]]
                guard let first = list.first else { continue }
                if first & 1 == 1 {
                    cells[cell] = first >> 1 + 1
                    continue
                }
                cells[cell] = PlaceIndex.mixedFlag | UInt32(mixed.count)
                for value in list {
                    mixed.append(value)
                    if value & 1 == 1 { break }
                }
                mixed.append(.max)
            }
            return (cells, mixed)
        }
    }
}
