// CarbonDrafts.swift: figures of places and emissions of enterprises on their way into the store: checked, in base units.

/// Who says a figure, and how much it weighs beside what others say of the same place or enterprise and year.
///
/// Which of several is shown (`CarbonSource.precedes`): real before synthetic, then the higher priority, then the later edition, then
/// the source whose name comes first. All are kept.
public struct CarbonSource: Hashable, Sendable, Codable {
    public var source: String
    /// Year or version; empty when the source has none.
    public var edition: String
    /// 0 unless the file says otherwise.
    public var priority: Int
    public var synthetic: Bool

    public init(source: String, edition: String = "", priority: Int = 0, synthetic: Bool = false) {
        self.source = source
        self.edition = edition
        self.priority = priority
        self.synthetic = synthetic
    }

    /// Source and edition, as answers name them.
    public var text: String { edition.isEmpty ? source : "\(source), \(edition)" }

    /// The same order in SQL: the first row is the one that is shown.
    static let order = "synthetic, priority DESC, edition DESC, source"

    func add(to hash: inout ContentHash) {
        hash.add(Int64(priority))
        hash.add(Int64(synthetic ? 1 : 0))
    }
}

/// The place of a figure: by its code, or by a position and the level of the place that it stands for.
public enum FigurePlace: Hashable, Sendable {
    case code(Int32)
    /// Degrees, WGS 84. `name` must fit the place that is found there, where it is given.
    case position(longitude: Double, latitude: Double, isProvince: Bool, name: String?)
}

/// A place's figure of one year.
public struct FigureDraft: Hashable, Sendable {
    public var line: Int
    public var place: FigurePlace
    public var year: Int
    public var metric: PlaceMetric
    /// In the first unit of the metric's quantity.
    public var value: Double
    public var origin: CarbonSource
    public var method: String?

    public init(line: Int, place: FigurePlace, year: Int, metric: PlaceMetric, value: Double, origin: CarbonSource, method: String? = nil) {
        self.line = line
        self.place = place
        self.year = year
        self.metric = metric
        self.value = value
        self.origin = origin
        self.method = method
    }

    var contentHash: Int64 {
        var hash = ContentHash()
        hash.add(value)
        hash.add(method)
        origin.add(to: &hash)
        return hash.value
    }
}

/// What an enterprise emitted in one year.
public struct EmissionDraft: Hashable, Sendable {
    public var line: Int
    public var factory: FactoryReference
    public var year: Int
    /// Tonnes of CO2 equivalents; nil: not said.
    public var scope1: Double?
    public var scope2: Double?
    public var scope3: Double?
    public var method: String?
    /// Nil: not said.
    public var isVerified: Bool?
    public var origin: CarbonSource

    public init(line: Int, factory: FactoryReference, year: Int, origin: CarbonSource) {
        self.line = line
        self.factory = factory
        self.year = year
        self.origin = origin
    }

    var contentHash: Int64 {
        var hash = ContentHash()
        for scope in [scope1, scope2, scope3] { hash.add(scope) }
        hash.add(method)
        hash.add(isVerified.map { $0 ? Int32(1) : 0 })
        origin.add(to: &hash)
        return hash.value
    }
}

/// A row that can be added to another of the same group.
protocol Summable {
    var line: Int { get }
    /// Adds the amounts of another row.
    ///
    /// - Returns: the field in which the two differ and should not, nil when they were added.
    mutating func add(_ other: Self) -> String?
    /// Called with the sum of all rows: takes the noise of binary fractions away.
    mutating func finish()
}

extension FigureDraft: Summable {
    mutating func add(_ other: FigureDraft) -> String? {
        if place != other.place { return "place_code" }
        if year != other.year { return "year" }
        if metric != other.metric { return "metric" }
        if origin != other.origin { return "source" }
        value += other.value
        return nil
    }

    mutating func finish() { value = FactoryGroups.tidied(value) }
}

extension EmissionDraft: Summable {
    mutating func add(_ other: EmissionDraft) -> String? {
        if factory != other.factory { return "factory_id" }
        if year != other.year { return "year" }
        if origin != other.origin { return "source" }
        func sum(_ a: Double?, _ b: Double?) -> Double? { a == nil ? b : a.map { $0 + (b ?? 0) } }
        scope1 = sum(scope1, other.scope1)
        scope2 = sum(scope2, other.scope2)
        scope3 = sum(scope3, other.scope3)
        return nil
    }

    mutating func finish() {
        scope1 = scope1.map(FactoryGroups.tidied)
        scope2 = scope2.map(FactoryGroups.tidied)
        scope3 = scope3.map(FactoryGroups.tidied)
    }
}
