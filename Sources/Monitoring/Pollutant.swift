// Pollutant.swift: what is measured: the items that feeds name by the codes of HJ 524 (air) and HJ 525 (water), and the units they come
// in. `data/monitoring/pollutants.csv` has the same table with its sources; a test compares the two.

/// Where an item is measured.
public enum Medium: String, Sendable, CaseIterable {
    case air, water
}

/// A unit that readings and limits are given in. mg/m³ and µg/m³ differ by a thousand and look alike: a reading names its unit or has that
/// of its outlet, and nothing is ever converted on the quiet.
public enum MeasuringUnit: UInt8, Sendable, CaseIterable {
    case milligramPerCubicMetre, microgramPerCubicMetre, milligramPerLitre, pH, celsius, microsiemensPerCentimetre
    case litrePerSecond, cubicMetrePerHour

    /// As this project writes it.
    public var symbol: String {
        switch self {
        case .milligramPerCubicMetre: "mg/m3"
        case .microgramPerCubicMetre: "ug/m3"
        case .milligramPerLitre: "mg/L"
        case .pH: "-"
        case .celsius: "degC"
        case .microsiemensPerCentimetre: "uS/cm"
        case .litrePerSecond: "L/s"
        case .cubicMetrePerHour: "m3/h"
        }
    }

    /// The spellings that feeds use for it, in lower case, the micro sign as u and a raised 3 as 3.
    private var spellings: [String] {
        switch self {
        case .milligramPerCubicMetre: ["mg/m3"]
        case .microgramPerCubicMetre: ["ug/m3"]
        case .milligramPerLitre: ["mg/l"]
        case .pH: ["-", "ph", "无量纲"]
        case .celsius: ["degc", "°c", "℃"]
        case .microsiemensPerCentimetre: ["us/cm"]
        case .litrePerSecond: ["l/s"]
        case .cubicMetrePerHour: ["m3/h"]
        }
    }

    /// A unit by any of its usual spellings, such as `mg/m3`, `mg/m³`, `µg/m3`.
    public init?(_ text: String) {
        guard text.utf8.count <= 16 else { return nil }
        var folded = ""
        for character in text.lowercased() {
            switch character {
            case "µ", "μ": folded.append("u")
            case "³": folded.append("3")
            default: folded.append(character)
            }
        }
        guard let unit = MeasuringUnit.allCases.first(where: { $0.spellings.contains(folded) }) else { return nil }
        self = unit
    }

    /// Whether a value in it may be negative.
    public var allowsNegative: Bool { self == .celsius }
}

/// An item that is measured.
public enum Pollutant: UInt8, Sendable, CaseIterable {
    // The raw values are stored: never change one.
    case pH = 1
    case dissolvedOxygen, waterTemperature, suspendedSolids, conductivity, bod5, cod, permanganateIndex, totalNitrogen
    case ammoniaNitrogen, totalPhosphorus, copper, zinc, wasteWater
    case so2 = 64
    case nox, no2, co, o3, totalSuspendedParticulates, particulateMatter, pm10, pm25, wasteGas

    /// Code, name in Chinese, name in English, usual unit.
    private var row: (code: String, nameZH: String, nameEN: String, unit: MeasuringUnit) {
        switch self {
        case .pH: ("w01001", "pH值", "pH", .pH)
        case .dissolvedOxygen: ("w01009", "溶解氧", "dissolved oxygen", .milligramPerLitre)
        case .waterTemperature: ("w01010", "水温", "water temperature", .celsius)
        case .suspendedSolids: ("w01012", "悬浮物", "suspended solids", .milligramPerLitre)
        case .conductivity: ("w01014", "电导率", "conductivity", .microsiemensPerCentimetre)
        case .bod5: ("w01017", "五日生化需氧量", "BOD5", .milligramPerLitre)
        case .cod: ("w01018", "化学需氧量", "COD", .milligramPerLitre)
        case .permanganateIndex: ("w01019", "高锰酸盐指数", "permanganate index", .milligramPerLitre)
        case .totalNitrogen: ("w21001", "总氮", "total nitrogen", .milligramPerLitre)
        case .ammoniaNitrogen: ("w21003", "氨氮", "ammonia nitrogen", .milligramPerLitre)
        case .totalPhosphorus: ("w21011", "总磷", "total phosphorus", .milligramPerLitre)
        case .copper: ("w20122", "总铜", "copper", .milligramPerLitre)
        case .zinc: ("w20123", "总锌", "zinc", .milligramPerLitre)
        case .wasteWater: ("w00000", "污水流量", "waste water flow", .litrePerSecond)
        case .so2: ("a21026", "二氧化硫", "SO2", .milligramPerCubicMetre)
        case .nox: ("a21002", "氮氧化物", "NOx", .milligramPerCubicMetre)
        case .no2: ("a21004", "二氧化氮", "NO2", .microgramPerCubicMetre)
        case .co: ("a21005", "一氧化碳", "CO", .milligramPerCubicMetre)
        case .o3: ("a05024", "臭氧", "O3", .microgramPerCubicMetre)
        case .totalSuspendedParticulates: ("a34001", "总悬浮颗粒物", "TSP", .milligramPerCubicMetre)
        case .particulateMatter: ("a34013", "烟尘", "PM", .milligramPerCubicMetre)
        case .pm10: ("a34002", "可吸入颗粒物PM10", "PM10", .microgramPerCubicMetre)
        case .pm25: ("a34004", "细颗粒物PM2.5", "PM2.5", .microgramPerCubicMetre)
        case .wasteGas: ("a00000", "废气流量", "waste gas flow", .cubicMetrePerHour)
        }
    }

    /// The code of HJ 524 or HJ 525.
    public var code: String { row.code }
    public var nameZH: String { row.nameZH }
    public var nameEN: String { row.nameEN }
    /// What feeds mostly send; an outlet may report in another one.
    public var usualUnit: MeasuringUnit { row.unit }
    public var medium: Medium { row.code.utf8.first == UInt8(ascii: "a") ? .air : .water }

    /// Short names that people and feeds write instead of the code.
    private var shortNames: [String] {
        switch self {
        case .dissolvedOxygen: ["DO"]
        case .suspendedSolids: ["SS"]
        case .cod: ["CODCr"]
        case .permanganateIndex: ["CODMn"]
        case .totalNitrogen: ["TN"]
        case .ammoniaNitrogen: ["NH3-N"]
        case .totalPhosphorus: ["TP"]
        default: []
        }
    }

    private static let byName: [String: Pollutant] = {
        var byName: [String: Pollutant] = [:]
        for item in allCases {
            for name in [item.code, item.nameEN, item.nameZH] + item.shortNames { byName[name.lowercased()] = item }
        }
        return byName
    }()

    /// An item by its code, or by a name that feeds use: `w01018`, `COD`, `化学需氧量`. Letter case makes no difference.
    public init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        if let item = Pollutant.byName[text] ?? Pollutant.byName[text.lowercased()] { self = item } else { return nil }
    }

    /// The unit `unit` measures this item, by its dimension.
    public func isMeasured(in unit: MeasuringUnit) -> Bool {
        switch usualUnit {
        case .milligramPerCubicMetre, .microgramPerCubicMetre: unit == .milligramPerCubicMetre || unit == .microgramPerCubicMetre
        case .litrePerSecond, .cubicMetrePerHour: unit == .litrePerSecond || unit == .cubicMetrePerHour
        default: unit == usualUnit
        }
    }
}

/// Where readings come from.
public enum OutletKind: UInt8, Sendable, CaseIterable {
    // The raw values are stored: never change one.
    case air = 1
    case water
    case airStation
    case waterStation

    /// As in the HTTP interface and in files.
    public var name: String {
        switch self {
        case .air: "air"
        case .water: "water"
        case .airStation: "air_station"
        case .waterStation: "water_station"
        }
    }

    public init?(_ name: String) {
        guard let kind = OutletKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    public var medium: Medium { self == .air || self == .airStation ? .air : .water }

    /// A station measures the air or a river; it belongs to no factory and has no permit.
    public var isStation: Bool { self == .airStation || self == .waterStation }
}
