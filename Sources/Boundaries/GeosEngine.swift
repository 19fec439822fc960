// GeosEngine.swift: the few things that GEOS does here, behind one object that owns its context. Geometries never leave it:
// polygons go in and come out as corners.

import CGeos

/// GEOS with a context of its own: for one thread at a time.
final class GeosEngine {
    /// A GEOS geometry, freed with its last reference. A child of another geometry keeps its parent alive instead.
    final class Geometry {
        let pointer: OpaquePointer
        private let engine: GeosEngine
        private let parent: Geometry?

        fileprivate init(_ pointer: OpaquePointer, _ engine: GeosEngine, parent: Geometry? = nil) {
            self.pointer = pointer
            self.engine = engine
            self.parent = parent
        }

        deinit { if parent == nil { GEOSGeom_destroy_r(engine.context, pointer) } }
    }

    let context: OpaquePointer

    /// Nil when there is no memory for a context.
    init?() {
        guard let made = GEOS_init_r() else { return nil }
        context = made
    }

    deinit { GEOS_finish_r(context) }

    private func own(_ pointer: OpaquePointer?) -> Geometry? { pointer.map { Geometry($0, self) } }

    // MARK: In

    private func sequence(_ ring: [(x: Double, y: Double)], closed: Bool) -> OpaquePointer? {
        var flat: [Double] = []
        flat.reserveCapacity(2 * ring.count + 2)
        for point in ring {
            flat.append(point.x)
            flat.append(point.y)
        }
        if closed, let first = ring.first {
            flat.append(first.x)
            flat.append(first.y)
        }
        return GEOSCoordSeq_copyFromBuffer_r(context, flat, UInt32(flat.count / 2), 0, 0)
    }

    /// A polygon of open rings, the exterior first. Nil when GEOS refuses it (a ring of fewer than three points).
    func polygon(_ rings: [[(x: Double, y: Double)]]) -> Geometry? {
        var made: [OpaquePointer?] = []
        for ring in rings where ring.count >= 3 {
            guard let points = sequence(ring, closed: true), let linear = GEOSGeom_createLinearRing_r(context, points) else { continue }
            made.append(linear)
        }
        guard let shell = made.first else { return nil }
        var holes = Array(made.dropFirst())
        return own(GEOSGeom_createPolygon_r(context, shell, &holes, UInt32(holes.count)))
    }

    func line(_ points: [(x: Double, y: Double)], closed: Bool) -> Geometry? {
        guard points.count >= 2, let made = sequence(points, closed: closed) else { return nil }
        return own(GEOSGeom_createLineString_r(context, made))
    }

    /// Copies of geometries as one collection; `type` as GEOS numbers them (5: lines, 6: polygons, 7: anything).
    func collection(_ parts: [Geometry], type: Int32) -> Geometry? {
        var clones: [OpaquePointer?] = parts.map { GEOSGeom_clone_r(context, $0.pointer) }
        return own(GEOSGeom_createCollection_r(context, type, &clones, UInt32(clones.count)))
    }

    // MARK: Operations

    func isValid(_ geometry: Geometry) -> Bool { GEOSisValid_r(context, geometry.pointer) == 1 }

    /// What is wrong with an invalid geometry, in GEOS's words, such as "Self-intersection".
    func whyInvalid(_ geometry: Geometry) -> String {
        guard let text = GEOSisValidReason_r(context, geometry.pointer) else { return "invalid" }
        defer { GEOSFree_r(context, text) }
        return String(String(cString: text).prefix { $0 != "[" })
    }

    /// A valid geometry of the same rings: loops of a ring that crosses itself become parts of their own, overlapping parts are joined.
    func madeValid(_ geometry: Geometry) -> Geometry? {
        guard let parameters = GEOSMakeValidParams_create_r(context) else { return nil }
        defer { GEOSMakeValidParams_destroy_r(context, parameters) }
        GEOSMakeValidParams_setMethod_r(context, parameters, GEOS_MAKE_VALID_STRUCTURE)
        GEOSMakeValidParams_setKeepCollapsed_r(context, parameters, 0)
        return own(GEOSMakeValidWithParams_r(context, geometry.pointer, parameters))
    }

    /// Rounded to whole numbers and still valid.
    func onWholeNumbers(_ geometry: Geometry) -> Geometry? { own(GEOSGeom_setPrecision_r(context, geometry.pointer, 1, 0)) }

    /// All lines cut where they meet, on whole numbers (snap rounding).
    func noded(_ lines: Geometry) -> Geometry? { own(GEOSUnaryUnionPrec_r(context, lines.pointer, 1)) }

    /// The faces between noded lines.
    func polygonized(_ lines: Geometry) -> [Geometry] {
        var input: [OpaquePointer?] = [lines.pointer]
        guard let faces = own(GEOSPolygonize_r(context, &input, 1)) else { return [] }
        return parts(faces)
    }

    /// Polygons that share edges and do not overlap, joined.
    func coverageUnion(_ polygons: [Geometry]) -> Geometry? {
        guard let all = collection(polygons, type: 7) else { return nil }
        return own(GEOSCoverageUnion_r(context, all.pointer))
    }

    func pointOnSurface(_ geometry: Geometry) -> (x: Double, y: Double)? {
        own(GEOSPointOnSurface_r(context, geometry.pointer)).flatMap(position)
    }

    /// The centre of the largest circle inside, to a tolerance.
    func centreOfLargestCircle(_ geometry: Geometry, tolerance: Double) -> (x: Double, y: Double)? {
        // GEOS answers with a line from the centre to the rim.
        guard let radius = own(GEOSMaximumInscribedCircle_r(context, geometry.pointer, tolerance)),
            let centre = own(GEOSGeomGetStartPoint_r(context, radius.pointer))
        else { return nil }
        return position(centre)
    }

    private func position(_ point: Geometry) -> (x: Double, y: Double)? {
        var (x, y) = (0.0, 0.0)
        guard GEOSGeomGetX_r(context, point.pointer, &x) == 1, GEOSGeomGetY_r(context, point.pointer, &y) == 1 else { return nil }
        return (x, y)
    }

    func area(_ geometry: Geometry) -> Double {
        var area = 0.0
        return GEOSArea_r(context, geometry.pointer, &area) == 1 ? area : 0
    }

    func length(_ geometry: Geometry) -> Double {
        var length = 0.0
        return GEOSLength_r(context, geometry.pointer, &length) == 1 ? length : 0
    }

    // MARK: Out

    private func parts(_ geometry: Geometry) -> [Geometry] {
        (0..<max(GEOSGetNumGeometries_r(context, geometry.pointer), 0)).compactMap { index in
            GEOSGetGeometryN_r(context, geometry.pointer, index).map { Geometry($0, self, parent: geometry) }
        }
    }

    /// All polygons in a geometry, lines and points left out; rings open.
    func polygons(_ geometry: Geometry) -> [[[(x: Double, y: Double)]]] {
        let type = GEOSGeomTypeId_r(context, geometry.pointer)
        // 3: polygon; 4 and more: collections of all kinds.
        if type > 3 { return parts(geometry).flatMap { polygons($0) } }
        guard type == 3, GEOSisEmpty_r(context, geometry.pointer) == 0, let shell = GEOSGetExteriorRing_r(context, geometry.pointer) else {
            return []
        }
        var rings = [points(shell)]
        for index in 0..<max(GEOSGetNumInteriorRings_r(context, geometry.pointer), 0) {
            if let hole = GEOSGetInteriorRingN_r(context, geometry.pointer, index) { rings.append(points(hole)) }
        }
        return [rings]
    }

    private func points(_ ring: OpaquePointer) -> [(x: Double, y: Double)] {
        guard let sequence = GEOSGeom_getCoordSeq_r(context, ring) else { return [] }
        var count: UInt32 = 0
        GEOSCoordSeq_getSize_r(context, sequence, &count)
        var flat = [Double](repeating: 0, count: 2 * Int(count))
        guard count > 1, GEOSCoordSeq_copyToBuffer_r(context, sequence, &flat, 0, 0) == 1 else { return [] }
        return (0..<Int(count) - 1).map { (flat[2 * $0], flat[2 * $0 + 1]) }
    }
}

extension GeosEngine {
    func geometry(_ outline: Outline) -> Geometry? {
        let parts = outline.polygons.compactMap { polygon($0.map { $0.map { (Double($0.x), Double($0.y)) } }) }
        return parts.count == 1 ? parts[0] : collection(parts, type: 6)
    }

    /// The polygons with whole-numbered corners, wound as `Outline` says.
    func outline(_ geometry: Geometry) -> Outline {
        Outline(
            polygons: polygons(geometry).map { rings in
                rings.enumerated().map { number, ring in
                    var corners = ring.map { Corner(x: Int32(clamping: Int64($0.x.rounded())), y: Int32(clamping: Int64($0.y.rounded()))) }
                    if (Outline.doubledArea(corners) > 0) != (number == 0) { corners[1...].reverse() }
                    return corners
                }
            })
    }
}
