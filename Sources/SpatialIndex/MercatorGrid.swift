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
        GridPoint(x: column(longitude), y: row(latitude))
    }

    /// The middle of a cell, in degrees.
    public static func unproject(_ point: GridPoint) -> (longitude: Double, latitude: Double) {
        let longitude = (Double(point.x) + 0.5) / cells * 360 - 180
        let latitude = atan(sinh(.pi * (1 - 2 * (Double(point.y) + 0.5) / cells))) * 180 / .pi
        return (longitude, latitude)
    }

    /// The cells of positions in degrees: `project` of each, to the bit, in less than half the time. The shorter array decides how many.
    public static func project(longitudes: [Double], latitudes: [Double]) -> [GridPoint] {
        let count = Swift.min(longitudes.count, latitudes.count)
        return [GridPoint](unsafeUninitializedCapacity: count) { cells, initialized in
            // Vectors go through memory here: taken apart in registers, the compiler would compute lane by lane.
            withUnsafeTemporaryAllocation(of: Double.self, capacity: blockSize) { fractions in
                for start in stride(from: 0, to: count, by: blockSize) {
                    let end = Swift.min(start + blockSize, count)
                    rowFractions(latitudes[start..<end], into: fractions)
                    for index in start..<end {
                        let x = column(longitudes[index])
                        cells.initializeElement(at: index, to: GridPoint(x: x, y: row(latitudes[index], fractions[index - start])))
                    }
                }
            }
            initialized = count
        }
    }

    private static let blockSize = 256

    /// `fractions` has room for as many as there are latitudes, rounded up to whole vectors.
    private static func rowFractions(_ latitudes: ArraySlice<Double>, into fractions: UnsafeMutableBufferPointer<Double>) {
        latitudes.withUnsafeBufferPointer { latitudes in
            guard let source = latitudes.baseAddress, let target = fractions.baseAddress else { return }
            var index = 0
            while index + 2 <= latitudes.count {
                let two = UnsafeRawPointer(source + index).loadUnaligned(as: SIMD2<Double>.self)
                UnsafeMutableRawPointer(target + index).storeBytes(of: rowFractions(two), as: SIMD2<Double>.self)
                index += 2
            }
            if index < latitudes.count { target[index] = rowFractions(SIMD2(repeating: latitudes[index])).x }
        }
    }

    @inline(__always)
    static func column(_ longitude: Double) -> UInt32 { cell((longitude + 180) / 360) }

    static func row(_ latitude: Double) -> UInt32 {
        row(latitude, rowFractions(SIMD2(repeating: latitude)).x)
    }

    /// The row of a fraction of the square's height, but an edge's for a latitude beyond it.
    @inline(__always)
    private static func row(_ latitude: Double, _ fraction: Double) -> UInt32 {
        if latitude >= maxLatitude { return 0 }
        if latitude <= -maxLatitude { return .max }
        return cell(fraction)
    }

    /// y = (1 − atanh(sin φ) / π) / 2 (EPSG Guidance Note 7-2, Popular Visualisation Pseudo Mercator) of two latitudes inside the
    /// square, in degrees: elsewhere the answer says nothing.
    ///
    /// One code for one position and for many, so that a position has one cell. The C library's sine and logarithm, one by one, take three
    /// times as long. sin φ by its series, whose next term is under 10⁻¹⁸ at 85°. atanh s = log(p/r) / 2 with p = 1 + s, r = 1 − s:
    /// p is brought near r by a power of two 2^e, then log(p/r) = 2 atanh t, t = (p − r) / (p + r), |t| < 0.21, again by its series.
    @inline(__always)
    private static func rowFractions(_ latitudes: SIMD2<Double>) -> SIMD2<Double> {
        typealias Two = SIMD2<Double>
        let phi: Two = latitudes * (.pi / 180)
        let sine: Two = phi * sineSeries(phi * phi)
        let p: Two = 1 + sine
        let r: Two = 1 - sine
        // The difference of the two numbers' bits is, in the exponent's units, nearly the logarithm of their ratio; rounded, it is e.
        let difference = unsafeBitCast(p, to: SIMD2<UInt64>.self) &- unsafeBitCast(r, to: SIMD2<UInt64>.self)
        let biased = (difference &+ SIMD2(repeating: 1024 << 52 + 1 << 51)) &>> SIMD2(repeating: 52)
        let scaled = unsafeBitCast(p, to: SIMD2<UInt64>.self) &- (biased &- SIMD2(repeating: 1024)) &<< SIMD2(repeating: 52)
        let near = unsafeBitCast(scaled, to: Two.self)
        let t: Two = (near - r) / (near + r)
        // A whole number below 2^52 in the low bits of 2^52 is that number more.
        let whole = unsafeBitCast(biased | SIMD2(repeating: (0x1p52).bitPattern), to: Two.self)
        let exponent: Two = whole - (0x1p52 + 1024)
        let logarithm: Two = exponent * M_LN2 + 2 * t * areaTangentSeries(t * t)
        return 0.5 - logarithm * (0.25 / .pi)
    }

    /// sin φ / φ for x = φ²: the sum of (−x)ⁿ / (2n + 1)!.
    @inline(__always)
    private static func sineSeries(_ x: SIMD2<Double>) -> SIMD2<Double> {
        var sum: SIMD2<Double> = x * (-1.0 / 25_852_016_738_884_978_212_864) + (1.0 / 51_090_942_171_709_440_000)
        sum = sum * x - (1.0 / 121_645_100_408_832_000)
        sum = sum * x + (1.0 / 355_687_428_096_000)
        sum = sum * x - (1.0 / 1_307_674_368_000)
        sum = sum * x + (1.0 / 6_227_020_800)
        sum = sum * x - (1.0 / 39_916_800)
        sum = sum * x + (1.0 / 362_880)
        sum = sum * x - (1.0 / 5040)
        sum = sum * x + (1.0 / 120)
        sum = sum * x - (1.0 / 6)
        sum = sum * x + 1.0
        return sum
    }

    /// atanh t / t for x = t²: the sum of xⁿ / (2n + 1).
    @inline(__always)
    private static func areaTangentSeries(_ x: SIMD2<Double>) -> SIMD2<Double> {
        var sum: SIMD2<Double> = x * (1.0 / 23) + (1.0 / 21)
        sum = sum * x + (1.0 / 19)
        sum = sum * x + (1.0 / 17)
        sum = sum * x + (1.0 / 15)
        sum = sum * x + (1.0 / 13)
        sum = sum * x + (1.0 / 11)
        sum = sum * x + (1.0 / 9)
        sum = sum * x + (1.0 / 7)
        sum = sum * x + (1.0 / 5)
        sum = sum * x + (1.0 / 3)
        sum = sum * x + 1.0
        return sum
    }

    /// The cell of a fraction of the square's edge.
    @inline(__always)
    static func cell(_ fraction: Double) -> UInt32 {
        let scaled = fraction * cells
        if scaled >= 0, scaled < cells { return UInt32(truncatingIfNeeded: Int(scaled)) }
        return scaled.isNaN ? 1 << 31 : scaled < 0 ? 0 : .max
    }
}
