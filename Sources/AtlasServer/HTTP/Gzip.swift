// Gzip.swift: gzip by libdeflate. A compressor is a megabyte of working memory and serves one caller at a time, so compressors are
// kept and lent out.

import CDeflate
import NIOCore
import Synchronization

/// Compresses whole bodies.
final class Gzip: Sendable {
    /// One compressor of libdeflate.
    ///
    /// `@unchecked Sendable`: the list below hands it to one borrower at a time, and nobody else has a reference.
    private final class Compressor: @unchecked Sendable {
        let handle: OpaquePointer

        init?(level: Int32) {
            guard let handle = libdeflate_alloc_compressor(level) else { return nil }
            self.handle = handle
        }

        deinit { libdeflate_free_compressor(handle) }
    }

    private let level: Int32
    private let idle = Mutex<[Compressor]>([])

    /// - Parameter level: 1...12. Tiles at 1 come out 5 % larger than at 4, and these 1 to 2 % larger than at 6; a walk over uncached tiles is a
    ///   fifth faster each time.
    init(level: Int32 = 4) {
        self.level = level
    }

    /// The gzip file of `bytes`; nil when it would save nothing worth the client's work, or there is no memory for it.
    func compress(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer? {
        guard bytes.count >= 64, let compressor = idle.withLock({ $0.popLast() }) ?? Compressor(level: level) else { return nil }
        defer { idle.withLock { $0.append(compressor) } }
        // A result that is not smaller is of no use, so there need be no room for it.
        let room = bytes.count - 24
        var buffer = ByteBufferAllocator().buffer(capacity: room)
        let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            libdeflate_gzip_compress(compressor.handle, bytes.baseAddress, bytes.count, target.baseAddress, room)
        }
        guard written > 0 else { return nil }
        // Kept for long: give back what was not needed.
        return written * 2 < room ? ByteBuffer(bytes: buffer.readableBytesView) : buffer
    }

    func compress(_ bytes: [UInt8]) -> ByteBuffer? { bytes.withUnsafeBytes { compress($0) } }
}
