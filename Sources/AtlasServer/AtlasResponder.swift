// AtlasResponder.swift: from a request to an answer: find the route, check the method, ask the endpoint, turn errors into problems, then
// count and log. Every request goes through here but those for cached or small tiles, which the connection answers itself (FrontDoor).

import Atlas
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Registry

struct AtlasResponder: HTTPResponder {
    typealias Context = AtlasRequestContext

    let configuration: AtlasServerConfiguration
    let snapshots: SnapshotHolder
    let tiles: TileService
    let factories: FactoryEndpoints
    let search: SearchEndpoint
    let places: PlaceEndpoints
    let carbon: CarbonEndpoints
    let page: PageFiles
    let art: ArtEndpoints
    let gzip: Gzip
    let workers: WorkPool
    let metrics: ServerMetrics
    /// The live registry; nil when the server only reads.
    let live: LiveServices?
    private let liveRoutes = LiveRouteTable.all

    init(
        configuration: AtlasServerConfiguration, snapshots: SnapshotHolder, tiles: TileService, factories: FactoryEndpoints,
        search: SearchEndpoint, places: PlaceEndpoints, carbon: CarbonEndpoints, page: PageFiles, art: ArtEndpoints, gzip: Gzip,
        workers: WorkPool,
        metrics: ServerMetrics, live: LiveServices?
    ) {
        self.configuration = configuration
        self.snapshots = snapshots
        self.tiles = tiles
        self.factories = factories
        self.search = search
        self.places = places
        self.carbon = carbon
        self.page = page
        self.art = art
        self.gzip = gzip
        self.workers = workers
        self.metrics = metrics
        self.live = live
    }

    @Sendable func respond(to request: Request, context: Context) async throws -> Response {
        let start = NIODeadline.now()
        let id = requestID(request, context)
        var route = Route.unknown
        var liveRoute: LiveRoute?
        var failure: (any Error)?
        var reply: Reply
        do {
            reply = try await answer(request, context, id: id, route: &route, liveRoute: &liveRoute)
        } catch let problem as Problem {
            reply = self.reply(to: request, problem: problem, requestID: id)
        } catch let error as QueryError {
            reply = self.reply(to: request, problem: Problem(error), requestID: id)
        } catch let refusal as WriteRefusal {
            reply = self.reply(to: request, problem: Problem(refusal), requestID: id)
        } catch let error as GroupWriter.Stopped {
            reply = self.reply(to: request, problem: LiveProblem.problem(error), requestID: id)
        } catch let error as RegistryError where liveRoute != nil {
            failure = error
            reply = self.reply(to: request, problem: LiveProblem.problem(error), requestID: id)
        } catch let error as RegistryError {
            failure = error
            var problem = Problem(
                .serviceUnavailable, kind: .registryUnavailable, detail: "the details of factories cannot be read now; try again later")
            problem.headers[.retryAfter] = "10"
            reply = self.reply(to: request, problem: problem, requestID: id)
        } catch let error as HTTPParserError {
            // The route was reading a body that is no HTTP, or that broke off.
            reply = self.reply(to: request, problem: Refusal(ofBody: error).problem, requestID: id)
        } catch {
            failure = error
            let problem = Problem(.internalServerError, kind: .internalError, detail: "the error was logged under this request_id")
            reply = self.reply(to: request, problem: problem, requestID: id)
        }
        if request.headers[.xRequestID] != nil || reply.status.code >= 400 { reply.headers[.xRequestID] = id }
        // Documents have policies of their own; anything else is data, and a browser that shows it loads nothing for it.
        if reply.headers[.contentSecurityPolicy] == nil, reply.headers[.contentType]?.contains("json") ?? false {
            reply.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if configuration.tls != nil { reply.headers[.strictTransportSecurity] = "max-age=31536000" }
        let response = reply.response(isHead: request.method == .head)
        let nanoseconds = (NIODeadline.now() - start).nanoseconds
        let sent = request.method == .head ? 0 : reply.body.readableBytes
        metrics.request(liveRoute?.metricsLabel ?? route.rawValue, status: reply.status.code, nanoseconds: nanoseconds, bodyBytes: sent)
        log(
            request, context, id: id, route: liveRoute?.pattern ?? route.rawValue, status: reply.status.code, bytes: sent,
            nanoseconds: nanoseconds, failure: failure)
        return response
    }

    // MARK: Routes

    private func answer(
        _ request: Request, _ context: Context, id: String, route: inout Route, liveRoute: inout LiveRoute?
    ) async throws -> Reply {
        let text = request.head.path ?? "/"
        if request.method == .options, text == "*" { return Reply(.noContent, headers: CORS.options(isPreflight: false)) }
        let target = try RequestTarget(text)
        route = Route(segments: target.segments)
        let found = live == nil ? [] : liveRoutes.matches(target.segments)
        guard route != .unknown || !found.isEmpty else { throw unknownPath(target) }
        let methods = AtlasResponder.methods(of: route, and: found.map(\.route))
        if request.method == .options {
            let isPreflight = request.headers[.origin] != nil && request.headers[.accessControlRequestMethod] != nil
            return Reply(.noContent, headers: CORS.options(isPreflight: isPreflight, methods: methods))
        }
        let method = request.method == .head ? .get : request.method
        if let live, let (matched, values) = found.first(where: { $0.route.method == method }) {
            liveRoute = matched
            var reply = try await answer(request, context, matched, values, target, services: live, requestID: id)
            if reply.stream == nil { reply.compress(for: ContentCoding.preferred(request.headers[.acceptEncoding]), with: gzip) }
            return reply
        }
        guard method == .get, route != .unknown else { throw Problem.notAllowed(String(request.method.rawValue.prefix(32)), use: methods) }
        let base = try BaseAddress.of(request.head, trustsProxy: configuration.trustsProxy, isTLS: configuration.tls != nil)
        let coding = ContentCoding.preferred(request.headers[.acceptEncoding])
        switch route {
        case .tile: return try await tile(request, target, coding)
        case .font:
            try refuseParameters(target)
            return try await art.fonts.reply(target.segments, coding: coding, ifNoneMatch: request.headers[.ifNoneMatch])
        case .sprite:
            return try await art.sprites.reply(
                target.segments[1], target.parameters, coding: coding, ifNoneMatch: request.headers[.ifNoneMatch])
        case .brandLogo:
            try refuseParameters(target)
            return try await art.brands.logo(id: target.segments[2], coding: coding, ifNoneMatch: request.headers[.ifNoneMatch])
        case .asset, .start:
            // State of the page may stand in the query; it is the page's business, not ours.
            let name = route == .start ? PageFiles.index : target.segments[1]
            if let reply = page.reply(name, coding: coding, ifNoneMatch: request.headers[.ifNoneMatch]) { return reply }
            guard route == .start else { throw unknownPath(target) }
        case .health:
            try refuseParameters(target)
            return .json(Array(#"{"status":"ok"}"#.utf8))
        case .ready:
            try refuseParameters(target)
            let snapshot = try snapshots.required().snapshot
            return .json(Array(#"{"status":"ready","snapshot":"\#(snapshot.identifier)"}"#.utf8))
        default: break
        }
        // The rest makes text of any length: on the work pool, compression included.
        let gzip = gzip
        let currentRoute = route
        return try await workers.run { [self] in
            var reply = try document(currentRoute, target, path: text, base: base)
            reply.compress(for: coding, with: gzip)
            return reply
        }
    }

    /// The methods of a path, for the Allow header.
    private static func methods(of route: Route, and live: [LiveRoute]) -> String {
        var methods = route == .unknown ? [] : ["GET", "HEAD"]
        for route in live where !methods.contains(route.method.rawValue) {
            methods.append(route.method.rawValue)
            if route.method == .get { methods.append("HEAD") }
        }
        return (methods + ["OPTIONS"]).joined(separator: ", ")
    }

    private func document(_ route: Route, _ target: RequestTarget, path: String, base: String?) throws -> Reply {
        let call = FactoryEndpoints.Call(
            path: route.rawValue, parameters: target.parameters, base: base ?? "")
        switch route {
        case .start:
            try refuseParameters(target)
            var reply = Reply(type: "text/html; charset=utf-8", StartPage.html(snapshots.current))
            reply.headers[.contentSecurityPolicy] = StartPage.contentSecurityPolicy
            return reply
        case .service:
            try refuseParameters(target)
            return .json(ServiceDescription.json(base: base ?? "", configuration: configuration, loaded: snapshots.current))
        case .metrics:
            try refuseParameters(target)
            return Reply(type: "text/plain; version=0.0.4; charset=utf-8", Array(metrics.registry.export().utf8))
        case .tileJSON:
            let description = try MapDescription(name: target.segments[1], parameters: target.parameters)
            return .json(try description.tileJSON(base: absolute(base), atlas: atlas(for: description)))
        case .style:
            let description = try MapDescription(name: target.segments[1], parameters: target.parameters, isStyle: true)
            let pictures = try MapStyle.Art(fonts: art.fonts.fonts, map: description.map, loaded: snapshots.required())
            return .json(MapStyle.json(description, base: try absolute(base), atlas: try atlas(for: description), art: pictures))
        case .near: return .json(try factories.near(call), type: FactoryJSON.type)
        case .nearest: return .json(try factories.nearest(call), type: FactoryJSON.type)
        case .window: return .json(try factories.window(call), type: FactoryJSON.type)
        case .search: return .json(try search.search(target.parameters))
        case .brands: return .json(try art.brands.list(call))
        case .brand:
            let id = target.segments[2]
            let own = FactoryEndpoints.Call(
                path: "/v1/brands/\(RequestTarget.encode(id))", parameters: target.parameters, base: base ?? "")
            guard let bytes = try art.brands.detail(id: id, own) else { throw BrandEndpoints.unknown(id) }
            return .json(bytes)
        case .factory:
            let id = target.segments[2]
            guard let bytes = try factories.detail(id: id, target.parameters) else {
                throw Problem(.notFound, kind: .notFound, detail: "no factory has the id '\(Problem.excerpt(id))'", parameter: "id")
            }
            return .json(bytes, type: FactoryJSON.type)
        case .places: return .json(try places.list(target.parameters))
        case .placesAt: return .json(try places.at(target.parameters))
        case .place:
            let code = target.segments[2]
            guard let bytes = try places.place(code: code, target.parameters) else {
                throw Problem(.notFound, kind: .notFound, detail: "no place has the code \(Problem.excerpt(code))", parameter: "code")
            }
            return .json(bytes)
        case .carbonPlaces: return .json(try carbon.table(target.parameters))
        case .carbonPlace: return .json(try carbon.place(code: target.segments[3], target.parameters))
        case .carbonEnterprises: return .json(try carbon.enterprises(target.parameters), type: FactoryJSON.type)
        case .carbonFactors: return .json(try carbon.factors(target.parameters))
        case .tile, .font, .sprite, .brandLogo, .asset, .health, .ready, .unknown: throw unknownPath(target)
        }
    }

    private func tile(_ request: Request, _ target: RequestTarget, _ coding: ContentCoding) async throws -> Reply {
        let wanted = try TileRequest(segments: target.segments, parameters: target.parameters)
        let tile = try await tiles.tile(wanted, coding: coding)
        var headers = HTTPFields()
        headers[.cacheControl] = tile.cacheControl
        headers[.vary] = "Accept-Encoding"
        guard tile.body.readableBytes > 0 else { return Reply(.noContent, headers: headers) }
        headers[.eTag] = tile.etag
        if let known = request.headers[.ifNoneMatch], EntityTag.matches(known, tile.etag) {
            return Reply(.notModified, headers: headers)
        }
        headers[.contentType] = TileHeaders.contentType
        if tile.isGzipped { headers[.contentEncoding] = "gzip" }
        return Reply(headers: headers, body: tile.body)
    }

    /// The map, once it is sure that it can answer for the tiles described: an address that fails for every tile is none.
    private func atlas(for description: MapDescription) throws -> LiveAtlas {
        let atlas = try snapshots.required().atlas
        try atlas.check(description.filter)
        return atlas
    }

    /// TileJSON and styles are read apart from their address, so theirs must be whole ones.
    private func absolute(_ base: String?) throws(Problem) -> String {
        guard let base else {
            throw Problem(
                .badRequest, kind: .malformedRequest, detail: "this answer holds absolute addresses; name the host in a Host header")
        }
        return base
    }

    private func refuseParameters(_ target: RequestTarget) throws(Problem) {
        _ = try QueryParameters(target.parameters, known: [])
    }

    private func unknownPath(_ target: RequestTarget) -> Problem {
        Problem(
            .notFound, kind: .notFound,
            detail: "there is nothing at '/\(Problem.excerpt(target.segments.joined(separator: "/")))'; GET /v1 lists what there is")
    }

    // MARK: Errors and logs

    private func reply(to request: Request, problem: Problem, requestID: String) -> Reply {
        let json = problem.json(instance: Problem.excerpt(request.head.path ?? ""), requestID: requestID)
        var reply = Reply(problem.status, headers: problem.headers, body: ByteBuffer(bytes: json))
        reply.headers[.contentType] = "application/problem+json"
        reply.headers[.cacheControl] = "no-store"
        return reply
    }

    /// The client's own id, when it is a decent one, so that its logs and ours meet.
    private func requestID(_ request: Request, _ context: Context) -> String {
        if let given = request.headers[.xRequestID], (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        {
            return given
        }
        return context.id
    }

    /// One line a request, at debug; the server's own failures at error. Targets are logged as they came: percent-encoded, one line.
    private func log(
        _ request: Request, _ context: Context, id: String, route: String, status: Int, bytes: Int, nanoseconds: Int64,
        failure: (any Error)?
    ) {
        let level: Logger.Level = failure == nil ? .debug : .error
        guard level >= context.logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "request": "\(id)", "method": "\(request.method.rawValue)", "target": "\(request.head.path ?? "")",
            "route": "\(route)",
            "status": "\(status)", "bytes": "\(bytes)", "ms": "\(Double(nanoseconds / 1000) / 1000)",
        ]
        if let failure { metadata["error"] = "\(failure)" }
        context.logger.log(level: level, "request", metadata: metadata)
    }
}
