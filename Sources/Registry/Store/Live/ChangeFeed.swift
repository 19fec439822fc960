// ChangeFeed.swift: tells readers that there is something new, and hands it out. The table `changes` is the feed; this adds the waiting:
// commits of this process are announced at once, those of other processes (an import beside the server) are seen by looking at one
// row five times a second.

import Synchronization

/// The change feed of one registry. Any thread.
public final class ChangeFeed: Sendable {
    private struct State {
        var head: Int64
        var nextListener = 0
        var listeners: [Int: AsyncStream<Int64>.Continuation] = [:]
    }

    public let store: RegistryStore
    private let state: Mutex<State>

    /// - Throws: `RegistryError`.
    public init(store: RegistryStore) throws(RegistryError) {
        self.store = store
        state = Mutex(State(head: try store.headOfChanges()))
    }

    /// The number of the latest change that is known here.
    public var head: Int64 { state.withLock { $0.head } }

    /// Changes after a sequence number, oldest first, at most `limit` (10,000). Reads the registry: it blocks for that long.
    public func changes(after sequence: Int64, limit: Int = 1000, audience: ChangeAudience) throws(RegistryError) -> [Change] {
        try store.liveChanges(after: sequence, limit: limit, audience: audience)
    }

    /// Yields the head now and whenever it has advanced. A reader that is slow gets the latest only, which is all it needs: it reads on
    /// from the last number it has seen. Ends with the task that reads it.
    public func heads() -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            continuation.yield(state.head)
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// Says that everything up to `sequence` is committed.
    func advance(to sequence: Int64) {
        state.withLock { state in
            guard sequence > state.head else { return }
            state.head = sequence
            for listener in state.listeners.values { listener.yield(sequence) }
        }
    }

    /// Looks for changes of other processes until the task is cancelled. An error is passed over: the next look may succeed.
    public func watch(every interval: Duration = .milliseconds(200)) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            if let head = try? store.headOfChanges() { advance(to: head) }
        }
    }

    /// Ends every stream of heads.
    public func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
