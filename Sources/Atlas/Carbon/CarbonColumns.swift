// CarbonColumns.swift: figures of places and emissions of enterprises in an opened snapshot, checked so that no later access can leave
// them. A figure is found by its year and metric, which is one run, and in it by the place's number.

import Boundaries
import Foundation
import Registry
import SpatialIndex

struct CarbonColumns: Sendable {
    private let figurePlace: Column<UInt32>
    private let figureValue: Column<Double>
    private let figureSource: Column<UInt16>
    /// Years with figures, ascending, and per year and metric where they stand.
    let figureYears: [Int]
    private let runs: [Range<Int>]
    /// The most exact level of a place that has a figure.
    let finestLevel: PlaceLevel

    /// Factories with emissions by position, ascending; element i's rows are offsets[i] ..< offsets[i + 1], by year.
    let enterprise: Column<UInt32>
    let offsets: Column<UInt32>
    let year: Column<UInt16>
    let scope1: Column<Double>
    let scope2: Column<Double>
    let scope3: Column<Double>
    let emissionSource: Column<UInt16>
    /// 0 no, 1 yes, 2 not said.
    let verified: Column<UInt8>
    /// Years with emissions, ascending.
    let emissionYears: [Int]
    let sources: [CarbonSource]

    private static let metrics = PlaceMetric.allCases.count

    init(file: SnapshotFile, factories: Int, levels: Column<UInt8>) throws(SnapshotError) {
        guard let known = try? JSONDecoder().decode([CarbonSource].self, from: Data(file.column(.carbonSources, of: UInt8.self))) else {
            throw .inconsistent(path: file.path, detail: "the sources of the figures cannot be read")
        }
        sources = known

        figurePlace = try file.column(.figurePlace, of: UInt32.self)
        let n = figurePlace.count
        let figureYear = try file.column(.figureYear, of: UInt16.self, count: n)
        let figureMetric = try file.column(.figureMetric, of: UInt8.self, count: n)
        figureValue = try file.column(.figureValue, of: Double.self, count: n)
        figureSource = try file.column(.figureSource, of: UInt16.self, count: n)
        try file.check(.figurePlace, figurePlace.areBelow(levels.count), "points outside the places")
        try file.check(.figureSource, figureSource.areBelow(known.count), "points outside the sources")
        try file.check(.figureMetric, figureMetric.areBelow(CarbonColumns.metrics), "has a metric unknown here")
        // The registry takes no other; sums, classes and labels of a style count on it.
        try file.check(.figureValue, figureValue.allSatisfy { $0 >= 0 && $0.isFinite }, "has a value that is not 0 or more")
        var years: [Int] = []
        var runs: [Range<Int>] = []
        var finest = PlaceLevel.province
        for at in 0..<n {
            let year = Int(figureYear[at])
            let isNext =
                at == 0
                || (figureYear[at - 1], figureMetric[at - 1], figurePlace[at - 1]) < (figureYear[at], figureMetric[at], figurePlace[at])
            try file.check(isNext, "the figures are not in order")
            if years.last != year {
                years.append(year)
                runs += Array(repeating: at..<at, count: CarbonColumns.metrics)
            }
            let run = (years.count - 1) * CarbonColumns.metrics + Int(figureMetric[at])
            runs[run] = (runs[run].isEmpty ? at : runs[run].lowerBound)..<at + 1
            if let level = PlaceLevel(rawValue: levels[Int(figurePlace[at])]), level > finest { finest = level }
        }
        figureYears = years
        self.runs = runs
        finestLevel = finest

        enterprise = try file.column(.enterprise, of: UInt32.self)
        offsets = try file.column(.emissionOffsets, of: UInt32.self, count: enterprise.count + 1)
        year = try file.column(.emissionYear, of: UInt16.self)
        scope1 = try file.column(.emissionScope1, of: Double.self, count: year.count)
        scope2 = try file.column(.emissionScope2, of: Double.self, count: year.count)
        scope3 = try file.column(.emissionScope3, of: Double.self, count: year.count)
        emissionSource = try file.column(.emissionSource, of: UInt16.self, count: year.count)
        verified = try file.column(.emissionVerified, of: UInt8.self, count: year.count)
        var isAscending = true
        for at in enterprise.indices.dropFirst() where enterprise[at - 1] >= enterprise[at] { isAscending = false }
        try file.check(.enterprise, isAscending, "is not in order")
        try file.check(.enterprise, enterprise.areBelow(factories), "points outside the factories")
        try file.check(.emissionOffsets, offsets.isAscending(through: year.count), "does not fit the emissions")
        try file.check(.emissionSource, emissionSource.areBelow(known.count), "points outside the sources")
        try file.check(.emissionVerified, verified.areBelow(3), "has a value unknown here")
        for (section, scope) in [(SectionName.emissionScope1, scope1), (.emissionScope2, scope2), (.emissionScope3, scope3)] {
            // NaN: not known.
            try file.check(section, scope.allSatisfy { $0.isNaN || ($0 >= 0 && $0.isFinite) }, "has tonnes that are not 0 or more")
        }
        var isByYear = true
        for number in enterprise.indices {
            let rows = Int(offsets[number])..<Int(offsets[number + 1])
            for row in rows.dropFirst() where year[row - 1] >= year[row] { isByYear = false }
        }
        try file.check(.emissionYear, isByYear, "is not in order")
        var seen = [Bool](repeating: false, count: Int(UInt16.max) + 1)
        for value in year { seen[Int(value)] = true }
        emissionYears = seen.indices.filter { seen[$0] }
    }

    /// A place's figure and the number of its source. O(log places).
    func figure(_ metric: PlaceMetric, place: Int, yearIndex: Int) -> (value: Double, source: CarbonSource)? {
        let run = runs[yearIndex * CarbonColumns.metrics + Int(metric.rawValue)]
        let at = figurePlace[run].partitioningIndex { Int($0) >= place }
        guard at < run.upperBound, Int(figurePlace[at]) == place else { return nil }
        return (figureValue[at], sources[Int(figureSource[at])])
    }

    /// Where the row of a year of an enterprise stands, by its number among enterprises.
    @inline(__always)
    func row(_ number: Int, year wanted: UInt16) -> Int? {
        for row in Int(offsets[number])..<Int(offsets[number + 1]) where year[row] == wanted { return row }
        return nil
    }

    /// Enterprises among a run of factories: their numbers.
    func numbers(in factories: Range<Int>) -> Range<Int> {
        let first = enterprise.partitioningIndex { Int($0) >= factories.lowerBound }
        return first..<enterprise.partitioningIndex { Int($0) >= factories.upperBound }
    }
}
