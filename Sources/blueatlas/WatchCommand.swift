// WatchCommand.swift: `blueatlas watch`: which factories the suppliers of a brand's list are, before the list is uploaded.

import ArgumentParser
import Atlas
import Foundation
import Registry

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Matches a brand's list of suppliers with the factories.", subcommands: [Match.self],
        defaultSubcommand: Match.self)

    struct Match: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "match", abstract: "Says for each supplier which factory it is, or which it may be. Stores nothing.",
            discussion: """
                The list is a table as 'blueatlas import' reads them, with credit_code, or name and place, or factory_id; and as you like ref, \
                tier and tags. A server takes the same list at /v1/watchlists (docs/ecochain.md).
                  blueatlas watch match --store var/registry.db --snapshot var/atlas.snapshot suppliers.csv
                """)

        @Option(help: "The registry.")
        var store = "var/registry.db"
        @Option(help: "The snapshot, by whose search factories of similar names are found. Default: var/atlas.snapshot, or none.")
        var snapshot: String?
        @Flag(help: "Print the report as JSON.")
        var json = false
        @Argument(help: "The list.")
        var file: String

        private struct Line: Encodable {
            struct Candidate: Encodable {
                var id: String
                var name: String
                var score: Double
                var reason: String
            }

            var line: Int
            var ref: String?
            var name: String?
            var creditCode: String?
            var state: String
            var basis: String?
            var factory: String?
            var candidates: [Candidate]
        }

        private struct Reject: Encodable {
            var line: Int
            var field: String
            var value: String
            var reason: String
        }

        private struct Answer: Encodable {
            var suppliers: [Line]
            var rejected: [Reject]
            var assumptions: [String]
        }

        func run() throws {
            let list: SupplierList
            let lines: [Line]
            do {
                list = try SupplierListReader.read(path: file)
                let registry = try RegistryStore(path: store, mode: .readOnly)
                let matched = try registry.match(list.suppliers, similar: try similarNames())
                let names = try registry.factoryNames(of: matched.flatMap(\.factories))
                lines = matched.map { Match.line($0, names) }
            } catch {
                throw CommandFailure(error)
            }
            let answer = Answer(
                suppliers: lines, rejected: list.rejects.map { Reject(line: $0.line, field: $0.field, value: $0.value, reason: $0.reason) },
                assumptions: list.assumptions)
            if json { try CommandOutput.json(answer) } else { Match.show(answer) }
        }

        private func similarNames() throws -> (SupplierDraft) -> [String] {
            let usual = FileManager.default.fileExists(atPath: "var/atlas.snapshot") ? "var/atlas.snapshot" : nil
            guard let path = snapshot ?? usual else { return { _ in [] } }
            let snapshot = try CommandOutput.open(path)
            return { supplier in
                SupplierName.searchParts(supplier.name ?? "").flatMap { part in
                    (try? SearchQuery(part)).map { snapshot.search($0, limit: 20).hits.map(\.factory.id) } ?? []
                }
            }
        }

        private static func line(_ item: MatchedSupplier, _ names: [Int64: FactoryName]) -> Line {
            var line = Line(
                line: item.supplier.line, ref: item.supplier.reference, name: item.supplier.name, creditCode: item.supplier.creditCode,
                state: item.state.name, candidates: [])
            switch item.match {
            case .matched(let factory, let basis):
                line.basis = basis.name
                line.factory = names[factory]?.id
            case .candidates(let candidates):
                line.candidates = candidates.compactMap { candidate in
                    guard let name = names[candidate.factoryPK] else { return nil }
                    return .init(id: name.id, name: name.nameZH ?? name.nameEN ?? "", score: candidate.score, reason: candidate.reason)
                }
            }
            return line
        }

        private static func show(_ answer: Answer) {
            for assumption in answer.assumptions { print("assumed: \(assumption)") }
            for line in answer.suppliers {
                let subject = [line.ref, line.name, line.creditCode].compactMap(\.self).joined(separator: " ")
                switch line.factory {
                case let factory?: print("line \(line.line): \(subject): \(factory), by \(line.basis ?? "")")
                case nil:
                    print("line \(line.line): \(subject): \(line.candidates.isEmpty ? "no factory is like it" : "a person must say:")")
                }
                for candidate in line.candidates {
                    print("    \(String(format: "%.3f", candidate.score)) \(candidate.id) \(candidate.name): \(candidate.reason)")
                }
            }
            for reject in answer.rejected { print("line \(reject.line): left out: \(reject.field): \(reject.reason)") }
            func count(_ state: WatchMatchState) -> Int { answer.suppliers.count { $0.state == state.name } }
            print(
                "\(answer.suppliers.count) suppliers: \(count(.matched)) matched, \(count(.candidates)) with candidates, \(count(.unmatched)) unmatched; \(answer.rejected.count) rows left out"
            )
        }
    }
}
