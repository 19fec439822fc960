// EntityTag.swift: the tag of a body, and whether a client already has it (If-None-Match, RFC 9110 section 13.1.2).

import CXXHash
import NIOCore

/// Entity tags.
enum EntityTag {
    /// A strong entity tag over a body as it is sent, so that each coding of it has its own.
    static func of(_ body: ByteBuffer) -> String {
        let hash = body.withUnsafeReadableBytes { XXH3_64bits($0.baseAddress, $0.count) }
        let hex = String(hash, radix: 16)
        return "\"" + String(repeating: "0", count: 16 - hex.count) + hex + "-" + String(body.readableBytes, radix: 16) + "\""
    }

    /// Whether a value of If-None-Match names `etag` (with its quotes): by weak comparison, in a list, or by `*`.
    static func matches(_ header: String, _ etag: String) -> Bool {
        let bytes = Array(header.utf8)
        let wanted = Array(etag.utf8)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","): index += 1
            case UInt8(ascii: "*"): return true
            case UInt8(ascii: "W") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"): index += 2
            case UInt8(ascii: "\""):
                guard let end = bytes[(index + 1)...].firstIndex(of: UInt8(ascii: "\"")) else { return false }
                if bytes[index...end].elementsEqual(wanted) { return true }
                index = end + 1
            default: return false
            }
        }
        return false
    }
}
