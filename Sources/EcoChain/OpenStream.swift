// OpenStream.swift: one open event stream: when it should look for events, whether it should end, and since when its client has not taken what was
// written. A client that does not read for ten seconds is cut off; it comes back with Last-Event-ID and has missed nothing.

import Registry
import Synchronization

public final class OpenStream: Sendable {
    static let patience = Duration.seconds(10)

    private enum Stage {
        case open
        /// Nothing more is to be written.
        case finishing
        case ended
    }

    private struct State {
        var stage = Stage.open
        var beat = false
        var writingSince: ContinuousClock.Instant?
        var cancel: (@Sendable () -> Void)?
    }

    let number: Int
    public let principal: Principal
    private let state = Mutex(State())
    /// Yields when there may be something to send; ends when the stream is to end.
    public let signals: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(number: Int, principal: Principal) {
        self.number = number
        self.principal = principal
        (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether there may be more to write.
    public var isOpen: Bool { state.withLock { $0.stage == .open } }

    public var isEnded: Bool { state.withLock { $0.stage == .ended } }

    func signal() { continuation.yield() }

    func beat() {
        state.withLock { $0.beat = true }
        continuation.yield()
    }

    /// Whether a sign of life is due; asked once.
    public func takeBeat() -> Bool {
        state.withLock { state in
            defer { state.beat = false }
            return state.beat
        }
    }

    /// Ends the stream once what is being written is written; whoever was catching up comes back for the rest.
    public func finish() {
        state.withLock { if $0.stage == .open { $0.stage = .finishing } }
        continuation.finish()
    }

    /// Ends the stream at once, also in the middle of a write.
    public func end() {
        let cancel = state.withLock { state in
            state.stage = .ended
            return state.cancel
        }
        continuation.finish()
        cancel?()
    }

    /// What ends the task that writes.
    public func onEnd(_ cancel: @escaping @Sendable () -> Void) {
        let isEnded = state.withLock { state in
            state.cancel = cancel
            return state.stage == .ended
        }
        if isEnded { cancel() }
    }

    public func writing(_ isWriting: Bool) { state.withLock { $0.writingSince = isWriting ? .now : nil } }

    var isStuck: Bool { state.withLock { state in state.writingSince.map { .now - $0 > OpenStream.patience } ?? false } }
}
