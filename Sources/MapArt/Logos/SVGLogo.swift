// SVGLogo.swift: an SVG on its way to being a picture. What a logo needs is taken: shapes, gradients, clips, text, styles. All else is refused by
// name before anything is drawn: scripts, handlers, references to elsewhere, pictures inside, foreign objects, filters, document types
// (and with them entities). librsvg draws what is left; the SVG itself is kept nowhere.

import CCairo
import Foundation
import FoundationXML

struct SVGLogo {
    private let bytes: [UInt8]

    /// - Throws: `LogoError.svg` with the first thing that is wrong, and its line.
    init(_ bytes: [UInt8]) throws(LogoError) {
        // Entities need a document type; without one, the largest document is as large as its file.
        let text = String(validating: bytes, as: UTF8.self)
        guard let text else { throw .svg("is not UTF-8") }
        // In another encoding the bytes could mean something else than what is looked at here.
        if let declaration = text.firstMatch(of: /^\u{FEFF}?\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']/),
            !["utf-8", "us-ascii"].contains(declaration.output.1.lowercased())
        {
            throw .svg("says that its encoding is \(declaration.output.1.prefix(40)); save it as UTF-8")
        }
        guard text.range(of: "<!DOCTYPE", options: .caseInsensitive) == nil, text.range(of: "<!ENTITY", options: .caseInsensitive) == nil
        else { throw .svg("has a document type, which a logo may not have; remove the line <!DOCTYPE …>") }
        let check = SVGCheck()
        let parser = XMLParser(data: Data(bytes))
        parser.shouldProcessNamespaces = true
        parser.shouldResolveExternalEntities = false
        parser.delegate = check
        let parsed = parser.parse()
        if let problem = check.problem { throw .svg(problem) }
        // The parser says of some errors only that there was one.
        guard parsed, parser.parserError == nil else {
            throw .svg("is not well-formed XML, in line \(parser.lineNumber)")
        }
        guard check.elements > 0 else { throw .notAnImage("no image") }
        self.bytes = bytes
    }

    /// The picture, its longer side so many pixels.
    func drawn(side: Int) throws(LogoError) -> Canvas {
        var error: UnsafeMutablePointer<GError>?
        let handle = bytes.withUnsafeBufferPointer { rsvg_handle_new_from_data($0.baseAddress, gsize($0.count), &error) }
        guard let handle else {
            defer { g_clear_error(&error) }
            throw .svg("cannot be read: \(SVGLogo.words(error))")
        }
        defer { g_object_unref(handle) }
        let (width, height) = try SVGLogo.size(of: handle)
        let scale = Double(side) / max(width, height)
        let pixels = (max(Int((width * scale).rounded()), 1), max(Int((height * scale).rounded()), 1))
        guard let canvas = Canvas(width: pixels.0, height: pixels.1) else { throw .svg("cannot be drawn: there is no memory for it") }
        var viewport = RsvgRectangle(x: 0, y: 0, width: Double(pixels.0), height: Double(pixels.1))
        guard rsvg_handle_render_document(handle, canvas.context, &viewport, &error) != 0 else {
            defer { g_clear_error(&error) }
            throw .svg("cannot be drawn: \(SVGLogo.words(error))")
        }
        return canvas
    }

    private static func words(_ error: UnsafeMutablePointer<GError>?) -> String {
        guard let message = error?.pointee.message else { return "no reason is given" }
        return String(String(cString: message).prefix(120))
    }

    /// The proportions that the SVG says it has: by width and height, else by its viewBox.
    private static func size(of handle: UnsafeMutablePointer<RsvgHandle>) throws(LogoError) -> (Double, Double) {
        var (width, height) = (0.0, 0.0)
        if rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height) == 0 {
            var (hasWidth, hasHeight, hasBox): (gboolean, gboolean, gboolean) = (0, 0, 0)
            var (length1, length2) = (RsvgLength(), RsvgLength())
            var box = RsvgRectangle()
            rsvg_handle_get_intrinsic_dimensions(handle, &hasWidth, &length1, &hasHeight, &length2, &hasBox, &box)
            if hasBox != 0 { (width, height) = (box.width, box.height) }
        }
        guard width.isFinite, height.isFinite, width > 0, height > 0 else {
            throw .svg("says nothing of its size; give it a viewBox, or width and height")
        }
        guard max(width, height) <= 100_000, max(width, height) / min(width, height) <= 32 else {
            throw .svg("is \(width) by \(height); a logo is at most 100000 a side and at most 32 times as long as it is wide")
        }
        return (width, height)
    }
}

/// Walks through an SVG and stops at the first thing that a logo may not have.
private final class SVGCheck: NSObject, XMLParserDelegate {
    private(set) var problem: String?
    private(set) var elements = 0
    private var depth = 0
    private var uses = 0
    private var styleText: String?

    private static let svgNamespace = "http://www.w3.org/2000/svg"
    /// What draws, and what describes.
    private static let allowed: Set<String> = [
        "svg", "g", "defs", "symbol", "use", "title", "desc", "metadata", "style", "path", "rect", "circle", "ellipse", "line", "polyline",
        "polygon", "text", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "switch", "view",
    ]
    /// Refused in any namespace.
    private static let refused: Set<String> = [
        "script", "foreignobject", "iframe", "image", "feimage", "embed", "object", "audio", "video", "a", "html", "link",
    ]
    private static let mostElements = 20_000
    private static let mostUses = 16
    private static let deepest = 64

    private func refuse(_ reason: String, _ parser: XMLParser) {
        guard problem == nil else { return }
        problem = reason + " (line \(parser.lineNumber))"
        parser.abortParsing()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        elements += 1
        depth += 1
        let shown = String(name.prefix(40))
        if elements == 1, name != "svg" { return refuse("is XML, but no SVG: it begins with <\(shown)>", parser) }
        if elements > SVGCheck.mostElements { return refuse("has over \(SVGCheck.mostElements) elements; simplify it", parser) }
        if depth > SVGCheck.deepest { return refuse("is nested over \(SVGCheck.deepest) levels deep", parser) }
        let isSVG = namespaceURI == nil || namespaceURI == "" || namespaceURI == SVGCheck.svgNamespace
        // Elements of drawing programs' own are not drawn by anyone else; they may stay, unless they are what is never taken.
        if SVGCheck.refused.contains(name.lowercased()) || (isSVG && !SVGCheck.allowed.contains(name)) {
            return refuse("holds <\(shown)>, which a logo may not have", parser)
        }
        if name == "use" {
            uses += 1
            if uses > SVGCheck.mostUses { return refuse("has over \(SVGCheck.mostUses) <use>; draw the shapes themselves", parser) }
        }
        if name == "style" { styleText = "" }
        for (key, value) in attributes {
            let local = (key.split(separator: ":").last.map(String.init) ?? key).lowercased()
            if local.hasPrefix("on") { return refuse("has the handler '\(key.prefix(40))', which a logo may not have", parser) }
            if local == "href" || local == "src", !value.trimmingCharacters(in: .whitespaces).hasPrefix("#") {
                return refuse("refers to '\(value.prefix(40))'; a logo may refer to its own parts only (#name)", parser)
            }
            if let part = SVGCheck.outside(value) { return refuse("refers to '\(part)'; a logo may refer to its own parts only", parser) }
        }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        depth -= 1
        guard name == "style", let text = styleText else { return }
        styleText = nil
        if text.contains("@") || text.contains("\\") {
            return refuse("has a style sheet with '@' or '\\', which a logo may not have", parser)
        }
        if let part = SVGCheck.outside(text) { refuse("refers to '\(part)' in its style sheet", parser) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { styleText? += string }

    func parser(_ parser: XMLParser, foundCDATA block: Data) { styleText? += String(decoding: block, as: UTF8.self) }

    func parser(_ parser: XMLParser, foundProcessingInstructionWithTarget target: String, data: String?) {
        refuse("has the processing instruction '\(target.prefix(40))', which a logo may not have", parser)
    }

    /// The first reference to anything but a part of the SVG itself, in a value of CSS.
    private static func outside(_ value: String) -> String? {
        let lowered = value.lowercased()
        if lowered.contains("javascript:") { return "javascript:" }
        var rest = lowered[...]
        while let found = rest.range(of: "url(") {
            rest = rest[found.upperBound...]
            let target = rest.drop { $0 == " " || $0 == "'" || $0 == "\"" || $0 == "\n" || $0 == "\t" }
            if !target.hasPrefix("#") { return "url(" + target.prefix(40) }
        }
        return nil
    }
}
