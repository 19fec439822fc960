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
        let large = TenTimes.points(small, factor: factor)
        let smallCells = small.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
        let largeCells = large.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }

        var table = Table(["work", "\(small.count) points, µs", "\(large.count) points, µs", "ratio", "found", "found"])
        let builds = timed([{ _ = OurTree(cells: smallCells) }, { _ = OurTree(cells: largeCells) }])
        table.add(["build, from cells"] + row(builds) + ["", ""])
        let full = timed(
            [small, large].map { degrees in
                let (longitudes, latitudes) = (degrees.map(\.longitude), degrees.map(\.latitude))
                return { _ = OurIndex(longitudes: longitudes, latitudes: latitudes) }
            })
        table.add(["build, from degrees, exact positions"] + row(full) + ["", ""])

        let contenders = [
            Contender.ours(OurIndex(degrees: small, index: OurTree(cells: smallCells))),
            Contender.ours(OurIndex(degrees: large, index: OurTree(cells: largeCells))),
        ]
        let out = AnswerBuffer(points: large.count)
        for work in Work.all {
            let queries = QuerySet(work, over: small, seed: 1)
            let counts = (0..<queries.count).map(contenders[0].answering(queries, out))
            let sets = [queries, TenTimes.shrunk(queries, to: counts, contenders[1], out)]
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
