// LiveRoute.swift: an address of the live registry: method, path, the right that it takes, how large a body it reads, and who answers. The
// table of all of them is what the responder consults, what docs/rights.md shows and what the test of rights walks.

import HTTPTypes
import Hummingbird
import Registry

/// One method of one path.
struct LiveRoute: Sendable {
    /// What a route does with a request's body.
    enum Body: Sendable {
        case none
        /// Read whole, up to a number of bytes.
        case whole(limit: Int)
        /// Read by the handler itself, piece by piece.
        case stream
    }

    let method: HTTPRequest.Method
    /// Such as `/v1/records/{id}`.
    let pattern: String
    let right: Right
    let body: Body
    /// Query parameters that it takes, each once. Any other is refused before the handler is asked: a route that says nothing takes none.
    let parameters: [String]
    let handler: @Sendable (LiveCall) async throws -> Reply
    private let parts: [String]

    init(
        _ method: HTTPRequest.Method, _ pattern: String, right: Right, body: Body = .none, parameters: [String] = [],
        handler: @escaping @Sendable (LiveCall) async throws -> Reply
    ) {
        self.method = method
        self.pattern = pattern
        self.right = right
        self.body = body
        self.parameters = parameters
        self.handler = handler
        parts = pattern.split(separator: "/").map(String.init)
    }

    static let usualBody = Body.whole(limit: 1 << 20)

    /// The values of the placeholders, by name; nil when the path is another one.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == parts.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            if part.hasPrefix("{"), !segment.isEmpty {
                values[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return values
    }

    /// What metrics call it. They are public, and nobody shall see by them what accounts do for themselves, such as that somebody watches
    /// something: all routes for that are one.
    var metricsLabel: String { right == .watch || right == .own ? "/v1/private" : pattern }

    /// Whether the path has no placeholders: such routes go before others that fit.
    var isLiteral: Bool { !parts.contains { $0.hasPrefix("{") } }
}

/// All routes of the live registry.
struct LiveRouteTable: Sendable {
    let routes: [LiveRoute]
    private let byLength: [Int: [LiveRoute]]

    init(_ routes: [LiveRoute]) {
        self.routes = routes
        byLength = Dictionary(grouping: routes.filter(\.isLiteral) + routes.filter { !$0.isLiteral }) { route in
            route.pattern.utf8.count { $0 == UInt8(ascii: "/") }
        }
    }

    /// The routes of a path, one for each of its methods, with the placeholders' values; empty when there are none.
    func matches(_ segments: [String]) -> [(route: LiveRoute, values: [String: String])] {
        guard let candidates = byLength[segments.count] else { return [] }
        return candidates.compactMap { route in route.match(segments).map { (route, $0) } }
    }
}

/// A request to a live route whose sender has the right to it.
struct LiveCall: Sendable {
    let services: LiveServices
    let principal: Principal
    let method: String
    /// Path and query, as they came.
    let target: String
    /// Values of the path's placeholders.
    let path: [String: String]
    /// Those that the route takes.
    let query: QueryParameters
    let headers: HTTPFields
    /// The body of a route that reads it whole.
    let body: [UInt8]
    /// The body of a route that reads it piece by piece.
    let stream: RequestBody
    /// Where the request comes from.
    let address: String?
    let requestID: String
    /// Scheme, host and prefix that the client used; nil where it names none.
    let base: String?

    /// For writes.
    var author: WriteAuthor {
        WriteAuthor(keyID: principal.keyID, accountID: principal.accountID, address: address, requestID: requestID)
    }

    /// The value of a placeholder of the route's pattern.
    func value(_ name: String) throws(Problem) -> String {
        guard let value = path[name] else { throw Problem(.internalServerError, kind: .internalError, detail: "the route has no \(name)") }
        return value
    }

    /// The body as a JSON object.
    func json() throws -> JSONBody {
        if let type = headers[.contentType]?.prefix(while: { $0 != ";" && $0 != " " }).lowercased(),
            !["application/json", "application/merge-patch+json"].contains(type)
        {
            throw Problem(
                .unsupportedMediaType, kind: .malformedRequest,
                detail: "the body must be JSON (Content-Type: application/json), not '\(Problem.excerpt(type))'")
        }
        return try JSONBody(body)
    }
}
