// Stopwatch.swift: times of single queries by the monotonic clock. What reading the clock costs is measured and taken off. Every
// figure is over the queries' medians of the rounds, as the peers outside this process have it (work.py).

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

    mutating func add(round: [Int]) { rounds.append(round) }

    var roundCount: Int { rounds.count }

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

    var mean: Double {
        let times = perQuery
        return times.isEmpty ? 0 : times.reduce(0, +) / Double(times.count)
    }

    private static func median(_ values: [Int]) -> Int {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
