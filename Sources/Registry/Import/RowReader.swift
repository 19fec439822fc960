// RowReader.swift: what readers of all formats have in common: rows of fields that are slices of one buffer, without a String each.

/// Where a field lies in the row's buffer.
struct FieldSpan {
    var offset: Int
    var count: Int
}

/// The fields of the row that a reader has just read; valid until it reads the next.
final class RowBuffer {
    fileprivate(set) var count = 0
    private var spans: UnsafeMutablePointer<FieldSpan>
    private var capacity: Int
    /// Set by the reader before it hands out the row.
    var base: UnsafePointer<UInt8>?

    init(capacity: Int = 64) {
        self.capacity = capacity
        spans = .allocate(capacity: capacity)
        spans.initialize(repeating: FieldSpan(offset: 0, count: 0), count: capacity)
    }

    deinit { spans.deallocate() }

    /// The bytes of a field (valid UTF-8); empty for one that the row does not have.
    @inline(__always)
    func field(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        guard index >= 0, index < count, let base else { return UnsafeBufferPointer(start: nil, count: 0) }
        let span = spans[index]
        return UnsafeBufferPointer(start: base + span.offset, count: span.count)
    }

    @inline(__always)
    func removeAll() { count = 0 }

    @inline(__always)
    func append(offset: Int, count length: Int) {
        if count == capacity { grow(to: capacity * 2) }
        spans[count] = FieldSpan(offset: offset, count: length)
        count += 1
    }

    /// Makes `columns` empty fields.
    func reset(columns: Int) {
        if columns > capacity { grow(to: columns * 2) }
        spans.update(repeating: FieldSpan(offset: 0, count: 0), count: columns)
        count = columns
    }

    func set(_ index: Int, offset: Int, count length: Int) {
        guard index >= 0, index < count else { return }
        spans[index] = FieldSpan(offset: offset, count: length)
    }

    private func grow(to larger: Int) {
        let moved = UnsafeMutablePointer<FieldSpan>.allocate(capacity: larger)
        moved.initialize(repeating: FieldSpan(offset: 0, count: 0), count: larger)
        moved.update(from: spans, count: capacity)
        spans.deallocate()
        spans = moved
        capacity = larger
    }
}

/// What a reader found.
enum RowStep {
    /// A row; its fields are in the reader's `row`.
    case row(line: Int)
    /// A row that cannot be taken apart.
    case malformed(line: Int, RowReject)
    case end
}

/// Reads rows of named columns.
protocol RowReader: AnyObject {
    /// Names in order. Readers of JSON add names as they meet them.
    var columns: [String] { get }
    var row: RowBuffer { get }
    func next() throws(ImportError) -> RowStep
    /// The number of the column with a name. Readers of JSON make one that they have not met yet; others return nil.
    func column(named name: String) -> Int?
}

/// The formats of a source.
public enum SourceFormat: String, CaseIterable, Sendable {
    /// Values separated by commas, tabs, semicolons or bars (RFC 4180).
    case csv
    case tsv
    /// A FeatureCollection, a single Feature, or an array of objects.
    case geojson
    /// One JSON value a line, or a text sequence with record separators (RFC 8142).
    case ndjson
}
