// WaterClassTests.swift: classes of water against the table as it lies in the file.

import Testing

@testable import Monitoring

@Test func theWaterLimitsAreThoseOfTheTable() throws {
    let order = ["I", "II", "III", "IV", "V"]
    var seen = 0
    let rows = try Tables.rows("water-limits.csv")
    for pollutant in Pollutant.allCases {
        for body in WaterBody.allCases {
            let expected = rows.filter { row in
                row["standard"] == "GB 3838-2002" && Pollutant(row["item"] ?? "") == pollutant
                    && (row["condition"]?.isEmpty == true || row["condition"] == body.rawValue)
            }
            let limits = SurfaceWater.limits(of: pollutant, in: body) ?? []
            #expect(expected.map { $0["class"] ?? "" } == (limits.isEmpty ? [] : order))
            #expect(try expected.map { try Quantity($0["limit"] ?? "").millionths } == limits, "\(pollutant) \(body)")
        }
        for isCold in [false, true] {
            let conditions = DischargeConditions(waterTemperature: isCold ? 12 : 13)
            let expected = rows.filter { row in
                guard row["standard"] == "GB 18918-2002", Pollutant(row["item"] ?? "") == pollutant else { return false }
                guard pollutant == .ammoniaNitrogen else { return true }
                return (row["condition"]?.isEmpty == false) == isCold
            }
            let limits = DischargeClass.limits(of: pollutant, conditions)
            #expect(try expected.map { try Quantity($0["limit"] ?? "").millionths } == (limits.map { [$0.oneA, $0.oneB] } ?? []))
            seen += expected.count
        }
    }
    #expect(seen > 0)
}

@Test func theWorstItemDecidesTheClass() throws {
    func water(_ values: [(Pollutant, String)], _ body: WaterBody = .river) throws -> SurfaceWater {
        SurfaceWater(try values.map { ($0.0, try Quantity($0.1)) }, in: body)
    }
    let clean = try water([(.cod, "12"), (.ammoniaNitrogen, "0.1"), (.dissolvedOxygen, "8"), (.pH, "7.4"), (.waterTemperature, "19")])
    #expect(clean.waterClass == .one && clean.parts.count == 4)
    let middling = try water([(.cod, "20"), (.ammoniaNitrogen, "1.01"), (.dissolvedOxygen, "5")])
    #expect(middling.waterClass == .four && middling.worst == [.ammoniaNitrogen])
    #expect(try water([(.dissolvedOxygen, "1.9")]).waterClass == .inferiorFive)
    #expect(try water([(.pH, "5.9"), (.cod, "10")]).worst == [.pH])
    #expect(try water([(.totalNitrogen, "9")]).waterClass == nil, "no limit of rivers")
    #expect(try water([(.totalNitrogen, "9")], .lake).waterClass == .inferiorFive)
    #expect(try water([(.totalPhosphorus, "0.05")]).waterClass == .two && water([(.totalPhosphorus, "0.05")], .lake).waterClass == .three)
    #expect(try water([]).waterClass == nil)
}

@Test func wasteWaterIsHeldAgainstTheLimitOfItsTemperature() throws {
    let values: [(pollutant: Pollutant, value: Quantity)] = [(.cod, 50), (.ammoniaNitrogen, 8)]
    #expect(DischargeClass.of(values, DischargeConditions(waterTemperature: 12)) == .oneA)
    #expect(DischargeClass.of(values, DischargeConditions(waterTemperature: 13)) == .oneB)
    #expect(DischargeClass.of(values) == .oneB, "not known: the narrower limit")
    #expect(DischargeClass.of([(.cod, 61)]) == .belowOneB)
    #expect(DischargeClass.of([(.totalPhosphorus, 2)], DischargeConditions(isBuiltFrom2006: false)) == nil)
    #expect(DischargeClass.of([(.pH, 7)]) == nil)
}
