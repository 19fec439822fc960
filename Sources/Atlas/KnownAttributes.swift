// KnownAttributes.swift: what the writers of tiles keep between features: attributes that were made already, and the list of the next feature.

import VectorTile

/// Attributes of one key, by the number that each stands for: what repeats is neither written as text nor looked up again.
struct KnownAttributes {
    private let key: AttributeKey
    /// A number's place is its lowest bits. The first that comes keeps it; others of the same place are not known.
    private var places: [(number: UInt32, attribute: Attribute?)]

    /// - Parameter numbers: about how many different ones there will be.
    init(_ key: AttributeKey, about numbers: Int) {
        self.key = key
        var count = 8
        while count < min(numbers, 4096) { count *= 2 }
        places = Array(repeating: (0, nil), count: count)
    }

    /// - Parameters:
    ///   - once: makes the attribute of a number that has not been asked for.
    ///   - again: makes that of a number that may have been.
    @inline(__always)
    mutating func attribute(_ number: UInt32, once: (AttributeKey) -> Attribute, again: (AttributeKey) -> Attribute) -> Attribute {
        let place = Int(number) & (places.count &- 1)
        let (kept, known) = places[place]
        if let known { return kept == number ? known : again(key) }
        let attribute = once(key)
        places[place] = (number, attribute)
        return attribute
    }

    @inline(__always)
    mutating func attribute(_ number: UInt32, make: (AttributeKey) -> Attribute) -> Attribute { attribute(number, once: make, again: make) }
}

/// The attributes of one feature, in memory that serves the next one too.
struct AttributeList {
    private let memory: UnsafeMutableBufferPointer<Attribute>
    private var count = 0

    private init(_ memory: UnsafeMutableBufferPointer<Attribute>) { self.memory = memory }

    /// A list of at most so many attributes, for the duration of `body`. One more traps.
    static func with<R>(capacity: Int, _ body: (inout AttributeList) throws -> R) rethrows -> R {
        try withUnsafeTemporaryAllocation(of: Attribute.self, capacity: capacity) { memory in
            var list = AttributeList(memory)
            return try body(&list)
        }
    }

    @inline(__always)
    mutating func append(_ attribute: Attribute) {
        precondition(count < memory.count)
        memory.initializeElement(at: count, to: attribute)
        count &+= 1
    }

    mutating func removeAll() { count = 0 }

    /// Valid until the list changes.
    var all: UnsafeBufferPointer<Attribute> { UnsafeBufferPointer(rebasing: memory[..<count]) }
}
