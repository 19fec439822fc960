// VectorTileError.swift: what is wrong with the bytes of a tile, and where.

/// Why bytes are not a vector tile.
public struct VectorTileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the tile, in bytes from its start.
    public let offset: Int
    /// The part being read, such as `layer 'factories', feature 3, geometry`.
    public let part: String
    /// What would be right there.
    public let expected: String
    /// What is there.
    public let found: String

    public init(offset: Int, part: String, expected: String, found: String) {
        self.offset = offset
        self.part = part
        self.expected = expected
        self.found = found
    }

    public var description: String {
        "not a vector tile: byte \(offset), \(part): expected \(expected), found \(found)"
    }
}
