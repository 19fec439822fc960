// Chunks.swift: fixed pieces of work on all cores, taken over in their order. The size of a piece never depends on the number of
// cores, so neither do the bytes.

import Dispatch
import Glibc
import Synchronization

enum Chunks {
    /// Factories (or sites) in one piece.
    static let size = 8_192

    static func count(for items: Int) -> Int { (items + size - 1) / size }

    static func range(_ chunk: Int, of items: Int) -> Range<Int> { chunk * size..<min(items, (chunk + 1) * size) }

    /// Runs `make` for every chunk on all cores and hands the results to `take` in ascending order. A wave of a few chunks is in
    /// memory at a time.
    static func run<Piece: Sendable>(
        count: Int, _ make: @Sendable (Int) throws -> Piece, take: (Int, Piece) throws -> Void
    ) throws {
        let wave = max(2, min(64, WaveWidth.cores * 4))
        var start = 0
        while start < count {
            let width = min(wave, count - start)
            let first = start
            let slots = Mutex<[Result<Piece, any Error>?]>(Array(repeating: nil, count: width))
            DispatchQueue.concurrentPerform(iterations: width) { index in
                let result = Result { try make(first + index) }
                slots.withLock { $0[index] = result }
            }
            for (index, result) in slots.withLock({ $0 }).enumerated() {
                if let result { try take(first + index, try result.get()) }
            }
            start += width
        }
    }
}

private enum WaveWidth {
    static let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}
