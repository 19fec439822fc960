// SHA256.swift: SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), by OpenSSL. PROJ brings that library along anyway; a package with a
// cryptographic library of its own in source compiled 246 files of C++ for these two functions, in every build from nothing.

import COpenSSL

/// SHA-256 and the authentication codes made of it.
public enum SHA256 {
    /// Bytes of a digest, and of a code.
    public static let byteCount = 32

    /// The digest of bytes. O(bytes).
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        made { out, count in EVP_Digest(bytes, bytes.count, out, count, EVP_sha256(), nil) == 1 }
    }

    /// The code that whoever has the key gives to a message. O(bytes).
    public static func authenticationCode(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        made { out, count in HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, out, count) != nil }
    }

    /// Whether a code is that of a message under a key. Takes the same time for every wrong one.
    public static func isAuthenticationCode(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        code.count == byteCount && CRYPTO_memcmp(code, authenticationCode(for: message, key: key), byteCount) == 0
    }

    /// Runs a function of OpenSSL that writes a digest.
    private static func made(by function: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) -> Bool) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, written in
            var count: UInt32 = 0
            // No bytes and no key make it fail: only a lack of memory, or an OpenSSL that its configuration denies SHA-256.
            guard let out = buffer.baseAddress, function(out, &count), count == byteCount else {
                fatalError("OpenSSL made no SHA-256 digest")
            }
            written = byteCount
        }
    }
}

extension [UInt8] {
    /// As lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
