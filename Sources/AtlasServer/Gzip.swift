// Gzip.swift: compression and content tags by libdeflate, and what a client says it accepts.

import CDeflate

enum Gzip {
    /// Level 6 of 12: twice the speed of zlib's default at the same size.
    private static let level: Int32 = 6

    /// The bytes as one gzip member; nil when there is no memory for it.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard let compressor = libdeflate_alloc_compressor(level) else { return nil }
        defer { libdeflate_free_compressor(compressor) }
        let bound = libdeflate_gzip_compress_bound(compressor, bytes.count)
        let compressed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            count = libdeflate_gzip_compress(compressor, bytes, bytes.count, buffer.baseAddress, bound)
        }
        return compressed.isEmpty ? nil : compressed
    }

    /// A tag that changes with the contents: their length and two checksums.
    static func tag(_ bytes: [UInt8]) -> String {
        let crc = libdeflate_crc32(0, bytes, bytes.count)
        let adler = libdeflate_adler32(1, bytes, bytes.count)
        return String(bytes.count, radix: 36) + "-" + String(UInt64(crc) << 32 | UInt64(adler), radix: 36)
    }

    /// Whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3): named or by `*`, with a weight over 0.
    static func isAccepted(_ header: String?) -> Bool {
        guard let header else { return false }
        var star: Bool?
        for part in header.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let coding = pieces.first else { continue }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if coding == "gzip" || coding == "x-gzip" { return weight > 0 }
            if coding == "*" { star = weight > 0 }
        }
        return star ?? false
    }
}
