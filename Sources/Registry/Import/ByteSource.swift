// ByteSource.swift: the bytes of a file, unpacked if it is gzipped (RFC 1952, any number of members), in a stream: a few hundred
// kilobytes of memory whatever the file's size. Gzip is recognised by its first two bytes, not by the file's name.

import CZlib
import Glibc

/// Reads a file once, from its beginning to its end. One thread at a time.
final class ByteSource {
    let path: String
    let isGzip: Bool
    /// Size of the file as it lies on the disk; nil for a pipe.
    let fileBytes: Int64?
    /// How much of the file has been read from the disk, for progress.
    private(set) var fileBytesRead: Int64 = 0

    private let descriptor: Int32
    private let input: UnsafeMutablePointer<UInt8>
    private static let inputCapacity = 256 << 10
    /// What of `input` is still to be used.
    private var inputStart = 0
    private var inputEnd = 0
    private var inflater: UnsafeMutablePointer<z_stream>?
    private var memberIsOpen = false
    /// What `peek` has read ahead.
    private var ahead: [UInt8] = []
    private var aheadStart = 0

    init(path: String) throws(ImportError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .cannotRead(path: path, reason: reason)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw .cannotRead(path: path, reason: "it is a folder without a dataset.json")
        }
        fileBytes = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
        input = .allocate(capacity: ByteSource.inputCapacity)
        // A pipe may deliver the first bytes one by one.
        while inputEnd < 8 {
            let count = Glibc.read(descriptor, input + inputEnd, ByteSource.inputCapacity - inputEnd)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            inputEnd += count
            fileBytesRead += Int64(count)
        }
        isGzip = inputEnd >= 2 && input[0] == 0x1F && input[1] == 0x8B
        if isGzip {
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            inflater = stream
            // 15 bits of window, + 16: gzip with its header and checksum.
            guard inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw .cannotRead(path: path, reason: "no memory for zlib")
            }
            memberIsOpen = true
        } else if let found = ByteSource.binaryFormat(FieldBytes(start: input, count: inputEnd)) {
            throw .notText(path: path, found: found)
        }
    }

    deinit {
        close(descriptor)
        input.deallocate()
        if let inflater {
            inflateEnd(inflater)
            inflater.deallocate()
        }
    }

    private static func binaryFormat(_ bytes: FieldBytes) -> String? {
        let formats: [(magic: [UInt8], name: String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive or an Excel workbook"), ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel or Word file"),
            ([0xFD, 0x37, 0x7A, 0x58], "an xz archive"), ([0x42, 0x5A, 0x68], "a bzip2 archive"),
            ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive"),
            ([0x25, 0x50, 0x44, 0x46], "a PDF document"), ([0x50, 0x41, 0x52, 0x31], "a Parquet file"),
            (Array("SQLite f".utf8), "an SQLite database"), ([0x00, 0x00, 0x27, 0x0A], "a shapefile"),
        ]
        return formats.first { bytes.starts(with: $0.magic) }?.name
    }

    /// The first bytes, at most `limit`, without taking them: the next `read` delivers them again. Call before any `read`.
    func peek(upTo limit: Int) throws(ImportError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while filled < limit {
            let count = try produce(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        ahead = Array(buffer[0..<filled])
        return ahead
    }

    /// Fills the buffer's beginning; 0 only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        if aheadStart < ahead.count {
            let count = min(buffer.count, ahead.count - aheadStart)
            buffer.copyBytes(from: ahead[aheadStart..<aheadStart + count])
            aheadStart += count
            if aheadStart == ahead.count {
                ahead = []
                aheadStart = 0
            }
            return count
        }
        return try produce(into: buffer)
    }

    private func produce(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
        if let inflater { return try inflate(inflater, into: base.assumingMemoryBound(to: UInt8.self), capacity: buffer.count) }
        if inputStart < inputEnd {
            let count = min(buffer.count, inputEnd - inputStart)
            base.copyMemory(from: input + inputStart, byteCount: count)
            inputStart += count
            return count
        }
        return try readFile(into: base, capacity: buffer.count)
    }

    private func readFile(into base: UnsafeMutableRawPointer, capacity: Int) throws(ImportError) -> Int {
        while true {
            let count = Glibc.read(descriptor, base, capacity)
            if count >= 0 {
                fileBytesRead += Int64(count)
                return count
            }
            if errno != EINTR { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
        }
    }

    private func refillInput() throws(ImportError) -> Bool {
        guard inputStart == inputEnd else { return true }
        inputStart = 0
        inputEnd = 0
        inputEnd = try readFile(into: input, capacity: ByteSource.inputCapacity)
        return inputEnd > 0
    }

    private func inflate(
        _ stream: UnsafeMutablePointer<z_stream>, into base: UnsafeMutablePointer<UInt8>, capacity: Int
    ) throws(ImportError) -> Int {
        stream.pointee.next_out = base
        stream.pointee.avail_out = UInt32(clamping: capacity)
        let room = Int(stream.pointee.avail_out)
        while Int(stream.pointee.avail_out) == room {
            guard try refillInput() else {
                if memberIsOpen { throw .truncatedGzip(path: path, afterBytes: fileBytesRead) }
                return 0
            }
            if !memberIsOpen {
                // Between members: another one, or padding of zeros at the end as tapes have it.
                if input[inputStart] == 0 {
                    inputStart += 1
                    continue
                }
                guard input[inputStart] == 0x1F else {
                    throw .damagedGzip(path: path, detail: "other data follow the end of the gzip data")
                }
                inflateReset(stream)
                memberIsOpen = true
            }
            stream.pointee.next_in = input + inputStart
            stream.pointee.avail_in = UInt32(inputEnd - inputStart)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            inputStart = inputEnd - Int(stream.pointee.avail_in)
            switch code {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: memberIsOpen = false
            default:
                throw .damagedGzip(path: path, detail: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
            }
        }
        return room - Int(stream.pointee.avail_out)
    }
}
