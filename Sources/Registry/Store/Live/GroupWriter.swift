// GroupWriter.swift: many small writes, one flush. A flush to the disk takes as long for one record as for a hundred, so writes that wait
// while another group is being flushed go into the next transaction together: under load groups grow by themselves, and a write that
// comes alone waits for nobody. Each write runs in a savepoint of its own: one that fails takes back nothing but itself.
//
// An answer of success is given only after the commit with synchronous = FULL: the write-ahead log has been flushed, so the write survives
// the end of the process and of the power.

import Dispatch
import GRDB
import Synchronization

/// The one writer of a registry in this process. Any thread.
public final class GroupWriter: Sendable {
    /// Why writes are refused before they begin.
    public struct Stopped: Error, Sendable {}

    private struct State {
        var waiting: [any QueuedWrite] = []
        var isRunning = false
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
        while true {
            let group = state.withLock { state in
                let group = Array(state.waiting.prefix(largestGroup))
                state.waiting.removeFirst(group.count)
                if group.isEmpty { state.isRunning = false }
                return group
            }
            if group.isEmpty { return }
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
