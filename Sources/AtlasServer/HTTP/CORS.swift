// CORS.swift: the data are public, so any page may read them (Fetch standard, CORS protocol). Credentials are keys that a page
// must put into a header itself; none come along by themselves, so no page can act in another's name.

import HTTPTypes

enum CORS {
    static let exposedHeaders = "ETag, Link, Location, Retry-After, X-Request-Id"
    private static let allowedHeaders =
        "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Range, X-Request-Id"

    /// What every answer carries.
    static func mark(_ headers: inout HTTPFields) {
        headers[.accessControlAllowOrigin] = "*"
        headers[.accessControlExposeHeaders] = exposedHeaders
    }

    /// The answer to OPTIONS: to a preflight, and to a client that only asks what is allowed.
    static func options(isPreflight: Bool, methods: String = Problem.allowedMethods) -> HTTPFields {
        var headers = HTTPFields()
        headers[.allow] = methods
        if isPreflight {
            headers[.accessControlAllowMethods] = methods
            headers[.accessControlAllowHeaders] = allowedHeaders
            headers[.accessControlMaxAge] = "86400"
            headers[.vary] = "Access-Control-Request-Method, Access-Control-Request-Headers"
        }
        return headers
    }
}
