// MercatorGrid.swift: the grid of 2^32 × 2^32 cells over the Web Mercator square (EPSG:3857), the square that map tiles
// divide. A cell is 9.3 mm wide at the equator. x counts from the west, y from the north.

import Glibc

/// A cell of the grid.
public struct GridPoint: Hashable, Sendable {
    public var x: UInt32
    public var y: UInt32

    @inlinable public init(x: UInt32, y: UInt32) {
        self.x = x
        self.y = y
    }
}

/// A rectangle of cells, all four edges included. Empty when a minimum is over its maximum.
public struct GridBox: Hashable, Sendable {
    public var minX: UInt32
    public var minY: UInt32
    public var maxX: UInt32
    public var maxY: UInt32

    @inlinable public init(minX: UInt32, minY: UInt32, maxX: UInt32, maxY: UInt32) {
        self.minX = minX
        self.minY = minY
        self.maxX = maxX
        self.maxY = maxY
    }

    @inlinable public func contains(_ point: GridPoint) -> Bool {
        point.x >= minX && point.x <= maxX && point.y >= minY && point.y <= maxY
    }
}

/// Between degrees and cells.
public enum MercatorGrid {
    /// The latitude of the square's edge, degrees: atan(sinh π).
    public static let maxLatitude = 85.0511287798066
    /// Cells along an edge of the square.
    static let cells = 4_294_967_296.0

    /// The cell of a position in degrees. Outside the square the nearest edge answers; NaN gives the middle.
    ///
    /// The position lies in the answered cell or within 10⁻⁴ of a cell of it (rounding).
    public static func project(longitude: Double, latitude: Double) -> GridPoint {
        GridPoint(x: cell((longitude + 180) / 360), y: row(latitude))
    }

    /// The middle of a cell, in degrees.
    public static func unproject(_ point: GridPoint) -> (longitude: Double, latitude: Double) {
        let longitude = (Double(point.x) + 0.5) / cells * 360 - 180
        let latitude = atan(sinh(.pi * (1 - 2 * (Double(point.y) + 0.5) / cells))) * 180 / .pi
        return (longitude, latitude)
    }

    /// y = (1 − atanh(sin φ) / π) / 2 (EPSG Guidance Note 7-2, Popular Visualisation Pseudo Mercator), atanh by its logarithm.
    private static func row(_ latitude: Double) -> UInt32 {
        if latitude >= maxLatitude { return 0 }
        if latitude <= -maxLatitude { return .max }
        let sine = sin(latitude * (.pi / 180))
        return cell(0.5 - log((1 + sine) / (1 - sine)) * (0.25 / .pi))
    }

    private static func cell(_ fraction: Double) -> UInt32 {
        let scaled = fraction * cells
        if scaled >= 0, scaled < cells { return UInt32(scaled) }
        return scaled.isNaN ? 1 << 31 : scaled < 0 ? 0 : .max
    }
}
