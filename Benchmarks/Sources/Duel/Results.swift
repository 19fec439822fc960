// Results.swift: what was measured, as files for the report and as tables for who looks on.

import Foundation

/// Where a figure comes from: all steps of one 'tools/bench' are one run, anything else a run of its own.
struct Run: Codable {
    /// When it started, UTC.
    var started: String
    /// Only tools/bench tells it.
    var machine: String?

    static let current: Run = {
        let environment = ProcessInfo.processInfo.environment
        return Run(
            started: environment["BLUEATLAS_BENCH_RUN"] ?? Date.now.ISO8601Format(), machine: environment["BLUEATLAS_BENCH_MACHINE"])
    }()
}

/// All rows of a run.
struct Results {
    private var rows: [ResultRow] = []

    mutating func add(_ contender: Contender, work: String, queries: Int, _ timings: Timings, wrong: Int) {
        rows.append(
            ResultRow(
                peer: contender.name, version: contender.version, work: work, queries: queries, medianMicroseconds: timings.median,
                p99Microseconds: timings.p99, meanMicroseconds: timings.mean, exact: contender.exact && wrong == 0, wrong: wrong,
                note: contender.note, run: .current, rounds: timings.roundCount))
    }

    mutating func addMemory(_ contender: Contender, bytes: Int, points: Int, work: String, note: String) {
        rows.append(
            ResultRow(
                peer: contender.name, version: contender.version, work: work, queries: 0, medianMicroseconds: 0, p99Microseconds: 0,
                meanMicroseconds: 0, exact: true, wrong: 0, note: note, bytesPerPoint: Double(bytes) / Double(max(points, 1)),
                run: .current, rounds: 1))
    }

    /// Writes results/PEER.json of every peer. Works that this run did not do keep the rows of an earlier run, which say so.
    func write(to folder: WorkFolder) throws {
        for peer in inOrder(rows.map(\.peer)) {
            let mine = rows.filter { $0.peer == peer }
            let file = "results/\(peer).json"
            let earlier = (try? folder.read(json: file, as: [ResultRow].self)) ?? []
            let done = Set(mine.map(\.work))
            try folder.write(json: earlier.filter { !done.contains($0.work) } + mine, to: file)
        }
    }

    /// One work while it runs.
    func line(of work: String) -> String {
        let texts = rows.filter { $0.work == work }.map { row in
            "\(row.peer) \(row.medianMicroseconds.microseconds)" + (row.wrong > 0 ? " (\(row.wrong) wrong)" : "")
        }
        return "\(work): \(texts.joined(separator: ", ")) µs"
    }

    /// Ours beside the fastest peer whose answers are all right; every time; memory.
    var summary: String {
        let works = inOrder(rows.filter { $0.bytesPerPoint == nil }.map(\.work))
        var verdicts = Table(["work", "ours µs", "fastest exact peer", "its µs", "times ours", "by means", "ours p99 µs", "its p99 µs"])
        for work in works {
            guard let ours = row("blueatlas", work) else { continue }
            let rivals = rows.filter { $0.work == work && $0.peer != "blueatlas" && $0.exact }
            guard let best = rivals.min(by: { $0.medianMicroseconds < $1.medianMicroseconds }),
                let bestMean = rivals.map(\.meanMicroseconds).min()
            else {
                verdicts.add([work, ours.medianMicroseconds.microseconds, "", "", "", "", ours.p99Microseconds.microseconds, ""])
                continue
            }
            verdicts.add([
                work, ours.medianMicroseconds.microseconds, best.peer, best.medianMicroseconds.microseconds,
                (best.medianMicroseconds / ours.medianMicroseconds).text(2), (bestMean / ours.meanMicroseconds).text(2),
                ours.p99Microseconds.microseconds, best.p99Microseconds.microseconds,
            ])
        }
        let peers = inOrder(rows.map(\.peer))
        var times = Table(["median µs"] + peers)
        for work in works {
            times.add(
                [work]
                    + peers.map { peer in
                        guard let row = row(peer, work) else { return "" }
                        return row.medianMicroseconds.microseconds + (row.wrong > 0 ? " (\(row.wrong) of \(row.queries) wrong)" : "")
                    })
        }
        var memory = Table(["bytes a point", "memory", "what"])
        for row in rows {
            guard let bytes = row.bytesPerPoint else { continue }
            memory.add([row.peer, bytes.text(1), row.note])
        }
        return "\n" + [verdicts.text, times.text, memory.text].joined(separator: "\n\n")
    }

    private func row(_ peer: String, _ work: String) -> ResultRow? { rows.first { $0.peer == peer && $0.work == work } }

    private func inOrder(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
