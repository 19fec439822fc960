// ChanceTests.swift: the sources of chance and the portable mathematics against published vectors and the C library.

import Foundation
import Testing

@testable import SyntheticData

@Test func splitMixGivesThePublishedNumbers() {
    // The reference output for the seed 1234567.
    var random = SplitMix64(state: 1_234_567)
    #expect((0..<3).map { _ in random.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
}

@Test func portableMathematicsAgreesWithTheCLibrary() {
    for step in 1...2_000 {
        let x = Double(step) * 0.037
        #expect(abs(PortableMath.log(x) - log(x)) < 4e-15 * max(1, abs(log(x))))
        #expect(abs(PortableMath.exp(x - 37) / exp(x - 37) - 1) < 4e-15)
        let degrees = Double(step) * 0.045
        #expect(abs(PortableMath.cosine(degrees: degrees) - cos(degrees * .pi / 180)) < 1e-14)
    }
    let smallest = Double.leastNonzeroMagnitude
    #expect(abs(PortableMath.log(smallest) - log(smallest)) < 1e-10)
    #expect(PortableMath.exp(-1_000) == 0)
    for p in [0.001, 0.02, 0.1, 0.5, 0.841_344_746_068_543, 0.977_249_868_051_821, 0.999] {
        // Φ(quantile) must give p back.
        #expect(abs(0.5 * erfc(-PortableMath.normalQuantile(p) / 2.0.squareRoot()) - p) < 1e-8)
    }
}

@Test func drawsHaveTheMomentsOfTheirLaws() {
    var random = RandomStream(seed: 5, stage: .sites)
    let count = 40_000
    var sums = (unit: 0.0, gaussian: 0.0, square: 0.0, exponential: 0.0, medianBelow: 0, late: 0)
    for _ in 0..<count {
        sums.unit += random.unit()
        let g = random.gaussian()
        sums.gaussian += g
        sums.square += g * g
        sums.exponential += random.exponential()
        let kernel = random.logNormal(median: 6, sigma: 0.8676)
        if kernel < 6 { sums.medianBelow += 1 }
        if kernel > 25 { sums.late += 1 }
    }
    let n = Double(count)
    #expect(abs(sums.unit / n - 0.5) < 0.01)
    #expect(abs(sums.gaussian / n) < 0.02 && abs(sums.square / n - 1) < 0.03)
    #expect(abs(sums.exponential / n - 1) < 0.03)
    #expect(abs(Double(sums.medianBelow) / n - 0.5) < 0.01 && abs(Double(sums.late) / n - 0.05) < 0.005)
}

@Test func aliasTablesDrawInProportion() {
    let table = AliasTable([1, 0, 3, 6])
    var random = RandomStream(seed: 1, stage: .links)
    var counts = [0, 0, 0, 0]
    for _ in 0..<40_000 { counts[table.sample(&random)] += 1 }
    #expect(counts[1] == 0)
    for (index, share) in [(0, 0.1), (2, 0.3), (3, 0.6)] { #expect(abs(Double(counts[index]) / 40_000 - share) < 0.01) }
}

@Test func daysAndDatesAgree() {
    #expect(Civil.days(year: 1970, month: 1, day: 1) == 0)
    #expect(Civil.days(year: 2000, month: 3, day: 1) == 11_017)
    #expect(Civil.days(iso: "2024-02-29") == 19_782 && !Civil.isWeekend(19_782))
    #expect(Civil.isWeekend(19_782 + 2) && Civil.isWeekend(19_782 + 3))
    for text in ["2023-02-29", "2023-2-9", "20230209", "2023-13-01", "2023-00-01", "abc", "2023-01-0x", "-023-01-01"] {
        #expect(Civil.days(iso: text) == nil, "\(text)")
    }
}

@Test func numbersAreWrittenWithFixedDecimals() {
    func written(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 32)
        write(&buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
    #expect(written { $0.fixed(1_214_737_000, decimals: 7) } == "121.4737000")
    #expect(written { $0.fixed(5, decimals: 7) } == "0.0000005")
    #expect(written { $0.fixed(-10_000_000, decimals: 7) } == "-1.0000000")
    #expect(written { $0.fixed(0, decimals: 2) } == "0.00")
    #expect(written { $0.fixed(12, decimals: 0) } == "12")
    #expect(written { $0.integer(7, digits: 7) } == "0000007")
    #expect(written { $0.integer(-12_345_678, digits: 7) } == "-12345678")
    #expect(written { $0.identifier("BA", 12_345_678) } == "BA12345678")
}

@Test func creditCodesOfManyFactoriesNeverRepeat() {
    let codes = Set((0..<30_000).map { String(decoding: SyntheticCreditCode.code(number: $0, countyCode: 330_102), as: UTF8.self) })
    #expect(codes.count == 30_000)
    #expect(codes.allSatisfy { $0.hasPrefix("X1330102") })
}
