// Canvas.swift: a picture in memory that Cairo draws on, and that comes out as PNG. Lengths are in points; a canvas for a screen of two
// pixels to the point has a scale of 2.

import CCairo
import Foundation

/// A colour with components from 0 to 1.
public struct Colour: Hashable, Sendable {
    public var red: Double
    public var green: Double
    public var blue: Double
    public var alpha = 1.0

    static let white = Colour(red: 1, green: 1, blue: 1)

    public init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// From `#rrggbb`; nil for anything else.
    public init?(hex: String) {
        guard hex.utf8.count == 7, hex.hasPrefix("#"), let value = UInt32(hex.dropFirst(), radix: 16) else { return nil }
        self.init(red: Double(value >> 16) / 255, green: Double(value >> 8 & 0xFF) / 255, blue: Double(value & 0xFF) / 255)
    }

    /// Relative luminance (WCAG 2.2), 0 to 1.
    var luminance: Double {
        func linear(_ value: Double) -> Double {
            value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

/// A picture under construction. For one thread at a time.
final class Canvas {
    let width: Int
    let height: Int
    let surface: OpaquePointer
    let context: OpaquePointer

    /// A transparent canvas.
    ///
    /// - Parameters:
    ///   - width: in pixels, 1 to 16,384; so is `height`.
    ///   - scale: pixels to the point.
    /// - Returns: nil when there is no memory for it.
    init?(width: Int, height: Int, scale: Double = 1) {
        guard (1...16_384).contains(width), (1...16_384).contains(height),
            let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(width), Int32(height))
        else { return nil }
        guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let context = cairo_create(surface) else {
            cairo_surface_destroy(surface)
            return nil
        }
        self.width = width
        self.height = height
        self.surface = surface
        self.context = context
        cairo_scale(context, scale, scale)
    }

    /// A canvas over a picture that Cairo has made; takes it over.
    init?(takingOver surface: OpaquePointer) {
        let size = (cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface))
        guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, size.0 > 0, size.1 > 0, let context = cairo_create(surface) else {
            cairo_surface_destroy(surface)
            return nil
        }
        width = Int(size.0)
        height = Int(size.1)
        self.surface = surface
        self.context = context
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    // MARK: Drawing

    func setColour(_ colour: Colour) { cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.alpha) }

    func fill() { cairo_fill(context) }

    func circle(x: Double, y: Double, radius: Double) {
        cairo_new_sub_path(context)
        cairo_arc(context, x, y, radius, 0, 2 * .pi)
    }

    func polygon(_ points: [(x: Double, y: Double)]) {
        for (index, point) in points.enumerated() {
            if index == 0 { cairo_move_to(context, point.x, point.y) } else { cairo_line_to(context, point.x, point.y) }
        }
        cairo_close_path(context)
    }

    /// Fills what was drawn and strokes its edge with another colour.
    func fill(_ colour: Colour, edge: Colour, edgeWidth: Double) {
        setColour(edge)
        cairo_set_line_width(context, edgeWidth * 2)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        cairo_stroke_preserve(context)
        setColour(colour)
        cairo_fill(context)
    }

    /// Letters with their baseline at a point, centred on it.
    func letters(_ shapes: [GlyphShape], size: Double, centreX: Double, baseline: Double) {
        var pen = centreX - shapes.reduce(0) { $0 + $1.advance } * size / 2
        for shape in shapes {
            for contour in shape.contours { polygon(contour.map { (pen + $0.x * size, baseline - $0.y * size) }) }
            pen += shape.advance * size
        }
        cairo_set_fill_rule(context, CAIRO_FILL_RULE_WINDING)
        cairo_fill(context)
    }

    /// Another picture, scaled into a box; smooth when it is made smaller.
    func draw(_ picture: Canvas, x: Double, y: Double, width: Double, height: Double) {
        cairo_save(context)
        cairo_translate(context, x, y)
        cairo_scale(context, width / Double(picture.width), height / Double(picture.height))
        cairo_set_source_surface(context, picture.surface, 0, 0)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_BEST)
        // Without this the rim fades into nothing.
        cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
        cairo_rectangle(context, 0, 0, Double(picture.width), Double(picture.height))
        cairo_fill(context)
        cairo_restore(context)
    }

    // MARK: PNG

    /// The picture as PNG. Cost: about 0.1 s for two million pixels.
    func png() -> [UInt8] {
        var bytes: [UInt8] = []
        let status = withUnsafeMutablePointer(to: &bytes) { bytes in
            cairo_surface_write_to_png_stream(
                surface,
                { target, data, count in
                    guard let data else { return CAIRO_STATUS_WRITE_ERROR }
                    target?.assumingMemoryBound(to: [UInt8].self).pointee.append(
                        contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
                    return CAIRO_STATUS_SUCCESS
                }, bytes)
        }
        return status == CAIRO_STATUS_SUCCESS ? bytes : []
    }

    /// Decodes a PNG whose size was checked before; nil for a damaged one.
    static func decode(png bytes: [UInt8]) -> Canvas? {
        var rest = bytes[...]
        let surface = withUnsafeMutablePointer(to: &rest) { rest in
            cairo_image_surface_create_from_png_stream(
                { source, data, count in
                    guard let source = source?.assumingMemoryBound(to: ArraySlice<UInt8>.self), let data,
                        source.pointee.count >= Int(count)
                    else { return CAIRO_STATUS_READ_ERROR }
                    _ = UnsafeMutableBufferPointer(start: data, count: Int(count)).update(fromContentsOf: source.pointee.prefix(Int(count)))
                    source.pointee.removeFirst(Int(count))
                    return CAIRO_STATUS_SUCCESS
                }, rest)
        }
        return surface.flatMap { Canvas(takingOver: $0) }
    }
}
