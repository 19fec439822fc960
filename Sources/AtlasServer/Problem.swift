// Problem.swift: errors as RFC 9457 problem details: what was wrong, which parameter, what would be right.

import Atlas
import HTTPTypes
import Hummingbird

/// An error that knows its HTTP status.
struct Problem: Error, Sendable {
    var status: HTTPResponse.Status
    var title: String
    var detail: String
    var parameter: String?
    var allow: String?

    init(_ status: HTTPResponse.Status, title: String, detail: String, parameter: String? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.parameter = parameter
    }

    /// A mistake in a request's parameter.
    init(_ error: QueryError) {
        let shown = error.value.map { " (given: '\(String($0.prefix(80)))')" } ?? ""
        self.init(.badRequest, title: "Bad parameter", detail: "\(error.parameter): \(error.message)\(shown)", parameter: error.parameter)
    }

    static func badParameter(_ name: String, _ value: String?, _ message: String) -> Problem {
        Problem(QueryError(parameter: name, value: value, message: message))
    }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, title: "Not found", detail: detail) }

    static func methodNotAllowed(_ allow: String) -> Problem {
        var problem = Problem(.methodNotAllowed, title: "Method not allowed", detail: "this address takes \(allow)")
        problem.allow = allow
        return problem
    }

    func response(instance: String) -> Response {
        var members: [(String, JSONValue)] = [
            ("type", .string("about:blank")), ("title", .string(title)), ("status", .integer(status.code)), ("detail", .string(detail)),
            ("instance", .string(String(instance.prefix(500)))),
        ]
        if let parameter { members.append(("parameter", .string(parameter))) }
        var response = Response.bytes(JSONValue.object(members).bytes, type: "application/problem+json", status: status)
        response.headers[.cacheControl] = "no-store"
        if let allow { response.headers[.allow] = allow }
        return response
    }
}

extension Response {
    static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .contentLength: String(bytes.count)],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
