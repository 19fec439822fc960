// BoundaryFile.swift: loads places from a GeoJSON file, plain or gzipped. The text is taken into memory whole: boundary
// files are a few megabytes.

import CZlib
import Glibc

/// Reads boundary files.
public enum BoundaryFile {
    /// All polygon features of a GeoJSON FeatureCollection, in file order. The code is taken from the property `code`
    /// (text or number), the name from `name_zh`, else `name`. O(file size).
    public static func places(path: String) throws(BoundaryError) -> [Place] {
        let bytes = try contents(path: path)
        return try GeoJSONScanner(path: path, bytes: bytes).places()
    }

    /// The bytes of a file; a gzip stream is expanded (recognised by its magic number, not by the file's name).
    public static func contents(path: String) throws(BoundaryError) -> [UInt8] {
        let raw = try read(path: path)
        guard raw.count >= 2, raw[0] == 0x1F, raw[1] == 0x8B else { return raw }
        return try inflate(raw, path: path)
    }

    private static func read(path: String) throws(BoundaryError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            bytes.append(contentsOf: chunk[..<count])
            if count < chunk.count { break }
        }
        if ferror(file) != 0 { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        return bytes
    }

    private static func inflate(_ compressed: [UInt8], path: String) throws(BoundaryError) -> [UInt8] {
        var stream = z_stream()
        // 15 window bits, +16: a gzip wrapper with its checksum is required.
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damagedCompression(path: path, reason: "zlib could not start")
        }
        defer { inflateEnd(&stream) }
        var input = compressed
        var output: [UInt8] = []
        output.reserveCapacity(compressed.count * 5)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(clamping: source.count)
            while status == Z_OK {
                let produced = chunk.withUnsafeMutableBufferPointer { target -> Int in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    return target.count - Int(stream.avail_out)
                }
                output.append(contentsOf: chunk[..<produced])
            }
        }
        guard status == Z_STREAM_END else {
            throw .damagedCompression(path: path, reason: status == Z_BUF_ERROR ? "it ends early" : "wrong data (zlib \(status))")
        }
        return output
    }
}
