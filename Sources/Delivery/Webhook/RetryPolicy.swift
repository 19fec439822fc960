// RetryPolicy.swift: when a delivery that failed is tried again. Waits double, so that a receiver that is down for an hour is not stormed;
// each is shortened by chance, so that a thousand deliveries that failed together do not come back together ("equal jitter").

/// Exponential backoff up to a limit.
public struct RetryPolicy: Hashable, Sendable {
    /// Before the second attempt, seconds.
    public var firstWait = 5.0
    /// No wait is longer, seconds.
    public var longestWait = 6 * 3600.0
    /// After so many attempts a delivery is dead.
    public var attempts = 17

    public init() {}

    /// The wait after an attempt has failed; nil: that was the last.
    ///
    /// With the defaults 5 s, 10 s, 20 s … 6 h: seventeen attempts in 15 to 29 hours, by chance.
    ///
    /// - Parameters:
    ///   - attempt: which one has failed, from 1.
    ///   - chance: 0 up to 1; 1 gives the longest wait.
    public func wait(afterAttempt attempt: Int, chance: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        var wait = firstWait
        for _ in 1..<max(attempt, 1) where wait < longestWait { wait *= 2 }
        wait = min(wait, longestWait)
        return .milliseconds(Int64((wait * (0.5 + 0.5 * min(max(chance, 0), 1))) * 1000))
    }
}
