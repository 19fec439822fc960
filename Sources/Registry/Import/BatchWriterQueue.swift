// BatchWriterQueue.swift: the second thread of an import: stores batches in their order and gathers what came of them. A few batches may
// wait; who brings more waits himself, so memory stays bounded.

import Boundaries
import Dispatch
import Synchronization

/// Drafts of one kind.
enum DraftBatch: Sendable {
    case factories([FactoryDraft])
    case records([RecordDraft])
    case brands([BrandDraft])
    case links([LinkDraft])
    case figures([FigureDraft])
    case emissions([EmissionDraft])
    case factors([FactorDraft])

    var count: Int {
        switch self {
        case .factories(let drafts): drafts.count
        case .records(let drafts): drafts.count
        case .brands(let drafts): drafts.count
        case .links(let drafts): drafts.count
        case .figures(let drafts): drafts.count
        case .emissions(let drafts): drafts.count
        case .factors(let drafts): drafts.count
        }
    }

    /// Line and id of a draft.
    func origin(_ index: Int) -> (line: Int, id: String) {
        switch self {
        case .factories(let drafts): (drafts[index].line, drafts[index].id ?? "")
        case .records(let drafts): (drafts[index].line, drafts[index].id ?? "")
        case .brands(let drafts): (drafts[index].line, drafts[index].id)
        case .links(let drafts): (drafts[index].line, drafts[index].brandID)
        case .figures(let drafts): (drafts[index].line, "")
        case .emissions(let drafts): (drafts[index].line, drafts[index].factory.id ?? "")
        case .factors(let drafts): (drafts[index].line, drafts[index].factor.name)
        }
    }

    func apply(to store: RegistryStore, in run: ImportRun) throws(RegistryError) -> [RowOutcome] {
        switch self {
        case .factories(let drafts): try store.apply(factories: drafts, in: run)
        case .records(let drafts): try store.apply(records: drafts, in: run)
        case .brands(let drafts): try store.apply(brands: drafts, in: run)
        case .links(let drafts): try store.apply(links: drafts, in: run)
        case .figures(let drafts): try store.apply(figures: drafts, in: run)
        case .emissions(let drafts): try store.apply(emissions: drafts, in: run)
        case .factors(let drafts): try store.apply(factors: drafts, in: run)
        }
    }
}

/// One producer; batches are stored on a thread of their own.
final class BatchWriterQueue: Sendable {
    struct Batch: Sendable {
        var drafts: DraftBatch
        var rejects: [RejectedRow]
    }

    struct Result: Sendable {
        var accepted = 0
        var updated = 0
        var unchanged = 0
        var rejected = 0
        var flags: [String: Int] = [:]
        var reasons: [ImportReport.RejectReason] = []
        var rejectsPath: String?
        var failure: ImportError?
    }

    /// Batches that may wait.
    private static let depth = 2

    private struct State {
        var waiting: [Batch] = []
        var isClosed = false
        var result = Result()
    }

    private let state = Mutex(State())
    /// Made with 0: a semaphore must not end with less than it was made with.
    private let free = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    /// - Parameter store: nil to count only.
    init(store: RegistryStore?, source: String, rejects: String?, fallback: String?) {
        for _ in 0..<BatchWriterQueue.depth { free.signal() }
        let queue = DispatchQueue(label: "blueatlas.import.store")
        queue.async { [self] in
            write(store: store, run: ImportRun(source: source), rejects: RejectsFile(path: rejects, fallback: fallback))
            done.signal()
        }
    }

    /// Brings a batch; waits while too many are waiting. False when storing has failed, and nothing more will be stored.
    func put(_ batch: Batch) -> Bool {
        if batch.drafts.count == 0, batch.rejects.isEmpty { return true }
        free.wait()
        let hasFailed = state.withLock { state in
            if state.result.failure == nil { state.waiting.append(batch) }
            return state.result.failure != nil
        }
        filled.signal()
        return !hasFailed
    }

    /// Waits until everything is stored.
    func finish() -> Result {
        state.withLock { $0.isClosed = true }
        filled.signal()
        done.wait()
        return state.withLock { $0.result }
    }

    private func write(store: RegistryStore?, run: ImportRun, rejects: RejectsFile) {
        var result = Result()
        var flagCounts = [Int](repeating: 0, count: 32)
        while true {
            filled.wait()
            let (next, isClosed) = state.withLock { state -> (Batch?, Bool) in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isClosed)
            }
            guard let batch = next else {
                if isClosed { break }
                free.signal()
                continue
            }
            if result.failure == nil {
                do throws(ImportError) {
                    try write(batch, store: store, run: run, rejects: rejects, result: &result, flagCounts: &flagCounts)
                } catch {
                    result.failure = error
                    state.withLock { $0.result.failure = error }
                }
            }
            free.signal()
        }
        for (bit, count) in flagCounts.enumerated() where count > 0 {
            for name in FactoryFlags(rawValue: 1 << UInt32(bit)).names { result.flags[name] = count }
        }
        result.rejected = rejects.count
        result.reasons = rejects.topReasons
        result.rejectsPath = rejects.path
        if rejects.count == 0, result.failure == nil, store != nil { rejects.removeStale() }
        state.withLock { $0.result = result }
    }

    private func write(
        _ batch: Batch, store: RegistryStore?, run: ImportRun, rejects: RejectsFile, result: inout Result, flagCounts: inout [Int]
    ) throws(ImportError) {
        var rejected = batch.rejects
        if let store, batch.drafts.count > 0 {
            let outcomes: [RowOutcome]
            let places: PlaceLocator?
            do throws(RegistryError) {
                outcomes = try batch.drafts.apply(to: store, in: run)
                places = try store.placeLocator()
            } catch { throw .store(error) }
            for (index, outcome) in outcomes.enumerated() {
                switch outcome {
                case .accepted: result.accepted += 1
                case .updated: result.updated += 1
                case .unchanged: result.unchanged += 1
                case .rejected(let field, let value, let reason):
                    let (line, id) = batch.drafts.origin(index)
                    rejected.append(RejectedRow(line: line, id: id, reject: RowReject(field: field, value: value, reason: reason)))
                    continue
                }
                if case .factories(let drafts) = batch.drafts {
                    BatchWriterQueue.count(drafts[index].located(by: places).flags, &flagCounts)
                }
            }
        } else {
            result.accepted += batch.drafts.count
            if case .factories(let drafts) = batch.drafts {
                for draft in drafts { BatchWriterQueue.count(draft.flags, &flagCounts) }
            }
        }
        rejected.sort { $0.line < $1.line }
        try rejects.add(rejected)
    }

    private static func count(_ flags: FactoryFlags, _ counts: inout [Int]) {
        var bits = flags.rawValue
        while bits != 0 {
            counts[bits.trailingZeroBitCount] += 1
            bits &= bits - 1
        }
    }
}
