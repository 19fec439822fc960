// Typeface.swift: one face of a font file, read by FreeType: which characters it has, and their outlines in font units. No hinting and no
// rendering: what is drawn is made from the outline, so it is the same at every size.

import CFreeType

/// A glyph's shape and advance in units of the em: 1 is the size of the font.
struct GlyphShape: Sendable {
    /// A closed curve's point list; the last point joins the first.
    typealias Contour = [(x: Double, y: Double)]

    /// Curves are flattened, fine enough for 64 pixels to the em; y runs upwards from the baseline.
    var contours: [Contour]
    /// How far the next glyph stands.
    var advance: Double
}

/// A face of a font file. FreeType's objects serve one thread at a time: `MapFonts` sees to that.
final class Typeface {
    private let library: FT_Library
    private let face: FT_Face
    private let unitsPerEm: Double
    let name: String

    /// Opens the face of `family` in a file with one or several faces.
    ///
    /// - Parameter family: nil takes the first.
    /// - Returns: nil when the file cannot be read, has no such face, or one without outlines.
    init?(path: String, family: String?) {
        var madeLibrary: FT_Library?
        guard FT_Init_FreeType(&madeLibrary) == 0, let madeLibrary else { return nil }
        var found: FT_Face?
        var count = 1
        var index = 0
        while index < count, found == nil {
            var candidate: FT_Face?
            guard FT_New_Face(madeLibrary, path, index, &candidate) == 0, let candidate else { break }
            count = Int(candidate.pointee.num_faces)
            let name = candidate.pointee.family_name.map { String(cString: $0) }
            if family == nil || name == family { found = candidate } else { FT_Done_Face(candidate) }
            index += 1
        }
        guard let found else {
            FT_Done_FreeType(madeLibrary)
            return nil
        }
        library = madeLibrary
        face = found
        unitsPerEm = Double(found.pointee.units_per_EM)
        let parts = [found.pointee.family_name, found.pointee.style_name].compactMap { $0.map { String(cString: $0) } }
        name = parts.joined(separator: " ")
        // A font of bitmaps has no units: there is nothing to draw from.
        guard unitsPerEm > 0 else { return nil }
    }

    deinit {
        FT_Done_Face(face)
        FT_Done_FreeType(library)
    }

    /// The glyph of a character; nil when the face has none.
    func shape(of character: UInt32) -> GlyphShape? {
        let index = FT_Get_Char_Index(face, FT_ULong(character))
        guard index != 0, FT_Load_Glyph(face, index, FT_Int32(FT_LOAD_NO_SCALE)) == 0, let slot = face.pointee.glyph,
            slot.pointee.format == FT_GLYPH_FORMAT_OUTLINE
        else { return nil }
        var pen = OutlinePen(unitsPerEm: unitsPerEm)
        var functions = FT_Outline_Funcs(
            move_to: { to, pen in OutlinePen.with(pen) { $0.move(to) } },
            line_to: { to, pen in OutlinePen.with(pen) { $0.line(to) } },
            conic_to: { control, to, pen in OutlinePen.with(pen) { $0.conic(control, to) } },
            cubic_to: { first, second, to, pen in OutlinePen.with(pen) { $0.cubic(first, second, to) } },
            shift: 0, delta: 0)
        let failure = withUnsafeMutablePointer(to: &pen) { FT_Outline_Decompose(&slot.pointee.outline, &functions, $0) }
        guard failure == 0 else { return nil }
        pen.close()
        return GlyphShape(contours: pen.contours, advance: Double(slot.pointee.metrics.horiAdvance) / unitsPerEm)
    }
}

/// Takes an outline from FreeType, piece by piece, and flattens its curves.
private struct OutlinePen {
    let unitsPerEm: Double
    var contours: [GlyphShape.Contour] = []
    private var contour: GlyphShape.Contour = []

    init(unitsPerEm: Double) { self.unitsPerEm = unitsPerEm }

    static func with(_ context: UnsafeMutableRawPointer?, _ body: (inout OutlinePen) -> Void) -> Int32 {
        guard let pen = context?.assumingMemoryBound(to: OutlinePen.self) else { return 1 }
        body(&pen.pointee)
        return 0
    }

    private func point(_ vector: UnsafePointer<FT_Vector>?) -> (x: Double, y: Double) {
        guard let vector else { return contour.last ?? (0, 0) }
        return (Double(vector.pointee.x) / unitsPerEm, Double(vector.pointee.y) / unitsPerEm)
    }

    mutating func close() {
        if contour.count >= 3 { contours.append(contour) }
        contour = []
    }

    mutating func move(_ to: UnsafePointer<FT_Vector>?) {
        close()
        contour = [point(to)]
    }

    mutating func line(_ to: UnsafePointer<FT_Vector>?) { contour.append(point(to)) }

    /// Steps of a curve: its control polygon's length decides, so that a chord is within 1/2000 em of its arc.
    private func steps(_ points: [(x: Double, y: Double)]) -> Int {
        var length = 0.0
        for (a, b) in zip(points, points.dropFirst()) { length += ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot() }
        return min(max(Int((length * 160).squareRoot().rounded(.up)), 2), 24)
    }

    mutating func conic(_ control: UnsafePointer<FT_Vector>?, _ to: UnsafePointer<FT_Vector>?) {
        let (a, b, c) = (contour.last ?? (0, 0), point(control), point(to))
        let count = steps([a, b, c])
        for step in 1...count {
            let t = Double(step) / Double(count)
            let u = 1 - t
            contour.append((u * u * a.x + 2 * u * t * b.x + t * t * c.x, u * u * a.y + 2 * u * t * b.y + t * t * c.y))
        }
    }

    mutating func cubic(_ first: UnsafePointer<FT_Vector>?, _ second: UnsafePointer<FT_Vector>?, _ to: UnsafePointer<FT_Vector>?) {
        let (a, b, c, d) = (contour.last ?? (0, 0), point(first), point(second), point(to))
        let count = steps([a, b, c, d])
        for step in 1...count {
            let t = Double(step) / Double(count)
            let u = 1 - t
            let (wa, wb, wc, wd) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            contour.append((wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y))
        }
    }
}
