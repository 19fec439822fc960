// Blocking.swift: the registry's reads block their thread; the threads that tasks run on are few and must not be blocked.

import Dispatch

/// One thread for blocking work, first come first served.
final class Blocking: Sendable {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
