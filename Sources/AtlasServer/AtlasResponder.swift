// AtlasResponder.swift: every request passes here: limits, decoding, the address table, common headers, metrics, log. What an
// address does stands in the Responder+*.swift files.

import Atlas
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore
import NIOPosix
import Registry
import SpatialIndex

/// Answers requests. One for the server's life.
struct AtlasResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let holder: SnapshotHolder
    let store: RegistryStore?
    let cache: TileCache
    let pool: NIOThreadPool
    let metrics: PrometheusRegistry
    let options: ServerOptions
    private let cacheHits = Counter(label: "blueatlas_tile_cache_hits_total")
    private let cacheMisses = Counter(label: "blueatlas_tile_cache_misses_total")
    private let tileSeconds = Timer(label: "blueatlas_tile_build_seconds")

    init(holder: SnapshotHolder, store: RegistryStore?, pool: NIOThreadPool, metrics: PrometheusRegistry, options: ServerOptions) {
        self.holder = holder
        self.store = store
        self.pool = pool
        self.metrics = metrics
        self.options = options
        cache = TileCache(limit: options.cacheBytes)
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let target = request.head.path ?? "/"
        var route = "other"
        var response: Response
        do throws(Problem) {
            guard target.utf8.count <= options.maximumTargetBytes else {
                throw Problem(
                    .uriTooLong, title: "Address too long",
                    detail: "the address has \(target.utf8.count) bytes; at most \(options.maximumTargetBytes) are taken")
            }
            if request.method == .options {
                route = "preflight"
                response = preflight()
            } else {
                let decoded = try RequestTarget(target)
                response = try await dispatch(decoded, request, &route)
            }
        } catch {
            response = error.response(instance: target)
        }
        response.headers[.accessControlAllowOrigin] = "*"
        response.headers[.init("Access-Control-Expose-Headers")!] = "ETag, Content-Length"
        response.headers[.init("X-Content-Type-Options")!] = "nosniff"
        if request.method == .head {
            response = Response(status: response.status, headers: response.headers)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Counter(label: "blueatlas_http_requests_total", dimensions: [("route", route), ("status", String(response.status.code))])
            .increment()
        metrics.record("blueatlas_http_request_seconds", [("route", route)], seconds)
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "target": "\(target.prefix(200))", "status": "\(response.status.code)",
                "ms": "\((seconds * 100_000).rounded() / 100)",
            ])
        return response
    }

    private func dispatch(_ target: RequestTarget, _ request: Request, _ route: inout String) async throws(Problem) -> Response {
        let path = target.segments
        // The address decides first, then the method: a POST to nowhere is a 404.
        func get(_ name: String) throws(Problem) {
            route = name
            guard request.method == .get || request.method == .head else { throw .methodNotAllowed("GET, HEAD, OPTIONS") }
        }
        switch (path.count, path.first) {
        case (0, _):
            try get("start")
            return startPage(target, request)
        case (1, "healthz"):
            try get("healthz")
            return .bytes(Array("ok\n".utf8), type: "text/plain; charset=utf-8")
        case (1, "readyz"):
            try get("readyz")
            return ready()
        case (1, "metrics"):
            try get("metrics")
            return metricsText()
        case (2, "tiles"):
            try get("tilejson")
            return try tileJSON(path[1], target, request)
        case (5, "tiles"):
            try get("tiles")
            return try await tile(path, target, request)
        case (2, "styles"):
            try get("styles")
            return try style(path[1], target, request)
        case (2, "v1") where path[1] == "factories":
            try get("bbox")
            return try await bbox(target)
        case (3, "v1") where path[1] == "factories" && path[2] == "near":
            try get("near")
            return try await near(target)
        case (3, "v1") where path[1] == "factories" && path[2] == "nearest":
            try get("nearest")
            return try await nearest(target)
        case (3, "v1") where path[1] == "factories":
            try get("factory")
            return try await factory(path[2], target)
        default:
            throw .notFound(
                "there is nothing at this address; try /, /tiles/blue.json, /styles/blue.json, /v1/factories/near, /v1/factories/nearest, "
                    + "/v1/factories?bbox=, /v1/factories/{id}, /healthz, /readyz, /metrics")
        }
    }

    private func preflight() -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, OPTIONS", .accessControlAllowHeaders: "If-None-Match, Content-Type",
                .accessControlMaxAge: "86400", .allow: "GET, HEAD, OPTIONS",
            ])
    }

    private func ready() -> Response {
        let info = holder.current.info
        return .bytes(
            JSONValue.object([
                ("ready", .bool(true)), ("snapshot", .string(holder.current.identifier)), ("factories", .integer(info.factories)),
                ("as_of", .string(info.asOf)), ("synthetic", .bool(info.synthetic)), ("label", .string(info.label)),
            ]).bytes, type: "application/json")
    }

    private func metricsText() -> Response {
        let usage = cache.usage
        Meter(label: "blueatlas_tile_cache_bytes").set(usage.bytes)
        Meter(label: "blueatlas_tile_cache_tiles").set(usage.tiles)
        return .bytes(Array(metrics.text().utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    /// Runs blocking or long work off the event loops.
    func offLoop<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws(Problem) -> T {
        do {
            return try await pool.runIfActive(work)
        } catch let error as QueryError {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch let error as RegistryError {
            throw Problem(.serviceUnavailable, title: "Registry unavailable", detail: "\(error)")
        } catch {
            throw Problem(.serviceUnavailable, title: "Unavailable", detail: "the server is stopping or overloaded; try again")
        }
    }

    // MARK: Tiles

    private func tile(_ path: [String], _ target: RequestTarget, _ request: Request) async throws(Problem) -> Response {
        let map = try mapKind(path[1])
        let last = path[4]
        guard last.hasSuffix(".mvt") || last.hasSuffix(".pbf") else {
            throw .notFound("a tile's address ends in .mvt: /tiles/\(map.rawValue)/{z}/{x}/{y}.mvt")
        }
        guard let z = Int(path[2]), let x = Int(path[3]), let y = Int(last.dropLast(4)), (0...TileSchema.deepestZoom).contains(z),
            let id = TileID(z: z, x: x, y: y)
        else {
            throw .notFound(
                "tile \(path[2])/\(path[3])/\(last.dropLast(4)) lies outside the pyramid: z is 0 to \(TileSchema.deepestZoom), x and y are 0 to 2^z - 1"
            )
        }
        guard map != .carbon else { throw .notFound("this data set has no layers of the map 'carbon'") }
        let parameters = try Parameters(target, known: ["datum"])
        var datum = TileDatum.wgs84
        if let name = parameters.text("datum") {
            guard let known = TileDatum(rawValue: name.lowercased()) else {
                throw .badParameter("datum", name, "use \(TileDatum.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            datum = known
        }
        let snapshot = holder.current
        let filter = parameters.filter
        let key = TileKey(snapshot: snapshot.identifier, map: map, z: z, x: id.x, y: id.y, filter: filter.canonical, datum: datum)
        let tile: CachedTile
        if let known = cache.find(key) {
            cacheHits.increment()
            tile = known
        } else {
            cacheMisses.increment()
            let frame = datum
            do {
                tile = try await cache.tile(key) { [pool, tileSeconds] in
                    try await pool.runIfActive {
                        let start = ContinuousClock.now
                        let bytes = try snapshot.tile(map: map, id: id, filter: filter, datum: frame)
                        tileSeconds.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
                        return CachedTile(bytes)
                    }
                }
            } catch let error as QueryError {
                throw Problem(error)
            } catch {
                throw Problem(.serviceUnavailable, title: "Unavailable", detail: "the server is stopping or overloaded; try again")
            }
        }
        return answer(tile, request)
    }

    private func answer(_ tile: CachedTile, _ request: Request) -> Response {
        var headers: HTTPFields = [.cacheControl: "public, max-age=\(options.tileMaxAge), must-revalidate", .vary: "Accept-Encoding"]
        let packed = tile.gzip.flatMap { Gzip.isAccepted(request.headers[.acceptEncoding]) ? $0 : nil }
        headers[.eTag] = packed == nil ? tile.plainTag : tile.gzipTag
        if let known = request.headers[.ifNoneMatch], AtlasResponder.matches(known, [tile.plainTag, tile.gzipTag]) {
            return Response(status: .notModified, headers: headers)
        }
        if tile.isEmpty { return Response(status: .noContent, headers: headers) }
        headers[.contentType] = "application/vnd.mapbox-vector-tile"
        if packed != nil { headers[.contentEncoding] = "gzip" }
        let body = packed ?? tile.plain
        headers[.contentLength] = String(body.readableBytes)
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
    }

    /// If-None-Match compares weakly (RFC 9110, section 13.1.2).
    static func matches(_ header: String, _ tags: [String]) -> Bool {
        header.split(separator: ",").contains { part in
            var tag = part.drop { $0 == " " || $0 == "\t" }
            while tag.last == " " || tag.last == "\t" { tag.removeLast() }
            if tag == "*" { return true }
            if tag.hasPrefix("W/") { tag.removeFirst(2) }
            return tags.contains(String(tag))
        }
    }

    func mapKind(_ name: String) throws(Problem) -> MapKind {
        guard let map = MapKind(rawValue: name) else {
            throw .notFound(
                "there is no map '\(name.prefix(40))'; the maps are \(MapKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return map
    }

    /// Where clients reach this server.
    func baseURL(_ request: Request) -> String {
        var scheme = "http"
        var host = request.head.authority ?? "\(options.host):\(options.port)"
        if options.trustsProxy {
            if let forwarded = request.headers[.init("X-Forwarded-Proto")!], ["http", "https"].contains(forwarded) { scheme = forwarded }
            if let forwarded = request.headers[.init("X-Forwarded-Host")!] { host = forwarded }
        }
        // A host goes into JSON and HTML: letters, digits, dots, colons, brackets and hyphens only.
        let safe = host.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789.:[]-_".unicodeScalars.contains($0))
        }
        return "\(scheme)://\(safe ? host : "\(options.host):\(options.port)")"
    }
}

extension PrometheusRegistry {
    /// Seconds into a histogram.
    func record(_ label: String, _ dimensions: [(String, String)], _ seconds: Double) {
        makeRecorder(label: label, dimensions: dimensions, aggregate: true).record(seconds)
    }
}
