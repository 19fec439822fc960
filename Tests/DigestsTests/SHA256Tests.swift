// SHA256Tests.swift: digests and codes against published vectors: NIST's examples of FIPS 180-4, and RFC 4231.

import Digests
import Testing

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]) func digestsAreThoseOfTheStandard(message: String, digest: String) {
        #expect(SHA256.hash(Array(message.utf8)).hexadecimal == digest)
    }

    struct Vector: Sendable {
        var key: [UInt8]
        var message: [UInt8]
        var code: String
    }

    @Test(arguments: [
        Vector(
            key: Array(repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            key: Array(repeating: 0xaa, count: 20), message: Array(repeating: 0xdd, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            key: Array(repeating: 0xaa, count: 131), message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    ]) func codesAreThoseOfTheRFC(vector: Vector) {
        let code = SHA256.authenticationCode(for: vector.message, key: vector.key)
        #expect(code.hexadecimal == vector.code)
        #expect(SHA256.isAuthenticationCode(code, for: vector.message, key: vector.key))
        for place in code.indices {
            var wrong = code
            wrong[place] ^= 1
            #expect(!SHA256.isAuthenticationCode(wrong, for: vector.message, key: vector.key))
        }
        #expect(!SHA256.isAuthenticationCode(Array(code.dropLast()), for: vector.message, key: vector.key))
        #expect(!SHA256.isAuthenticationCode([], for: vector.message, key: vector.key))
    }
}
