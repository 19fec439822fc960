// SpriteEndpoint.swift: `GET /sprites/{map}.json` and `.png`, and both with `@2x`: the icons of a map's style: a sign for each status, and on the supply
// chain map a sign for each brand.

import Atlas
import MapArt
import Registry

struct SpriteEndpoint: Sendable {
    let snapshots: SnapshotHolder
    let fonts: MapFonts?
    let art: ArtCache

    /// What a file's name asks for.
    private struct Wanted {
        var map: MapKind
        var scale: Int
        var isPicture: Bool

        /// - Throws: `Problem` 404 that names `map` or `file`.
        init(_ file: String) throws(Problem) {
            let parts = file.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1] == "json" || parts[1] == "png" else {
                throw Problem(
                    .notFound, kind: .notFound,
                    detail: "there is no sprite '\(Problem.excerpt(file))'; there are /sprites/{map}.json, .png, @2x.json, @2x.png",
                    parameter: "file")
            }
            isPicture = parts[1] == "png"
            scale = parts[0].hasSuffix("@2x") ? 2 : 1
            map = try MapKind.parse(String(scale == 2 ? parts[0].dropLast(3) : parts[0]))
            guard map == .blue || map == .supplyChain else {
                throw Problem(
                    .notFound, kind: .notFound, detail: "the map '\(map.rawValue)' has no icons, so it has no sprite", parameter: "map")
            }
        }
    }

    /// - Parameter parameters: `v`, the version in a style's address; with it an answer may be kept for long.
    func reply(
        _ file: String, _ parameters: [(name: String, value: String)], coding: ContentCoding, ifNoneMatch: String?
    ) async throws -> Reply {
        let wanted = try Wanted(file)
        let asked = try QueryParameters(parameters, known: ["v"]).text("v")
        let loaded = try snapshots.required()
        let brands = wanted.map == .supplyChain ? try await art.run { try BrandSigns(loaded) } : nil
        let version = brands?.version ?? SpriteIcons.signVersion
        let (fonts, gzip) = (fonts, art.gzip)
        let drawn = try await art.file("sprites/\(wanted.map.rawValue)/\(version)/\(wanted.scale)/\(wanted.isPicture)") {
            let sheet = SpriteSheet(try SpriteIcons.all(brands))
            if wanted.isPicture { return ReadyFile(type: "image/png", sheet.png(scale: wanted.scale, fonts: fonts), gzip: gzip) }
            return ReadyFile(type: "application/json", SpriteEndpoint.table(sheet, scale: wanted.scale), gzip: gzip)
        }
        return drawn.reply(
            coding: coding, ifNoneMatch: ifNoneMatch, cacheControl: asked == version ? "public, max-age=604800" : "no-cache")
    }

    private static func table(_ sheet: SpriteSheet, scale: Int) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for entry in sheet.entries(scale: scale) {
                json.object(entry.name) { json in
                    json.field("x", entry.x)
                    json.field("y", entry.y)
                    json.field("width", entry.width)
                    json.field("height", entry.height)
                    json.field("pixelRatio", scale)
                }
            }
        }
        return json.bytes
    }
}
