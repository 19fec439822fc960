// ReadyFile.swift: a body that is sent many times: kept plain and compressed, with one weak entity tag for both.

import HTTPTypes
import NIOCore

struct ReadyFile: Sendable {
    var type: String
    var plain: ByteBuffer
    /// Nil where compressing saves nothing.
    var gzipped: ByteBuffer?
    /// In quotes, without the mark of a weak one.
    var etag: String

    init(type: String, _ bytes: some Collection<UInt8>, gzip: Gzip) {
        self.type = type
        plain = ByteBuffer(bytes: bytes)
        gzipped = plain.withUnsafeReadableBytes { gzip.compress($0) }
        etag = EntityTag.of(plain)
    }

    /// Memory that it takes, bytes.
    var cost: Int { plain.capacity + (gzipped?.capacity ?? 0) + 400 }

    /// The answer: 304 where the client has it.
    func reply(coding: ContentCoding, ifNoneMatch: String?, cacheControl: String) -> Reply {
        var headers = HTTPFields()
        headers[.eTag] = "W/" + etag
        headers[.cacheControl] = cacheControl
        headers[.vary] = "Accept-Encoding"
        if let ifNoneMatch, EntityTag.matches(ifNoneMatch, etag) { return Reply(.notModified, headers: headers) }
        headers[.contentType] = type
        if coding == .gzip, let gzipped {
            headers[.contentEncoding] = "gzip"
            return Reply(headers: headers, body: gzipped)
        }
        return Reply(headers: headers, body: plain)
    }
}
