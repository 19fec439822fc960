// NodeDistance.swift: two measures of how far a node's box is from a query at least, never too far, which is what makes pruning
// by them exact. One is the plane of the grid, the other the chord to a wedge of the globe.

import Glibc

/// Squared distance in the plane of the grid, in cells².
///
/// Proof that it prunes rightly. On the ellipsoid ds² = M² dφ² + N² cos²φ dλ² ≥ r² cos²φ (dY² + dX²), with r the least radius
/// of curvature and X = λ, Y = ∫ dφ / cos φ the Mercator plane (of geodetic latitude), radians. A path of length s from latitude φ₀ stays
/// within |φ| ≤ |φ₀| + s/r. So a point within s of the query is within D ≤ s / (r cos(|φ₀| + s/r)) of it in the plane, and
/// nodes beyond that D may be passed over. Points beyond the square stand on its edge, nearer in the plane than they are. The globe is a
/// cylinder in the plane: columns count modulo 2^32.
struct PlanarReach: NodeDistance {
    /// Queries farther north or south, degrees, are not for the plane.
    static let greatestLatitude = 75.0
    /// Distances that are not, metres. At 75° they may reach to 79.6°.
    private static let greatestMeters = 500_000.0

    private let x: UInt32
    private let halfY: UInt32
    private let cosine: Double
    private let sine: Double

    init(_ query: EarthQuery) {
        let cell = MercatorGrid.project(longitude: query.longitude, latitude: query.latitude)
        x = cell.x
        halfY = cell.y >> 1
        cosine = cos(query.latitude * (.pi / 180))
        sine = abs(sin(query.latitude * (.pi / 180)))
    }

    func reach(_ list: borrowing Shortlist) -> Float? {
        let bar = list.bar
        guard bar < PlanarReach.greatestMeters * PlanarReach.greatestMeters else {
            // No bar yet: the plane still tells whom to look at first.
            return bar == .infinity && !list.isFull ? .infinity : nil
        }
        let s = ChordBounds.upperOfShort(chord: bar.squareRoot())
        // cos(φ + δ) ≥ cos φ − δ sin φ − δ²/2.
        let delta = s / Ellipsoid.leastRadius
        let scale = cosine - delta * sine - delta * delta / 2
        // Cells are whole numbers: up to 1 off in x, 3 in y by halving. Floats: 24 bits through five operations.
        let cells = delta / scale * (MercatorGrid.cells / (2 * .pi)) + 8
        return Float(cells * cells * 1.000_01)
    }

    @inline(__always)
    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float> {
        // Signed offsets on the circle of columns. A box over the meridian opposite to the query begins after it ends: its
        // distance is taken as 0.
        let x = Lanes(repeating: x)
        let halfY = Lanes(repeating: halfY)
        let one = Lanes(repeating: 1)
        let west = LaneMask(truncatingIfNeeded: (tree.minX + at).lanes &- x)
        let east = LaneMask(truncatingIfNeeded: (tree.maxX + at).lanes &- x)
        let north = LaneMask(truncatingIfNeeded: ((tree.minY + at).lanes &>> one) &- halfY)
        let south = LaneMask(truncatingIfNeeded: ((tree.maxY + at).lanes &>> one) &- halfY)
        let zero = LaneMask.zero
        let afterX = west.over(zero)
        let beforeX = zero.over(east)
        let afterY = north.over(zero)
        let beforeY = zero.over(south)
        let dx = ((west & afterX) | ((zero &- east) & beforeX)) & ~west.over(east)
        let dy = (north & afterY) | ((zero &- south) & beforeY)
        let x0 = SIMD16<Float>(dx)
        let y0 = SIMD16<Float>(dy) * SIMD16<Float>(repeating: 2)
        return x0 * x0 + y0 * y0
    }
}

/// Squared chord from the query to the nearest place of a box of latitudes and longitudes, m².
///
/// In cylindrical coordinates (z along the axis, ρ from it, angle λ) such a box is a wedge: z grows with latitude, ρ falls with
/// |latitude|. The chord to the nearest point of the product of the three intervals is at most the chord to any point of the box.
struct WedgeDistance: NodeDistance {
    private let query: EarthQuery
    private let x: UInt32

    init(_ query: EarthQuery) {
        self.query = query
        x = MercatorGrid.project(longitude: query.longitude, latitude: 0).x
    }

    func reach(_ list: borrowing Shortlist) -> Float? { Float(list.bar).nextUp }

    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float> {
        var result = SIMD16<Float>.zero
        for lane in 0..<PackedRTree.nodeSize {
            let node = at &+ lane
            let box = GridBox(minX: tree.minX[node], minY: tree.minY[node], maxX: tree.maxX[node], maxY: tree.maxY[node])
            result[lane] = Swift.max(Float(chordSquared(to: box)).nextDown, 0)
        }
        return result
    }

    private func chordSquared(to box: GridBox) -> Double {
        // One cell of room on each side for the rounding of the projection. The square's edge stands for all up to the pole.
        let north = box.minY == 0 ? nil : circle(Double(box.minY) - 1)
        let south = box.maxY == .max ? nil : circle(Double(box.maxY) + 2)
        let zTop = north?.z ?? Ellipsoid.b
        let zBottom = south?.z ?? -Ellipsoid.b
        let dz = query.z > zTop ? query.z - zTop : query.z < zBottom ? zBottom - query.z : 0
        // ρ over the box: least at the edge nearer to a pole, most at the other or on the equator.
        let rhoNorth = north?.rho ?? 0
        let rhoSouth = south?.rho ?? 0
        let rhoLeast = Swift.min(rhoNorth, rhoSouth)
        let rhoMost = zTop >= 0 && zBottom <= 0 ? Ellipsoid.a : Swift.max(rhoNorth, rhoSouth)
        // ρq² + ρ² − 2 ρq ρ cos Δλ is least at ρ = ρq cos Δλ.
        let sine = halfAngleSine(box)
        let square = sine * sine
        let rho = Swift.min(Swift.max(query.rho * Swift.max(1 - 2 * square, 0), rhoLeast), rhoMost)
        let drho = query.rho - rho
        // Rounding: lengths of 6.4e6 m carry 1e-8 of it.
        let chord = (dz * dz + drho * drho + 4 * query.rho * rho * square).squareRoot() - 1e-6
        return chord > 0 ? chord * chord : 0
    }

    /// Sine of half the least angle of longitude between the query and the box.
    private func halfAngleSine(_ box: GridBox) -> Double {
        // Eastward from the query to the box's west edge, westward to its east edge; inside when the box begins at or west of
        // the query and ends at or east of it.
        if x >= box.minX, x <= box.maxX { return 0 }
        let cells = Swift.min(box.minX &- x, x &- box.maxX)
        return cells <= 2 ? 0 : sin(Double(cells - 2) / MercatorGrid.cells * .pi)
    }

    /// z and ρ of the circle of latitude at a height of the grid: sin φ = tanh m, cos φ = 1 / cosh m for m = π(1 − 2y).
    private func circle(_ y: Double) -> (z: Double, rho: Double) {
        let e = exp(.pi * (1 - 2 * y / MercatorGrid.cells))
        let cosPhi = 2 / (e + 1 / e)
        let sinPhi = (e - 1 / e) / (e + 1 / e)
        let n = Ellipsoid.a / (1 - Ellipsoid.e2 * sinPhi * sinPhi).squareRoot()
        return (n * (1 - Ellipsoid.e2) * sinPhi, n * cosPhi)
    }
}
