// ExactnessCommand.swift: `Duel exactness` asks random and adversarial queries and compares every answer with brute force by
// the exact geodesic. Beside ours stand the common shortcuts: nearest in a plane, radius on a sphere. Speed plays no part here, so
// all cores check.

import ArgumentParser
import CPeers
import Foundation
import SpatialIndex
import Workloads

struct ExactnessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exactness", abstract: "Counts wrong answers of ours and of common shortcuts against brute force.")

    @Option(help: "The folder that 'Duel export' made.")
    var work: String
    @Option(help: "Radius and nearest queries in all; windows come on top, a fifth of that.")
    var queries = 100_000
    @Option(help: "Another seed gives other queries.")
    var seed: UInt64 = 1

    func run() throws {
        let folder = WorkFolder(work)
        let (positions, cells) = try folder.points()
        let index = OurIndex(degrees: positions)
        let points = PeerPoints(positions, cells)
        let shortcuts = try Peer.all.filter { !$0.exact }.map { peer in
            guard let built = peer.build(points) else { throw DuelError("\(peer.name) could not be built") }
            return built.contender
        }
        let checker = ExactnessChecker(
            ours: index, shortcuts: shortcuts, truth: BruteForce(positions, cells), points: positions, cells: cells)
        let names = shortcuts.map(\.name) + ["haversine"]
        var table = Table(["wrong answers", "queries", "blueatlas"] + names)
        var total = 0
        var wrong = 0
        for check in ExactnessCheck.all {
            let count = max(queries * check.share / 100, 1)
            let start = Stopwatch.now()
            let counts = checker.run(check, count: count, seed: seed)
            let seconds = Double(Stopwatch.now() - start) / 1e9
            table.add(
                [check.name, "\(count)", "\(counts.ours)"]
                    + names.map { name in counts.shortcuts[name].map { "\($0) (\((100 * Double($0) / Double(count)).text(1)) %)" } ?? "" })
            total += count
            wrong += counts.ours
            FileHandle.standardError.write(Data("\(check.name): \(counts.ours) of \(count) wrong, \(seconds.text(1)) s\n".utf8))
        }
        table.add(["all", "\(total)", "\(wrong)"] + names.map { _ in "" })
        try folder.write(json: table, to: "tables/exactness.json")
        print(table.text)
        print("\nblueatlas: \(wrong) of \(total) answers differ from brute force")
        if wrong > 0 { throw ExitCode(1) }
    }
}

/// One row of the exactness table.
struct ExactnessCheck {
    enum Maker {
        case window
        /// Edges on points' cells, or one off.
        case windowEdges
        case radius(kilometers: Double)
        /// The radius is a point's exact distance, or a millimetre more or less.
        case radiusRim(kilometers: Double)
        case nearest(k: Int)
        /// Two points as far from the query as can be computed, the first the last that is asked for; or the query on a point.
        case nearestTies
        /// From anywhere on the earth.
        case nearestFar
    }

    var name: String
    var maker: Maker
    /// Percent of the radius and nearest queries.
    var share: Int
    /// Whether shortcuts are asked too.
    var compares = false

    static let all = [
        ExactnessCheck(name: "window, any size", maker: .window, share: 8),
        ExactnessCheck(name: "window, edges on points", maker: .windowEdges, share: 12),
        ExactnessCheck(name: "radius 1 km", maker: .radius(kilometers: 1), share: 12, compares: true),
        ExactnessCheck(name: "radius 5 km", maker: .radius(kilometers: 5), share: 10, compares: true),
        ExactnessCheck(name: "radius 20 km", maker: .radius(kilometers: 20), share: 8, compares: true),
        ExactnessCheck(name: "radius to 20 km, rim at a point ± 1 mm", maker: .radiusRim(kilometers: 20), share: 25),
        ExactnessCheck(name: "radius to 100 km, rim at a point ± 1 mm", maker: .radiusRim(kilometers: 100), share: 5),
        ExactnessCheck(name: "nearest 1", maker: .nearest(k: 1), share: 10, compares: true),
        ExactnessCheck(name: "nearest 10", maker: .nearest(k: 10), share: 10, compares: true),
        ExactnessCheck(name: "nearest 100", maker: .nearest(k: 100), share: 4, compares: true),
        ExactnessCheck(name: "nearest, ties", maker: .nearestTies, share: 15),
        ExactnessCheck(name: "nearest, from anywhere on earth", maker: .nearestFar, share: 1),
    ]
}

/// Checks queries on all cores.
final class ExactnessChecker: @unchecked Sendable {
    // Unchecked: ours and the truth are immutable; a shortcut is asked, and counts are added, under the lock.
    private let ours: OurIndex
    private let shortcuts: [Contender]
    private let truth: BruteForce
    private let points: [Position]
    private let cells: [GridPoint]
    private let lock = NSLock()
    private var counts = Counts()

    struct Counts {
        var ours = 0
        var shortcuts: [String: Int] = [:]
    }

    init(ours: OurIndex, shortcuts: [Contender], truth: BruteForce, points: [Position], cells: [GridPoint]) {
        self.ours = ours
        self.shortcuts = shortcuts
        self.truth = truth
        self.points = points
        self.cells = cells
    }

    /// Wrong answers of `count` queries.
    func run(_ check: ExactnessCheck, count: Int, seed: UInt64) -> Counts {
        counts = Counts()
        let batch = 20
        DispatchQueue.concurrentPerform(iterations: (count + batch - 1) / batch) { part in
            let out = AnswerBuffer(points: points.count)
            let contender = Contender.ours(ours)
            for number in part * batch..<min((part + 1) * batch, count) {
                // By its name each check has its own queries.
                var random = SeededRandom(seed: seed &+ UInt64(number) &* 0x9e37_79b9, name: check.name)
                let (query, kind) = make(check.maker, &random)
                let found = truth.answer(query, 0)
                let answer = Answer(out, count: contender.answering(query, out)(0), kind: kind)
                var right = answer.agrees(with: found, kind: kind)
                if case .circles(let circles) = query { right = pagesAgree(circles[0], with: found, &random) && right }
                lock.lock()
                if !right { counts.ours += 1 }
                if check.compares { compare(query, kind, with: found, out) }
                lock.unlock()
            }
        }
        return counts
    }

    /// Whether the circle's first two pages, and its total, are the brute force's: nearest first, of any length.
    private func pagesAgree(_ circle: CircleQuery, with found: [Found], _ random: inout SeededRandom) -> Bool {
        let limit = 1 + random.below(random.below(4) == 0 ? 1_000 : 40)
        let first = ours.page(circle, limit: limit)
        var neighbors = first.neighbors
        var totals = [first.total]
        if let last = neighbors.last {
            let second = ours.page(circle, limit: limit, after: (last.distanceMeters, last.index))
            neighbors += second.neighbors
            totals.append(second.total)
        }
        let answer = ours.index.ids.withUnsafeBufferPointer { ids in
            Answer(ids: neighbors.map { ids[$0.index] }, distances: neighbors.map(\.distanceMeters))
        }
        return totals.allSatisfy { $0 == found.count } && answer.agrees(with: found, kind: .nearest(k: 2 * limit))
    }

    private func compare(_ query: QuerySet, _ kind: Work.Kind, with found: [Found], _ out: AnswerBuffer) {
        let right: Answer
        switch kind {
        case .nearest(let k): right = Answer(ids: found.prefix(k).map(\.id), distances: found.prefix(k).map(\.distance))
        case .window, .radius: right = Answer(ids: found.map(\.id).sorted(), distances: [])
        }
        for shortcut in shortcuts where shortcut.canAnswer(kind) {
            var answer = Answer(out, count: shortcut.answering(query, out)(0), kind: kind)
            answer.measure(query, 0, points)
            counts.shortcuts[shortcut.name, default: 0] += answer.hasIDs(of: right, kind: kind) ? 0 : 1
        }
        if case .circles(let circles) = query {
            counts.shortcuts["haversine", default: 0] += truth.haversine(circles[0]) == right.ids ? 0 : 1
        }
    }

    private func make(_ maker: ExactnessCheck.Maker, _ random: inout SeededRandom) -> (QuerySet, Work.Kind) {
        switch maker {
        case .window:
            let kilometers = logarithmic(0.05, 300, &random)
            return (.windows([QuerySet.box(around: place(&random), meters: kilometers * 1_000)]), .window(kilometers: kilometers))
        case .windowEdges: return (.windows([edgeBox(&random)]), .window(kilometers: 1))
        case .radius(let kilometers):
            return (.circles([circle(place(&random), kilometers * 1_000)]), .radius(kilometers: kilometers))
        case .radiusRim(let kilometers):
            let centre = place(&random)
            var meters = logarithmic(kilometers * 2.5, kilometers * 1_000, &random)
            let members = truth.radius(circle(centre, meters))
            if !members.isEmpty { meters = members[random.below(members.count)].distance + Double(random.below(3) - 1) * 0.001 }
            return (.circles([circle(centre, max(meters, 0))]), .radius(kilometers: 1))
        case .nearest(let k): return (.places([place(&random)], k: k), .nearest(k: k))
        case .nearestTies:
            let (at, k) = tie(&random)
            return (.places([at], k: k), .nearest(k: k))
        case .nearestFar:
            let latitude = asin(2 * random.unit() - 1) * 180 / .pi
            let k = 1 + random.below(10)
            return (.places([Position(longitude: random.unit() * 360 - 180, latitude: latitude)], k: k), .nearest(k: k))
        }
    }

    private func circle(_ centre: Position, _ meters: Double) -> CircleQuery {
        CircleQuery(longitude: centre.longitude, latitude: centre.latitude, meters: meters)
    }

    private func logarithmic(_ low: Double, _ high: Double, _ random: inout SeededRandom) -> Double {
        low * pow(high / low, random.unit())
    }

    /// Near a point of the data; one time in eight anywhere in China's bounding box.
    private func place(_ random: inout SeededRandom) -> Position {
        if random.below(8) == 0 { return Position(longitude: 73 + random.unit() * 62, latitude: 18 + random.unit() * 36) }
        let point = points[random.below(points.count)]
        return Position(
            longitude: point.longitude + (random.unit() - 0.5) * 0.01, latitude: point.latitude + (random.unit() - 0.5) * 0.01)
    }

    /// From one point's cell to that of another one near it, each edge on it or one cell off.
    private func edgeBox(_ random: inout SeededRandom) -> GridBox {
        let at = random.below(points.count)
        let near = truth.nearest(points[at], k: 2 + random.below(40))
        let a = cells[at]
        let b = cells[Int(near[random.below(near.count)].id)]
        func edge(_ value: UInt32) -> UInt32 { UInt32(clamping: Int(value) + random.below(3) - 1) }
        return GridBox(
            minX: edge(min(a.x, b.x)), minY: edge(min(a.y, b.y)), maxX: edge(max(a.x, b.x)), maxY: edge(max(a.y, b.y)))
    }

    /// A place as far from one point as from another, and a `k` that ends between the two; or a point's own place.
    private func tie(_ random: inout SeededRandom) -> (Position, k: Int) {
        let first = random.below(points.count)
        let p = points[first]
        if random.below(3) == 0 { return (p, 1 + random.below(12)) }
        let near = truth.nearest(p, k: 2 + random.below(20))
        let second = Int(near[random.below(near.count)].id)
        let q = points[second]
        // On the way from p to q: nearer to p at 0, nearer to q at 1.
        var low = 0.0
        var high = 1.0
        var middle = p
        for _ in 0..<60 {
            let t = (low + high) / 2
            middle = Position(
                longitude: p.longitude + (q.longitude - p.longitude) * t, latitude: p.latitude + (q.latitude - p.latitude) * t)
            let toFirst = peer_geodesic(middle.longitude, middle.latitude, p.longitude, p.latitude)
            let toSecond = peer_geodesic(middle.longitude, middle.latitude, q.longitude, q.latitude)
            if toFirst < toSecond { low = t } else { high = t }
        }
        let around = truth.nearest(middle, k: 60)
        let rank = around.firstIndex { $0.id == UInt32(first) || $0.id == UInt32(second) } ?? 0
        return (middle, rank + 1)
    }
}
