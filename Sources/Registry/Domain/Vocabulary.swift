// Vocabulary.swift: the closed lists of the domain, with the names that files, tiles and the HTTP interface use.

/// A closed list whose members have a name in files and answers.
public protocol Named: CaseIterable, Sendable {
    var name: String { get }
}

extension Named {
    /// The member with a name; nil for any other text.
    public init?(name: String) {
        guard let member = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = member
    }

    /// All names, for messages.
    public static var names: String { allCases.map(\.name).joined(separator: ", ") }
}

/// Compliance status of a factory, worst first. `Assessment.assess` decides it.
public enum FactoryStatus: UInt8, Named, Codable {
    /// A standing record in the last 12 months, or exceeding now.
    case violating = 0
    /// A standing record older than that.
    case unresolved
    /// Every record has a public explanation, none stands unexplained.
    case explained
    /// Had records, all verified or withdrawn.
    case corrected
    /// Monitored or disclosed, never a record.
    case clean
    /// No record and no disclosure: says nothing about the factory.
    case unknown

    public var name: String {
        switch self {
        case .violating: "violating"
        case .unresolved: "unresolved"
        case .explained: "explained"
        case .corrected: "corrected"
        case .clean: "clean"
        case .unknown: "unknown"
        }
    }
}

/// What a record is.
public enum RecordKind: UInt8, Named, Codable {
    case penalty = 0
    case orderToCorrect, exceedanceList, complaint, inspection, onlineExceedance, creditRating

    public var name: String {
        switch self {
        case .penalty: "penalty"
        case .orderToCorrect: "order_to_correct"
        case .exceedanceList: "exceedance_list"
        case .complaint: "complaint"
        case .inspection: "inspection"
        case .onlineExceedance: "online_exceedance"
        case .creditRating: "credit_rating"
        }
    }
}

/// What a record is about.
public enum RecordCategory: UInt8, Named, Codable {
    case air = 0
    case water, solidWaste, hazardousWaste, noise, radiation, procedure, dataFalsification, other

    public var name: String {
        switch self {
        case .air: "air"
        case .water: "water"
        case .solidWaste: "solid_waste"
        case .hazardousWaste: "hazardous_waste"
        case .noise: "noise"
        case .radiation: "radiation"
        case .procedure: "procedure"
        case .dataFalsification: "data_falsification"
        case .other: "other"
        }
    }
}

/// What the authority did.
public enum Measure: UInt8, Named, Codable {
    case warning = 0
    case fine, orderToCorrect, limitProduction, stopProduction, seizure, detention

    public var name: String {
        switch self {
        case .warning: "warning"
        case .fine: "fine"
        case .orderToCorrect: "order_to_correct"
        case .limitProduction: "limit_production"
        case .stopProduction: "stop_production"
        case .seizure: "seizure"
        case .detention: "detention"
        }
    }
}

/// How far a record has come on its way to being corrected.
public enum RecordState: UInt8, Named, Codable {
    case standing = 0
    case explained, correctionReported, verified, withdrawn

    public var name: String {
        switch self {
        case .standing: "standing"
        case .explained: "explained"
        case .correctionReported: "correction_reported"
        case .verified: "verified"
        case .withdrawn: "withdrawn"
        }
    }
}

/// Colour of an environmental credit rating. Green and blue are good: no violation.
public enum CreditRating: UInt8, Named, Codable {
    case green = 0
    case blue, yellow, red, black

    public var name: String {
        switch self {
        case .green: "green"
        case .blue: "blue"
        case .yellow: "yellow"
        case .red: "red"
        case .black: "black"
        }
    }
}

/// What a supplier delivers to a brand.
public enum LinkKind: UInt8, Named, Codable {
    case materials = 0
    case finishedGoods, wasteHandling, logistics

    public var name: String {
        switch self {
        case .materials: "materials"
        case .finishedGoods: "finished_goods"
        case .wasteHandling: "waste_handling"
        case .logistics: "logistics"
        }
    }
}

/// What is special about a factory's data. Bit 31 is left to the snapshot.
public struct FactoryFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The position lies outside China as its outline is known here.
    public static let outsideChina = FactoryFlags(rawValue: 1 << 0)
    /// The source did not say in which datum the position is.
    public static let datumUnknown = FactoryFlags(rawValue: 1 << 1)
    /// No transformation from the source's datum to WGS 84 is known: the position was taken as it is.
    public static let ballparkTransform = FactoryFlags(rawValue: 1 << 2)
    /// The credit code's check character is wrong; the code is kept as given.
    public static let creditCodeInvalid = FactoryFlags(rawValue: 1 << 3)
    /// The source says that the position is approximate.
    public static let approximatePosition = FactoryFlags(rawValue: 1 << 4)
    /// Latitude and longitude were swapped in the source and put right on request.
    public static let swapCorrected = FactoryFlags(rawValue: 1 << 5)
    /// The county code that the source gives is not where the position lies. Both are kept.
    public static let countyMismatch = FactoryFlags(rawValue: 1 << 6)
    /// The position lies in no province that is known here: at sea or abroad.
    public static let noPlace = FactoryFlags(rawValue: 1 << 7)

    /// Flags that follow from the borders in the store, not from the source.
    static let byPlace: FactoryFlags = [.countyMismatch, .noPlace]

    public var names: [String] {
        let all: [(FactoryFlags, String)] = [
            (.outsideChina, "outside_china"), (.datumUnknown, "datum_unknown"), (.ballparkTransform, "ballpark_transform"),
            (.creditCodeInvalid, "credit_code_invalid"), (.approximatePosition, "approximate_position"),
            (.swapCorrected, "swap_corrected"), (.countyMismatch, "county_mismatch"), (.noPlace, "no_place"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
