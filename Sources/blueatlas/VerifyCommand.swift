// VerifyCommand.swift: `blueatlas verify`, whether a snapshot or a registry is whole.

import ArgumentParser
import Atlas
import Foundation
import Registry

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks that a snapshot or a registry is whole.",
        discussion: "A snapshot: every checksum, the tree's invariants, every table. A registry: SQLite's own integrity and foreign keys.")

    @Option(help: "A snapshot file to check.")
    var snapshot: String?
    @Option(help: "A registry to check.")
    var store: String?
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Result: Encodable {
        var snapshot: SnapshotInfo?
        var snapshotIdentifier: String?
        var store: String?
    }

    func validate() throws {
        if snapshot == nil, store == nil { throw ValidationError("give --snapshot FILE, --store FILE or both") }
    }

    func run() throws {
        var result = Result()
        do {
            if let path = snapshot {
                let opened = try Snapshot.open(path: path)
                try opened.verify()
                result.snapshot = opened.info
                result.snapshotIdentifier = opened.identifier
                if !json { print("\(path): whole, \(opened.info.factories) factories, identifier \(opened.identifier)") }
                CommandOutput.warnIfSynthetic(opened.info)
            }
            if let path = store {
                let registry = try RegistryStore(path: path, mode: .readOnly)
                try registry.verifyIntegrity()
                result.store = "whole"
                if !json { print("\(path): whole") }
            }
        } catch {
            throw CommandFailure(error)
        }
        if json { try CommandOutput.json(result) }
    }
}
