// SMTPClient.swift: hands a mail to the SMTP server that the operator has named (submission, RFC 6409): EHLO, STARTTLS, AUTH PLAIN or LOGIN,
// one message, QUIT. A password never goes over a connection that is not encrypted, unless the operator says so.

import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// The server to hand mails to.
public struct SMTPServer: Sendable {
    public enum Security: String, Sendable, CaseIterable {
        /// TLS from the first byte (port 465).
        case tls
        /// STARTTLS must be offered (port 587); a server without it is refused.
        case startTLS = "starttls"
        /// STARTTLS when it is offered. Whoever sits in between can hide the offer.
        case opportunistic
        /// Never: for a relay on this machine.
        case none
    }

    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    public var password: String?
    /// What we call ourselves in EHLO.
    public var ownName: String
    /// Whether a password may go over a connection that is not encrypted.
    public var allowsPlainPasswords = false
    /// Whose certificates count; nil: the system's.
    public var trustRoots: NIOSSLTrustRoots?
    /// For each step.
    public var timeout: TimeAmount = .seconds(30)

    public init(
        host: String, port: Int, security: Security, user: String? = nil, password: String? = nil, ownName: String = "localhost"
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.ownName = ownName
    }
}

/// Why a mail was not taken.
public enum SMTPError: Error, Hashable, Sendable, CustomStringConvertible {
    case connection(String)
    /// The server says no. Codes of 500 and more are for good.
    case rejected(step: String, reply: SMTPReply)
    case noTLS
    case noAuthentication(String)
    case malformedReply
    case timedOut(step: String)

    /// Whether trying again later is of no use.
    public var isPermanent: Bool {
        if case .rejected(_, let reply) = self { reply.code >= 500 } else { false }
    }

    public var description: String {
        switch self {
        case .connection(let reason): "the SMTP server cannot be reached: \(reason)"
        case .rejected(let step, let reply): "the SMTP server refused \(step): \(reply.text)"
        case .noTLS: "the SMTP server offers no STARTTLS, which is required; if it is a relay on this machine, say security 'none'"
        case .noAuthentication(let reason): "the SMTP server cannot be logged in to: \(reason)"
        case .malformedReply: "the SMTP server answers something that is not SMTP"
        case .timedOut(let step): "the SMTP server did not answer \(step) in time"
        }
    }
}

/// Sends mails, one connection each.
public struct SMTPClient: Sendable {
    public let server: SMTPServer
    private let loops: any EventLoopGroup

    public init(server: SMTPServer, loops: any EventLoopGroup) {
        self.server = server
        self.loops = loops
    }

    /// Hands over one mail. On return the server has taken responsibility for it.
    ///
    /// - Throws: `SMTPError`.
    public func send(_ message: MailMessage) async throws(SMTPError) {
        let connection = try await SMTPConnection.open(server, loops: loops)
        do throws(SMTPError) {
            try await deliver(message, over: connection)
        } catch {
            await connection.close()
            throw error
        }
        // The mail is taken: how the goodbye goes makes no difference.
        _ = try? await connection.command("QUIT", step: "QUIT")
        await connection.close()
    }

    private func deliver(_ message: MailMessage, over connection: SMTPConnection) async throws(SMTPError) {
        try await connection.expect(220, "the connection", of: connection.reply(step: "the connection"))
        var features = try await hello(connection)
        var isEncrypted = server.security == .tls
        if !isEncrypted, server.security != .none {
            if features.parameters(of: "STARTTLS") != nil {
                try await connection.expect(220, "STARTTLS", of: connection.command("STARTTLS", step: "STARTTLS"))
                try await connection.startTLS()
                // What was said in the open does not count (RFC 3207 section 4.2).
                features = try await hello(connection)
                isEncrypted = true
            } else if server.security == .startTLS {
                throw .noTLS
            }
        }
        if let user = server.user {
            guard isEncrypted || server.allowsPlainPasswords else {
                throw .noAuthentication("the connection is not encrypted, and a password must not be sent in the open")
            }
            try await logIn(user, server.password ?? "", features, connection)
        }
        try await connection.expect(250, "the sender", of: connection.command("MAIL FROM:<\(message.from)>", step: "MAIL FROM"))
        try await connection.expect(250, "the recipient", of: connection.command("RCPT TO:<\(message.to)>", step: "RCPT TO"))
        try await connection.expect(354, "DATA", of: connection.command("DATA", step: "DATA"))
        try await connection.expect(250, "the message", of: connection.send(SMTPClient.dotStuffed(message.bytes), step: "the message"))
    }

    private func hello(_ connection: SMTPConnection) async throws(SMTPError) -> SMTPReply {
        let name = server.ownName.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !server.ownName.isEmpty ? server.ownName : "localhost"
        let reply = try await connection.command("EHLO \(name)", step: "EHLO")
        return try await connection.expect(250, "EHLO", of: reply)
    }

    /// PLAIN (RFC 4616) when it is offered, else LOGIN.
    private func logIn(
        _ user: String, _ password: String, _ features: SMTPReply, _ connection: SMTPConnection
    ) async throws(SMTPError) {
        let ways = features.parameters(of: "AUTH") ?? []
        func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        if ways.contains("PLAIN") {
            let reply = try await connection.command("AUTH PLAIN " + encoded("\0\(user)\0\(password)"), step: "AUTH")
            try await connection.expect(235, "the login", of: reply)
        } else if ways.contains("LOGIN") {
            try await connection.expect(334, "the login", of: connection.command("AUTH LOGIN", step: "AUTH"))
            try await connection.expect(334, "the login", of: connection.command(encoded(user), step: "AUTH"))
            try await connection.expect(235, "the login", of: connection.command(encoded(password), step: "AUTH"))
        } else {
            throw .noAuthentication(
                ways.isEmpty
                    ? "it offers no AUTH" : "it offers AUTH by \(ways.joined(separator: ", ")) only; PLAIN and LOGIN are known here")
        }
    }

    /// Lines that begin with a point get another (RFC 5321 section 4.5.2); bare line feeds become line ends; then the final point.
    static func dotStuffed(_ message: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(message.count + message.count / 64 + 8)
        var isLineStart = true
        var previous: UInt8 = 0
        for byte in message {
            if byte == 0x0A, previous != 0x0D { result.append(0x0D) }
            if previous == 0x0D, byte != 0x0A {
                result.append(0x0A)
                isLineStart = true
            }
            if isLineStart, byte == UInt8(ascii: ".") { result.append(byte) }
            result.append(byte)
            isLineStart = byte == 0x0A
            previous = byte
        }
        if previous == 0x0D { result.append(0x0A) } else if previous != 0x0A { result += [0x0D, 0x0A] }
        return result + Array(".\r\n".utf8)
    }
}
