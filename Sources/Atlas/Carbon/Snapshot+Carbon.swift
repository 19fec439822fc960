// Snapshot+Carbon.swift: the carbon map as queries return it: figures of a place and year with their sources, tables, classes of values for
// colours, enterprises of a window by their emissions.

import Boundaries
import Foundation
import Registry
import SpatialIndex

/// What is known of one place in one year.
public struct PlaceYear: Hashable, Sendable {
    public struct Figure: Hashable, Sendable {
        /// tce, t, persons or CNY.
        public var value: Double
        public var source: CarbonSource
    }

    /// The place's number in the snapshot.
    public var place: Int
    public var year: Int
    fileprivate var figures: [Figure?]

    public subscript(metric: PlaceMetric) -> Figure? { figures[Int(metric.rawValue)] }

    public var isEmpty: Bool { figures.allSatisfy { $0 == nil } }

    /// All kinds of energy together, in tce; nil unless every kind is known.
    public var energy: Double? {
        var sum = 0.0
        for kind in PlaceMetric.energies {
            guard let part = self[kind] else { return nil }
            sum += part.value
        }
        return sum
    }

    /// The value of a metric in its unit; nil when a figure that it needs is missing, or would be divided by zero.
    public func value(_ metric: CarbonMetric) -> Double? {
        func ratio(_ a: Double?, _ b: Double?, _ factor: Double = 1) -> Double? {
            guard let a, let b, b > 0 else { return nil }
            return a / b * factor
        }
        return switch metric {
        case .co2: self[.co2]?.value
        case .co2PerHead: ratio(self[.co2]?.value, self[.population]?.value)
        case .co2PerGDP: ratio(self[.co2]?.value, self[.gdp]?.value, 1e4)
        case .energy: energy
        case .energyPerHead: ratio(energy, self[.population]?.value)
        case .coalShare: ratio(self[.coal]?.value, energy, 100)
        }
    }

    /// Who says the figures that a metric is computed from, each once.
    public func sources(_ metric: CarbonMetric) -> [CarbonSource] {
        var found: [CarbonSource] = []
        for figure in metric.figures {
            if let source = self[figure]?.source, !found.contains(source) { found.append(source) }
        }
        return found
    }
}

/// What an enterprise emitted in one year.
public struct EmissionYear: Hashable, Sendable {
    public var year: Int
    /// tCO2e; nil: not said.
    public var scope1: Double?
    public var scope2: Double?
    public var scope3: Double?
    /// Nil: not said.
    public var isVerified: Bool?
    public var source: CarbonSource
}

/// An enterprise with its emissions of a year.
public struct EnterpriseHit: Hashable, Sendable {
    public var factory: FactoryHit
    public var emission: EmissionYear
    /// Sum of the scopes asked for.
    public var tonnes: Double
}

/// Enterprises of a window.
public struct EnterprisePage: Hashable, Sendable {
    /// The largest emitters first; equal ones by pk.
    public var hits: [EnterpriseHit]
    /// All in the window, and what they emit together.
    public var total: Int
    public var tonnes: Double
    public var year: Int?
}

extension Snapshot {
    /// Years with figures of places, ascending.
    public var figureYears: [Int] { carbon.figureYears }
    /// Years with emissions of enterprises, ascending.
    public var emissionYears: [Int] { carbon.emissionYears }
    /// Enterprises with emissions of any year.
    public var enterpriseCount: Int { carbon.enterprise.count }
    /// Whether the carbon map has anything to show.
    public var hasCarbon: Bool { !carbon.figureYears.isEmpty || enterpriseCount > 0 }
    /// Whoever says a figure or an emission that is shown.
    public var carbonSources: [CarbonSource] { carbon.sources }

    /// The level whose places the carbon map shows at a zoom: no finer than there are figures of.
    public func carbonLevel(zoom: Int) -> PlaceLevel { min(PlaceTileSchema.level(zoom: zoom), max(carbon.finestLevel, .province)) }

    /// Levels that the carbon map shows, and the zoom from which each is.
    public var carbonLevels: [(level: PlaceLevel, fromZoom: Int)] {
        [(PlaceLevel.province, 0), (.prefecture, 5), (.county, 8)].filter { $0.level <= carbon.finestLevel }
    }

    /// The figures of a place in a year. O(log places) a figure.
    public func figures(place: Int, year: Int) -> PlaceYear? {
        guard let index = carbon.figureYears.firstIndex(of: year) else { return nil }
        let found = PlaceMetric.allCases.map { metric in
            carbon.figure(metric, place: place, yearIndex: index).map { PlaceYear.Figure(value: $0.value, source: $0.source) }
        }
        return PlaceYear(place: place, year: year, figures: found)
    }

    /// The year asked for, or the latest in which any place of a level has a value of the metric; nil when none ever has.
    public func carbonYear(_ selection: CarbonSelection, level: PlaceLevel) -> Int? {
        if let year = selection.year { return year }
        let places = placeColumns.indices(of: level)
        return carbon.figureYears.last { year in places.contains { figures(place: $0, year: year)?.value(selection.metric) != nil } }
    }

    /// Years in which any place has a value of a metric, ascending.
    public func carbonYears(_ metric: CarbonMetric) -> [Int] {
        carbon.figureYears.filter { year in (0..<placeCount).contains { figures(place: $0, year: year)?.value(metric) != nil } }
    }

    /// The year of emissions asked for, or the latest.
    public func emissionYear(_ selection: CarbonSelection) -> Int? { selection.year ?? carbon.emissionYears.last }

    /// All places of a level that have any figure of a year.
    public func carbonTable(year: Int, level: PlaceLevel) -> [PlaceYear] {
        placeColumns.indices(of: level).compactMap { place in
            figures(place: place, year: year).flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// All years of a place that have any figure, ascending.
    public func carbonSeries(place: Int) -> [PlaceYear] {
        carbon.figureYears.compactMap { year in figures(place: place, year: year).flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// Emissions of a factory by year, ascending; empty when it has none.
    public func emissions(pk: Int64) -> [EmissionYear] {
        guard let index = index(pk: pk) else { return [] }
        let numbers = carbon.numbers(in: index..<index + 1)
        guard let number = numbers.first else { return [] }
        return (Int(carbon.offsets[number])..<Int(carbon.offsets[number + 1])).map(emission)
    }

    func emission(_ row: Int) -> EmissionYear {
        func known(_ value: Double) -> Double? { value.isNaN ? nil : value }
        return EmissionYear(
            year: Int(carbon.year[row]), scope1: known(carbon.scope1[row]), scope2: known(carbon.scope2[row]),
            scope3: known(carbon.scope3[row]), isVerified: carbon.verified[row] == 2 ? nil : carbon.verified[row] == 1,
            source: carbon.sources[Int(carbon.emissionSource[row])])
    }

    /// Enterprises of a window in degrees, WGS 84, the largest emitters first. West over east crosses the antimeridian.
    ///
    /// Cost: O(enterprises).
    public func enterprises(
        west: Double, south: Double, east: Double, north: Double, selection: CarbonSelection, filter: Filter = Filter(), limit: Int,
        position: (_ longitude: Double, _ latitude: Double) -> (longitude: Double, latitude: Double) = { ($0, $1) }
    ) throws(QueryError) -> EnterprisePage {
        let program = try FilterProgram(filter, for: self)
        let year = emissionYear(selection)
        var found: [(tonnes: Double, index: Int, row: Int)] = []
        var sum = 0.0
        for row in emissionTables.rows(year: UInt16(clamping: year ?? 0), carbon, tree) {
            let index = Int(row.index)
            let (longitude, latitude) = position(earth.longitude[index], earth.latitude[index])
            let isBetween = west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east
            guard isBetween, latitude >= south, latitude <= north, program.passes(index), let tonnes = row.tonnes(selection.scopes)
            else { continue }
            sum += tonnes
            found.append((tonnes, index, Int(row.row)))
        }
        let hits = found.sorted { ($1.tonnes, primaryKey[$0.index]) < ($0.tonnes, primaryKey[$1.index]) }.prefix(max(limit, 0)).map {
            EnterpriseHit(factory: hit($0.index), emission: emission($0.row), tonnes: $0.tonnes)
        }
        return EnterprisePage(hits: hits, total: found.count, tonnes: sum, year: year)
    }

    /// The largest sum of emissions in one circle of a zoom: what circles are scaled by. O(enterprises).
    public func largestCircle(zoom: Int, selection: CarbonSelection) -> Double {
        guard let year = emissionYear(selection) else { return 0 }
        var largest = 0.0
        let rows = emissionTables.rows(year: UInt16(clamping: year), carbon, tree)
        func passes(_ index: Int) -> Bool { true }
        Snapshot.forEachCircle(rows[...], zoom: zoom, scopes: selection.scopes, where: passes) {
            largest = max(largest, $0.tonnes)
        }
        return largest
    }
}

/// Classes of values for a choropleth.
public enum CarbonClasses {
    /// Upper limits of all classes but the last, ascending: quantiles, rounded to two digits so that a legend can be read.
    ///
    /// About as many places fall into each class; fewer limits than asked for where values repeat. O(n log n).
    public static func limits(_ values: [Double], classes: Int) -> [Double] {
        let sorted = values.sorted()
        guard sorted.count > 1, classes > 1, sorted[0] < sorted[sorted.count - 1] else { return [] }
        var limits: [Double] = []
        for number in 1..<classes {
            let limit = rounded(sorted[min(sorted.count * number / classes, sorted.count - 1)])
            if limit > sorted[0], limit > limits.last ?? -.infinity, limit <= sorted[sorted.count - 1] { limits.append(limit) }
        }
        return limits
    }

    /// To two significant digits, the nearest decimal.
    static func rounded(_ value: Double) -> Double { Double(String(format: "%.1e", value)) ?? value }
}
