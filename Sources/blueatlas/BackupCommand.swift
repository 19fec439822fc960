// BackupCommand.swift: `blueatlas backup` and `blueatlas restore`: a registry into one checked file, while it is served, and back.

import ArgumentParser
import Registry

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies a registry into one file, while it is read and written, and checks the copy.",
        discussion: "The copy holds everything that was committed when it began. It gets its name only once it is whole and on the disk.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(help: "The file to make.")
    var output: String
    @Flag(help: "Replace a file that is there.")
    var force = false

    func run() throws {
        do {
            let report = try RegistryStore(path: store, mode: .readOnly).backUp(to: output, replaces: force)
            print(BackupCommand.words(report))
        } catch {
            throw CommandFailure(error)
        }
    }

    static func words(_ report: BackupReport) -> String {
        "\(report.path): whole, up to change \(report.sequence), \(report.factories) factories, \(report.records) records, \(report.bytes) bytes"
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a backup into a registry's place.",
        discussion: "Stop the server first. The registry that was there is kept beside, as STORE.before-restore.")

    @Option(help: "The backup.")
    var from: String
    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Flag(help: "Replace a registry that is there.")
    var force = false

    func run() throws {
        do { print(BackupCommand.words(try RegistryStore.restore(from: from, to: store, replaces: force))) } catch {
            throw CommandFailure(error)
        }
    }
}
