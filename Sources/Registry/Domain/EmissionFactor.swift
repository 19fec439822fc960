// EmissionFactor.swift: how much CO2 a unit of electricity, heat or fuel stands for, by whom, where and when: the reference table of the
// carbon map. The rule for fuels: heat value × carbon content × oxidation × 44/12.

/// What a factor multiplies. The raw value is stored.
public enum FactorKind: UInt8, Named, Codable {
    /// Bought from the grid of an area, in a year.
    case electricity = 0
    case heat
    case fuel

    public var name: String {
        switch self {
        case .electricity: "electricity"
        case .heat: "heat"
        case .fuel: "fuel"
        }
    }

    /// Spellings of units: the unit that is kept, how many of it one is, and the most tCO2 that one kept unit can stand for: beyond lies a
    /// slip of the unit. Pure carbon gives 3.67 t/t, lignite power some 1.3 t/MWh, butane some 60 t per 10⁴ Nm³.
    var units: [(name: String, kept: String, amount: Double, largest: Double)] {
        switch self {
        case .electricity:
            [("MWh", "MWh", 1, 3), ("kWh", "MWh", 1e-3, 3), ("GWh", "MWh", 1e3, 3), ("兆瓦时", "MWh", 1, 3), ("千瓦时", "MWh", 1e-3, 3)]
        case .heat: [("GJ", "GJ", 1, 1), ("TJ", "GJ", 1e3, 1), ("吉焦", "GJ", 1, 1)]
        case .fuel:
            [
                ("t", "t", 1, 4), ("kg", "t", 1e-3, 4), ("吨", "t", 1, 4), ("10^4 Nm3", "10^4 Nm3", 1, 100),
                ("Nm3", "10^4 Nm3", 1e-4, 100), ("万立方米", "10^4 Nm3", 1, 100), ("万Nm3", "10^4 Nm3", 1, 100),
            ]
        }
    }
}

/// What a fuel's factor is made of.
public struct FuelContent: Hashable, Sendable {
    /// Net calorific value, GJ per unit.
    public var heat: Double
    /// Tonnes of carbon per GJ.
    public var carbon: Double
    /// Part of the carbon that burns, 0 to 1.
    public var oxidation: Double

    public init(heat: Double, carbon: Double, oxidation: Double) {
        self.heat = heat
        self.carbon = carbon
        self.oxidation = oxidation
    }

    /// Tonnes of CO2 per unit.
    public var tonnes: Double { heat * carbon * oxidation * 44 / 12 }
}

/// One factor, as stored.
public struct EmissionFactor: Hashable, Sendable {
    public var kind: FactorKind
    /// Of what: a fuel, or the area of a grid.
    public var name: String
    public var nameEN: String?
    /// Six digits of GB/T 2260; nil for a nation, a region of several provinces, and what holds everywhere.
    public var place: Int32?
    /// Nil: a default that is of no year.
    public var year: Int?
    /// MWh, GJ, t, or 10^4 Nm3.
    public var unit: String
    /// Tonnes of CO2 per unit.
    public var value: Double
    public var content: FuelContent?
    public var origin: CarbonSource

    public init(
        kind: FactorKind, name: String, nameEN: String? = nil, place: Int32? = nil, year: Int? = nil, unit: String, value: Double,
        content: FuelContent? = nil, origin: CarbonSource
    ) {
        self.kind = kind
        self.name = name
        self.nameEN = nameEN
        self.place = place
        self.year = year
        self.unit = unit
        self.value = value
        self.content = content
        self.origin = origin
    }

    var contentHash: Int64 {
        var hash = ContentHash()
        hash.add(nameEN)
        hash.add(unit)
        hash.add(value)
        for part in [content?.heat, content?.carbon, content?.oxidation] { hash.add(part) }
        origin.add(to: &hash)
        return hash.value
    }
}

/// A factor on its way into the store.
public struct FactorDraft: Hashable, Sendable {
    public var line: Int
    public var factor: EmissionFactor

    public init(line: Int, factor: EmissionFactor) {
        self.line = line
        self.factor = factor
    }
}
