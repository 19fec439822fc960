// Responder+Description.swift: what a map client reads before its first tile: TileJSON and a style that works as it is; and the start
// page for a person.

import Atlas
import Foundation
import HTTPTypes
import Hummingbird
import VectorTile

extension AtlasResponder {
    /// Colours of the statuses, distinct for colour-blind eyes (after Okabe and Ito, "Color Universal Design", 2008).
    static let colours: [(status: String, colour: String)] = [
        ("violating", "#d55e00"), ("unresolved", "#e69f00"), ("explained", "#f0e442"), ("corrected", "#0072b2"), ("clean", "#009e73"),
        ("unknown", "#8a8a8a"),
    ]

    private func attribution(_ snapshot: Snapshot) -> String {
        snapshot.info.synthetic
            ? "BlueAtlas · \(snapshot.info.label)" : "BlueAtlas" + (snapshot.info.label.isEmpty ? "" : " · \(snapshot.info.label)")
    }

    func tileJSON(_ name: String, _ target: RequestTarget, _ request: Request) throws(Problem) -> Response {
        guard name.hasSuffix(".json") else { throw .notFound("TileJSON stands at /tiles/{map}.json") }
        let map = try mapKind(String(name.dropLast(5)))
        guard map != .carbon else { throw .notFound("this data set has no layers of the map 'carbon'") }
        let parameters = try Parameters(target, known: ["datum"])
        let snapshot = holder.current
        let bounds = snapshot.info.bounds
        let limit = 85.0511
        let box = [bounds.west, max(bounds.south, -limit), bounds.east, min(bounds.north, limit)]
        // The same filter and datum for the tiles as for their description.
        let query =
            target.parameters.isEmpty ? "" : "?" + target.parameters.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
        if let datum = parameters.text("datum"), TileDatum(rawValue: datum) == nil {
            throw .badParameter("datum", datum, "use \(TileDatum.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let layers = TileSchema.fields(of: map).map { layer in
            TileJSON.VectorLayer(
                id: layer.layer, fields: Dictionary(uniqueKeysWithValues: layer.fields), description: layer.description,
                minzoom: layer.minZoom,
                maxzoom: TileSchema.recommendedMaximumZoom)
        }
        var description = TileJSON(
            tiles: ["\(baseURL(request))/tiles/\(map.rawValue)/{z}/{x}/{y}.mvt\(query)"], vectorLayers: layers)
        description.name = "BlueAtlas \(map.rawValue)"
        description.description = snapshot.info.label
        description.attribution = attribution(snapshot)
        description.minzoom = TileSchema.minimumZoom
        description.maxzoom = TileSchema.recommendedMaximumZoom
        description.bounds = box
        description.center = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 4]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(description) else {
            throw Problem(.internalServerError, title: "Error", detail: "cannot encode TileJSON")
        }
        return described(Array(data))
    }

    func style(_ name: String, _ target: RequestTarget, _ request: Request) throws(Problem) -> Response {
        guard name.hasSuffix(".json") else { throw .notFound("a style stands at /styles/{map}.json") }
        let map = try mapKind(String(name.dropLast(5)))
        guard map != .carbon else { throw .notFound("this data set has no layers of the map 'carbon'") }
        _ = try Parameters(target, known: [], filters: false)
        let snapshot = holder.current
        var match: [JSONValue] = [.string("match"), .array([.string("get"), .string("status")])]
        for (status, colour) in Self.colours.dropLast() { match += [.string(status), .string(colour)] }
        match.append(.string(Self.colours.last?.colour ?? "#8a8a8a"))
        var worst = match
        worst[1] = .array([.string("get"), .string("worst_status")])
        let radius: JSONValue = .array(
            [.string("interpolate"), .array([.string("linear")]), .array([.string("log10"), .array([.string("get"), .string("count")])])]
                + [0.3, 4, 2, 9, 4, 16, 6, 24].map { .number($0) })
        func circle(_ id: String, _ layer: String, _ paint: [(String, JSONValue)]) -> JSONValue {
            .object([
                ("id", .string(id)), ("type", .string("circle")), ("source", .string("blueatlas")), ("source-layer", .string(layer)),
                ("paint", .object(paint)),
            ])
        }
        let outline: [(String, JSONValue)] = [("circle-stroke-width", .number(1)), ("circle-stroke-color", .string("#ffffff"))]
        let style = JSONValue.object([
            ("version", .integer(8)), ("name", .string("BlueAtlas \(map.rawValue)")),
            ("center", .array([.number(108), .number(34)])), ("zoom", .number(3.5)),
            (
                "metadata",
                .object([
                    ("synthetic", .bool(snapshot.info.synthetic)), ("label", .string(snapshot.info.label)),
                    ("legend", .array(Self.colours.map { .object([("status", .string($0.status)), ("colour", .string($0.colour))]) })),
                ])
            ),
            (
                "sources",
                .object([
                    (
                        "blueatlas",
                        .object([
                            ("type", .string("vector")), ("url", .string("\(baseURL(request))/tiles/\(map.rawValue).json")),
                            ("attribution", .string(attribution(snapshot))),
                        ])
                    )
                ])
            ),
            (
                "layers",
                .array([
                    .object([
                        ("id", .string("background")), ("type", .string("background")),
                        ("paint", .object([("background-color", .string("#eef2f5"))])),
                    ]),
                    circle(
                        "clusters", TileSchema.clusterLayer,
                        [("circle-radius", radius), ("circle-color", .array(worst)), ("circle-opacity", .number(0.75))] + outline),
                    circle(
                        "factories", TileSchema.factoryLayer, [("circle-radius", .number(5)), ("circle-color", .array(match))] + outline),
                ])
            ),
        ])
        return described(style.bytes)
    }

    private func described(_ bytes: [UInt8]) -> Response {
        var response = Response.bytes(bytes, type: "application/json")
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    /// Percent-encodes what may not stand in a query.
    private static func escaped(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let scalar = UnicodeScalar(byte)
            let plain =
                byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "-_.,~".unicodeScalars.contains(scalar))
            return plain ? String(scalar) : "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
        }.joined()
    }

    /// Links to try; the maps themselves are for map clients.
    func startPage(_ target: RequestTarget, _ request: Request) -> Response {
        let snapshot = holder.current
        func html(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
        }
        let links = [
            ("/v1/factories/near?lon=121.4737&lat=31.2304&radius=2000&limit=5", "factories within 2 km of People's Square, Shanghai"),
            ("/v1/factories/nearest?lon=116.4074&lat=39.9042&k=3", "the three nearest to the centre of Beijing"),
            ("/v1/factories?bbox=113.2,22.5,114.5,23.5&status=violating&limit=10", "in violation in the Pearl River delta"),
            ("/tiles/blue.json", "TileJSON of the Blue Map"), ("/styles/blue.json", "a MapLibre style of it"),
            ("/tiles/supply-chain.json", "TileJSON of the Green Supply Chain map"), ("/readyz", "what is being served"),
            ("/metrics", "metrics"),
        ]
        let list = links.map { "<li><a href=\"\(html($0.0))\"><code>\(html($0.0))</code></a><br>\(html($0.1))</li>" }.joined(
            separator: "\n")
        let banner = snapshot.info.synthetic ? "<p class=\"label\" role=\"note\">\(html(snapshot.info.label))</p>" : ""
        let page = """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>BlueAtlas</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733 }
            code { background: #eef2f5; padding: .1em .3em; border-radius: 3px; overflow-wrap: anywhere }
            .label { background: #fff3d6; border-left: 4px solid #e69f00; padding: .5rem 1rem }
            li { margin: .6rem 0 }
            </style>
            <h1>BlueAtlas</h1>
            <p>Vector tiles and exact radius queries over \(snapshot.info.factories) factories and \(snapshot.info.records) records,
            statuses as of \(html(snapshot.info.asOf)).</p>
            \(banner)
            <h2>Try</h2>
            <ul>
            \(list)
            </ul>
            </html>
            """
        return .bytes(Array(page.utf8), type: "text/html; charset=utf-8")
    }
}
