// TileID.swift: the address of a tile of the Web Mercator pyramid (x from the west, y from the north), and the cells and
// Hilbert positions it holds.

/// A tile, or a cell of the grid of any zoom.
public struct TileID: Hashable, Sendable {
    /// 0 (the whole world) ... 32 (one cell of the grid).
    public let z: Int
    public let x: UInt32
    public let y: UInt32

    /// Nil outside the pyramid: z in 0...32, x and y in 0 ..< 2^z.
    public init?(z: Int, x: Int, y: Int) {
        guard (0...32).contains(z), x >= 0, y >= 0, x < 1 << z, y < 1 << z else { return nil }
        self.init(uncheckedZ: z, x: UInt32(x), y: UInt32(y))
    }

    /// The tile of zoom `z` (clamped to 0...32) that owns a cell.
    public init(containing point: GridPoint, z: Int) {
        let z = Swift.min(Swift.max(z, 0), 32)
        // Smart shifts: by 32 gives 0.
        self.init(uncheckedZ: z, x: point.x >> UInt32(32 - z), y: point.y >> UInt32(32 - z))
    }

    init(uncheckedZ z: Int, x: UInt32, y: UInt32) {
        self.z = z
        self.x = x
        self.y = y
    }

    /// The tile one zoom out; nil for the whole world.
    public var parent: TileID? { z == 0 ? nil : TileID(uncheckedZ: z - 1, x: x >> 1, y: y >> 1) }

    /// The cells of the tile.
    public var box: GridBox {
        let low = UInt32(32 - z)
        let span = UInt32.max >> UInt32(z)
        return GridBox(minX: x << low, minY: y << low, maxX: x << low | span, maxY: y << low | span)
    }

    /// The Hilbert positions of the tile's cells.
    public var hilbertRange: ClosedRange<UInt64> {
        let corner = box
        let position = HilbertCurve.position(of: GridPoint(x: corner.minX, y: corner.minY))
        let span = UInt64.max >> UInt64(2 * z)
        return position & ~span...position | span
    }
}
