// StartPage.swift: what a person sees who opens the server in a browser: what runs here, whether the data are real, and links to try.
// No scripts, nothing from elsewhere.

import Atlas

enum StartPage {
    static let contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

    private struct Example {
        var path: String
        var about: String
    }

    private static let examples = [
        Example(path: "/v1/factories/near?lon=121.4737&lat=31.2304&radius=2000&limit=5", about: "who is within 2 km, nearest first"),
        Example(path: "/v1/factories/nearest?lon=116.3975&lat=39.9087&k=3", about: "the three nearest"),
        Example(path: "/v1/factories?bbox=113.9,22.5,114.1,22.6&limit=5", about: "a window"),
        Example(path: "/v1", about: "all addresses and parameters"),
        Example(path: "/tiles/blue.json", about: "TileJSON of the Blue Map"),
        Example(path: "/styles/blue.json", about: "a MapLibre style for it"),
        Example(path: "/tiles/supply-chain.json", about: "TileJSON of the Green Supply Chain map"),
        Example(path: "/metrics", about: "metrics for Prometheus"),
    ]

    static func html(_ loaded: LoadedSnapshot?) -> [UInt8] {
        var state = "<p>No snapshot is loaded yet.</p>"
        if let info = loaded?.atlas.info {
            let label =
                info.synthetic
                ? "<p class=\"note\">\(MapDescription.escapeHTML(info.label.isEmpty ? "SYNTHETIC DATA" : info.label))</p>" : ""
            state = """
                \(label)
                <p>\(info.factories) factories, \(info.records) records, \(info.brands) brands; statuses as of \
                \(MapDescription.escapeHTML(info.asOf)). Snapshot <code>\(loaded?.snapshot.identifier ?? "")</code>.</p>
                """
        }
        let list = examples.map { example in
            let path = MapDescription.escapeHTML(example.path)
            return "<li><a href=\"\(path)\"><code>\(path)</code></a> – \(example.about)</li>"
        }
        let page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>BlueAtlas</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a2733}
            code{font-size:.9em}.note{background:#fff3cd;border:1px solid #d9b64a;padding:.5rem .75rem}</style></head>
            <body><h1>BlueAtlas</h1>
            <p>Vector tiles and exact radius queries over factories and their environmental records.</p>
            \(state)
            <h2>Try</h2>
            <ul>
            \(list.joined(separator: "\n"))
            </ul>
            <p>Tiles: <code>/tiles/{map}/{z}/{x}/{y}.mvt</code> with <code>map</code> <code>blue</code> or <code>supply-chain</code>, for
            MapLibre, QGIS, GDAL and any other reader of Mapbox Vector Tiles.</p>
            </body></html>

            """
        return Array(page.utf8)
    }
}
