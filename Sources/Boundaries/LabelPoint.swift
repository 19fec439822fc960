// LabelPoint.swift: where on a map to write a place's name: its visual centre, the middle of the largest circle that fits into its largest
// part. Unlike a centroid it lies inside, and where there is room.

import CGeos
import Glibc

public enum LabelPoint {
    /// The visual centre of each outline, on a Mercator map; nil for an outline without an area.
    ///
    /// Cost: about a millisecond for an outline of a thousand corners. For one thread; several calls may run at once.
    public static func of(_ outlines: [Outline]) -> [Corner?] {
        guard let engine = GeosEngine() else { return outlines.map { _ in nil } }
        return outlines.map { of($0, engine) }
    }

    private static func of(_ outline: Outline, _ engine: GeosEngine) -> Corner? {
        let areas = outline.polygons.map { $0.reduce(Int128(0)) { $0 + Outline.doubledArea($1) } }
        guard let largest = areas.indices.max(by: { areas[$0] < areas[$1] }), areas[largest] > 0,
            let bounds = outline.bounds
        else { return nil }
        // Mercator stretches a degree of latitude by this much more than one of longitude.
        let stretch = 1 / max(cos((bounds.low.latitude + bounds.high.latitude) / 2 * .pi / 180), 0.05)
        guard let polygon = engine.polygon(outline.polygons[largest].map { $0.map { (Double($0.x), Double($0.y) * stretch) } }) else {
            return nil
        }
        // A hundredth of the width is a pixel of a place of a hundred.
        let tolerance = max((Double(areas[largest]) / 2 * stretch).squareRoot() / 100, 1)
        guard let centre = engine.centreOfLargestCircle(polygon, tolerance: tolerance) ?? engine.pointOnSurface(polygon) else { return nil }
        return Corner(x: Int32(centre.x.rounded()), y: Int32((centre.y / stretch).rounded()))
    }
}
