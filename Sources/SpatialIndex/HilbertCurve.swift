// HilbertCurve.swift: the position of a cell on the Hilbert curve of order 32, and back (Hilbert 1891; the form of
// Warren, Hacker's Delight, ch. 16). The curve fills each aligned square before it leaves it, so a tile of any zoom is
// one interval of positions.
//
// At each level the curve is one of four turned copies of itself: swapped or not, flipped or not. A table over
// (copy, 4 bits of x, 4 bits of y) yields 8 bits of the position and the copy to go on with: eight look-ups a point.

/// Order-32 Hilbert curve over the grid.
public enum HilbertCurve {
    /// Position on the curve, 0 ... 2^64 − 1. Eight table look-ups.
    public static func position(of point: GridPoint) -> UInt64 {
        tables.position(x: point.x, y: point.y)
    }

    /// The cell at a position of the curve.
    public static func point(at position: UInt64) -> GridPoint {
        tables.point(at: position)
    }

    static let tables = HilbertTables()
}

/// The curve's tables. A loop over many points takes a copy first, to look the pointers up once.
struct HilbertTables: @unchecked Sendable {
    // Unchecked: written in init only and never freed; there is one for the life of the process.
    /// [state][x nibble][y nibble] → next state << 8 | eight bits of the position.
    private let forward: UnsafePointer<UInt16>
    /// [state][eight bits of the position] → next state << 8 | x nibble << 4 | y nibble.
    private let backward: UnsafePointer<UInt16>

    fileprivate init() {
        let forward = UnsafeMutablePointer<UInt16>.allocate(capacity: 1024)
        let backward = UnsafeMutablePointer<UInt16>.allocate(capacity: 1024)
        for state in 0..<4 {
            for x in 0..<16 {
                for y in 0..<16 {
                    var flip = state & 1
                    var swapped = state >> 1
                    var digits = 0
                    for bit in [3, 2, 1, 0] {
                        let a = (x >> bit & 1) ^ flip
                        let b = (y >> bit & 1) ^ flip
                        let (rx, ry) = swapped == 1 ? (b, a) : (a, b)
                        digits = digits << 2 | ((3 * rx) ^ ry)
                        // The first and last quarter are mirrored at a diagonal, the last at the other one.
                        if ry == 0 {
                            flip ^= rx
                            swapped ^= 1
                        }
                    }
                    let next = UInt16(swapped << 1 | flip) << 8
                    // Both tables are written in full: digits run over 0..<256 for each state.
                    (forward + (state << 8 | x << 4 | y)).initialize(to: next | UInt16(digits))
                    (backward + (state << 8 | digits)).initialize(to: next | UInt16(x << 4 | y))
                }
            }
        }
        self.forward = UnsafePointer(forward)
        self.backward = UnsafePointer(backward)
    }

    // Bounds: a state is at most 3 and comes from the table, a nibble at most 15: every index is below 1024.

    @inline(__always)
    func position(x: UInt32, y: UInt32) -> UInt64 { digits(x, y, through: 0) }

    /// A position's highest 48 bits, the others zero. Six look-ups.
    @inline(__always)
    func roughPosition(x: UInt32, y: UInt32) -> UInt64 { digits(x, y, through: 8) &<< 16 }

    /// Two bits of the position for each bit of a coordinate, from the highest to that of number `last`, a multiple of four.
    @inline(__always)
    private func digits(_ x: UInt32, _ y: UInt32, through last: UInt32) -> UInt64 {
        var entry: UInt16 = 0
        var position: UInt64 = 0
        var shift: UInt32 = 32
        while shift > last {
            shift &-= 4
            let cell = (x &>> shift & 15) &<< 4 | (y &>> shift & 15)
            entry = forward[Int(truncatingIfNeeded: UInt32(entry & 0x0300) | cell)]
            position = position &<< 8 | UInt64(entry & 0xFF)
        }
        return position
    }

    func point(at position: UInt64) -> GridPoint {
        var entry: UInt16 = 0
        var x: UInt32 = 0
        var y: UInt32 = 0
        var shift: UInt64 = 64
        while shift > 0 {
            shift &-= 8
            entry = backward[Int(entry & 0x0300) | Int(truncatingIfNeeded: position &>> shift & 0xFF)]
            x = x &<< 4 | UInt32(entry >> 4 & 15)
            y = y &<< 4 | UInt32(entry & 15)
        }
        return GridPoint(x: x, y: y)
    }
}
