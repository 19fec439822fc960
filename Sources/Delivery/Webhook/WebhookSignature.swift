// WebhookSignature.swift: how a receiver knows that a delivery is ours and new: HMAC-SHA-256 (RFC 2104) over timestamp, a point, and the
// body, under a secret that only the two know. The timestamp is inside, so an old delivery that somebody recorded is told by its age.

import Digests

/// Signs and checks deliveries.
public enum WebhookSignature {
    public static let timestampHeader = "BlueAtlas-Timestamp"
    public static let signatureHeader = "BlueAtlas-Signature"
    /// How old a timestamp a receiver should take, seconds.
    public static let tolerance = 300

    /// A new secret: 32 random bytes of the system, as `whsec_` and 64 hexadecimal digits. The whole text is the key.
    public static func makeSecret() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return "whsec_" + bytes.hexadecimal
    }

    /// The header's value: one signature for each secret that is valid now, `v1=HEX,v1=HEX`.
    ///
    /// - Parameter timestamp: seconds since 1970.
    public static func header(body: [UInt8], timestamp: Int64, secrets: [String]) -> String {
        let message = message(body: body, timestamp: timestamp)
        return secrets.map { "v1=" + SHA256.authenticationCode(for: message, key: Array($0.utf8)).hexadecimal }.joined(separator: ",")
    }

    /// What a receiver does: whether one of the signatures is right under the secret, and the timestamp near enough to its clock.
    public static func isValid(header: String, body: [UInt8], timestamp: Int64, secret: String, now: Int64) -> Bool {
        guard timestamp > now - Int64(tolerance), timestamp < now + Int64(tolerance) else { return false }
        let message = message(body: body, timestamp: timestamp)
        return header.split(separator: ",").contains { part in
            guard part.hasPrefix("v1="), let given = bytes(part.dropFirst(3)) else { return false }
            // Compares in a time that tells nothing.
            return SHA256.isAuthenticationCode(given, for: message, key: Array(secret.utf8))
        }
    }

    private static func message(body: [UInt8], timestamp: Int64) -> [UInt8] { Array("\(timestamp).".utf8) + body }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var result: [UInt8] = []
        for pair in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[pair..<pair + 2], as: UTF8.self), radix: 16) else { return nil }
            result.append(byte)
        }
        return result
    }
}
