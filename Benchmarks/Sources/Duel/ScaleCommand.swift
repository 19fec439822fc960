// ScaleCommand.swift: `Duel scale` makes ten points of each, moved a little, and asks for as many results as before at the same
// places: each window and circle is made smaller until it holds as many. So the ratio says how build and queries grow with the number
// of points, and nothing else.

import ArgumentParser
import SpatialIndex
import Workloads

struct ScaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Ours over ten times the points: build and queries against the work folder's own points.")

    @Option(help: "The folder that 'Duel export' made.")
    var work: String
    @Option(help: "Points made of each.")
    var factor = 10
    @Option(help: "Rounds of each work.")
    var rounds = 5

    func run() throws {
        let folder = WorkFolder(work)
        let small = try folder.points().positions
        var random = SeededRandom(seed: 12)
        // Up to a kilometre away, so that places stay as clustered as they were.
        let large = small.flatMap { point in
            (0..<factor).map { copy in
                copy == 0
                    ? point
                    : Position(
                        longitude: point.longitude + (random.unit() - 0.5) * 0.02, latitude: point.latitude + (random.unit() - 0.5) * 0.02)
            }
        }
        let smallCells = small.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
        let largeCells = large.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }

        var table = Table(["work", "\(small.count) points, µs", "\(large.count) points, µs", "ratio", "found", "found"])
        let builds = timed([{ _ = OurTree(cells: smallCells) }, { _ = OurTree(cells: largeCells) }])
        table.add(["build, from cells"] + row(builds) + ["", ""])
        let full = timed([{ _ = OurIndex(degrees: small) }, { _ = OurIndex(degrees: large) }])
        table.add(["build, from degrees, exact positions"] + row(full) + ["", ""])

        let contenders = [
            Contender.ours(OurIndex(degrees: small, index: OurTree(cells: smallCells))),
            Contender.ours(OurIndex(degrees: large, index: OurTree(cells: largeCells))),
        ]
        let out = AnswerBuffer(points: large.count)
        for work in Work.all {
            let queries = QuerySet(work, over: small, seed: 1)
            let counts = (0..<queries.count).map(contenders[0].answering(queries, out))
            let sets = [queries, shrunk(queries, to: counts, contenders[1], out)]
            var timings = [Timings(), Timings()]
            var found = [0, 0]
            for _ in 0..<rounds {
                for at in 0...1 {
                    let answer = contenders[at].answering(sets[at], out)
                    // An untimed pass first, as in the comparison.
                    for number in 0..<sets[at].count { _ = answer(number) }
                    found[at] = 0
                    var times = [Int](repeating: 0, count: sets[at].count)
                    for number in 0..<sets[at].count {
                        times[number] = Stopwatch.time { found[at] += answer(number) }
                    }
                    timings[at].add(round: times)
                }
            }
            let means = found.enumerated().map { (Double($1) / Double(sets[$0].count)).text(1) }
            table.add([work.name] + row(timings.map(\.median)) + means)
        }
        try folder.write(json: table, to: "tables/scale.json")
        print(table.text)
    }

    /// The same places, each area as large as it must be to hold so many points.
    private func shrunk(_ queries: QuerySet, to counts: [Int], _ contender: Contender, _ out: AnswerBuffer) -> QuerySet {
        switch queries {
        case .places: return queries
        case .circles(let circles):
            return .circles(
                zip(circles, counts).map { circle, count in
                    // Midway between the last that belongs and the next: on a point's very distance a geodesic would have to be solved.
                    let found = contender.nearest?(circle.centre, count + 1, out) ?? 0
                    guard found > count else { return circle }
                    var smaller = circle
                    smaller.meters = ((count > 0 ? out.distances[count - 1] : 0) + out.distances[count]) / 2
                    return smaller
                })
        case .windows(let boxes):
            return .windows(
                zip(boxes, counts).map { box, count in
                    var low = 0.0
                    var high = 1.0
                    for _ in 0..<24 {
                        let middle = (low + high) / 2
                        let found = contender.window?(box.scaled(by: middle), out) ?? 0
                        if found == count { return box.scaled(by: middle) }
                        if found < count { low = middle } else { high = middle }
                    }
                    return box.scaled(by: high)
                })
        }
    }

    /// Microseconds of each, the median of the rounds, in turns.
    private func timed(_ bodies: [() -> Void]) -> [Double] {
        var timings = [Timings](repeating: Timings(), count: bodies.count)
        for _ in 0..<rounds {
            for (at, body) in bodies.enumerated() { timings[at].add(round: [Stopwatch.time(body)]) }
        }
        return timings.map(\.median)
    }

    private func row(_ times: [Double]) -> [String] {
        [times[0].microseconds, times[1].microseconds, (times[1] / times[0]).text(2)]
    }
}

extension GridBox {
    /// About its middle, each side so much as long.
    fileprivate func scaled(by factor: Double) -> GridBox {
        func side(_ low: UInt32, _ high: UInt32) -> (UInt32, UInt32) {
            let middle = (Double(low) + Double(high)) / 2
            let half = (Double(high) - Double(low)) / 2 * factor
            return (UInt32((middle - half).rounded()), UInt32((middle + half).rounded()))
        }
        let (left, right) = side(minX, maxX)
        let (top, bottom) = side(minY, maxY)
        return GridBox(minX: left, minY: top, maxX: right, maxY: bottom)
    }
}
