// EcoChainOptions.swift: the options of `blueatlas serve` for pushes: which inner networks webhooks may reach, and the SMTP server for digests.

import ArgumentParser
import Delivery
import EcoChain
import Foundation

struct EcoChainOptions: ParsableArguments {
    @Option(help: "Networks that webhooks may reach though they are private, such as 10.20.0.0/16 (comma-separated; docs/ecochain.md).")
    var allowWebhookNetworks: [String] = []
    @Option(
        help: """
            The SMTP server for daily digests: smtp://USER@HOST:587 (STARTTLS, required), smtps://USER@HOST:465 (TLS), or \
            smtp+plain://HOST:25 for a relay on this machine. The password is in the environment as BLUEATLAS_SMTP_PASSWORD.
            """)
    var smtp: String?
    @Option(help: "The address that digests are from.")
    var smtpFrom: String?

    func configuration() throws -> EcoChainConfiguration {
        var configuration = EcoChainConfiguration()
        for text in allowWebhookNetworks.flatMap({ $0.split(separator: ",") }).map(String.init) {
            guard let block = NetworkBlock(text) else {
                throw CommandFailure(message: "--allow-webhook-networks: '\(text)' is no network; write it as 10.20.0.0/16 or fd00::/8")
            }
            configuration.allowedNetworks.append(block)
        }
        guard let smtp else {
            if smtpFrom != nil { throw CommandFailure(message: "--smtp-from: needs --smtp") }
            return configuration
        }
        guard let from = smtpFrom.flatMap({ MailAddress($0) }) else {
            throw CommandFailure(message: "--smtp-from: name the address that digests are from, such as digest@example.org")
        }
        configuration.mail = (try EcoChainOptions.server(smtp), from)
        return configuration
    }

    private static func server(_ text: String) throws -> SMTPServer {
        let kinds: [String: (security: SMTPServer.Security, port: Int)] = [
            "smtp": (.startTLS, 587), "smtps": (.tls, 465), "smtp+plain": (.none, 25),
        ]
        guard let url = URLComponents(string: text), let kind = kinds[url.scheme ?? ""], let host = url.host, !host.isEmpty,
            url.path.isEmpty || url.path == "/", url.query == nil, url.password == nil
        else {
            throw CommandFailure(
                message: "--smtp: '\(text)' is not right; write smtp://USER@HOST:587, smtps://USER@HOST:465 or smtp+plain://HOST:25")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var server = SMTPServer(host: bare, port: url.port ?? kind.port, security: kind.security, ownName: ProcessInfo.processInfo.hostName)
        server.user = url.user
        server.password = ProcessInfo.processInfo.environment["BLUEATLAS_SMTP_PASSWORD"]
        if server.user != nil, server.password == nil {
            throw CommandFailure(message: "--smtp: names a user; put the password into the environment as BLUEATLAS_SMTP_PASSWORD")
        }
        return server
    }
}
