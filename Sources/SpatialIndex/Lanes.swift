// Lanes.swift: sixteen values at a time, in the vector instructions that every processor of the kind has; wider ones are in CVector/wide.h.
//
// Measured on x86-64 without flags (SSE2), 16 boxes against a window, both masks: unsigned comparisons of the standard library
// 20 ns, a plain loop 22 ns, the signed comparisons below, with bits by weights, 11 ns.

import CVector

/// Sixteen values of a column.
typealias Lanes = SIMD16<UInt32>

/// Sixteen truths: all bits set, or none.
typealias LaneMask = SIMD16<Int32>

extension UnsafePointer<UInt32> {
    /// Sixteen values from here; the caller knows that they are there.
    @inline(__always)
    var lanes: Lanes { UnsafeRawPointer(self).loadUnaligned(as: Lanes.self) }
}

extension SIMD16<UInt32> {
    /// self ≤ other, unsigned: signed comparison with the highest bit turned.
    @inline(__always)
    func atMost(_ other: Lanes) -> LaneMask {
        let highest = Lanes(repeating: 1 << 31)
        return unsafeBitCast(
            LaneMask(truncatingIfNeeded: self ^ highest) .<= LaneMask(truncatingIfNeeded: other ^ highest), to: LaneMask.self)
    }
}

extension SIMD16<Int32> {
    /// self > other.
    @inline(__always)
    func over(_ other: LaneMask) -> LaneMask { unsafeBitCast(self .> other, to: LaneMask.self) }

    /// Of a mask: one bit a lane, the first lane lowest.
    @inline(__always)
    var bits: UInt32 {
        vector_bits(lowHalf.lowHalf, lowHalf.highHalf, highHalf.lowHalf, highHalf.highHalf)
    }
}

/// Four values: one register of the least machine. Tests that need many values at a time keep to these, or they spill.
typealias FourLanes = SIMD4<Int32>

extension UnsafePointer<UInt32> {
    /// Four values from here; the caller knows that they are there.
    @inline(__always)
    var fourLanes: SIMD4<UInt32> { UnsafeRawPointer(self).loadUnaligned(as: SIMD4<UInt32>.self) }
}

extension SIMD4<UInt32> {
    /// Numbers that compare signed as these do unsigned.
    @inline(__always)
    var signed: FourLanes { FourLanes(truncatingIfNeeded: self ^ SIMD4<UInt32>(repeating: 1 << 31)) }
}

extension SIMD4<Int32> {
    /// self > other.
    @inline(__always)
    func over(_ other: FourLanes) -> FourLanes { unsafeBitCast(self .> other, to: FourLanes.self) }

    /// Sixteen masks, made four at a time from lanes 0, 4, 8 and 12 on: one bit a lane, the first lane lowest.
    @inline(__always)
    static func bits(_ masks: (Int) -> FourLanes) -> UInt32 {
        vector_bits(masks(0), masks(4), masks(8), masks(12))
    }
}

extension SIMD4<Float> {
    /// The lesser of each two.
    @inline(__always)
    func least(_ other: Self) -> Self { replacing(with: other, where: other .< self) }

    /// Zero for what is below it.
    @inline(__always)
    var atLeastZero: Self {
        let bits = unsafeBitCast(self, to: FourLanes.self)
        return unsafeBitCast(bits & bits.over(FourLanes(repeating: -1)), to: Self.self)
    }
}

extension SIMD16<Float> {
    /// Made four at a time, from lanes 0, 4, 8 and 12 on.
    @inline(__always)
    init(four: (Int) -> SIMD4<Float>) {
        self.init(
            lowHalf: SIMD8(lowHalf: four(0), highHalf: four(4)), highHalf: SIMD8(lowHalf: four(8), highHalf: four(12)))
    }

    /// One bit a lane, the first lane lowest: which are at most `limit`.
    @inline(__always)
    func bitsAtMost(_ limit: Float) -> UInt32 {
        let limit = SIMD4<Float>(repeating: limit)
        return FourLanes.bits { lane in
            let four = lane < 8 ? (lane == 0 ? lowHalf.lowHalf : lowHalf.highHalf) : lane == 8 ? highHalf.lowHalf : highHalf.highHalf
            return unsafeBitCast(four .<= limit, to: FourLanes.self)
        }
    }

    /// The lane of the least value among those with a bit; 0 when there is none.
    @inline(__always)
    func placeOfLeast(among mask: UInt32) -> Int {
        if mask == 0xFFFF {
            let four = lowHalf.lowHalf.least(lowHalf.highHalf).least(highHalf.lowHalf.least(highHalf.highHalf))
            return bitsAtMost(Swift.min(Swift.min(four.x, four.y), Swift.min(four.z, four.w))).trailingZeroBitCount & 15
        }
        var mask = mask
        var place = 0
        var least = Float.infinity
        while mask != 0 {
            let lane = mask.trailingZeroBitCount
            mask &= mask &- 1
            let value = self[lane]
            if value < least {
                least = value
                place = lane
            }
        }
        return place
    }
}
