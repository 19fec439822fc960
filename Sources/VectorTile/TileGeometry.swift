// TileGeometry.swift: points, lines and polygons in a tile's own integer coordinates.
//
// x runs east and y runs south from the tile's north-west corner; 0 ..< extent is inside, anything else is in the buffer.

/// A position in tile coordinates: x east, y south, `extent` units a tile side.
public struct TilePoint: Hashable, Sendable {
    public var x: Int32
    public var y: Int32

    public init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
    }
}

/// What a feature is drawn as (MVT 2.1, section 4.3.4).
public enum TileGeometry: Hashable, Sendable {
    /// The tile says UNKNOWN: the command integers as they stand.
    case unknown([UInt32])
    case points([TilePoint])
    case lines([[TilePoint]])
    /// Polygons, each an exterior ring and then its holes. Rings are not closed: the first point is not repeated.
    case polygons([[[TilePoint]]])
}

/// The number of the geometry type in a tile.
enum GeometryType: UInt8 {
    case unknown = 0
    case point = 1
    case line = 2
    case polygon = 3
}

/// Drawing commands of a geometry (MVT 2.1, section 4.3.1): the id in the low 3 bits, the repeat count above.
enum DrawingCommand {
    static let moveTo: UInt32 = 1
    static let lineTo: UInt32 = 2
    static let closePath: UInt32 = 7
    static let largestCount = Int(UInt32.max >> 3)

    @inline(__always)
    static func integer(_ command: UInt32, count: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: count) << 3 | command
    }
}

enum Ring {
    /// Twice the area by the surveyor's formula: positive for an exterior ring, which runs clockwise as y points south.
    static func doubledArea(_ ring: [TilePoint]) -> Int128 {
        guard let origin = ring.first else { return 0 }
        var sum: Int128 = 0
        var previous = (x: Int128(0), y: Int128(0))
        for point in ring.dropFirst() {
            let next = (x: Int128(point.x) - Int128(origin.x), y: Int128(point.y) - Int128(origin.y))
            sum += previous.x * next.y - next.x * previous.y
            previous = next
        }
        return sum
    }
}
