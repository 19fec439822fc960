// MailTests.swift: mails to a real SMTP server, aiosmtpd from Debian, and read back by Python's own parser.

import Foundation
import NIOPosix
import NIOSSL
import Testing

@testable import Delivery

/// The server, for the length of a test.
private final class MailServer {
    let port: Int
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    private var buffered = Data()

    init(_ arguments: [String] = []) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("peers/smtp_server.py").path
        process.arguments = [script] + arguments
        process.standardOutput = output
        process.standardInput = input
        var number = 0
        try process.run()
        if let line = MailServer.line(output, &buffered), let port = Int(line) { number = port }
        port = number
        guard port > 0 else { throw MailTestError(description: "the SMTP server did not start; python3-aiosmtpd is in tools/setup --test") }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
        process.waitUntilExit()
    }

    private static func line(_ pipe: Pipe, _ buffered: inout Data) -> String? {
        while true {
            if let end = buffered.firstIndex(of: 0x0A) {
                let line = String(decoding: buffered[buffered.startIndex..<end], as: UTF8.self)
                buffered = Data(buffered[buffered.index(after: end)...])
                return line
            }
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            buffered += more
        }
    }

    /// The next mail that it took.
    func mail() throws -> Mail {
        guard let line = MailServer.line(output, &buffered) else { throw MailTestError(description: "no mail") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Mail.self, from: Data(line.utf8))
    }
}

private struct MailTestError: Error, CustomStringConvertible { let description: String }

private struct Mail: Decodable {
    var from: String
    var to: [String]
    var subject: String
    var headers: [String]
    var id: String
    var date: String
    var text: String
    var defects: [String]
    var longestLine: Int
    var isAscii: Bool
    var encrypted: Bool
    var login: Bool
}

/// A certificate for localhost, made on the spot.
private final class Certificate {
    let folder = NSTemporaryDirectory() + "blueatlas-mail-\(UUID().uuidString)"
    var cert: String { folder + "/cert.pem" }
    var key: String { folder + "/key.pem" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", cert,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw MailTestError(description: "openssl could not make a certificate") }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

private let text = "蔚蓝生态链\n.leading point\n..two\nFrom here\n" + String(repeating: "长", count: 400) + "\n.\nend\n"

private func message(to: String = "watcher@example.org", subject: String = "每日摘要 " + String(repeating: "超标", count: 40)) throws
    -> MailMessage
{
    MailMessage(
        from: try #require(MailAddress("digest@blueatlas.example")), to: try #require(MailAddress(to)), subject: subject, text: text,
        date: 1_700_000_000, identifier: "digest_sub_x_2026-11-25")
}

private func server(_ port: Int, _ security: SMTPServer.Security, _ change: (inout SMTPServer) -> Void = { _ in }) -> SMTPServer {
    var server = SMTPServer(host: "localhost", port: port, security: security, ownName: "atlas.example")
    server.timeout = .seconds(60)
    change(&server)
    return server
}

private func send(_ message: MailMessage, _ server: SMTPServer) async throws {
    try await SMTPClient(server: server, loops: MultiThreadedEventLoopGroup.singleton).send(message)
}

@Test func aMailArrivesAsItWasWritten() async throws {
    let peer = try MailServer()
    try await send(message(), server(peer.port, .none))
    let mail = try peer.mail()
    #expect(mail.from == "digest@blueatlas.example" && mail.to == ["watcher@example.org"])
    #expect(mail.subject == "每日摘要 " + String(repeating: "超标", count: 40))
    #expect(mail.text.replacingOccurrences(of: "\r\n", with: "\n") == text)
    #expect(mail.defects.isEmpty && mail.isAscii && mail.longestLine <= 76, "\(mail.longestLine)")
    #expect(mail.id == "<digestsubx2026-11-25@blueatlas.example>" && mail.date.hasPrefix("2023-11-14T22:13:20"))
    #expect(!mail.encrypted)
}

@Test func aPasswordGoesOverTLSOnlyByStartTLSOrFromTheFirstByte() async throws {
    let certificate = try Certificate()
    for (mode, security) in [("starttls", SMTPServer.Security.startTLS), ("tls", .tls), ("starttls", .opportunistic)] {
        for way in ["PLAIN", "LOGIN"] {
            let peer = try MailServer([
                "--cert", certificate.cert, "--key", certificate.key, "--tls", mode, "--user", "brand", "--password", "密码 secret", "--auth",
                way,
            ])
            let target = server(peer.port, security) {
                $0.user = "brand"
                $0.password = "密码 secret"
                $0.trustRoots = .file(certificate.cert)
            }
            // aiosmtpd does not see TLS from the first byte as TLS, and then offers no AUTH by its own rule.
            if mode == "tls" {
                try await send(
                    message(),
                    server(peer.port, security) {
                        $0.trustRoots = .file(certificate.cert)
                        $0.user = "brand"
                        $0.password = "密码 secret"
                    })
            } else {
                try await send(message(), target)
            }
            let mail = try peer.mail()
            #expect(mail.encrypted && mail.login, "\(mode) \(way)")
        }
    }
}

@Test func aServerThatIsNotWhatItClaimsGetsNothing() async throws {
    let certificate = try Certificate()
    let peer = try MailServer(["--cert", certificate.cert, "--key", certificate.key, "--tls", "starttls"])
    // Nobody vouches for its certificate.
    await #expect(throws: SMTPError.self) { try await send(message(), server(peer.port, .startTLS)) }
    // It is not called so.
    await #expect(throws: SMTPError.self) {
        try await send(
            message(),
            server(peer.port, .startTLS) {
                $0.host = "127.0.0.1"
                $0.trustRoots = .file(certificate.cert)
            })
    }
    let plain = try MailServer()
    await #expect(throws: SMTPError.noTLS) { try await send(message(), server(plain.port, .startTLS)) }
    await #expect(throws: SMTPError.self) {
        try await send(
            message(),
            server(plain.port, .none) {
                $0.user = "brand"
                $0.password = "secret"
            })
    }
}

@Test func whatTheServerRefusesIsSaidInItsWords() async throws {
    let peer = try MailServer(["--refuse", "gone@example.org"])
    do {
        try await send(message(to: "gone@example.org"), server(peer.port, .none))
        Issue.record("it was taken")
    } catch let error as SMTPError {
        #expect(error.isPermanent && error.description.contains("550 5.1.1 no such person here"))
    }
    let port = peer.port
    await #expect(throws: SMTPError.self) { try await send(message(), server(port == 1 ? 2 : 1, .none)) }
}

@Test func nothingOfTheDataBecomesAHeaderOrACommand() async throws {
    for text in [
        "a@b\r\nRCPT TO:<x@y>", "a b@c", "a@b c", "<a@b>", "a@b>", "a@@b", "@b", "a@", "a", "a@b..c", "a..b@c", ".a@b", "\"a\"@b",
        "a@[127.0.0.1]", "ä@b",
        "a@-b", "a@b\n", "a@b\0", String(repeating: "a", count: 65) + "@b",
    ] { #expect(MailAddress(text) == nil, "\(text.debugDescription)") }
    #expect(MailAddress("first.last+tag@sub.example.org") != nil)
    let peer = try MailServer()
    try await send(
        message(subject: "x\r\nBcc: victim@example.org\r\n\r\nbody"), server(peer.port, .none) { $0.ownName = "evil\r\nMAIL FROM:<x@y>" })
    let mail = try peer.mail()
    #expect(mail.to == ["watcher@example.org"] && !mail.headers.contains("bcc") && mail.text.hasPrefix("蔚蓝"))
}

@Test func pointsAreStuffedAndLinesEnded() {
    func stuffed(_ text: String) -> String { String(decoding: SMTPClient.dotStuffed(Array(text.utf8)), as: UTF8.self) }
    #expect(stuffed("a\r\n.\r\n..b\r\n") == "a\r\n..\r\n...b\r\n.\r\n")
    #expect(stuffed(".a\n.b") == "..a\r\n..b\r\n.\r\n")
    // A bare carriage return must not hide a line's end (SMTP smuggling).
    #expect(stuffed("a\r.\rb") == "a\r\n..\r\nb\r\n.\r\n")
    #expect(stuffed("") == "\r\n.\r\n")
}

@Test func repliesAreReadStrictly() throws {
    func replies(_ text: String) throws -> [SMTPReply] {
        var parser = SMTPReplyParser()
        return try Array(text.utf8).compactMap { try parser.take($0) }
    }
    let ehlo = try replies("250-mx.example\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 100\r\n220 go\r\n")
    #expect(ehlo.count == 2 && ehlo[0].parameters(of: "AUTH") == ["PLAIN", "LOGIN"] && ehlo[0].parameters(of: "STARTTLS") == [])
    #expect(ehlo[0].parameters(of: "CHUNKING") == nil && ehlo[1].code == 220)
    for bad in ["hello\r\n", "25 x\r\n", "250+x\r\n", "250-a\r\n251 b\r\n", "999 x\r\n"] {
        #expect(throws: SMTPReplyParser.Malformed.self) { try replies(bad) }
    }
    #expect(throws: SMTPReplyParser.Malformed.self) { try replies(String(repeating: "2", count: 5000)) }
}
