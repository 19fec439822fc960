// CORS.swift: the data are public, so any page may read them (Fetch standard, CORS protocol). No credentials are ever used.

import HTTPTypes

enum CORS {
    static let exposedHeaders = "ETag, Link, X-Request-Id"
    private static let allowedHeaders = "Accept, Accept-Language, Content-Language, Content-Type, If-None-Match, Range, X-Request-Id"

    /// What every answer carries.
    static func mark(_ headers: inout HTTPFields) {
        headers[.accessControlAllowOrigin] = "*"
        headers[.accessControlExposeHeaders] = exposedHeaders
    }

    /// The answer to OPTIONS: to a preflight, and to a client that only asks what is allowed.
    static func options(isPreflight: Bool) -> HTTPFields {
        var headers = HTTPFields()
        headers[.allow] = Problem.allowedMethods
        if isPreflight {
            headers[.accessControlAllowMethods] = Problem.allowedMethods
            headers[.accessControlAllowHeaders] = allowedHeaders
            headers[.accessControlMaxAge] = "86400"
            headers[.vary] = "Access-Control-Request-Method, Access-Control-Request-Headers"
        }
        return headers
    }
}
