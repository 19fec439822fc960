// MonitoringMap.swift: the map of monitored factories as they are this hour. A map of its own and not a layer of the blue one: its last hours
// change for 30,000 factories every hour, which would throw every cached blue tile away for nothing, and it needs no snapshot: some ten
// thousand points are sorted in a few milliseconds whenever a state has changed. The blue map shows what matters there, the status.
//
// The points stand in Hilbert order, so a tile and each of its cluster cells is one run, as in a snapshot, and nothing is dropped: the counts of
// all clusters plus the single factories are all factories.

import Geodesy
import Monitoring
import Registry
import SpatialIndex
import VectorTile

/// Layers and attributes, as TileJSON lists them.
public enum MonitoringTileSchema {
    public static let clusterLayer = "monitoring_clusters"
    public static let factoryLayer = "monitoring"

    public static let fields: [(layer: String, description: String, fields: [(String, String)])] = [
        (
            clusterLayer, "Two or more monitored factories of one cell of a global grid, at their mean position",
            [
                ("count", "Number. Factories"), ("exceeding", "Number. Those that exceed a limit now"),
                ("stale", "Number. Those that have not reported for \(ExceedingNow.hours) hours"),
                ("worst_multiple", "Number. The largest exceedance multiple among them, where there is one"),
                ("cluster_id", "Number. Names the cell"),
            ]
        ),
        (
            factoryLayer, "Single monitored factories; from zoom \(TileRules.firstZoomWithoutClusters) on all of them",
            [
                ("id", "String. The factory's id"), ("name", "String. Name in Chinese, or English where no Chinese one is known"),
                ("exceeding", "Boolean. Whether it exceeds a limit now"),
                ("multiple", "Number. value / limit - 1 of what exceeds worst; absent for pH"),
                ("pollutant", "String. Code of what exceeds worst (HJ 524, HJ 525)"), ("pollutant_name", "String. The same in words"),
                ("since", "String. Hour with which it began"), ("last_hour", "String. Hour of the latest reading, ISO 8601"),
                ("fresh", "Boolean. Whether that is within the last \(ExceedingNow.hours) hours"),
            ]
        ),
    ]
}

/// A monitored factory near a point.
public struct MonitoringHit: Sendable {
    public var factory: MonitoredFactory
    /// By the WGS 84 geodesic.
    public var distanceMeters: Double
}

/// An immutable state of the map; free to share.
public struct MonitoringMap: Sendable {
    /// In Hilbert order of their positions in WGS 84.
    public let factories: [MonitoredFactory]
    public let now: Hour
    private let wgs84: Order
    private let gcj02: Order
    private let bd09: Order

    /// The points of one datum in Hilbert order.
    private struct Order: Sendable {
        var positions: [UInt64] = []
        var points: [GridPoint] = []
        /// Places in `factories`.
        var index: [Int32] = []

        init(_ all: [GridPoint]) {
            let keyed = all.indices.map { (position: HilbertCurve.position(of: all[$0]), index: Int32(truncatingIfNeeded: $0)) }
                .sorted { ($0.position, $0.index) < ($1.position, $1.index) }
            positions = keyed.map(\.position)
            index = keyed.map(\.index)
            points = index.map { all[Int($0)] }
        }

        func range(of tile: TileID, in whole: Range<Int>? = nil) -> Range<Int> {
            let wanted = tile.hilbertRange
            let whole = whole ?? 0..<positions.count
            let low = first(in: whole) { positions[$0] >= wanted.lowerBound }
            let high = first(in: low..<whole.upperBound) { positions[$0] > wanted.upperBound }
            return low..<high
        }

        private func first(in range: Range<Int>, where predicate: (Int) -> Bool) -> Int {
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high {
                let middle = (low + high) / 2
                if predicate(middle) { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    /// - Parameter now: the hour that "fresh" is measured from.
    ///
    /// Cost: O(n log n), some 30 ms for 30,000.
    public init(_ factories: [MonitoredFactory], now: Hour) {
        self.now = now
        let points = factories.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
        let order = Order(points)
        let sorted = order.index.map { factories[Int($0)] }
        self.factories = sorted
        wgs84 = Order(order.points)
        func moved(_ convert: (Coordinate<WGS84>) -> (Double, Double)) -> Order {
            Order(
                sorted.map { factory in
                    let there = convert(Coordinate<WGS84>(unchecked: factory.longitude, factory.latitude))
                    return MercatorGrid.project(longitude: there.0, latitude: there.1)
                })
        }
        gcj02 = moved { position in
            let there = position.gcj02()
            return (there.longitude, there.latitude)
        }
        bd09 = moved { position in
            let there = position.bd09()
            return (there.longitude, there.latitude)
        }
    }

    /// Whether the factory has reported within the hours that count as now.
    public func isFresh(_ factory: MonitoredFactory) -> Bool { factory.state.lastHour >= ExceedingNow.oldest(at: now) }

    /// Factories that exceed a limit now within a radius, nearest first, exact at the rim.
    ///
    /// Cost: O(factories that exceed), about 1 µs each.
    public func exceeding(longitude: Double, latitude: Double, radiusMeters: Double) -> [MonitoringHit] {
        let geodesic = WGS84Geodesic()
        // A degree of latitude is at least 110.5 km.
        let band = radiusMeters / 110_500
        return factories.compactMap { factory -> MonitoringHit? in
            guard factory.state.isExceeding, abs(factory.latitude - latitude) <= band else { return nil }
            let distance = geodesic.distanceMeters(
                fromLongitude: longitude, latitude: latitude, toLongitude: factory.longitude, latitude: factory.latitude)
            return distance <= radiusMeters ? MonitoringHit(factory: factory, distanceMeters: distance) : nil
        }.sorted { ($0.distanceMeters, $0.factory.pk) < ($1.distanceMeters, $1.factory.pk) }
    }

    // MARK: Tiles

    private struct Cluster {
        var count: UInt64 = 0
        var exceeding: UInt64 = 0
        var stale: UInt64 = 0
        var worstMultiple: Double?
        var sumX: UInt64 = 0
        var sumY: UInt64 = 0

        mutating func add(_ factory: MonitoredFactory, isFresh: Bool, at point: GridPoint) {
            count += 1
            sumX &+= UInt64(point.x)
            sumY &+= UInt64(point.y)
            if !isFresh { stale += 1 }
            guard factory.state.isExceeding else { return }
            exceeding += 1
            if let multiple = factory.state.multiple { worstMultiple = max(worstMultiple ?? multiple, multiple) }
        }

        var mean: GridPoint { GridPoint(x: UInt32(sumX / max(count, 1)), y: UInt32(sumY / max(count, 1))) }
    }

    /// The tile's bytes; none when it holds nothing.
    public func tile(_ tile: TileID, datum: TileDatum = .wgs84) -> [UInt8] {
        let order =
            switch datum {
            case .wgs84: wgs84
            case .gcj02: gcj02
            case .bd09: bd09
            }
        let range = order.range(of: tile)
        guard !range.isEmpty else { return [] }
        var singles: [Int] = []
        var clusters: [(cell: TileID, sum: Cluster)] = []
        if tile.z >= TileRules.firstZoomWithoutClusters {
            singles = Array(range)
        } else {
            var at = range.lowerBound
            while at < range.upperBound {
                let cell = TileID(containing: order.points[at], z: tile.z + TileRules.cellDepth)
                let run = order.range(of: cell, in: at..<range.upperBound)
                if run.count == 1 {
                    singles.append(at)
                } else {
                    var sum = Cluster()
                    for place in run {
                        let factory = factories[Int(order.index[place])]
                        sum.add(factory, isFresh: isFresh(factory), at: order.points[place])
                    }
                    clusters.append((cell, sum))
                }
                at = run.upperBound
            }
        }
        let box = tile.box
        func local(_ point: GridPoint) -> (x: Int32, y: Int32) { box.local(point, zoom: tile.z) }
        var encoder = TileEncoder()
        encoder.addLayer(MonitoringTileSchema.clusterLayer, extent: UInt32(TileRules.extent)) { layer in
            encode(clusters.map { ($0.cell, $0.sum, local($0.sum.mean)) }, into: &layer)
        }
        encoder.addLayer(MonitoringTileSchema.factoryLayer, extent: UInt32(TileRules.extent)) { layer in
            encode(singles.map { (factories[Int(order.index[$0])], local(order.points[$0])) }, into: &layer)
        }
        return encoder.finish()
    }

    private func encode(_ clusters: [(cell: TileID, sum: Cluster, at: (x: Int32, y: Int32))], into layer: inout LayerEncoder) {
        guard !clusters.isEmpty else { return }
        let (count, exceeding, stale) = (layer.key("count"), layer.key("exceeding"), layer.key("stale"))
        let (worst, name) = (layer.key("worst_multiple"), layer.key("cluster_id"))
        for cluster in clusters {
            let id = TileRules.clusterID(cluster.cell)
            layer.addPoint(id: id, x: cluster.at.x, y: cluster.at.y)
            layer.set(count, cluster.sum.count)
            layer.set(exceeding, cluster.sum.exceeding)
            layer.set(stale, cluster.sum.stale)
            if let multiple = cluster.sum.worstMultiple { layer.set(worst, multiple) }
            layer.set(name, once: id)
        }
    }

    private func encode(_ singles: [(factory: MonitoredFactory, at: (x: Int32, y: Int32))], into layer: inout LayerEncoder) {
        guard !singles.isEmpty else { return }
        let (id, name, exceeding, fresh) = (layer.key("id"), layer.key("name"), layer.key("exceeding"), layer.key("fresh"))
        let (multiple, pollutant, words) = (layer.key("multiple"), layer.key("pollutant"), layer.key("pollutant_name"))
        let (since, last) = (layer.key("since"), layer.key("last_hour"))
        for (factory, at) in singles {
            layer.addPoint(id: UInt64(clamping: factory.pk), x: at.x, y: at.y)
            layer.set(id, factory.id)
            if let text = factory.nameZH ?? factory.nameEN { layer.set(name, text) }
            let state = factory.state
            layer.set(exceeding, state.isExceeding)
            if state.isExceeding {
                if let value = state.multiple { layer.set(multiple, value) }
                if let item = state.pollutant {
                    layer.set(pollutant, item.code)
                    layer.set(words, item.nameEN)
                }
                if let hour = state.since { layer.set(since, hour.iso) }
            }
            layer.set(last, state.lastHour.iso)
            layer.set(fresh, isFresh(factory))
        }
    }
}
