// RunCommand.swift: `Duel run` times ours and every peer of this process, one thread, the same points and queries, in turns:
// a round of one, a round of the next, so that what the machine does meanwhile befalls all. Each round begins with an untimed
// pass over the same queries, so that nobody pays for the caches that the one before has filled. Every answer is compared with
// ours before a time counts.

import ArgumentParser
import Atlas
import CPeers
import Foundation
import SpatialIndex
import Workloads

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Times ours and the peers of this process, and compares their answers.")

    @Option(help: "The folder that 'Duel export' made.")
    var work: String
    @Option(help: "Only works whose name starts so; several with commas.")
    var only: String?
    @Option(help: "Only these peers, with commas: \(Peer.all.map(\.name).joined(separator: ", ")).")
    var peers: String?
    @Option(help: "Rounds of each work.")
    var rounds = 7
    @Flag(help: "No untimed pass before each round: caches hold what the contender before left in them.")
    var cold = false
    @Option(help: "Also time the tiles of the comparison from this snapshot.")
    var snapshot: String?

    func run() throws {
        let folder = WorkFolder(work)
        let (positions, cells) = try folder.points()
        let chosen = try chosenPeers()
        var results = Results()

        // Ours comes first in every list.
        let built = try Builds.run(positions, cells, chosen, rounds: min(rounds, 5), timed: isWanted("build"), &results)
        let out = AnswerBuffer(points: positions.count)
        for work in Work.all where isWanted(work.name) {
            try time(work, folder, positions, built.filter { $0.canAnswer(work.kind) }, out, &results)
        }
        if let snapshot { try timeTiles(of: snapshot, folder, &results) }
        try results.write(to: folder)
        print(results.summary)
    }

    private func isWanted(_ name: String) -> Bool {
        guard let only else { return true }
        return only.split(separator: ",").contains { name.hasPrefix($0) }
    }

    private func chosenPeers() throws -> [Peer] {
        guard let peers else { return Peer.all }
        let names = peers.split(separator: ",").map(String.init)
        for name in names where !Peer.all.contains(where: { $0.name == name }) {
            throw ValidationError("no peer '\(name)'; there are \(Peer.all.map(\.name).joined(separator: ", "))")
        }
        return Peer.all.filter { names.contains($0.name) }
    }

    private func time(
        _ work: Work, _ folder: WorkFolder, _ positions: [Position], _ contenders: [Contender], _ out: AnswerBuffer,
        _ results: inout Results
    ) throws {
        let queries = try folder.queries(of: work)
        let answers = try folder.answers(of: work)
        guard answers.count == queries.count else { throw DuelError("queries and answers of \(work.name) do not belong together") }
        var wrong = [Int](repeating: 0, count: contenders.count)
        let answering = contenders.map { $0.answering(queries, out) }
        for (at, contender) in contenders.enumerated() {
            for number in 0..<queries.count {
                var answer = Answer(out, count: answering[at](number), kind: work.kind)
                let right: Bool
                if contender.exact {
                    right = answer.agrees(with: answers[number], kind: work.kind)
                } else {
                    answer.measure(queries, number, positions)
                    right = answer.hasIDs(of: answers[number], kind: work.kind)
                }
                if !right { wrong[at] += 1 }
            }
        }
        var timings = [Timings](repeating: Timings(), count: contenders.count)
        var spent = [Int](repeating: 0, count: contenders.count)
        for round in 0..<rounds {
            for turn in contenders.indices {
                let at = (turn + round) % contenders.count
                // The slow ones are known after some seconds; their rows say of how many rounds they are.
                if round >= 1, spent[at] > 4_000_000_000 { continue }
                let answer = answering[at]
                if !cold { for number in 0..<queries.count { _ = answer(number) } }
                var times = [Int](repeating: 0, count: queries.count)
                for number in 0..<queries.count {
                    times[number] = Stopwatch.time { _ = answer(number) }
                }
                spent[at] += times.reduce(0, +)
                timings[at].add(round: times)
            }
        }
        for (at, contender) in contenders.enumerated() {
            results.add(contender, work: work.name, queries: queries.count, timings[at], wrong: wrong[at])
        }
        print(results.line(of: work.name))
    }

    private func timeTiles(of snapshot: String, _ folder: WorkFolder, _ results: inout Results) throws {
        let atlas = try Snapshot.open(path: snapshot)
        for finding in try folder.read(json: "tiles.json", as: [TileFinding].self) where isWanted(finding.work) {
            guard let tile = finding.tileWork else { continue }
            let filter = try tile.filter
            var size = 0
            var timings = Timings()
            for _ in 0..<max(rounds * 5, 1) {
                let start = Stopwatch.now()
                size = try atlas.tile(map: .blue, id: tile.tile, filter: filter).count
                timings.add(round: [Stopwatch.now() - start])
            }
            guard size == finding.bytes else { throw DuelError("\(tile.name): other bytes than at the export; is this its snapshot?") }
            results.add(
                Contender(name: "blueatlas", version: "this tree", note: "\(finding.factories) factories, \(size) bytes", exact: true),
                work: tile.name, queries: 1, timings, wrong: 0)
        }
    }
}

/// Building: how long it takes and how much memory the result holds.
enum Builds {
    /// Builds ours and the peers, and times them when asked to.
    static func run(
        _ positions: [Position], _ cells: [GridPoint], _ peers: [Peer], rounds: Int, timed: Bool, _ results: inout Results
    ) throws -> [Contender] {
        let points = PeerPoints(positions, cells)
        let before = peer_allocated_bytes()
        let tree = OurTree(cells: cells)
        let treeBytes = peer_allocated_bytes() - before
        let index = OurIndex(degrees: positions, index: tree)
        let indexBytes = peer_allocated_bytes() - before
        let ours = Contender.ours(index)
        results.addMemory(ours, bytes: treeBytes, points: positions.count, work: "memory", note: "cells, boxes, ids")
        results.addMemory(
            ours, bytes: indexBytes, points: positions.count, work: "memory-positions", note: "and exact positions: degrees, earth-centred")

        // As the index takes them, as peers have them in their own forms.
        let (longitudes, latitudes) = (positions.map(\.longitude), positions.map(\.latitude))
        var contenders = [ours]
        // Nil: only the build that was needed anyway counts, since it takes seconds.
        var builders: [(contender: Contender, work: String, first: Int, build: (() -> Int)?)] = [
            (ours.noted("from cells: Hilbert order, boxes, ids"), "build", 0, { time { OurTree(cells: cells) } }),
            (
                ours.noted("from degrees: projection too"), "build-degrees", 0,
                { time { OurTree(longitudes: longitudes, latitudes: latitudes) } }
            ),
            (
                ours.noted("from degrees, with exact positions"), "build-positions", 0,
                { time { OurIndex(longitudes: longitudes, latitudes: latitudes) } }
            ),
        ]
        for peer in peers {
            let before = peer_allocated_bytes()
            let start = Stopwatch.now()
            guard let built = peer.build(points) else { throw DuelError("\(peer.name) could not be built") }
            let first = Stopwatch.now() - start
            contenders.append(built.contender)
            guard peer.exact else { continue }
            results.addMemory(
                built.contender, bytes: peer_allocated_bytes() - before + Int(peer.borrowedBytes * Double(positions.count)),
                points: positions.count, work: "memory", note: "all that its queries read")
            builders.append((built.contender, "build", first, first > 3_000_000_000 ? nil : { time { peer.build(points) } }))
        }
        guard timed else { return contenders }
        var timings = [Timings](repeating: Timings(), count: builders.count)
        for round in 0..<rounds {
            for (at, builder) in builders.enumerated() {
                if let build = builder.build {
                    timings[at].add(round: [build()])
                } else if round == 0 {
                    timings[at].add(round: [builder.first])
                }
            }
        }
        for (at, builder) in builders.enumerated() {
            results.add(builder.contender, work: builder.work, queries: 1, timings[at], wrong: 0)
        }
        print(results.line(of: "build"))
        return contenders
    }

    /// Nanoseconds until something is built; taking it apart does not count.
    private static func time<T>(_ build: () -> T) -> Int {
        let start = Stopwatch.now()
        let built = build()
        let end = Stopwatch.now()
        withExtendedLifetime(built) {}
        return end - start
    }
}

extension Contender {
    fileprivate func noted(_ note: String) -> Contender {
        var copy = self
        copy.note = note
        return copy
    }
}
