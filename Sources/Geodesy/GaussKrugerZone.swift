// GaussKrugerZone.swift: China's Gauss-Krüger systems in EPSG, and the numbers before their eastings.
//
// Zones are 6° wide, numbers 13 to 23, or 3° wide, numbers 25 to 45: the number alone tells the width. EPSG has each zone twice for each
// datum: with the zone's number before the easting (zone · 1,000,000 + 500,000 at the central meridian) and without. Positions are often
// published under one and labelled with the other, so both are recognised here.

/// One of EPSG's 267 Gauss-Krüger systems on Xian 1980, Beijing 1954, CGCS2000 and New Beijing.
struct GaussKrugerZone: Hashable, Sendable {
    let code: Int
    /// EPSG's code of the datum's geographic system.
    let base: Int
    let widthDegrees: Int
    /// Whether eastings begin with the zone's number.
    let isNumbered: Bool
    /// Degrees east.
    let centralMeridian: Int

    /// The number of the zone: 13–23 or 25–45.
    var number: Int { widthDegrees == 6 ? (centralMeridian + 3) / 6 : centralMeridian / 3 }

    /// The numbers that stand for this central meridian: that of the 3° zone, and of the 6° zone if there is one.
    var numbersOfMeridian: [Int] {
        let three = centralMeridian / 3
        return centralMeridian % 6 == 3 ? [three, (centralMeridian + 3) / 6] : [three]
    }

    private struct Run {
        var base: Int
        var codes: ClosedRange<Int>
        var widthDegrees: Int
        var isNumbered: Bool
        /// Central meridian of the first code; the next ones follow by the width.
        var meridian = 75
    }

    private static let runs: [Run] = [
        Run(base: 4610, codes: 2327...2337, widthDegrees: 6, isNumbered: true),
        Run(base: 4610, codes: 2338...2348, widthDegrees: 6, isNumbered: false),
        Run(base: 4610, codes: 2349...2369, widthDegrees: 3, isNumbered: true),
        Run(base: 4610, codes: 2370...2390, widthDegrees: 3, isNumbered: false),
        Run(base: 4214, codes: 2401...2421, widthDegrees: 3, isNumbered: true),
        Run(base: 4214, codes: 2422...2442, widthDegrees: 3, isNumbered: false),
        Run(base: 4214, codes: 21413...21423, widthDegrees: 6, isNumbered: true),
        Run(base: 4214, codes: 21453...21463, widthDegrees: 6, isNumbered: false),
        Run(base: 4214, codes: 21473...21483, widthDegrees: 6, isNumbered: false),  // deprecated
        Run(base: 4490, codes: 4491...4501, widthDegrees: 6, isNumbered: true),
        Run(base: 4490, codes: 4502...4512, widthDegrees: 6, isNumbered: false),
        Run(base: 4490, codes: 4513...4533, widthDegrees: 3, isNumbered: true),
        Run(base: 4490, codes: 4534...4554, widthDegrees: 3, isNumbered: false),
        Run(base: 4555, codes: 4568...4578, widthDegrees: 6, isNumbered: true),
        Run(base: 4555, codes: 4579...4589, widthDegrees: 6, isNumbered: false),
        Run(base: 4555, codes: 4652...4656, widthDegrees: 3, isNumbered: true),
        Run(base: 4555, codes: 4766...4781, widthDegrees: 3, isNumbered: true, meridian: 90),
        Run(base: 4555, codes: 4782...4800, widthDegrees: 3, isNumbered: false),
        Run(base: 4555, codes: 4812...4812, widthDegrees: 3, isNumbered: false, meridian: 132),
        Run(base: 4555, codes: 4822...4822, widthDegrees: 3, isNumbered: false, meridian: 135),
    ]

    /// The system with an EPSG code; nil if it is none of China's Gauss-Krüger systems.
    init?(code: Int) {
        guard let run = Self.runs.first(where: { $0.codes.contains(code) }) else { return nil }
        self.init(run, code: code)
    }

    /// The zone-numbered system of a datum to which an easting's leading number belongs; nil if it is no zone's.
    init?(base: Int, numberedEasting easting: Double) {
        guard easting >= 13e6, easting < 46e6 else { return nil }
        let number = Int(easting / 1e6)
        for run in Self.runs where run.base == base && run.isNumbered {
            for code in run.codes {
                let zone = GaussKrugerZone(run, code: code)
                if zone.number == number {
                    self = zone
                    return
                }
            }
        }
        return nil
    }

    private init(_ run: Run, code: Int) {
        self.code = code
        base = run.base
        widthDegrees = run.widthDegrees
        isNumbered = run.isNumbered
        centralMeridian = run.meridian + (code - run.codes.lowerBound) * run.widthDegrees
    }

    /// "EPSG:4526 (zone 38, central meridian 114°E)"
    var label: String { "EPSG:\(code) (zone \(number), central meridian \(centralMeridian)°E)" }

    /// What had to be done to an easting to fit the system.
    enum Adjustment: Hashable, Sendable {
        case none
        case numberTakenOff(Int)
        case numberPutBefore(Int)

        /// Words for an operation's name.
        var note: String {
            switch self {
            case .none: ""
            case .numberTakenOff(let zone): " [zone number \(zone) taken off the easting]"
            case .numberPutBefore(let zone): " [zone number \(zone) put before the easting]"
            }
        }
    }

    /// An easting as this system wants it, with its zone's number or without.
    ///
    /// - Throws: `GeodesyError` where the number is another zone's, where degrees or swapped axes stand, and for what lies far outside.
    func fit(easting x: Double, northing y: Double) throws(GeodesyError) -> (easting: Double, adjustment: Adjustment) {
        func outside(_ expected: String) -> GeodesyError { .outsideSystem(x: x, y: y, system: label, expected: expected) }
        if abs(x) <= 180, abs(y) <= 180 { throw outside("it takes metres, easting then northing; these look like degrees") }
        let isEasting = { (value: Double) in (0..<1e6).contains(value) || GaussKrugerZone(base: self.base, numberedEasting: value) != nil }
        let isChinasNorthing = { (value: Double) in (1.9e6...6.0e6).contains(value) }
        if !isEasting(x) || !isChinasNorthing(y), isChinasNorthing(x), isEasting(y) {
            throw outside("easting and northing look swapped; the easting comes first")
        }
        guard y >= 0, y <= 10_002_000 else { throw outside("northings of the northern hemisphere are 0 to 10,002,000 m") }
        if x >= 1e6 {
            let found = Int(min(x, 1e12) / 1e6)
            let accepted = isNumbered ? [number] : numbersOfMeridian
            guard accepted.contains(found) else {
                var expected = "its eastings begin with zone \(accepted.map(String.init).joined(separator: " or "))"
                if !isNumbered { expected += " or with no zone number" }
                if let other = GaussKrugerZone(base: base, numberedEasting: x) {
                    expected += "; an easting of zone \(found) is one of \(other.label)"
                }
                throw .wrongZone(easting: x, system: label, expected: expected)
            }
            return isNumbered ? (x, .none) : (x - Double(found) * 1e6, .numberTakenOff(found))
        }
        guard x >= 0 else { throw outside("eastings are positive, 500,000 m at the central meridian") }
        return isNumbered ? (x + Double(number) * 1e6, .numberPutBefore(number)) : (x, .none)
    }
}
