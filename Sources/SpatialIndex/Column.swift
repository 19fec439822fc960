// Column.swift: an immutable array of plain values that owns its memory or borrows it from a mapped file. Everything the
// index knows stands in such columns, so that a file's section is a column as it lies.

/// An immutable column of fixed-size values.
///
/// Copies share the memory. Subscripts are bounds-checked; `withUnsafeBufferPointer` serves loops that have checked theirs.
public struct Column<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, @unchecked Sendable {
    // Unchecked: the memory is never written after init, and the owner keeps it alive as long as any copy of the column.
    @usableFromInline let base: UnsafePointer<Element>
    public let count: Int
    @usableFromInline let owner: AnyObject & Sendable

    /// Copies an array into memory of its own.
    public init(_ array: [Element]) {
        self.init(count: array.count) { buffer in
            _ = buffer.initialize(from: array)
        }
    }

    /// Allocates memory of its own, which `fill` initialises in full: spares the copy of an array.
    init(count: Int, filledBy fill: (UnsafeMutableBufferPointer<Element>) -> Void) {
        let storage = ColumnStorage<Element>(count: Swift.max(count, 0))
        fill(UnsafeMutableBufferPointer(start: storage.pointer, count: Swift.max(count, 0)))
        base = UnsafePointer(storage.pointer)
        self.count = Swift.max(count, 0)
        owner = storage
    }

    /// Three columns of one length, filled together.
    static func three(
        count: Int,
        filledBy fill: (UnsafeMutableBufferPointer<Element>, UnsafeMutableBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) ->
            Void
    ) -> (Column, Column, Column) {
        var (second, third) = (Column([]), Column([]))
        let first = Column(count: count) { first in
            second = Column(count: count) { second in
                third = Column(count: count) { third in fill(first, second, third) }
            }
        }
        return (first, second, third)
    }

    /// Borrows memory that `owner` keeps alive and nobody writes.
    public init(borrowing base: UnsafePointer<Element>, count: Int, owner: AnyObject & Sendable) {
        self.base = base
        self.count = Swift.max(count, 0)
        self.owner = owner
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }

    @inlinable public subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "column index out of range")
        return base[index]
    }

    /// The values in place, for the duration of `body`.
    @inlinable public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Element>) throws -> R) rethrows -> R {
        try withExtendedLifetime(owner) { try body(UnsafeBufferPointer(start: base, count: count)) }
    }
}

/// Memory of a column that owns its values.
private final class ColumnStorage<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // Unchecked: written by the column's init only, before anyone else can see it.
    let pointer: UnsafeMutablePointer<Element>

    init(count: Int) {
        let count = Swift.max(count, 1)
        // From a line of memory on, as a file's sections are: sixteen values of 4 bytes, a leaf's, are then one line and not parts of two.
        pointer = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: count)
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
