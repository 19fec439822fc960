// Pile.swift: a growing array with one owner.
//
// The encoder touches its small tables several times per attribute. An Array asks at each change whether it is shared; a
// Pile cannot be copied, so there is nothing to ask. Elements are plain bits; every index is checked.

/// A growable array that cannot be copied or shared. Appending is amortised O(1).
struct Pile<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 16) {
        self.capacity = max(capacity, 1)
        base = .allocate(capacity: self.capacity)
    }

    deinit {
        base.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return base[index]
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            base[index] = newValue
        }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count &+= 1
    }

    /// Forgets the elements and keeps the memory.
    @inline(__always)
    mutating func removeAll() {
        count = 0
    }

    /// Becomes `count` times the same element.
    mutating func fill(_ element: Element, count newCount: Int) {
        precondition(newCount >= 0)
        count = 0
        while capacity < newCount { grow() }
        base.initialize(repeating: element, count: newCount)
        count = newCount
    }

    @inline(never)
    private mutating func grow() {
        let larger = capacity * 2
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
