// Stopwatch.swift: times of single queries and of whole rounds, by the monotonic clock. What reading the clock costs is
// measured and taken off.

import Glibc

enum Stopwatch {
    /// Nanoseconds of a clock that only runs forward.
    @inline(__always)
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }

    /// Nanoseconds between two readings with nothing between: the median of many.
    static let overhead: Int = {
        let times = (0..<2_001).map { _ in
            let start = now()
            return now() - start
        }
        return times.sorted()[times.count / 2]
    }()

    /// Nanoseconds that `body` takes.
    static func time(_ body: () -> Void) -> Int {
        let start = now()
        body()
        return max(now() - start - overhead, 0)
    }
}

/// Times of one contender at one work: a row per round, a column per query. Nanoseconds.
struct Timings {
    private var rounds: [[Int]] = []
    /// Of each round, the time of a query in a pass that was timed as a whole.
    private var passes: [Double] = []

    mutating func add(round: [Int]) { rounds.append(round) }

    mutating func add(pass nanoseconds: Int, queries: Int) { passes.append(Double(nanoseconds) / Double(max(queries, 1))) }

    var isEmpty: Bool { rounds.isEmpty }

    /// Per query its median over the rounds, ascending; microseconds.
    private var perQuery: [Double] {
        guard let first = rounds.first else { return [] }
        return first.indices.map { query in Double(Timings.median(rounds.map { $0[query] })) / 1_000 }.sorted()
    }

    /// The median query.
    var median: Double {
        let times = perQuery
        return times.isEmpty ? 0 : times[times.count / 2]
    }

    var p99: Double {
        let times = perQuery
        return times.isEmpty ? 0 : times[min(times.count * 99 / 100, times.count - 1)]
    }

    /// The mean query, of the median round.
    var mean: Double {
        guard passes.isEmpty else { return passes.sorted()[passes.count / 2] / 1_000 }
        guard let first = rounds.first, !first.isEmpty else { return 0 }
        return Double(Timings.median(rounds.map { $0.reduce(0, +) })) / 1_000 / Double(first.count)
    }

    private static func median(_ values: [Int]) -> Int {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
