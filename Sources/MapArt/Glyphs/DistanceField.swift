// DistanceField.swift: the picture of a glyph that map renderers draw letters of any size from: each pixel holds how far its centre lies
// from the outline (a signed distance field). The conventions are those of Mapbox's glyph makers, which every renderer expects: 24 pixels
// to the em, 3 pixels around the glyph, distances to 8 pixels, the outline at three quarters of the scale.
// The distance is that to the outline itself, not to a rendered picture of it.

/// A glyph as map renderers take it.
struct DistanceField: Sendable {
    /// Pixels to the em.
    static let size = 24.0
    /// Pixels around the glyph's own box.
    static let buffer = 3
    /// Distance of the end of the scale, in pixels, and the part of the scale that lies inside.
    static let radius = 8.0
    static let cutoff = 0.25
    /// Where the line of text begins above the baseline. MapLibre draws ideographs itself if it may, 27 above; so both stand on one line.
    static let ascent = 27

    /// Size without the buffer; 0 × 0 for a glyph that shows nothing.
    var width = 0
    var height = 0
    /// From the pen to the box's left edge; from the line's top to the box's top edge, upwards.
    var left = 0
    var top = 0
    var advance: Int
    /// One byte a pixel, rows from the top, buffer included.
    var pixels: [UInt8] = []

    init(_ shape: GlyphShape) {
        advance = Int((shape.advance * DistanceField.size).rounded())
        let scaled = shape.contours.map { $0.map { (x: $0.x * DistanceField.size, y: $0.y * DistanceField.size) } }
        let points = scaled.joined()
        guard let first = points.first else { return }
        var (west, east, south, north) = (first.x, first.x, first.y, first.y)
        for point in points {
            west = min(west, point.x)
            east = max(east, point.x)
            south = min(south, point.y)
            north = max(north, point.y)
        }
        // No letter is larger than this; a broken font's may be.
        guard max(east - west, north - south) <= 4 * DistanceField.size else { return }
        // A stroke thinner than half a pixel keeps one.
        width = max(Int(east.rounded()) - Int(west.rounded()), 1)
        height = max(Int(north.rounded()) - Int(south.rounded()), 1)
        left = Int(west.rounded())
        let bottom = Int(north.rounded()) - height
        top = bottom + height - DistanceField.ascent
        let buffer = DistanceField.buffer
        let segments = Segment.all(of: scaled, dx: Double(buffer - left), dy: Double(buffer - bottom))
        pixels = DistanceField.pixels(segments, width: width + 2 * buffer, height: height + 2 * buffer)
    }

    /// A straight piece of the outline, in pixels, y upwards.
    private struct Segment {
        var ax: Double, ay: Double, bx: Double, by: Double

        static func all(of contours: [GlyphShape.Contour], dx: Double, dy: Double) -> [Segment] {
            var segments: [Segment] = []
            for contour in contours {
                guard var from = contour.last else { continue }
                for to in contour {
                    if from != to { segments.append(Segment(ax: from.x + dx, ay: from.y + dy, bx: to.x + dx, by: to.y + dy)) }
                    from = to
                }
            }
            return segments
        }
    }

    /// Cost: each segment visits the pixels within the radius of it.
    private static func pixels(_ segments: [Segment], width: Int, height: Int) -> [UInt8] {
        var nearest = [Double](repeating: radius * radius, count: width * height)
        nearest.withUnsafeMutableBufferPointer { nearest in
            for segment in segments { lower(nearest, by: segment, width: width, height: height) }
        }
        var pixels = [UInt8](repeating: 0, count: width * height)
        for row in 0..<height {
            let inside = crossings(segments, y: Double(row) + 0.5, width: width)
            for column in 0..<width {
                var distance = nearest[row * width + column].squareRoot()
                if inside[column] { distance = -distance }
                let value = 255 - (distance / radius + cutoff) * 256
                pixels[(height - 1 - row) * width + column] = UInt8(min(max(value.rounded(), 0), 255))
            }
        }
        return pixels
    }

    private static func lower(_ nearest: UnsafeMutableBufferPointer<Double>, by segment: Segment, width: Int, height: Int) {
        func range(_ a: Double, _ b: Double, _ count: Int) -> Range<Int> {
            let low = max(Int(min(a, b) - radius - 0.5), 0)
            let high = min(Int((max(a, b) + radius).rounded(.up)), count)
            return low..<max(low, high)
        }
        let (dx, dy) = (segment.bx - segment.ax, segment.by - segment.ay)
        let lengthSquared = dx * dx + dy * dy
        let columns = range(segment.ax, segment.bx, width)
        for row in range(segment.ay, segment.by, height) {
            let py = Double(row) + 0.5 - segment.ay
            for column in columns {
                let px = Double(column) + 0.5 - segment.ax
                // The nearest point of the segment: the foot of the perpendicular, or an end.
                let along = min(max((px * dx + py * dy) / lengthSquared, 0), 1)
                let (ex, ey) = (px - along * dx, py - along * dy)
                let squared = ex * ex + ey * ey
                let at = row * width + column
                if squared < nearest[at] { nearest[at] = squared }
            }
        }
    }

    /// Which pixel centres of a row lie inside, by the nonzero winding rule.
    private static func crossings(_ segments: [Segment], y: Double, width: Int) -> [Bool] {
        var winding = [Int](repeating: 0, count: width + 1)
        for segment in segments where (segment.ay <= y) != (segment.by <= y) {
            let x = segment.ax + (y - segment.ay) / (segment.by - segment.ay) * (segment.bx - segment.ax)
            // Counts for every centre to its right.
            let first = min(max(Int((x - 0.5).rounded(.up)), 0), width)
            winding[first] += segment.by > segment.ay ? 1 : -1
        }
        var sum = 0
        return (0..<width).map { column in
            sum += winding[column]
            return sum != 0
        }
    }
}
