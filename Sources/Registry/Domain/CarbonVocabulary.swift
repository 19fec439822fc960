// CarbonVocabulary.swift: what is known of places and enterprises on the carbon map, and the units that amounts come in. An amount
// without a unit is none: 12.3 could be tonnes or millions of them, so nothing here guesses.

/// What a place's figure of a year is about. The raw value is stored.
public enum PlaceMetric: UInt8, Named, Codable {
    /// Energy used, by kind, in tonnes of coal equivalent (tce).
    case coal = 0
    case oil, gas, electricity, heat
    /// In tonnes.
    case co2
    /// Persons.
    case population
    /// Gross domestic product, CNY at current prices.
    case gdp

    public var name: String {
        switch self {
        case .coal: "coal"
        case .oil: "oil"
        case .gas: "gas"
        case .electricity: "electricity"
        case .heat: "heat"
        case .co2: "co2"
        case .population: "population"
        case .gdp: "gdp"
        }
    }

    /// Kinds of energy, in the order in which a mix is shown.
    public static let energies: [PlaceMetric] = [.coal, .oil, .gas, .electricity, .heat]

    public var quantity: CarbonQuantity {
        switch self {
        case .coal, .oil, .gas, .electricity, .heat: .energy
        case .co2: .mass
        case .population: .persons
        case .gdp: .money
        }
    }

    /// The most that a place can have: beyond lies a slip of the unit. The world emits 4·10¹⁰ t a year and has 8·10⁹ people.
    var largest: Double {
        switch quantity {
        case .energy: 1e11
        case .mass: 1e11
        case .persons: 1e10
        case .money: 1e16
        }
    }
}

/// A kind of amount; its amounts are stored in its first unit.
public enum CarbonQuantity: Sendable, CaseIterable {
    /// Tonnes of CO2, or of CO2 equivalents.
    case mass
    /// Tonnes of coal equivalent.
    case energy
    case persons
    /// CNY.
    case money

    /// 1 tce in GJ: the standard coal of GB/T 2589, 7,000 kcal of 4.1868 kJ to the kilogram.
    public static let gigajoulesPerTCE = 29.3076

    var word: String {
        switch self {
        case .mass: "a mass"
        case .energy: "an amount of energy"
        case .persons: "a number of persons"
        case .money: "an amount of money"
        }
    }

    /// Spellings of units and what one is in the quantity's first unit.
    var units: [(name: String, factor: Double)] {
        let gj = 1 / CarbonQuantity.gigajoulesPerTCE
        return switch self {
        case .mass:
            [
                ("t", 1), ("kt", 1e3), ("Mt", 1e6), ("tCO2", 1), ("ktCO2", 1e3), ("MtCO2", 1e6), ("tCO2e", 1), ("ktCO2e", 1e3),
                ("MtCO2e", 1e6), ("kg", 1e-3), ("吨", 1), ("万吨", 1e4), ("亿吨", 1e8),
            ]
        case .energy:
            [
                ("tce", 1), ("ktce", 1e3), ("Mtce", 1e6), ("GJ", gj), ("TJ", gj * 1e3), ("PJ", gj * 1e6), ("MWh", 3.6 * gj),
                ("GWh", 3.6e3 * gj), ("TWh", 3.6e6 * gj), ("吨标准煤", 1), ("万吨标准煤", 1e4),
            ]
        case .persons: [("persons", 1), ("人", 1), ("万人", 1e4)]
        case .money: [("CNY", 1), ("million CNY", 1e6), ("元", 1), ("万元", 1e4), ("亿元", 1e8)]
        }
    }

    /// What one of a unit is in the first unit of the quantity. Letter case counts: mt is no Mt.
    ///
    /// - Throws: what is wrong with the text, and which units would be right.
    func factor(_ text: String) throws(FieldProblem) -> Double {
        if let known = units.first(where: { $0.name == text }) { return known.factor }
        let right = units.map(\.name).joined(separator: ", ")
        if let other = CarbonQuantity.allCases.first(where: { $0.units.contains { $0.name == text } }) {
            throw FieldProblem("measures \(other.word), and this is \(word): \(right)")
        }
        throw FieldProblem("is no unit of \(word): \(right)")
    }
}

/// The years that figures can be of.
enum CarbonYear {
    static let first = 1980
    static var last: Int { Day.today().components.year }
}
