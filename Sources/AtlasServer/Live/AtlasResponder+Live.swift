// AtlasResponder+Live.swift: a request to a live route, from its key to its handler. Without a key that counts it is 401, without the right
// 403, and neither answer says whether what was asked for is there: the body is not even read before.

import HTTPTypes
import Hummingbird
import NIOCore
import Registry

extension AtlasResponder {
    /// Answers by a live route.
    func answer(
        _ request: Request, _ context: Context, _ route: LiveRoute, _ values: [String: String], _ target: RequestTarget,
        services: LiveServices, requestID: String
    ) async throws -> Reply {
        let address = ClientAddress.of(request.headers, context.remoteAddress, trustsProxy: configuration.trustsProxy)
        let principal: Principal
        do {
            principal = try self.principal(request, services)
        } catch {
            // Guessing keys is counted like asking without one.
            try AtlasResponder.count(ClientAddress.client(address), services.perAddress)
            throw error
        }
        if let key = principal.keyID {
            try AtlasResponder.count(key, services.perKey)
        } else {
            try AtlasResponder.count(ClientAddress.client(address), services.perAddress)
        }
        guard principal.may(route.right) else { throw AtlasResponder.refusal(of: route.right, to: principal) }
        let query = try QueryParameters(target.parameters, known: route.parameters)
        let body: [UInt8] =
            switch route.body {
            case .none, .stream: []
            case .whole(let limit): try await AtlasResponder.collect(request, limit: limit)
            }
        let call = LiveCall(
            services: services, principal: principal, method: request.method.rawValue, target: request.head.path ?? "", path: values,
            query: query, headers: request.headers, body: body, stream: request.body, address: address, requestID: requestID,
            base: try BaseAddress.of(request.head, trustsProxy: configuration.trustsProxy))
        return try await route.handler(call)
    }

    private static func count(_ client: String, _ limiter: RateLimiter) throws(Problem) {
        guard let wait = limiter.wait(for: client) else { return }
        var problem = Problem(
            .tooManyRequests, kind: .tooManyRequests,
            detail: "at most \(Int(limiter.perSecond)) requests a second are taken; wait and go on slower")
        problem.headers[.retryAfter] = String(max(1, Int(wait.rounded(.up))))
        throw problem
    }

    private func principal(_ request: Request, _ services: LiveServices) throws -> Principal {
        guard let header = request.headers[.authorization] else { return .anyone }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw AtlasResponder.unauthorized("the Authorization header must be 'Bearer KEY'")
        }
        let key = String(parts[1])
        do {
            return try services.store.principal(forKey: key)
        } catch let problem as KeyProblem {
            switch problem {
            case .unknown: throw AtlasResponder.unauthorized("the key is not known", isInvalid: true)
            case .expired: throw AtlasResponder.unauthorized("the key has expired", isInvalid: true)
            case .sessionExpired: throw AtlasResponder.unauthorized("the session has expired; open another with the key", isInvalid: true)
            case .revoked: throw AtlasResponder.unauthorized("the key was revoked", isInvalid: true)
            }
        }
    }

    private static func unauthorized(_ detail: String, isInvalid: Bool = false) -> Problem {
        var problem = Problem(.unauthorized, kind: .unauthorized, detail: detail)
        problem.headers[.wwwAuthenticate] = #"Bearer realm="BlueAtlas""# + (isInvalid ? #", error="invalid_token""# : "")
        return problem
    }

    private static func refusal(of right: Right, to principal: Principal) -> Problem {
        guard principal.keyID != nil else {
            return unauthorized("this needs a key with the right \(right.name): Authorization: Bearer KEY")
        }
        return Problem(
            .forbidden, kind: .forbidden,
            detail: "this needs the right \(right.name), which this key (role \(principal.role.name)) does not have")
    }

    private static func collect(_ request: Request, limit: Int) async throws -> [UInt8] {
        let tooLarge = { () -> Problem in
            var problem = Problem(
                .contentTooLarge, kind: .tooLarge, detail: "the body is larger than \(limit) bytes, which is the most this takes")
            // Nobody will read the rest.
            problem.headers[.connection] = "close"
            return problem
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge() }
        var bytes: [UInt8] = []
        for try await piece in request.body {
            guard bytes.count + piece.readableBytes <= limit else { throw tooLarge() }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }
}

extension Problem {
    /// A write that was refused.
    init(_ refusal: WriteRefusal) {
        let (status, kind): (HTTPResponse.Status, Kind) =
            switch refusal.kind {
            case .malformed: (.badRequest, .malformedRequest)
            case .invalid: (.unprocessableContent, .invalidValue)
            case .notFound: (.notFound, .notFound)
            case .conflict: (.conflict, .conflict)
            case .changedMeanwhile: (.preconditionFailed, .changedMeanwhile)
            case .forbidden: (.forbidden, .forbidden)
            }
        self.init(
            status, kind: kind, detail: Problem.excerpt(refusal.description, limit: 400),
            parameter: refusal.field.isEmpty ? nil : refusal.field)
    }
}
