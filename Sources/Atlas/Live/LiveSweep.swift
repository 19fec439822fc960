// LiveSweep.swift: the changed factories of one tile, merged into the tile's factories of the snapshot as those come by in Hilbert order. A
// cell is complete when it goes into the tile: what the snapshot has of it, without what is hidden, and what the delta has of it.

import SpatialIndex

/// Passing factories of a delta in the region of a tile, on their way into it.
struct LiveSweep {
    private let delta: Delta
    private let program: FilterProgram
    private let cellZoom: Int?
    /// Ascending.
    private let rows: [Int]
    private var next = 0

    /// - Parameters:
    ///   - cellZoom: of the cluster cells; nil: every factory stands by itself.
    ///   - region: calls its second argument with the runs of the delta's order that lie in the tile's region, ascending.
    /// - Returns: nil when there is no delta, or none of its factories is in the region and passes.
    init?(_ delta: Delta?, _ program: FilterProgram, _ cellZoom: Int?, _ region: (Delta, (Range<Int>) -> Void) -> Void) {
        guard let delta else { return nil }
        var rows: [Int] = []
        region(delta) { run in
            rows.reserveCapacity(rows.count + run.count)
            for row in run where program.passes(delta.facts[row], of: delta.rows[row]) { rows.append(row) }
        }
        guard !rows.isEmpty else { return nil }
        self.delta = delta
        self.program = program
        self.cellZoom = cellZoom
        self.rows = rows
    }

    /// Adds a run of the snapshot, and what the delta has before and in between. Runs come in ascending order.
    mutating func collect(_ run: Range<Int>, of snapshot: Snapshot, into contents: inout TileContents) {
        // A name of its own: as a part of what changes here, all its columns would be retained for each cell.
        let program = program
        guard let cellZoom else {
            return program.forEachMatch(in: run) { index in
                if next < rows.count {
                    let position = HilbertCurve.position(of: GridPoint(x: snapshot.tree.x[index], y: snapshot.tree.y[index]))
                    add(before: position, pk: snapshot.primaryKey[index], into: &contents)
                }
                contents.add(factory: index)
            }
        }
        snapshot.forEachCell(of: run, zoom: cellZoom, program: program) { cell, sum in
            var sum = sum
            if next < rows.count {
                let positions = cell.hilbertRange
                addCells(before: positions.lowerBound, cellZoom, into: &contents)
                take(through: positions.upperBound, into: &sum)
            }
            contents.add(sum, cell: cell)
        }
    }

    /// Adds what is left behind the last run.
    mutating func finish(into contents: inout TileContents) {
        if let cellZoom {
            addCells(before: .max, cellZoom, into: &contents)
            // The very last position of the curve is before nothing.
            while next < rows.count { addCell(cellZoom, into: &contents) }
        } else {
            for row in rows[next...] { contents.add(factory: ~row) }
            next = rows.count
        }
    }

    private mutating func add(before position: UInt64, pk: UInt32, into contents: inout TileContents) {
        while next < rows.count, delta.rows[rows[next]].precedes(position: position, pk: pk) {
            contents.add(factory: ~rows[next])
            next += 1
        }
    }

    /// Adds cells that only the delta has something of.
    private mutating func addCells(before position: UInt64, _ cellZoom: Int, into contents: inout TileContents) {
        while next < rows.count, delta.positions[rows[next]] < position { addCell(cellZoom, into: &contents) }
    }

    private mutating func addCell(_ cellZoom: Int, into contents: inout TileContents) {
        let facts = delta.facts[rows[next]]
        let cell = TileID(containing: GridPoint(x: facts.x, y: facts.y), z: cellZoom)
        var sum = ClusterSum()
        take(through: cell.hilbertRange.upperBound, into: &sum)
        contents.add(sum, cell: cell)
    }

    /// Adds the next factories to a cell's sum, up to the cell's last position.
    private mutating func take(through position: UInt64, into sum: inout ClusterSum) {
        while next < rows.count, delta.positions[rows[next]] <= position {
            let facts = delta.facts[rows[next]]
            sum.add(x: facts.x, y: facts.y, status: facts.status, index: ~rows[next])
            next += 1
        }
    }
}

extension Range<Int> {
    /// Calls `body` with the range, unless it is empty: as a window calls it with its runs.
    func forEachRun(_ body: (Range<Int>) -> Void) { if !isEmpty { body(self) } }
}
