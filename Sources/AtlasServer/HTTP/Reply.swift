// Reply.swift: an answer before it meets HTTP: a status, headers, bytes. Compression, HEAD and the headers of every answer are dealt with
// once, where it is turned into a response.

import HTTPTypes
import Hummingbird
import NIOCore

/// An answer to a request.
struct Reply: Sendable {
    var status: HTTPResponse.Status = .ok
    var headers = HTTPFields()
    var body = ByteBuffer()
    /// Writes the body while it comes into being; then `body` is empty. It ends with `finish`.
    var stream: (@Sendable (inout any ResponseBodyWriter) async throws -> Void)?

    init(_ status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields(), body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ status: HTTPResponse.Status = .ok, type: String, _ bytes: [UInt8], cacheControl: String = "no-cache") {
        self.status = status
        headers[.contentType] = type
        headers[.cacheControl] = cacheControl
        body = ByteBuffer(bytes: bytes)
    }

    /// - Parameter loaded: what the answer is made of, when it shows data.
    static func json(_ bytes: [UInt8], type: String = "application/json", cacheControl: String = "no-cache") -> Reply {
        Reply(type: type, bytes, cacheControl: cacheControl)
    }

    /// Compresses the body when the client wants it and it pays.
    mutating func compress(for coding: ContentCoding, with gzip: Gzip) {
        guard body.readableBytes >= 512, headers[.contentEncoding] == nil else { return }
        headers[.vary] = "Accept-Encoding"
        guard coding == .gzip, let smaller = body.withUnsafeReadableBytes({ gzip.compress($0) }) else { return }
        body = smaller
        headers[.contentEncoding] = "gzip"
    }

    /// The response; without its body for HEAD, whose headers are those of GET.
    func response(isHead: Bool) -> Response {
        var headers = headers
        if let stream {
            CORS.mark(&headers)
            headers[.xContentTypeOptions] = "nosniff"
            let body = isHead ? ResponseBody() : ResponseBody(contentLength: nil, stream)
            var response = Response(status: status, headers: headers, body: body)
            // Response fills in the length of the body it was given, for HEAD too; what GET sends has none.
            response.headers[.contentLength] = nil
            return response
        }
        if status != .noContent, status != .notModified { headers[.contentLength] = String(body.readableBytes) }
        CORS.mark(&headers)
        headers[.xContentTypeOptions] = "nosniff"
        let hasBody = !isHead && body.readableBytes > 0
        var response = Response(status: status, headers: headers, body: hasBody ? ResponseBody(byteBuffer: body) : ResponseBody())
        // Response fills in the length of the body it was given; for HEAD that is not the length of what GET would send.
        response.headers[.contentLength] = headers[.contentLength]
        return response
    }
}

extension HTTPField.Name {
    static let xContentTypeOptions = HTTPField.Name("x-content-type-options") ?? .accept
    static let xRequestID = HTTPField.Name("x-request-id") ?? .accept
}
