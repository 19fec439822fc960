// CarbonDraft.swift: figures of places and emissions of enterprises on their way into a snapshot. Of several sources for the same thing
// the registry hands out the one that is shown first; that one goes in, with its name.

import Foundation
import Registry
import SpatialIndex

/// What a build has read of the carbon tables.
struct CarbonDraft: Sendable {
    private struct Figure {
        var place: Int32
        var year: UInt16
        var metric: UInt8
        var value: Double
        var source: UInt16
    }

    private struct Row {
        /// Position of the factory in the draft.
        var factory: UInt32
        var year: UInt16
        var scopes: (Double, Double, Double)
        var source: UInt16
        /// 0 no, 1 yes, 2 not said.
        var verified: UInt8
    }

    private var sources: [CarbonSource] = []
    private var numbers: [CarbonSource: UInt16] = [:]
    private var figures: [Figure] = []
    private var rows: [Row] = []

    init() {}

    /// - Parameter factories: the pks that were read, ascending; emissions of others are passed over, the next build has both.
    init(reading store: RegistryStore, factories: [UInt32]) throws {
        try store.forEachFigure { figure in
            let (place, year) = (figure.place, UInt16(clamping: figure.year))
            if let last = figures.last, last.place == place, last.year == year, last.metric == figure.metric.rawValue { return }
            figures.append(
                Figure(place: place, year: year, metric: figure.metric.rawValue, value: figure.value, source: try number(figure.origin)))
        }
        var at = 0
        try store.forEachEmission { emission in
            while at < factories.count, Int64(factories[at]) < emission.factoryPK { at += 1 }
            guard at < factories.count, Int64(factories[at]) == emission.factoryPK else { return }
            let (factory, year) = (UInt32(truncatingIfNeeded: at), UInt16(clamping: emission.year))
            if let last = rows.last, last.factory == factory, last.year == year { return }
            rows.append(
                Row(
                    factory: factory, year: year,
                    scopes: (emission.scope1 ?? .nan, emission.scope2 ?? .nan, emission.scope3 ?? .nan),
                    source: try number(emission.origin), verified: emission.isVerified.map { $0 ? 1 : 0 } ?? 2))
        }
    }

    private mutating func number(_ source: CarbonSource) throws -> UInt16 {
        if let known = numbers[source] { return known }
        guard let next = UInt16(exactly: sources.count) else {
            throw SnapshotBuilder.Failure.tooLarge(
                what: "the number of sources of figures", found: Int64(sources.count), limit: Int64(UInt16.max))
        }
        numbers[source] = next
        sources.append(source)
        return next
    }

    /// - Parameters:
    ///   - places: codes of the snapshot's places, in their order; figures of others are left out.
    ///   - positions: new position of each factory of the draft.
    func write(to writer: inout SnapshotWriter, places: [Int32], positions: [UInt32]) throws(SnapshotError) {
        let indices = Dictionary(zip(places, places.indices.map { UInt32($0) }), uniquingKeysWith: { first, _ in first })
        let known = figures.compactMap { figure in indices[figure.place].map { (place: $0, figure: figure) } }
            .sorted { a, b in (a.figure.year, a.figure.metric, a.place) < (b.figure.year, b.figure.metric, b.place) }
        try writer.append(.figurePlace, known.map(\.place))
        try writer.append(.figureYear, known.map(\.figure.year))
        try writer.append(.figureMetric, known.map(\.figure.metric))
        try writer.append(.figureValue, known.map(\.figure.value))
        try writer.append(.figureSource, known.map(\.figure.source))

        // By position in Hilbert order, then year: rows of one factory follow each other in the draft already.
        let order = rows.indices.sorted { (positions[Int(rows[$0].factory)], $0) < (positions[Int(rows[$1].factory)], $1) }
        var enterprises: [UInt32] = []
        var offsets: [UInt32] = []
        for (at, row) in order.enumerated() {
            let position = positions[Int(rows[row].factory)]
            if enterprises.last != position {
                enterprises.append(position)
                offsets.append(UInt32(truncatingIfNeeded: at))
            }
        }
        offsets.append(UInt32(truncatingIfNeeded: order.count))
        try writer.append(.enterprise, enterprises)
        try writer.append(.emissionOffsets, offsets)
        try writer.append(.emissionYear, order.map { rows[$0].year })
        try writer.append(.emissionScope1, order.map { rows[$0].scopes.0 })
        try writer.append(.emissionScope2, order.map { rows[$0].scopes.1 })
        try writer.append(.emissionScope3, order.map { rows[$0].scopes.2 })
        try writer.append(.emissionSource, order.map { rows[$0].source })
        try writer.append(.emissionVerified, order.map { rows[$0].verified })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try writer.append(.carbonSources, Array(encoder.encode(sources)))
        } catch let error as SnapshotError {
            throw error
        } catch {
            throw .cannotWrite(path: "", reason: "\(error)")
        }
    }
}
