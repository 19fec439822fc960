// RateLimiter.swift: a token bucket for each client: it fills at a steady rate up to a limit, and each request takes one token out. Memory is
// bounded: clients stand in two generations, the older of which is dropped when the younger is full, so who was not seen for long is
// forgotten and starts with a full bucket.

import NIOCore
import Synchronization

/// Counts requests of many clients. Any thread.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: NIODeadline
    }

    private struct State {
        var young: [String: Bucket] = [:]
        var old: [String: Bucket] = [:]
    }

    /// Tokens a second, and how many a bucket holds.
    let perSecond: Double
    let burst: Double
    private let clients: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - perSecond: 0: no limit.
    ///   - clients: how many are remembered at least.
    init(perSecond: Double, burst: Double, clients: Int = 32_768) {
        self.perSecond = perSecond
        self.burst = max(burst, 1)
        self.clients = clients
    }

    /// Takes a token.
    ///
    /// - Returns: nil when there was one; else the seconds until there is.
    func wait(for client: String, now: NIODeadline = .now()) -> Double? {
        guard perSecond > 0 else { return nil }
        return state.withLock { state in
            var bucket = state.young[client] ?? state.old[client] ?? Bucket(tokens: burst, at: now)
            let seconds = max(0, Double((now - bucket.at).nanoseconds) / 1e9)
            bucket.tokens = min(burst, bucket.tokens + seconds * perSecond)
            bucket.at = now
            let wait = bucket.tokens >= 1 ? nil : (1 - bucket.tokens) / perSecond
            if wait == nil { bucket.tokens -= 1 }
            if state.young[client] == nil, state.young.count >= clients {
                state.old = state.young
                state.young = [:]
            }
            state.young[client] = bucket
            return wait
        }
    }

    /// How many clients are remembered; for tests.
    var remembered: Int { state.withLock { $0.young.count + $0.old.count } }
}
