// RandomStream.swift: the only source of chance in the generator. Every piece of work (a stage and a chunk of it) has a stream
// of its own, derived from the seed, so that pieces may run on any core in any order and the bytes stay the same.

/// SplitMix64 (Steele, Lea, Flood 2014): turns seeds that differ in one bit into unrelated numbers.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What a stream is used for. Adding a stage leaves the streams of the others as they are; never renumber one.
enum Stage: UInt64 {
    case counties = 1
    case parks
    case siteSizes
    case siteOrder
    case sites
    case factories
    case recordCounts
    case repeatedNames
    case factoryRows
    case recordRows
    case brands
    case links
    case watchlists
    case errors
    case placeFigures
    case emissions
    case readings
}

/// xoshiro256++ 1.0 (Blackman, Vigna 2019), with the draws that the generator needs.
struct RandomStream {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64
    private var spareGaussian = 0.0
    private var hasSpare = false

    init(seed: UInt64, stage: Stage, chunk: Int = 0) {
        let mixed = SplitMix64.mix(seed &+ SplitMix64.mix(stage.rawValue << 40 | UInt64(truncatingIfNeeded: chunk)))
        var seeder = SplitMix64(state: mixed)
        s0 = seeder.next()
        s1 = seeder.next()
        s2 = seeder.next()
        s3 = seeder.next()
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotated(s0 &+ s3, 23) &+ s0
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = rotated(s3, 45)
        return result
    }

    /// Uniform in [0, 1), 53 bits.
    @inline(__always)
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<bound; 0 when the bound is not positive. (Multiply-shift; the bias, bound/2⁶⁴, is far below notice.)
    @inline(__always)
    mutating func below(_ bound: Int) -> Int {
        bound > 0 ? Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high) : 0
    }

    /// True with the given probability.
    @inline(__always)
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Uniform in [low, high).
    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    /// Exponential with mean 1.
    mutating func exponential() -> Double { -PortableMath.log(1 - unit()) }

    /// Standard normal, by Marsaglia's polar method.
    mutating func gaussian() -> Double {
        if hasSpare {
            hasSpare = false
            return spareGaussian
        }
        while true {
            let u = 2 * unit() - 1
            let v = 2 * unit() - 1
            let square = u * u + v * v
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * PortableMath.log(square) / square).squareRoot()
            spareGaussian = v * factor
            hasSpare = true
            return u * factor
        }
    }

    /// A direction, uniform on the circle: (cosine, sine).
    mutating func direction() -> (x: Double, y: Double) {
        while true {
            let u = 2 * unit() - 1
            let v = 2 * unit() - 1
            let square = u * u + v * v
            guard square < 1, square > 1e-6 else { continue }
            let length = square.squareRoot()
            return (u / length, v / length)
        }
    }

    /// Log-normal with the given median and σ of the logarithm.
    mutating func logNormal(median: Double, sigma: Double) -> Double { median * PortableMath.exp(sigma * gaussian()) }
}

/// Draws from a fixed discrete distribution in constant time (Walker's alias method, Vose's construction).
struct AliasTable: Sendable {
    private let threshold: [Double]
    private let alias: [Int32]

    /// Weights need not sum to one; negative ones count as zero. O(n).
    init(_ weights: [Double]) {
        let count = weights.count
        let sum = weights.reduce(0) { $0 + max(0, $1) }
        var scaled = weights.map { sum > 0 ? max(0, $0) * Double(count) / sum : 1 }
        var threshold = [Double](repeating: 1, count: count)
        var alias = [Int32](repeating: 0, count: count)
        var small: [Int] = []
        var large: [Int] = []
        for index in 0..<count { if scaled[index] < 1 { small.append(index) } else { large.append(index) } }
        while let less = small.popLast() {
            guard let more = large.popLast() else { break }
            threshold[less] = scaled[less]
            alias[less] = Int32(more)
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1 { small.append(more) } else { large.append(more) }
        }
        self.threshold = threshold
        self.alias = alias
    }

    @inline(__always)
    func sample(_ random: inout RandomStream) -> Int {
        let index = random.below(threshold.count)
        return random.unit() < threshold[index] ? index : Int(alias[index])
    }
}
