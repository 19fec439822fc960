// GroupWriter.swift: many small writes, one flush. A flush to the disk takes as long for one record as for a hundred, so writes that wait
// while another group is being flushed go into the next transaction together, and when many come, a group waits a few milliseconds for more
// of them; a write that comes alone waits for nobody. Each write runs in a savepoint of its own: one that fails takes back nothing but itself.
//
// An answer of success is given only after the commit with synchronous = FULL: the write-ahead log has been flushed, so the write survives
// the end of the process and of the power.

import Dispatch
import GRDB
import Glibc
import Synchronization

/// The one writer of a registry in this process. Any thread.
public final class GroupWriter: Sendable {
    /// Why writes are refused before they begin.
    public struct Stopped: Error, Sendable {}

    private struct State {
        var waiting: [any QueuedWrite] = []
        var isRunning = false
        /// Whether the writer waits for more.
        var isGathering = false
        var isStopped = false
        /// What the last group failed with, as a whole; nil: it was committed.
        var failure: RegistryError?
    }

    public let store: RegistryStore
    private let feed: ChangeFeed
    private let largestGroup: Int
    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "registry.writer", qos: .userInitiated)
    private let gathered = CallOrTimeout()

    /// After a group of so many writes, more are on their way: the next group begins no sooner than this behind it, so that they share its
    /// flush, unless enough of them have come. 2,000 writes a second, 64 at a time: 310 µs of processor each without, 170 so.
    private static let company = 4
    private static let gathering = DispatchTimeInterval.milliseconds(5)
    private static let enough = 32

    /// - Parameters:
    ///   - largestGroup: writes in one transaction, at most.
    ///   - clock: milliseconds since 1970.
    public init(
        store: RegistryStore, feed: ChangeFeed, largestGroup: Int = 512, clock: @escaping @Sendable () -> Int64 = LiveTime.now
    ) {
        self.store = store
        self.feed = feed
        self.largestGroup = largestGroup
        self.clock = clock
    }

    /// What the writer failed with last, as a whole (no room on the disk, another process holds the lock); nil while it writes.
    public var failure: RegistryError? { state.withLock { $0.failure } }

    /// Runs a write and returns its result once it is safely on the disk.
    ///
    /// - Parameter body: runs on the writer's thread, in a savepoint; what it throws is thrown here, and nothing of it is kept. It must not
    ///   wait for anything.
    /// - Throws: what `body` throws; `RegistryError` when its group cannot be committed; `Stopped`.
    public func submit<Result: Sendable>(
        as author: WriteAuthor, _ body: @escaping @Sendable (WriteContext) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            enqueue([Write(author: author, body: body) { continuation.resume(with: $0) }])
        }
    }

    /// Runs writes in their order, each in a savepoint of its own, and returns their results in that order once those that succeeded are
    /// safely on the disk.
    public func submit<Result: Sendable>(
        as author: WriteAuthor, each bodies: [@Sendable (WriteContext) throws -> Result]
    ) async -> [Swift.Result<Result, any Error>] {
        guard !bodies.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let gathered = Gathered<Result>(count: bodies.count) { continuation.resume(returning: $0) }
            enqueue(
                bodies.enumerated().map { place, body in Write(author: author, body: body) { gathered.set(place, $0) } })
        }
    }

    private func enqueue(_ writes: [any QueuedWrite]) {
        let (isStopped, starts) = state.withLock { state in
            if state.isStopped { return (true, false) }
            state.waiting.append(contentsOf: writes)
            defer { state.isRunning = true }
            if state.isGathering, state.waiting.count >= GroupWriter.enough {
                state.isGathering = false
                gathered.call()
            }
            return (false, !state.isRunning)
        }
        if isStopped {
            for write in writes { write.refuse(Stopped()) }
        } else if starts {
            queue.async { self.writeGroups() }
        }
    }

    /// Refuses further writes and returns when those before are answered.
    public func stop() async {
        state.withLock { $0.isStopped = true }
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func writeGroups() {
        var begun = DispatchTime.now()
        var last = 0
        while true {
            if last >= GroupWriter.company { gather(until: begun + GroupWriter.gathering) }
            begun = .now()
            let group = state.withLock { state in
                let group = Array(state.waiting.prefix(largestGroup))
                state.waiting.removeFirst(group.count)
                if group.isEmpty { state.isRunning = false }
                return group
            }
            if group.isEmpty { return }
            last = group.count
            let outcome = commit(group)
            state.withLock { state in
                if case .failure(let error) = outcome { state.failure = error } else { state.failure = nil }
            }
            switch outcome {
            case .success(let head):
                feed.advance(to: head)
                for write in group { write.answer(nil) }
            case .failure(let error):
                for write in group { write.answer(error) }
            }
        }
    }

    /// Waits for more writes, until a moment, or until there are so many that more would save little.
    private func gather(until deadline: DispatchTime) {
        let isShort = state.withLock { state in
            state.isGathering = state.waiting.count < GroupWriter.enough
            // Called just when the last wait's time ran out: that call is not this one's.
            gathered.reset()
            return state.isGathering
        }
        guard isShort else { return }
        gathered.wait(until: deadline)
        state.withLock { $0.isGathering = false }
    }

    /// One transaction. Returns the head of the feed behind it.
    private func commit(_ group: [any QueuedWrite]) -> Result<Int64, RegistryError> {
        do {
            return .success(
                try store.write(durably: true) { db in
                    let path = store.path
                    let first = try RegistryStore.nextSequence(db, path: path)
                    let tools = WriteTools()
                    let context = WriteContext(
                        db: db, store: store, now: clock(), nextSequence: first, tools: tools)
                    let begin = try RawStatement(db, path: path, sql: "SAVEPOINT live")
                    let release = try RawStatement(db, path: path, sql: "RELEASE live")
                    let rollBack = try RawStatement(db, path: path, sql: "ROLLBACK TO live")
                    for write in group {
                        // Lets whoever answers a reader go first: without this it would wait for the whole group, milliseconds.
                        sched_yield()
                        let sequence = context.nextSequence
                        try begin.run()
                        context.author = write.author
                        do {
                            try write.run(context)
                            try release.run()
                        } catch {
                            // Some errors (no room, input/output) end the whole transaction: then no savepoint is left.
                            guard db.isInsideTransaction else { throw error }
                            try rollBack.run()
                            try release.run()
                            write.fail(error)
                            context.nextSequence = sequence
                            tools.forgetRows()
                        }
                    }
                    return context.nextSequence - 1
                })
        } catch {
            return .failure(error)
        }
    }
}

/// A write that waits for its turn. Touched by one thread at a time: the submitter's, then the writer's.
private protocol QueuedWrite: AnyObject, Sendable {
    var author: WriteAuthor { get }
    func run(_ context: WriteContext) throws
    /// It was rolled back.
    func fail(_ error: any Error)
    /// - Parameter error: why its group was not committed; nil: it was.
    func answer(_ error: RegistryError?)
    /// It never ran.
    func refuse(_ error: any Error)
}

private final class Write<Result: Sendable>: QueuedWrite {
    let author: WriteAuthor
    private let body: @Sendable (WriteContext) throws -> Result
    private let completion: @Sendable (Swift.Result<Result, any Error>) -> Void
    private let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)

    init(
        author: WriteAuthor, body: @escaping @Sendable (WriteContext) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        self.author = author
        self.body = body
        self.completion = completion
    }

    func run(_ context: WriteContext) throws {
        let result = try body(context)
        outcome.withLock { $0 = .success(result) }
    }

    func fail(_ error: any Error) { outcome.withLock { $0 = .failure(error) } }

    func answer(_ error: RegistryError?) {
        let outcome = outcome.withLock { $0 }
        // A write that was refused for its own reasons keeps them.
        if case .failure(let own)? = outcome { return completion(.failure(own)) }
        if let error { return completion(.failure(error)) }
        completion(outcome ?? .failure(GroupWriter.Stopped()))
    }

    func refuse(_ error: any Error) { completion(.failure(error)) }
}

/// The results of several writes, handed over when the last has come.
private final class Gathered<Result: Sendable>: Sendable {
    private let results: Mutex<(missing: Int, all: [Swift.Result<Result, any Error>])>
    private let completion: @Sendable ([Swift.Result<Result, any Error>]) -> Void

    init(count: Int, completion: @escaping @Sendable ([Swift.Result<Result, any Error>]) -> Void) {
        results = Mutex((count, Array(repeating: .failure(GroupWriter.Stopped()), count: count)))
        self.completion = completion
    }

    func set(_ place: Int, _ result: Swift.Result<Result, any Error>) {
        let all = results.withLock { results -> [Swift.Result<Result, any Error>]? in
            results.all[place] = result
            results.missing -= 1
            return results.missing == 0 ? results.all : nil
        }
        if let all { completion(all) }
    }
}
