// SeededRandom.swift: reproducible random numbers.

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// Of `seed`, another sequence for each name: by the name's FNV-1a.
    package init(seed: UInt64, name: String) {
        self.init(seed: seed ^ name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// 0 ..< 1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// 0 ..< count.
    package mutating func below(_ count: Int) -> Int { min(Int(unit() * Double(count)), count - 1) }
}
