// Problem.swift: errors as clients see them, RFC 9457 problem details: which parameter was wrong, and what would be right.

import Atlas
import HTTPTypes
import Registry

/// An error with an HTTP status.
struct Problem: Error, Sendable {
    /// What a program can tell problems apart by; the last part of the problem's `type`.
    enum Kind: String, Sendable {
        case invalidParameter = "invalid-parameter"
        case unknownParameter = "unknown-parameter"
        case malformedTarget = "malformed-target"
        case malformedRequest = "malformed-request"
        case notFound = "not-found"
        case outsidePyramid = "outside-pyramid"
        case methodNotAllowed = "method-not-allowed"
        case tooLarge = "too-large"
        case noSnapshot = "no-snapshot"
        case registryUnavailable = "registry-unavailable"
        case unauthorized
        case forbidden
        case invalidValue = "invalid-value"
        case conflict
        case changedMeanwhile = "changed-meanwhile"
        case preconditionRequired = "precondition-required"
        case tooManyRequests = "too-many-requests"
        case noRoom = "no-room"
        case tooManyStreams = "too-many-streams"
        case internalError = "internal-error"

        var title: String {
            switch self {
            case .invalidParameter: "A parameter is wrong"
            case .unknownParameter: "A parameter is not known here"
            case .malformedTarget: "The address cannot be read"
            case .malformedRequest: "The request cannot be read"
            case .notFound: "There is nothing at this address"
            case .outsidePyramid: "The tile lies outside the pyramid"
            case .methodNotAllowed: "The method is not allowed here"
            case .tooLarge: "The request is too large"
            case .noSnapshot: "No snapshot is loaded yet"
            case .registryUnavailable: "The registry cannot be read"
            case .unauthorized: "A key is needed"
            case .forbidden: "The key does not give this right"
            case .invalidValue: "A value is wrong"
            case .conflict: "It contradicts what is stored"
            case .changedMeanwhile: "It has changed meanwhile"
            case .preconditionRequired: "The version that is meant must be named"
            case .tooManyRequests: "Too many requests"
            case .tooManyStreams: "Too many streams are open"
            case .noRoom: "There is no room to store more"
            case .internalError: "Something went wrong in the server"
            }
        }
    }

    var status: HTTPResponse.Status
    var kind: Kind
    var detail: String
    var parameter: String?
    /// Headers that belong to the status, such as Allow.
    var headers = HTTPFields()

    init(_ status: HTTPResponse.Status, kind: Kind, detail: String, parameter: String? = nil) {
        self.status = status
        self.kind = kind
        self.detail = detail
        self.parameter = parameter
    }

    /// A parameter with a wrong value: 400.
    init(parameter: String, detail: String) {
        self.init(.badRequest, kind: .invalidParameter, detail: detail, parameter: parameter)
    }

    /// A wrong value, quoted shortly: clients send anything.
    init(parameter: String, value: String, mustBe: String) {
        self.init(parameter: parameter, detail: "\(parameter): '\(Problem.excerpt(value))' is not right; it must be \(mustBe)")
    }

    init(_ error: QueryError) {
        let value = error.value.map { " ('\(Problem.excerpt($0))')" } ?? ""
        self.init(parameter: error.parameter, detail: "\(error.parameter)\(value): \(error.message)")
    }

    static func notAllowed(_ method: String, use methods: String = allowedMethods) -> Problem {
        var problem = Problem(.methodNotAllowed, kind: .methodNotAllowed, detail: "\(method) is not allowed here; use \(methods)")
        problem.headers[.allow] = methods
        return problem
    }

    static let allowedMethods = "GET, HEAD, OPTIONS"

    static func excerpt(_ value: String, limit: Int = 64) -> String {
        value.unicodeScalars.count > limit ? String(String.UnicodeScalarView(value.unicodeScalars.prefix(limit))) + "…" : value
    }

    /// The problem as `application/problem+json`.
    ///
    /// - Parameter instance: the request's target, as it came.
    func json(instance: String, requestID: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "urn:blueatlas:problem:\(kind.rawValue)")
            json.field("title", kind.title)
            json.field("status", status.code)
            json.field("detail", detail)
            json.field("instance", instance)
            if let parameter { json.field("parameter", parameter) }
            json.field("request_id", requestID)
        }
        return json.bytes
    }
}
