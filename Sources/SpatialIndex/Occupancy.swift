// Occupancy.swift: where there is nothing at all. A coarse bitmap over the points' bounding box answers most windows in empty
// country before the tree is touched, whose boxes overlap there and would be opened in vain.

/// One bit for each square of a coarse grid over the points: whether any stands in it. 128 kB.
struct Occupancy: Sendable {
    /// Squares along an edge.
    private static let side = 1024
    private static let wordsARow = side / 64
    /// Windows over more rows than this are left to the tree.
    private static let mostRows: UInt32 = 8

    private let originX: UInt32
    private let originY: UInt32
    /// Cells along a square's edge, as a power of two.
    private let shift: UInt32
    private let words: Column<UInt64>

    /// O(leaves), and O(n) at worst: most leaves lie in one square.
    ///
    /// Boxes that do not fit the points give false answers, never an access outside the bitmap.
    init(of tree: TreeHandle?) {
        guard let tree else {
            (originX, originY, shift, words) = (0, 0, 0, Column([UInt64](repeating: 0, count: Occupancy.side * Occupancy.wordsARow)))
            return
        }
        var bounds = GridBox(minX: .max, minY: .max, maxX: 0, maxY: 0)
        for node in 0..<tree.counts[tree.topLevel] {
            let box = tree.box(level: tree.topLevel, node: node)
            bounds = GridBox(
                minX: Swift.min(bounds.minX, box.minX), minY: Swift.min(bounds.minY, box.minY), maxX: Swift.max(bounds.maxX, box.maxX),
                maxY: Swift.max(bounds.maxY, box.maxY))
        }
        let span = Swift.max(bounds.maxX &- bounds.minX, bounds.maxY &- bounds.minY)
        // The least shift that leaves numbers below `side`.
        let shift = UInt32(Swift.max(32 - span.leadingZeroBitCount - 10, 0))
        (originX, originY, self.shift) = (bounds.minX, bounds.minY, shift)
        words = Column<UInt64>(count: Occupancy.side * Occupancy.wordsARow) { words in
            words.initialize(repeating: 0)
            func mark(_ x: UInt32, _ y: UInt32) {
                let column = Occupancy.place(x, bounds.minX, shift)
                words[Occupancy.place(y, bounds.minY, shift) &* Occupancy.wordsARow &+ column &>> 6] |=
                    1 &<< UInt64(truncatingIfNeeded: column & 63)
            }
            for leaf in 0..<tree.counts[0] {
                let box = tree.box(level: 0, node: leaf)
                let isOneSquare =
                    (box.minX &- bounds.minX) &>> shift == (box.maxX &- bounds.minX) &>> shift
                    && (box.minY &- bounds.minY) &>> shift == (box.maxY &- bounds.minY) &>> shift
                if isOneSquare {
                    mark(box.minX, box.minY)
                } else {
                    for index in tree.run(level: 0, node: leaf) { mark(tree.x[index], tree.y[index]) }
                }
            }
        }
    }

    @inline(__always)
    private static func place(_ cell: UInt32, _ origin: UInt32, _ shift: UInt32) -> Int {
        Int(Swift.min((cell &- origin) &>> shift, UInt32(side - 1)))
    }

    /// Whether no point stands in a box that touches the bounds; false where the box is too large to tell quickly.
    @inline(__always)
    func isEmpty(_ box: GridBox) -> Bool {
        let north = box.minY > originY ? (box.minY &- originY) &>> shift : 0
        let south = box.maxY >= originY ? (box.maxY &- originY) &>> shift : 0
        let west = box.minX > originX ? (box.minX &- originX) &>> shift : 0
        let east = box.maxX >= originX ? (box.maxX &- originX) &>> shift : 0
        // Within one or two words of a few rows. Beyond the bitmap is beyond the bounds: the tree sees that at once.
        let firstWord = west &>> 6
        let isInside = south < UInt32(Occupancy.side) && east < UInt32(Occupancy.side)
        guard isInside, south &- north < Occupancy.mostRows, east &>> 6 &- firstWord <= 1 else { return false }
        let fromWest = ~0 &<< UInt64(west & 63) as UInt64
        let toEast = ~0 &>> UInt64(63 &- east & 63) as UInt64
        var found: UInt64 = 0
        var at = Int(north) &* Occupancy.wordsARow &+ Int(firstWord)
        for _ in north...south {
            // `at` is below the bitmap's length: row and word are below theirs.
            if east &>> 6 == firstWord {
                found |= words.base[at] & fromWest & toEast
            } else {
                found |= (words.base[at] & fromWest) | (words.base[at &+ 1] & toEast)
            }
            at &+= Occupancy.wordsARow
        }
        return found == 0
    }
}
