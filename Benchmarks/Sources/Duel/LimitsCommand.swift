// LimitsCommand.swift: `Duel limits` counts what a query does: instructions, lines of memory (64 bytes) that were not in a cache of 32 KiB, and those
// that were not in one of 1 MiB either, by callgrind's model of a core's own two; for ours, for the peers that come nearest, and for ours over ten
// times the points. Beside them stands what a line from farther away takes on this machine. Counts repeat, seconds do not.

import ArgumentParser
import CCallgrind
import Callgrind
import Foundation
import SpatialIndex
import Workloads

struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Counts instructions and lines of memory of each work, under valgrind.")

    @Option(help: "The folder that 'Duel export' made.")
    var work: String
    @Option(help: "Points made of each, for the second size.")
    var factor = 10
    @Flag(help: "Measures memory, and counts nothing.")
    var memory = false
    @Flag(help: .hidden)
    var counting = false

    private static let peers = ["boost", "boost-3d", "nanoflann"]

    func run() throws {
        let folder = WorkFolder(work)
        if counting { return try count(folder) }
        try measureMemory(folder)
        if memory { return }
        var table = Table(["work", "who", "points", "instructions", "lines beyond 32 KiB", "beyond 1 MiB"])
        for row in try counted() { table.add(row) }
        try folder.write(json: table, to: "tables/limits.json")
        print(table.text)
    }

    private func measureMemory(_ folder: WorkFolder) throws {
        var table = Table(["memory", "a line at a random place, one after the other, ns", "the same, at once, ns"])
        let points = try folder.points().positions.count
        // What fits into a core's own cache; then what windows read of all points, and what circles and neighbours do.
        for bytes in [1 << 19, 14 * points, 38 * points, 14 * factor * points, 38 * factor * points] {
            let lines = RandomLines(max(bytes / 64, 1))
            func median(_ body: () -> Double) -> String { (0..<5).map { _ in body() }.sorted()[2].text(1) }
            table.add([
                "\((Double(bytes) / 1_048_576).text(1)) MiB", median(lines.nanosecondsInTurn), median(lines.nanosecondsAtOnce),
            ])
        }
        try folder.write(json: table, to: "tables/memory.json")
        print("\(table.text)\n")
    }

    // MARK: Under valgrind

    /// In the started program: every work of every contender, warm.
    private func count(_ folder: WorkFolder) throws {
        guard callgrind_runs() != 0 else { throw DuelError("'--counting' is for the program that 'Duel limits' starts under valgrind") }
        let (positions, cells) = try folder.points()
        let points = PeerPoints(positions, cells)
        let peers = Peer.all.filter { LimitsCommand.peers.contains($0.name) }
        // Of a build each point counts.
        count("build", "blueatlas", positions.count, each: positions.count) { _ = OurTree(cells: cells) }
        for peer in peers { count("build", peer.name, positions.count, each: positions.count) { _ = peer.build(points) } }
        let (longitudes, latitudes) = (positions.map(\.longitude), positions.map(\.latitude))
        count("build-degrees", "blueatlas", positions.count, each: positions.count) {
            _ = OurTree(longitudes: longitudes, latitudes: latitudes)
        }
        let built = peers.compactMap { $0.build(points)?.contender }
        let ours = Contender.ours(OurIndex(degrees: positions))
        let out = AnswerBuffer(points: factor * positions.count)
        for work in Work.all {
            let queries = try folder.queries(of: work)
            for contender in [ours] + built where contender.canAnswer(work.kind) {
                count(work, contender, queries, positions.count, out)
            }
        }
        let large = TenTimes.points(positions, factor: factor)
        let largest = Contender.ours(OurIndex(degrees: large))
        for work in Work.all {
            let queries = QuerySet(work, over: positions, seed: 1)
            let counts = (0..<queries.count).map(ours.answering(queries, out))
            count(work, largest, TenTimes.shrunk(queries, to: counts, largest, out), large.count, out)
        }
    }

    private func count(_ work: Work, _ contender: Contender, _ queries: QuerySet, _ points: Int, _ out: AnswerBuffer) {
        let answer = contender.answering(queries, out)
        count(work.name, contender.name, points, each: queries.count) { for number in 0..<queries.count { _ = answer(number) } }
    }

    /// Once to fill the caches, once to count.
    private func count(_ work: String, _ who: String, _ points: Int, each: Int, _ body: () -> Void) {
        callgrind_begin()
        body()
        callgrind_begin()
        body()
        "\(work) \(who) \(points) \(each)".withCString { callgrind_end($0) }
    }

    /// Starts the program again under valgrind and reads what it has counted: a row a work and contender, figures a query, or of a build a point.
    private func counted() throws -> [[String]] {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("blueatlas-limits-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let stretches = try Callgrind.run(
            ["limits", "--work", work, "--factor", "\(factor)", "--counting"],
            options: ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,16,64"], folder: scratch)
        return try stretches.map { stretch in
            // WORK WHO POINTS EACH
            let name = stretch.name.split(separator: " ").map(String.init)
            guard name.count == 4, let times = Double(name[3]) else {
                throw DuelError("callgrind counted something else: '\(stretch.name)'")
            }
            func each(_ events: String...) -> Double { Double(events.reduce(0) { $0 + (stretch.events[$1] ?? 0) }) / times }
            return name.dropLast() + [each("Ir").text(0), each("D1mr", "D1mw").text(1), each("DLmr", "DLmw").text(1)]
        }
    }
}

/// Lines of memory, each naming another one, so that all are visited in an order that nobody guesses.
private final class RandomLines {
    private let next: UnsafeMutablePointer<UInt32>
    private let count: Int
    private static let reads = 2_000_000
    /// Numbers in a line.
    private static let stride = 16

    init(_ count: Int) {
        self.count = count
        next = .allocate(capacity: count * RandomLines.stride)
        next.initialize(repeating: 0, count: count * RandomLines.stride)
        // Sattolo's shuffle: one cycle through all.
        var order = (0..<UInt32(count)).map { $0 }
        var random = SeededRandom(seed: 3)
        for at in (1..<count).reversed() { order.swapAt(at, Int(random.unit() * Double(at))) }
        for at in 0..<count { next[Int(order[at]) * RandomLines.stride] = order[(at + 1) % count] }
    }

    deinit { next.deallocate() }

    /// Each read waits for the one before.
    func nanosecondsInTurn() -> Double {
        var at: UInt32 = 0
        let time = Stopwatch.time { for _ in 0..<RandomLines.reads { at = next[Int(at) * RandomLines.stride] } }
        return Double(time) / Double(RandomLines.reads) + (at == .max ? 1 : 0)
    }

    /// As many on their way as the processor manages.
    func nanosecondsAtOnce() -> Double {
        var state: UInt64 = 1
        var sum: UInt32 = 0
        let time = Stopwatch.time {
            for _ in 0..<RandomLines.reads {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                sum &+= next[Int(((state >> 32) &* UInt64(count)) >> 32) &* RandomLines.stride]
            }
        }
        return Double(time) / Double(RandomLines.reads) + (sum == .max ? 1 : 0)
    }
}
