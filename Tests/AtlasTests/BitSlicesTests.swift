// BitSlicesTests.swift: which factories pass by the slices, against asking each.

import Registry
import SpatialIndex
import Testing

@testable import Atlas

@Suite struct BitSlicesTests {
    /// Codes of so many divisions, several to each, and the code of none in front.
    private func codes(divisions: Int) -> IndustryCodes {
        var texts = [""]
        for division in 0..<divisions {
            let (letter, number) = (
                String(UnicodeScalar(UInt8(ascii: "A") + UInt8(division / 100))), String(division % 100 + 100).suffix(2)
            )
            texts += ["", "1", "12", "4"].map { letter + number + $0 }
        }
        return IndustryCodes(texts)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 1000], [1, 30, 97, 300]) func slicesSayWhatTheColumnsSay(count: Int, divisions: Int) {
        var random = SplitMix64(state: UInt64(count * 1000 + divisions))
        let codes = codes(divisions: divisions)
        let status = (0..<count).map { _ in UInt8.random(in: 0..<8, using: &random) }
        let industry = (0..<count).map { _ in UInt16.random(in: 0..<UInt16(codes.count), using: &random) }
        let slices = BitSlices(status: Column(status), industry: Column(industry), codes: codes)
        var exact = 0
        for round in 0..<60 {
            let mask = round % 5 == 0 ? 0xFF : UInt8.random(in: 1...255, using: &random)
            // Whole divisions, single codes, a section with and without its letter, what nobody has, nothing asked.
            let prefixes = [
                ["A0\(round % 10)"], ["A001", "A0\(round % 10)"], ["A0112"], ["A"], ["1"], ["Z99"], (0..<13).map { "A\($0 + 10)" }, [],
                ["C5"],
            ][round % 9]
            let industries = prefixes.isEmpty ? nil : codes.beginning(with: prefixes)
            let wish = slices.wish(statusMask: mask, industries: industries)
            slices.withReader(wish) { reader in
                for index in 0..<count {
                    let found = reader.passing(block: index >> 6) >> UInt64(index & 63) & 1 == 1
                    let hasStatus = mask >> status[index] & 1 == 1
                    let passes = hasStatus && industries.map { $0[Int(industry[index])] } ?? true
                    if wish.leavesIndustries {
                        #expect(hasStatus ? found || !passes : !found)
                    } else {
                        #expect(found == passes, "\(prefixes), \(mask), factory \(index)")
                        exact += 1
                    }
                }
                // A block that is not there has nobody.
                #expect(reader.passing(block: (count + 63) / 64) == 0 && reader.passing(block: -1) == 0)
            }
        }
        #expect(count == 0 || exact > 10 * count)
    }

    @Test func wholeDivisionsNeedNoSecondLook() throws {
        let codes = codes(divisions: 97)
        let slices = BitSlices(status: Column([0, 1]), industry: Column([1, 5]), codes: codes)
        func leaves(_ prefixes: [String]?) -> Bool {
            slices.wish(statusMask: 1, industries: prefixes.map(codes.beginning)).leavesIndustries
        }
        #expect(!leaves(nil) && !leaves(["A17"]) && !leaves(["A17", "26"]) && !leaves((10..<22).map { "A\($0)" }))
        // A part of a division, more divisions than are asked for by slices.
        #expect(leaves(["A171"]) && leaves(["A17", "A261"]) && leaves((10..<23).map { "A\($0)" }))
        // Nobody has it.
        let nobody = slices.wish(statusMask: 0xFF, industries: codes.beginning(with: ["Z"]))
        #expect(!nobody.leavesIndustries && slices.withReader(nobody) { $0.passing(block: 0) } == 0)
    }
}
