// NearWindow.swift: the rectangle of cells that holds all points with a chord up to so much from a place. It narrows as a search finds
// nearer points, which takes neither a sine nor a logarithm.

import CVector

/// A rectangle of cells round a place.
///
/// With c the chord, φ₀ and ρ the place's latitude and distance from the axis, r the least radius of curvature anywhere:
/// - A geodesic over the chord c is at most 2r asin(c / 2r) long (ChordBounds), and latitude changes along it by at most its length / r:
///   δ = 2 asin(c / 2r). The height on the Mercator square changes by at most δ sec(|φ₀| + δ), and
///   cos(|φ₀| + δ) ≥ cos φ₀ (1 − δ²/2) − |sin φ₀| δ.
/// - A point Δλ < 90° away lies behind the half-plane through the axis at Δλ, whose distance from the place is ρ sin Δλ, and one farther
///   round is at least ρ away: for c < ρ, Δλ ≤ asin(c / ρ).
/// - asin u ≤ u + (π/2 − 1) u³ for u from 0 to 1: all terms of its series are positive, so that asin u − u over u³ is greatest at 1.
struct NearWindow {
    private static let cellsARadian = MercatorGrid.cells / (2 * .pi)
    private static let arcsineSlope = Double.pi / 2 - 1

    let cell: GridPoint
    private let cosine: Double
    private let sine: Double
    private let rho: Double
    private let horizon: Double
    /// Square of the chord that the window is for, m².
    private(set) var bar = Double.infinity
    /// Cells to the west and to the east.
    private var side: Int32 = .max
    private var north: UInt32 = 0
    private var south: UInt32 = .max

    /// Every cell, at first.
    init(_ query: EarthQuery) {
        cell = query.nearCell
        cosine = query.cosLatitude
        sine = abs(query.sinLatitude)
        rho = query.rho
        horizon = MercatorDistance.horizon(query)
    }

    /// Narrows the window to the points with a chord whose square is at most `bar`, m².
    ///
    /// - Returns: false, and changes nothing, where the bar is beyond what a window serves for: 1,500 km, or 80° of latitude.
    @inline(__always)
    mutating func narrow(to bar: Double) -> Bool {
        let chord = bar.squareRoot()
        guard chord < horizon else { return false }
        self.bar = bar
        let half = chord * (0.5 / Ellipsoid.leastRadius)
        let latitude = 2 * (half + NearWindow.arcsineSlope * half * half * half)
        let height = latitude / (cosine * (1 - 0.5 * latitude * latitude) - sine * latitude)
        let ratio = chord / rho
        let longitude = ratio + NearWindow.arcsineSlope * ratio * ratio * ratio
        // The query's cell is within one of where it stands, so is a point's, and a third is for rounding.
        side = Int32(longitude * NearWindow.cellsARadian) + 3
        let rows = UInt32(height * NearWindow.cellsARadian) + 3
        north = cell.y > rows ? cell.y &- rows : 0
        south = cell.y < .max - rows ? cell.y &+ rows : .max
        return true
    }

    /// Whether the window takes at most a quarter of a box: where points stand about as densely as in there, it then touches few leaves.
    func isSmall(beside box: GridBox) -> Bool {
        // A box of no extent, over points at one place, is as large as the window is at least.
        let (width, height) = (Double(box.maxX &- box.minX) + 32, Double(box.maxY &- box.minY) + 32)
        return 4 * 2 * Double(side) * Double(south &- north) <= width * height
    }

    private var edges: vector_round_window { vector_round_window(x: cell.x, side: side, north: north, south: south) }

    /// Of sixteen boxes: which may hold something of the window. The columns of a box over the meridian opposite to the place always may.
    @inline(__always)
    func touching(_ tree: TreeHandle, at: Int) -> UInt32 {
        if tree.isWide { return vector_round_boxes(tree.minX + at, tree.minY + at, tree.maxX + at, tree.maxY + at, edges) }
        let x = SIMD4(repeating: cell.x)
        let (east, west) = (FourLanes(repeating: side), FourLanes(repeating: -side))
        let (north, south) = (SIMD4(repeating: north).signed, SIMD4(repeating: south).signed)
        return ~FourLanes.bits { lane in
            let at = at &+ lane
            let first = FourLanes(truncatingIfNeeded: (tree.minX + at).fourLanes &- x)
            let last = FourLanes(truncatingIfNeeded: (tree.maxX + at).fourLanes &- x)
            let outX = (first.over(east) | west.over(last)) & ~first.over(last)
            let outY = (tree.minY + at).fourLanes.signed.over(south) | north.over((tree.maxY + at).fourLanes.signed)
            return outX | outY
        }
    }

    /// Of sixteen points: which lie in the window.
    @inline(__always)
    func points(_ tree: TreeHandle, at: Int) -> UInt32 {
        if tree.isWide { return vector_round_points(tree.x + at, tree.y + at, edges) }
        let x = SIMD4(repeating: cell.x)
        let (east, west) = (FourLanes(repeating: side), FourLanes(repeating: -side))
        let (north, south) = (SIMD4(repeating: north).signed, SIMD4(repeating: south).signed)
        return 0xFFFF
            & ~FourLanes.bits { lane in
                let at = at &+ lane
                let x = FourLanes(truncatingIfNeeded: (tree.x + at).fourLanes &- x)
                let y = (tree.y + at).fourLanes.signed
                return x.over(east) | west.over(x) | y.over(south) | north.over(y)
            }
    }

    /// Which of sixteen boxes to look into first: the one with the least value. Nearer ones before others, and of those the place is in,
    /// small ones before large. Only an order: nothing is left out by it.
    @inline(__always)
    func promise(_ tree: TreeHandle, at: Int) -> SIMD16<Float> {
        SIMD16(four: { lane in
            let (west, east, north, south) = tree.edges(at: at &+ lane, from: cell)
            let (w, e, n, s) = (SIMD4<Float>(west), SIMD4<Float>(east), SIMD4<Float>(north), SIMD4<Float>(south))
            // West of the box or east of it, south of it or north: at most one of two is more than zero.
            let gapX: SIMD4<Float> = w.atLeastZero + (-e).atLeastZero
            let gapY: SIMD4<Float> = s.atLeastZero + (-n).atLeastZero
            let gap: SIMD4<Float> = gapX * gapX + 4 * (gapY * gapY)
            let size: SIMD4<Float> = w * w + e * e + 4 * (n * n + s * s)
            return gap + size * 0x1p-20
        })
    }
}
