// PrometheusRegistry.swift: a backend for swift-metrics that keeps every metric in memory and writes them all as Prometheus text
// (exposition format 0.0.4). A family is a name with a type and a help text; a member is one set of labels.

import Metrics
import Synchronization

/// Metrics of one server; a `MetricsFactory`, so that libraries which use swift-metrics can report here too.
public final class PrometheusRegistry: MetricsFactory {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    private struct Family {
        var kind: Kind
        var help: String
        var members: [String: any PrometheusMember] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    /// Run before each export, for what is cheaper to ask than to keep.
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    /// Upper bounds of the buckets of durations, seconds; sizes and the like are out of place in a histogram here.
    static let buckets: [Double] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    public init() {}

    /// Says what a family is about; without it a metric is exported without a help text.
    public func describe(_ name: String, _ help: String) {
        families.withLock { $0[name, default: Family(kind: .gauge, help: "")].help = help }
    }

    /// - Parameter collect: kept, with all that it holds, until `endCollecting`.
    public func onExport(_ collect: @escaping @Sendable () -> Void) {
        collectors.withLock { $0.append(collect) }
    }

    /// Lets go of all that was to run before an export: a server that has ended is asked no more, and metrics and what they are asked
    /// of would hold each other for ever. What was set last stays.
    func endCollecting() {
        collectors.withLock { $0 = [] }
    }

    /// All metrics as text. O(members).
    public func export() -> String {
        for collect in collectors.withLock({ $0 }) { collect() }
        let all = families.withLock { $0 }
        var text = ""
        for (name, family) in all.sorted(by: { $0.key < $1.key }) where !family.members.isEmpty {
            if !family.help.isEmpty { text += "# HELP \(name) \(PrometheusRegistry.escapeHelp(family.help))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, member) in family.members.sorted(by: { $0.key < $1.key }) { member.write(name, labels, into: &text) }
        }
        return text
    }

    private func member<M: PrometheusMember>(
        _ label: String, _ dimensions: [(String, String)], _ kind: Kind, _ make: () -> M
    ) -> M {
        let name = PrometheusRegistry.sanitize(label)
        let labels = dimensions.map { "\(PrometheusRegistry.sanitize($0.0))=\"\(PrometheusRegistry.escapeLabel($0.1))\"" }
            .joined(separator: ",")
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: "")
            if family.members.isEmpty { family.kind = kind }
            if let known = family.members[labels] as? M { return known }
            let made = make()
            // A name that is in use as another type: counted, but not exported, since the format has one type for a name.
            if family.kind == kind { family.members[labels] = made }
            families[name] = family
            return made
        }
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        member(label, dimensions, .counter) { PrometheusCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        member(label, dimensions, .gauge) { PrometheusGauge() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return member(label, dimensions, .histogram) { PrometheusHistogram() } }
        return member(label, dimensions, .gauge) { PrometheusGauge() }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        member(label, dimensions, .histogram) { PrometheusHistogram() }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: any AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                for (labels, member) in family.members where member === handler { families[name]?.members[labels] = nil }
            }
        }
    }

    // MARK: Text

    private static func sanitize(_ name: String) -> String {
        let text = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        return text.first.map { $0.isNumber } ?? true ? "_" + text : text
    }

    private static func escapeLabel(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func escapeHelp(_ help: String) -> String {
        help.split(separator: "\n").joined(separator: " ")
    }
}

/// One metric of a family.
protocol PrometheusMember: AnyObject, Sendable {
    func write(_ name: String, _ labels: String, into text: inout String)
}

final class PrometheusCounter: CounterHandler, PrometheusMember {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }
    func write(_ name: String, _ labels: String, into text: inout String) {
        text += labels.isEmpty ? name : "\(name){\(labels)}"
        text += " \(value.load(ordering: .relaxed))\n"
    }
}

final class PrometheusGauge: MeterHandler, RecorderHandler, PrometheusMember {
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(_ name: String, _ labels: String, into text: inout String) {
        text += labels.isEmpty ? name : "\(name){\(labels)}"
        text += " \(value.withLock { $0 })\n"
    }
}

/// Durations, in seconds.
final class PrometheusHistogram: TimerHandler, RecorderHandler, PrometheusMember {
    private struct State {
        /// Not cumulative here; one more than there are bounds, for what lies above the last.
        var counts = [UInt64](repeating: 0, count: PrometheusRegistry.buckets.count + 1)
        var sum = 0.0
        var count: UInt64 = 0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) * 1e-9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        var bucket = 0
        while bucket < PrometheusRegistry.buckets.count, value > PrometheusRegistry.buckets[bucket] { bucket += 1 }
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
            state.count += 1
        }
    }

    func write(_ name: String, _ labels: String, into text: inout String) {
        let state = state.withLock { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (bound, count) in zip(PrometheusRegistry.buckets, state.counts) {
            total += count
            text += "\(name)_bucket{\(before)le=\"\(bound)\"} \(total)\n"
        }
        let tail = labels.isEmpty ? "" : "{\(labels)}"
        text +=
            "\(name)_bucket{\(before)le=\"+Inf\"} \(state.count)\n\(name)_sum\(tail) \(state.sum)\n\(name)_count\(tail) \(state.count)\n"
    }
}
