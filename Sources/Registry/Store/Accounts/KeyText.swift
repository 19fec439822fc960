// KeyText.swift: keys as their owners hold them, and what the registry keeps of them. A key is `ba_ID_SECRET`: the id finds its row, the
// secret, 256 random bits, proves that one holds it. Stored is HMAC-SHA-256 of the secret under a salt of the row's own: with a secret
// of that size nothing is gained by a slow hash, and checking takes microseconds.

import Digests
import Foundation

/// A key, taken apart.
package struct KeyText: Sendable {
    package var id: String
    package var secret: String

    static let prefix = "ba_"
    static let idCharacters = 16
    static let secretCharacters = 52
    /// Lower case without letters that look alike: 32 of them, five bits each.
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)

    /// A new key. `SystemRandomNumberGenerator` draws from the system's cryptographic source.
    package static func random() -> KeyText {
        var generator = SystemRandomNumberGenerator()
        func characters(_ count: Int) -> String {
            String(decoding: (0..<count).map { _ in alphabet[Int(generator.next(upperBound: UInt32(32)))] }, as: UTF8.self)
        }
        return KeyText(id: characters(idCharacters), secret: characters(secretCharacters))
    }

    private init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// Nil for a text that is no key.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard text.utf8.count < 200, parts.count == 3, parts[0].elementsEqual("ba".utf8),
            let id = String(parts[1]), let secret = String(parts[2]),
            id.utf8.count == KeyText.idCharacters, secret.utf8.count == KeyText.secretCharacters,
            (id + secret).utf8.allSatisfy({ KeyText.alphabet.contains($0) })
        else { return nil }
        self.id = id
        self.secret = secret
    }

    /// What its owner is shown, once.
    package var text: String { "\(KeyText.prefix)\(id)_\(secret)" }

    /// What is stored for a secret.
    static func hash(_ secret: String, salt: [UInt8]) -> [UInt8] {
        SHA256.authenticationCode(for: Array(secret.utf8), key: salt)
    }

    /// Whether `hash` belongs to `secret`; takes the same time for every wrong one.
    static func isValid(_ secret: String, salt: [UInt8], hash: [UInt8]) -> Bool {
        SHA256.isAuthenticationCode(hash, for: Array(secret.utf8), key: salt)
    }

    static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
