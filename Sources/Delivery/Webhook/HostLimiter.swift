// HostLimiter.swift: how many calls may be under way to one host at once. A host that hangs holds its own places and nobody else's; the
// total is bounded as well, so that memory and sockets are.

/// Places for calls, first come first served for each host.
public actor HostLimiter {
    private struct Waiter {
        var number: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private let perHost: Int
    private var taken: [String: Int] = [:]
    private var waiting: [String: [Waiter]] = [:]
    private var nextNumber = 0

    public init(perHost: Int) { self.perHost = max(perHost, 1) }

    /// Runs `body` when the host has a place; nil when the task was cancelled while it waited.
    public func withPlace<T: Sendable>(at host: String, _ body: @Sendable () async -> T) async -> T? {
        guard await enter(host) else { return nil }
        defer { leave(host) }
        // The place may have come just as the task was cancelled.
        guard !Task.isCancelled else { return nil }
        return await body()
    }

    private func enter(_ host: String) async -> Bool {
        guard !Task.isCancelled else { return false }
        if taken[host, default: 0] < perHost {
            taken[host, default: 0] += 1
            return true
        }
        nextNumber += 1
        let number = nextNumber
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: false) }
                waiting[host, default: []].append(Waiter(number: number, continuation: continuation))
            }
        } onCancel: {
            Task { await self.giveUp(host, number) }
        }
    }

    private func giveUp(_ host: String, _ number: Int) {
        guard let place = waiting[host]?.firstIndex(where: { $0.number == number }) else { return }
        waiting[host]?.remove(at: place).continuation.resume(returning: false)
    }

    private func leave(_ host: String) {
        if waiting[host]?.isEmpty == false, let next = waiting[host]?.removeFirst() {
            // The place goes over; the number taken stays.
            return next.continuation.resume(returning: true)
        }
        waiting[host] = nil
        let left = taken[host, default: 1] - 1
        taken[host] = left > 0 ? left : nil
    }
}
