// GzipFuzz.swift: bytes as a gzipped file, unpacked to its end.

@testable import Registry

enum GzipFuzz {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard let source = try? ByteSource(path: FuzzFolder.write(input, to: "input.gz")) else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 5_000, alignment: 16)
        defer { buffer.deallocate() }
        _ = try? source.peek(upTo: 700)
        while let count = try? source.read(into: buffer), count > 0 {}
    }
}
