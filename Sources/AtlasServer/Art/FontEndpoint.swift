// FontEndpoint.swift: `GET /fonts/{fontstack}/{range}.pbf`: the letters that a style's labels are written with, for MapLibre and its kin.

import MapArt

struct FontEndpoint: Sendable {
    /// Nil where no font is installed.
    let fonts: MapFonts?
    let art: ArtCache

    private static let type = "application/x-protobuf"
    /// A font changes with the system's packages only.
    private static let cacheControl = "public, max-age=604800"

    /// - Parameter segments: `fonts`, the names of fonts with commas, `0-255.pbf`.
    /// - Throws: `Problem` 404 for a font or a range that there is not.
    func reply(_ segments: [String], coding: ContentCoding, ifNoneMatch: String?) async throws -> Reply {
        let stack = try FontEndpoint.stack(segments[1])
        let range = try FontEndpoint.range(segments[2])
        guard let fonts else {
            throw Problem(
                .notFound, kind: .notFound, detail: "no font is installed on this server; Debian has one in \(MapFonts.package)",
                parameter: "fontstack")
        }
        let gzip = art.gzip
        let key = "fonts/\(stack.map(\.rawValue).joined(separator: ","))/\(range.text)"
        let file = try await art.file(key) { ReadyFile(type: FontEndpoint.type, fonts.file(range, of: stack), gzip: gzip) }
        return file.reply(coding: coding, ifNoneMatch: ifNoneMatch, cacheControl: FontEndpoint.cacheControl)
    }

    private static func stack(_ text: String) throws(Problem) -> [FontName] {
        var stack: [FontName] = []
        for part in text.split(separator: ",", maxSplits: FontName.allCases.count, omittingEmptySubsequences: false) {
            guard let name = FontName(rawValue: String(part)) else {
                let names = FontName.allCases.map { "'\($0.rawValue)'" }.joined(separator: " and ")
                throw Problem(
                    .notFound, kind: .notFound, detail: "there is no font '\(Problem.excerpt(String(part)))'; there are \(names)",
                    parameter: "fontstack")
            }
            if !stack.contains(name) { stack.append(name) }
        }
        return stack
    }

    private static func range(_ text: String) throws(Problem) -> GlyphRange {
        guard text.hasSuffix(".pbf"), let range = GlyphRange(String(text.dropLast(4))) else {
            throw Problem(
                .notFound, kind: .notFound,
                detail: "there is no range '\(Problem.excerpt(text))'; ranges are 0-255.pbf, 256-511.pbf … 65280-65535.pbf",
                parameter: "range")
        }
        return range
    }
}
