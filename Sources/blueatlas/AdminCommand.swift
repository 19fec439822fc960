// AdminCommand.swift: `blueatlas admin`: accounts, their keys and the audit log, on the registry's own file. It works beside a running
// server: a key that is revoked here is refused there from the next request on.

import ArgumentParser
import Foundation
import Registry

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Manages accounts and keys, and shows the audit log.",
        discussion: """
            A brand's key, from nothing:
              blueatlas admin account create acme --role brand --brand B0001
              blueatlas admin key create acme
            The key is shown once; the registry keeps only a salted hash of it.
            """,
        subcommands: [AccountCommands.self, KeyCommands.self, AuditCommand.self])
}

struct StoreOption: ParsableArguments {
    @Option(help: "The registry.")
    var store = "var/registry.db"

    /// Runs one write on the registry.
    func write<Result: Sendable>(_ body: @escaping @Sendable (WriteContext) throws -> Result) async throws -> Result {
        do {
            guard FileManager.default.fileExists(atPath: store) else {
                throw CommandFailure(message: "cannot open registry '\(store)': no such file; make it with 'blueatlas import'")
            }
            let registry = try RegistryStore(path: store, mode: .readWrite)
            let writer = GroupWriter(store: registry, feed: try ChangeFeed(store: registry))
            let result = try await writer.submit(as: .commandLine, body)
            await writer.stop()
            try registry.close()
            return result
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(error)
        }
    }

    func read<Result>(_ body: (RegistryStore) throws -> Result) throws -> Result {
        do { return try body(RegistryStore(path: store, mode: .readOnly)) } catch { throw CommandFailure(error) }
    }
}

// MARK: Accounts

private struct AccountCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Accounts.", subcommands: [CreateAccount.self, ListAccounts.self])
}

private struct CreateAccount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Makes an account.")

    @OptionGroup var store: StoreOption
    @Argument(help: "The account's id.")
    var id: String
    @Option(help: "factory, brand, auditor, analyst, feed or admin.")
    var role: String
    @Option(help: "What people call it. Default: the id.")
    var name: String?
    @Option(help: "The id of the brand that an account of role brand acts for.")
    var brand: String?
    @Option(help: "The id of the factory that an account of role factory acts for.")
    var factory: String?

    func run() async throws {
        guard let role = Role(name: role), role != .visitor else {
            throw CommandFailure(message: "--role: '\(self.role)' is not one of factory, brand, auditor, analyst, feed, admin")
        }
        let (id, name, brand, factory) = (id, name ?? id, brand, factory)
        try await store.write { context in
            try context.createAccount(id: id, name: name, role: role, brand: brand, factory: factory)
        }
        print("account \(id) with role \(role.name)")
    }
}

private struct ListAccounts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists accounts.")

    @OptionGroup var store: StoreOption

    func run() async throws {
        for account in try store.read({ try $0.accounts() }) {
            let acts = account.brandID.map { ", brand \($0)" } ?? account.factoryID.map { ", factory \($0)" } ?? ""
            print("\(account.id)\t\(account.role.name)\(acts)\t\(account.openKeys) keys\t\(account.name)")
        }
    }
}

// MARK: Keys

private struct KeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys.",
        subcommands: [CreateKey.self, ListKeys.self, RotateKey.self, RevokeKey.self])

    /// Shows a new key: the key alone on stdout, so that a script can take it.
    static func show(_ key: NewKey) {
        let ends = key.expiresAt.map { ", until \(LiveTime.iso($0))" } ?? ""
        FileHandle.standardError.write(Data("key \(key.id)\(ends); it is shown this once:\n".utf8))
        print(key.text)
    }
}

private struct CreateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Makes a key and shows it, once.")

    @OptionGroup var store: StoreOption
    @Argument(help: "The account.")
    var account: String
    @Option(help: "Rights to limit it to (comma-separated), such as read,records.write. Default: all of the account's role.")
    var scope: String?
    @Option(help: "A note for the list of keys.")
    var label: String?
    @Option(help: "Days that it counts. Default: until it is revoked.")
    var days: Int?

    func run() async throws {
        if let days, !(1...36_500).contains(days) { throw CommandFailure(message: "--days: must be between 1 and 36500") }
        var rights: Set<Right>?
        if let scope {
            var named: Set<Right> = []
            for name in scope.split(separator: ",") {
                guard let right = Right(name: String(name)) else {
                    throw CommandFailure(message: "--scope: '\(name)' is not one of \(Right.names)")
                }
                named.insert(right)
            }
            rights = named
        }
        let (account, label, days, chosen) = (account, label, days, rights)
        let key = try await store.write { context in
            try context.createKey(
                account: account, rights: chosen, label: label, expiresAt: days.map { context.now + Int64($0) * 86_400_000 })
        }
        KeyCommands.show(key)
    }
}

private struct ListKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists keys, without their secrets.")

    @OptionGroup var store: StoreOption
    @Option(help: "Only this account's.")
    var account: String?

    func run() async throws {
        let now = LiveTime.now()
        for key in try store.read({ try $0.keys(of: account) }) {
            let state =
                key.revokedAt.map { "revoked \(LiveTime.iso($0))" }
                ?? key.expiresAt.map { ($0 <= now ? "expired " : "until ") + LiveTime.iso($0) } ?? "open"
            let rights = key.rights.map(\.name).sorted().joined(separator: ",")
            print("\(key.id)\t\(key.account)\t\(key.isSession ? "session" : "key")\t\(state)\t\(rights)\t\(key.label ?? "")")
        }
    }
}

private struct RotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Makes a new key like another one, and lets that one end.")

    @OptionGroup var store: StoreOption
    @Argument(help: "The id of the old key.")
    var id: String
    @Option(help: "Hours that both count. Default: the old one is revoked now.")
    var overlapHours = 0

    func run() async throws {
        guard (0...720).contains(overlapHours) else { throw CommandFailure(message: "--overlap-hours: must be between 0 and 720") }
        let (id, seconds) = (id, Int64(overlapHours) * 3600)
        KeyCommands.show(try await store.write { context in try context.rotateKey(id: id, overlapSeconds: seconds) })
    }
}

private struct RevokeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Revokes a key and the sessions that it opened.")

    @OptionGroup var store: StoreOption
    @Argument(help: "The id of the key.")
    var id: String

    func run() async throws {
        let id = id
        try await store.write { context in try context.revokeKey(id: id) }
        print("key \(id) is revoked")
    }
}

// MARK: The audit log

private struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "audit", abstract: "Shows the audit log, the latest lines last.")

    @OptionGroup var store: StoreOption
    @Option(help: "Lines after this number. Default: the latest.")
    var after: Int64?
    @Option(help: "How many lines, to 10000.")
    var limit = 100
    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        guard (1...10_000).contains(limit) else { throw CommandFailure(message: "--limit: must be between 1 and 10000") }
        let entries = try store.read { registry in
            try registry.auditLog(after: after ?? max(0, try registry.lastAuditNumber() - Int64(limit)), limit: limit)
        }
        for entry in entries {
            if json {
                print(entry.json)
                continue
            }
            let who = entry.keyID.map { "\(entry.accountID ?? "?") (\($0))" } ?? "command line"
            print(
                "\(entry.number)\t\(entry.at)\t\(who)\t\(entry.address ?? "-")\t\(entry.action)\t\(entry.subject ?? "-")\t"
                    + (entry.sequence.map { "seq \($0)" } ?? ""))
        }
    }
}
