// PrometheusMetrics.swift: a backend of swift-metrics that keeps numbers in memory and writes them in Prometheus's text format
// (version 0.0.4).

import CoreMetrics
import Synchronization

/// Keeps every metric of the process.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    private struct Key: Hashable {
        var label: String
        var dimensions: String
    }

    private let counters = Mutex<[Key: Counter]>([:])
    private let gauges = Mutex<[Key: Gauge]>([:])
    private let histograms = Mutex<[Key: Histogram]>([:])

    public init() {}

    final class Counter: CounterHandler, FloatingPointCounterHandler, Sendable {
        let value = Mutex(0.0)
        func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
        func increment(by amount: Double) { value.withLock { $0 += amount } }
        func reset() { value.withLock { $0 = 0 } }
    }

    final class Gauge: MeterHandler, Sendable {
        let value = Mutex(0.0)
        func set(_ value: Int64) { self.value.withLock { $0 = Double(value) } }
        func set(_ value: Double) { self.value.withLock { $0 = value } }
        func increment(by amount: Double) { value.withLock { $0 += amount } }
        func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    }

    /// Seconds, in buckets.
    final class Histogram: TimerHandler, RecorderHandler, Sendable {
        static let bounds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
        struct State {
            var buckets = [Int](repeating: 0, count: Histogram.bounds.count + 1)
            var sum = 0.0
            var count = 0
        }
        let state = Mutex(State())
        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) {
            state.withLock { state in
                state.buckets[Histogram.bounds.firstIndex { value <= $0 } ?? Histogram.bounds.count] += 1
                state.sum += value
                state.count += 1
            }
        }
    }

    private func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        let text: String = dimensions.map { (name, value) -> String in
            let safe = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(safe)\""
        }.joined(separator: ",")
        return Key(label: label, dimensions: text)
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> Counter {
        counters.withLock { all in
            let key = key(label, dimensions)
            if let known = all[key] { return known }
            let made = Counter()
            all[key] = made
            return made
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        histograms.withLock { all in
            let key = key(label, dimensions)
            if let known = all[key] { return known }
            let made = Histogram()
            all[key] = made
            return made
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { counter(label, dimensions) }
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauges.withLock { all in
            let key = key(label, dimensions)
            if let known = all[key] { return known }
            let made = Gauge()
            all[key] = made
            return made
        }
    }
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        histogram(label, dimensions)
    }
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { histogram(label, dimensions) }
    // Metrics live as long as the process.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All metrics as text.
    public func text() -> String {
        var lines: [String] = []
        func family(_ type: String, _ rows: [(key: Key, values: [(suffix: String, extra: String, value: String)])]) {
            var last = ""
            for row in rows.sorted(by: { ($0.key.label, $0.key.dimensions) < ($1.key.label, $1.key.dimensions) }) {
                if row.key.label != last { lines.append("# TYPE \(row.key.label) \(type)") }
                last = row.key.label
                for value in row.values {
                    let labels = [row.key.dimensions, value.extra].filter { !$0.isEmpty }.joined(separator: ",")
                    lines.append("\(row.key.label)\(value.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(value.value)")
                }
            }
        }
        func plain(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value) }
        family("counter", counters.withLock { $0 }.map { ($0.key, [("", "", plain($0.value.value.withLock { $0 }))]) })
        family("gauge", gauges.withLock { $0 }.map { ($0.key, [("", "", plain($0.value.value.withLock { $0 }))]) })
        family(
            "histogram",
            histograms.withLock { $0 }.map { key, histogram in
                let state = histogram.state.withLock { $0 }
                var running = 0
                var values: [(suffix: String, extra: String, value: String)] = []
                for (index, bound) in Histogram.bounds.enumerated() {
                    running += state.buckets[index]
                    values.append(("_bucket", "le=\"\(bound)\"", String(running)))
                }
                values.append(("_bucket", "le=\"+Inf\"", String(state.count)))
                values.append(("_sum", "", plain(state.sum)))
                values.append(("_count", "", String(state.count)))
                return (key, values)
            })
        return lines.joined(separator: "\n") + "\n"
    }
}
