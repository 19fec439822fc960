// ReadingImporter.swift: outlets and readings from files into the store, in batches: `outlets.csv`, a row for each item of each outlet, and files
// of readings as feeds deliver them, plain or gzipped.

import Monitoring

/// What an import of readings or outlets did.
public struct ReadingReport: Sendable, Encodable {
    public var path: String
    public var accepted = 0
    public var corrected = 0
    public var unchanged = 0
    public var rejected = 0
    /// The first ones.
    public var rejects: [Reject] = []

    public struct Reject: Sendable, Encodable {
        public var line: Int
        public var field: String
        public var value: String
        public var reason: String
    }

    static let listedRejects = 100

    init(path: String) { self.path = path }

    mutating func refuse(line: Int, field: String, value: String, reason: String) {
        rejected += 1
        if rejects.count < ReadingReport.listedRejects {
            rejects.append(Reject(line: line, field: field, value: String(value.prefix(100)), reason: reason))
        }
    }

    /// One line, and a line for each of the first refusals.
    public var text: String {
        var text = "\(path): \(accepted) accepted, \(corrected) corrected, \(unchanged) unchanged, \(rejected) rejected"
        for reject in rejects.prefix(10) {
            text += "\n  line \(reject.line), \(reject.field)\(reject.value.isEmpty ? "" : " '\(reject.value)'"): \(reject.reason)"
        }
        if rejected > 10 { text += "\n  …" }
        return text
    }
}

/// Reads files into a store.
public struct ReadingImporter: Sendable {
    public let store: RegistryStore
    /// Readings that are stored together or not at all.
    static let batchRows = 5000

    public init(store: RegistryStore) { self.store = store }

    // MARK: Readings

    /// Reads a file of readings: newline-delimited JSON or CSV.
    ///
    /// - Throws: `ImportError`, `ReadingLines.NoReadings`, `RegistryError`. What was stored before stays.
    public func readings(path: String, progress: (Int) -> Void = { _ in }) throws -> ReadingReport {
        var report = ReadingReport(path: path)
        let source = try ByteSource(path: path)
        let run = ReadingRun()
        var lines = ReadingLines()
        var pending: [ReadingDraft] = []
        pending.reserveCapacity(ReadingImporter.batchRows)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        func take(_ row: ReadingLines.Row) throws {
            switch row {
            case .reject(let reject): report.refuse(line: reject.line, field: reject.field, value: reject.value, reason: reject.reason)
            case .reading(let draft):
                pending.append(draft)
                if pending.count == ReadingImporter.batchRows {
                    try flush(&pending, run, &report)
                    progress(report.accepted + report.corrected + report.unchanged + report.rejected)
                }
            }
        }
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            try lines.feed(UnsafeBufferPointer(rebasing: UnsafeRawBufferPointer(buffer).bindMemory(to: UInt8.self)[0..<count]), take)
        }
        try lines.finish(take)
        try flush(&pending, run, &report)
        return report
    }

    private func flush(_ pending: inout [ReadingDraft], _ run: ReadingRun, _ report: inout ReadingReport) throws {
        guard !pending.isEmpty else { return }
        let outcomes = try store.writeAlone(durably: false) { try $0.write(readings: pending, run: run) }
        for (draft, outcome) in zip(pending, outcomes) {
            switch outcome {
            case .accepted: report.accepted += 1
            case .corrected: report.corrected += 1
            case .unchanged: report.unchanged += 1
            case .rejected(let field, let value, let reason):
                report.refuse(line: draft.line, field: field, value: value, reason: reason)
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: Outlets

    private static let columns = ["outlet", "factory", "kind", "name", "pollutant", "unit", "lower", "upper", "from", "until"]

    /// Reads `outlets.csv`: columns outlet, factory, kind, name, pollutant, unit, lower, upper, from, until, and of stations lon, lat, body. Rows of
    /// one outlet follow each other; an item's rows are its limits.
    public func outlets(path: String) throws -> ReadingReport {
        var report = ReadingReport(path: path)
        let reader = try DelimitedReader(input: TextSource(path: path, encoding: nil), delimiter: UInt8(ascii: ","), path: path)
        var places: [String: Int] = [:]
        for (place, name) in reader.columns.enumerated() { places[name.lowercased()] = place }
        let missing = ReadingImporter.columns.filter { places[$0] == nil }
        guard missing.isEmpty else {
            throw ImportError.missingColumns(
                path: path, entity: "outlets", missing: missing.joined(separator: ", "), available: reader.columns)
        }
        var current: OutletDraft?
        var batch: [OutletDraft] = []
        func end() throws {
            if let current { batch.append(current) }
            current = nil
            if batch.count >= 500 { try flush(&batch, &report) }
        }
        while true {
            switch try reader.next() {
            case .end:
                try end()
                try flush(&batch, &report)
                return report
            case .malformed(let line, let reject):
                report.refuse(line: line, field: reject.field, value: reject.value, reason: reject.reason)
            case .row(let line):
                func cell(_ name: String) -> String? {
                    guard let place = places[name] else { return nil }
                    let text = FieldText.string(FieldText.trimmed(reader.row.field(place)))
                    return text.isEmpty ? nil : text
                }
                do throws(WriteRefusal) {
                    let (draft, item) = try ReadingImporter.row(line, cell)
                    if current?.id == draft.id {
                        if let last = current?.items.indices.last, current?.items[last].pollutant == item.pollutant {
                            current?.items[last].limits += item.limits
                        } else {
                            current?.items.append(item)
                        }
                        continue
                    }
                    do { try end() } catch { throw WriteRefusal(.conflict, field: "outlet", reason: "\(error)") }
                    current = draft
                    current?.items = [item]
                } catch {
                    report.refuse(line: line, field: error.field, value: error.value, reason: error.reason)
                }
            }
        }
    }

    private static func row(
        _ line: Int, _ cell: (String) -> String?
    ) throws(WriteRefusal) -> (OutletDraft, OutletDraft.Item) {
        guard let id = cell("outlet") else { throw WriteRefusal(.invalid, field: "outlet", reason: "is missing") }
        guard let kind = cell("kind").flatMap({ OutletKind($0) }) else {
            throw WriteRefusal(
                .invalid, field: "kind", value: cell("kind") ?? "",
                reason: "is none of \(OutletKind.allCases.map(\.name).joined(separator: ", "))")
        }
        let (pollutant, unit) = try OutletBody.what(pollutant: cell("pollutant"), unit: cell("unit"))
        var item = OutletDraft.Item(pollutant: pollutant, unit: unit)
        if cell("lower") != nil || cell("upper") != nil {
            item.limits = [
                try OutletBody.limit(
                    lower: try cell("lower").map { text throws(WriteRefusal) in try OutletBody.quantity(text, "lower") },
                    upper: try cell("upper").map { text throws(WriteRefusal) in try OutletBody.quantity(text, "upper") },
                    from: cell("from"),
                    until: cell("until"))
            ]
        }
        func degrees(_ name: String) throws(WriteRefusal) -> Double? {
            guard let text = cell(name) else { return nil }
            guard let value = Double(text), value.isFinite else {
                throw WriteRefusal(.invalid, field: name, value: text, reason: "is no number of degrees")
            }
            return value
        }
        let draft = OutletDraft(
            line: line, id: id, factoryID: cell("factory"), kind: kind, name: cell("name"), longitude: try degrees("lon"),
            latitude: try degrees("lat"), body: cell("body").flatMap { WaterBody(rawValue: $0) }, synthetic: cell("synthetic") == "true",
            items: [])
        return (draft, item)
    }

    private func flush(_ batch: inout [OutletDraft], _ report: inout ReadingReport) throws {
        guard !batch.isEmpty else { return }
        try store.writeAlone(durably: false) { context in
            for draft in batch {
                do {
                    switch try context.write(outlet: draft) {
                    case .added: report.accepted += 1
                    case .changed: report.corrected += 1
                    case .unchanged: report.unchanged += 1
                    }
                } catch let refusal as WriteRefusal {
                    report.refuse(line: draft.line, field: refusal.field, value: refusal.value, reason: refusal.reason)
                }
            }
        }
        batch.removeAll()
    }
}
