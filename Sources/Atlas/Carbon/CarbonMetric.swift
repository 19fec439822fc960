// CarbonMetric.swift: what the carbon map can show of a place, and what a request asks of it: a metric, a year, scopes of emissions.

import Registry

/// What the colour of a place stands for. Computed from its figures of one year; a place that lacks one of them has no value.
public enum CarbonMetric: UInt8, Named, Hashable {
    case co2
    case co2PerHead
    case co2PerGDP
    case energy
    case energyPerHead
    case coalShare

    public var name: String {
        switch self {
        case .co2: "co2"
        case .co2PerHead: "co2_per_head"
        case .co2PerGDP: "co2_per_gdp"
        case .energy: "energy"
        case .energyPerHead: "energy_per_head"
        case .coalShare: "coal_share"
        }
    }

    /// The unit of its values.
    public var unit: String {
        switch self {
        case .co2: "t"
        case .co2PerHead: "t per person"
        case .co2PerGDP: "t per CNY 10,000"
        case .energy: "tce"
        case .energyPerHead: "tce per person"
        case .coalShare: "%"
        }
    }

    /// The figures that it is computed from.
    public var figures: [PlaceMetric] {
        switch self {
        case .co2: [.co2]
        case .co2PerHead: [.co2, .population]
        case .co2PerGDP: [.co2, .gdp]
        case .energy, .coalShare: PlaceMetric.energies
        case .energyPerHead: PlaceMetric.energies + [.population]
        }
    }
}

/// The scopes of the GHG Protocol that are summed for an enterprise.
public struct EmissionScopes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Direct.
    public static let one = EmissionScopes(rawValue: 1)
    /// Of purchased electricity and heat.
    public static let two = EmissionScopes(rawValue: 2)
    /// Of the value chain.
    public static let three = EmissionScopes(rawValue: 4)

    /// `1,2`.
    public var text: String { (0..<3).filter { rawValue & (1 << $0) != 0 }.map { String($0 + 1) }.joined(separator: ",") }
}

/// What a request wants to see of the carbon map beside the filters.
public struct CarbonSelection: Hashable, Sendable {
    public var metric = CarbonMetric.co2
    /// Nil: the latest that there is.
    public var year: Int?
    public var scopes: EmissionScopes = [.one, .two]

    public static let parameterNames = ["metric", "year", "scope"]

    public init() {}

    /// - Parameter text: the value of a query parameter by its name; nil when it is absent.
    /// - Throws: `QueryError` naming the parameter and what would be right.
    public init(_ text: (String) -> String?) throws(QueryError) {
        if let name = text("metric") {
            guard let known = CarbonMetric(name: name) else {
                throw QueryError(parameter: "metric", value: name, message: "unknown metric; use one of \(CarbonMetric.names)")
            }
            metric = known
        }
        if let value = text("year") {
            guard value.utf8.count == 4, let number = Int(value), (1900...2100).contains(number) else {
                throw QueryError(parameter: "year", value: value, message: "not a year; use four digits, such as 2020")
            }
            year = number
        }
        if let list = text("scope") {
            scopes = []
            for part in list.split(separator: ",", omittingEmptySubsequences: false) {
                guard let number = UInt8(part), (1...3).contains(number) else {
                    throw QueryError(parameter: "scope", value: list, message: "not scopes; use any of 1, 2, 3, with commas, such as 1,2")
                }
                scopes.insert(EmissionScopes(rawValue: 1 << (number - 1)))
            }
        }
    }

    /// One text per meaning; empty for the usual selection.
    public var canonical: String {
        let usual = CarbonSelection()
        var parts: [String] = []
        if metric != usual.metric { parts.append("metric=\(metric.name)") }
        if scopes != usual.scopes { parts.append("scope=\(scopes.text)") }
        if let year { parts.append("year=\(year)") }
        return parts.joined(separator: "&")
    }
}
