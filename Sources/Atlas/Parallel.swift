// Parallel.swift: a few independent pieces of CPU work at the same time, each on a thread of its own, and their results.

import Dispatch
import Synchronization

/// Runs every piece of work at once and waits for all; results come in the order of the pieces.
func inParallel<Result: Sendable>(_ pieces: [@Sendable () -> Result]) -> [Result] {
    let results = Mutex<[Result?]>(Array(repeating: nil, count: pieces.count))
    DispatchQueue.concurrentPerform(iterations: pieces.count) { index in
        let result = pieces[index]()
        results.withLock { $0[index] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
}
