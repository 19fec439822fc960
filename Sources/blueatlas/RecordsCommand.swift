// RecordsCommand.swift: `blueatlas records`, what is known of single records: the accepted history of a record's correction.

import ArgumentParser
import Foundation
import Registry

struct RecordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records", abstract: "Shows how records were explained, corrected and verified.", subcommands: [HistoryCommand.self])

    struct HistoryCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "history", abstract: "The accepted history of a record, with its documents.",
            discussion: "Steps and periods: docs/corrective-action.md.")

        @Option(help: "The registry.")
        var store: String
        @Option(help: "Save the documents of the history into this folder, each after a check of its SHA-256.")
        var documents: String?
        @Flag(help: "Print the history as JSON.")
        var json = false
        @Argument(help: "The record's id.")
        var record: String

        func run() throws {
            do {
                let registry = try RegistryStore(path: store, mode: .readOnly)
                guard let history = try registry.correctionHistory(ofRecord: record) else {
                    throw CommandFailure(message: "no record has the id '\(record)'")
                }
                if json { try CommandOutput.json(Shown(history)) } else { HistoryCommand.show(history) }
                if let documents { try save(history, from: registry, to: documents) }
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure(error)
            }
        }

        private static func show(_ history: CorrectionHistory) {
            print("\(history.recordID) of \(history.factoryID): \(history.stage.name)")
            if history.isSynthetic { print("synthetic: invented, no fact about a real firm") }
            if let until = history.objectionsUntil { print("objections until \(LiveTime.iso(until))") }
            if let next = history.next() {
                print("waiting for: \(next.step.name), by \(next.by.iso)\(next.by < Day.today() ? " (overdue)" : "")")
            }
            if let relapse = history.relapsedBy { print("relapsed by \(relapse)") }
            for entry in history.steps {
                let author = entry.author.map {
                    [$0.role.name, $0.name, $0.factoryID ?? $0.brandID ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
                }
                print(
                    "\(entry.number). \(LiveTime.iso(entry.at)) \(entry.step.name) by \(author ?? "the server"): \(entry.before.name) → \(entry.after.name)"
                )
                for field in CorrectionField.allCases {
                    if let value = entry.statement.fields[field] { print("   \(field.name): \(value)") }
                }
                for document in entry.documents { print("   document \(document.sha256) \(document.name) (\(document.bytes) bytes)") }
                if let isOpen = entry.isOpen { print(isOpen ? "   open" : "   settled by step \(entry.settledBy ?? 0)") }
            }
        }

        private func save(_ history: CorrectionHistory, from registry: RegistryStore, to folder: String) throws {
            do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
                throw CommandFailure(message: "cannot make the folder '\(folder)': \(CommandOutput.reason(error))")
            }
            for document in history.steps.flatMap(\.documents) {
                guard let content = try registry.document(sha256: document.sha256, for: nil)?.content else { continue }
                let checked = try CheckedDocument(content, name: document.name)
                guard checked.sha256 == document.sha256 else {
                    throw CommandFailure(message: "document \(document.sha256) is damaged: its bytes have the SHA-256 \(checked.sha256)")
                }
                // Names repeat; hashes do not.
                let path = "\(folder)/\(document.sha256.prefix(12))-\(document.name)"
                do { try Data(content).write(to: URL(fileURLWithPath: path)) } catch {
                    throw CommandFailure(message: "cannot write '\(path)': \(CommandOutput.reason(error))")
                }
            }
        }
    }
}

/// A history for programs.
private struct Shown: Encodable {
    struct Step: Encodable {
        var number: Int64
        var step: String
        var at: String
        var from: String
        var to: String
        var role: String
        var author: String?
        var factoryID: String?
        var brandID: String?
        var statement: [String: String]
        var documents: [Document]
    }

    struct Document: Encodable {
        var sha256: String
        var name: String
        var type: String
        var bytes: Int
    }

    var id: String
    var factoryID: String
    var stage: String
    var objectionsUntil: String?
    var relapsedBy: String?
    var steps: [Step]

    init(_ history: CorrectionHistory) {
        id = history.recordID
        factoryID = history.factoryID
        stage = history.stage.name
        objectionsUntil = history.objectionsUntil.map { LiveTime.iso($0) }
        relapsedBy = history.relapsedBy
        steps = history.steps.map { entry in
            Step(
                number: entry.number, step: entry.step.name, at: LiveTime.iso(entry.at), from: entry.before.name, to: entry.after.name,
                role: entry.author?.role.name ?? "server", author: entry.author?.name, factoryID: entry.author?.factoryID,
                brandID: entry.author?.brandID,
                statement: Dictionary(uniqueKeysWithValues: entry.statement.fields.map { ($0.key.name, $0.value) }),
                documents: entry.documents.map { Document(sha256: $0.sha256, name: $0.name, type: $0.type.name, bytes: $0.bytes) })
        }
    }
}
