// TileContents.swift: the features of one tile between being found and being encoded.

import Registry
import SpatialIndex
import VectorTile

/// Sums over the members of one cluster cell.
struct ClusterSum {
    var count = 0
    var violating = 0
    /// Rank 0 is the worst.
    var worstStatus: UInt8 = .max
    var first = 0
    private var sumX: UInt64 = 0
    private var sumY: UInt64 = 0

    init() {}

    /// Which factory it is, where there is one, is for the caller to say.
    init(_ sum: RunSum) {
        (count, violating, worstStatus) = (sum.count, sum.violating, sum.worstStatus)
        (sumX, sumY) = (sum.x, sum.y)
    }

    /// Of fewer than 256 factories, likewise.
    ///
    /// - Parameter statuses: how many there are of status s in the s-th byte, lowest first.
    @inline(__always)
    init(x: UInt64, y: UInt64, statuses: UInt64) {
        // The highest byte of the product is the sum of all bytes.
        count = Int(truncatingIfNeeded: (statuses &* 0x0101_0101_0101_0101) &>> 56)
        violating = Int(truncatingIfNeeded: statuses &>> (8 &* UInt64(FactoryStatus.violating.rawValue)) & 0xFF)
        worstStatus = statuses == 0 ? .max : UInt8(truncatingIfNeeded: statuses.trailingZeroBitCount &>> 3)
        (sumX, sumY) = (x, y)
    }

    @inline(__always)
    mutating func add(x: UInt32, y: UInt32, status: UInt8, index: Int) {
        if count == 0 { first = index }
        count &+= 1
        // 2^32 members of 2^32 each fit: no overflow before the grid itself is full.
        sumX &+= UInt64(x)
        sumY &+= UInt64(y)
        violating &+= status == FactoryStatus.violating.rawValue ? 1 : 0
        worstStatus = Swift.min(worstStatus, status)
    }

    /// The mean position: inside the cell, since a cell is convex.
    var mean: GridPoint {
        GridPoint(x: UInt32(sumX / UInt64(Swift.max(count, 1))), y: UInt32(sumY / UInt64(Swift.max(count, 1))))
    }
}

/// What one tile will hold. Points are kept as grid positions of the tile's own datum.
struct TileContents {
    private struct PlacedCluster {
        var sum: ClusterSum
        var id: UInt64
        var at: GridPoint
    }

    private struct PlacedFactory {
        /// In the snapshot's order; ~row for one of the delta.
        var index: Int
        var at: GridPoint
    }

    private let tile: TileID
    private let snapshot: Snapshot
    private let delta: Delta?
    private let datum: TileDatum
    private let box: GridBox
    private var clusters: [PlacedCluster] = []
    private var factories: [PlacedFactory] = []

    init(tile: TileID, snapshot: Snapshot, delta: Delta? = nil, datum: TileDatum) {
        self.tile = tile
        self.snapshot = snapshot
        self.delta = delta
        self.datum = datum
        box = tile.box
    }

    /// Makes room at once for the clusters that so many factories can make.
    mutating func reserveClusters(of factories: Int) {
        clusters.reserveCapacity(min(factories / 2, 1 << (2 * TileRules.cellDepth)))
    }

    /// - Parameter index: in the snapshot's order; ~row for a factory of the delta.
    mutating func add(factory index: Int) {
        if index < 0 {
            guard let delta, delta.rows.indices.contains(~index) else { return }
            let (facts, earth) = (delta.facts[~index], delta.earth)
            let at =
                datum == .wgs84
                ? GridPoint(x: facts.x, y: facts.y) : datum.moved(longitude: earth.longitude[~index], latitude: earth.latitude[~index])
            if datum == .wgs84 || box.contains(at) { factories.append(PlacedFactory(index: index, at: at)) }
        } else if datum == .wgs84 {
            factories.append(PlacedFactory(index: index, at: GridPoint(x: snapshot.tree.x[index], y: snapshot.tree.y[index])))
        } else {
            let at = datum.moved(longitude: snapshot.earth.longitude[index], latitude: snapshot.earth.latitude[index])
            if box.contains(at) { factories.append(PlacedFactory(index: index, at: at)) }
        }
    }

    /// Adds what a cell holds: nothing, a factory or a cluster.
    mutating func add(_ sum: ClusterSum, cell: TileID) {
        switch sum.count {
        case 0: break
        case 1: add(factory: sum.first)
        default: add(cluster: sum, cell: cell)
        }
    }

    mutating func add(cluster: ClusterSum, cell: TileID) {
        var at = cluster.mean
        if datum != .wgs84 {
            at = datum.moved(at)
            guard box.contains(at) else { return }
        }
        clusters.append(PlacedCluster(sum: cluster, id: TileRules.clusterID(cell), at: at))
    }

    private func local(_ point: GridPoint) -> (x: Int32, y: Int32) { box.local(point, zoom: tile.z) }

    /// The tile's bytes; none when it holds nothing.
    ///
    /// - Parameter brands: nil leaves brands out; else ids of those that stand first in a feature's list.
    func encode(brands: [String]?) -> [UInt8] {
        guard !clusters.isEmpty || !factories.isEmpty else { return [] }
        var encoder = TileEncoder()
        encoder.addLayer(TileSchema.clusterLayer, extent: UInt32(TileRules.extent)) { encodeClusters(into: &$0) }
        encoder.addLayer(TileSchema.factoryLayer, extent: UInt32(TileRules.extent)) { encodeFactories(into: &$0, brands: brands) }
        return encoder.finish()
    }

    private func encodeClusters(into layer: inout LayerEncoder) {
        guard !clusters.isEmpty else { return }
        let count = layer.key("count")
        let violating = layer.key("violating")
        let worst = layer.key("worst_status")
        let name = layer.key("cluster_id")
        let statuses = (0..<8).map { layer.value((FactoryStatus(rawValue: $0) ?? .unknown).name) }
        for cluster in clusters {
            let position = local(cluster.at)
            layer.addPoint(id: cluster.id, x: position.x, y: position.y)
            layer.set(count, UInt64(cluster.sum.count))
            layer.set(violating, UInt64(cluster.sum.violating))
            layer.set(worst, statuses[Int(cluster.sum.worstStatus & 7)])
            layer.set(name, once: cluster.id)
        }
    }

    private func encodeFactories(into layer: inout LayerEncoder, brands: [String]?) {
        guard !factories.isEmpty else { return }
        var features = FactoryFeatures(
            &layer, industryCodes: delta?.tables.industries ?? snapshot.industryCodes, brands: brands)
        snapshot.ids.withStrings { ids in
            snapshot.names.withStrings { names in
                snapshot.englishNames.withStrings { englishNames in
                    for factory in factories {
                        let index = factory.index
                        let position = local(factory.at)
                        if index < 0 {
                            guard let live = delta?.rows[~index] else { continue }
                            live.withTexts { id, name, english in
                                features.add(
                                    FeatureFacts(live), at: position, id: id, name: name, english: english, brands: live.brandIDs,
                                    to: &layer)
                            }
                        } else {
                            features.add(
                                FeatureFacts(snapshot, index), at: position, id: ids[index], name: names[index],
                                english: englishNames[index],
                                brands: snapshot.brands(of: index), to: &layer)
                        }
                    }
                }
            }
        }
    }
}

/// Writes factories as features of one layer: those of the snapshot and those of a delta alike.
private struct FactoryFeatures {
    private let id, name, english, status, industry, records, worst, latest, monitored: AttributeKey
    private let industryCodes: IndustryCodes
    private var brands: TileBrands?
    // Values that repeat are written once and then named by number: no text is hashed again.
    private var statusRefs = [AttributeValueRef?](repeating: nil, count: 256)
    private var industryRefs: [AttributeValueRef?]

    init(_ layer: inout LayerEncoder, industryCodes: IndustryCodes, brands first: [String]?) {
        brands = first.map { TileBrands(first: $0, layer: &layer) }
        id = layer.key("id")
        name = layer.key("name")
        english = layer.key("name_en")
        status = layer.key("status")
        industry = layer.key("industry")
        records = layer.key("records")
        worst = layer.key("worst_severity")
        latest = layer.key("latest")
        monitored = layer.key("key_monitored")
        self.industryCodes = industryCodes
        industryRefs = Array(repeating: nil, count: industryCodes.count)
    }

    /// In line with the loop over factories: a call with so many arguments costs as much as the feature.
    @inline(__always)
    mutating func add(
        _ facts: FeatureFacts, at position: (x: Int32, y: Int32), id text: UnsafeBufferPointer<UInt8>,
        name chinese: UnsafeBufferPointer<UInt8>,
        english latin: UnsafeBufferPointer<UInt8>, brands all: @autoclosure () -> [String], to layer: inout LayerEncoder
    ) {
        layer.addPoint(id: UInt64(facts.primaryKey), x: position.x, y: position.y)
        layer.set(id, once: text)
        if !chinese.isEmpty {
            layer.set(name, once: chinese)
            if !latin.isEmpty { layer.set(english, once: latin) }
        } else if !latin.isEmpty {
            let both = layer.value(utf8: latin)
            layer.set(name, both)
            layer.set(english, both)
        }
        layer.set(
            status,
            reference(Int(facts.status), &statusRefs) { layer.value((FactoryStatus(rawValue: facts.status) ?? .unknown).name) })
        let code = Int(facts.industry)
        if code != 0 { layer.set(industry, reference(code, &industryRefs) { layer.value(industryCodes[code]) }) }
        layer.set(records, UInt64(facts.records))
        layer.set(worst, UInt64(facts.worstSeverity))
        if facts.latestDay != SnapshotFlags.noDay { Day(daysSince1970: facts.latestDay).withISO { layer.set(latest, utf8: $0) } }
        if facts.isKeyMonitored { layer.set(monitored, true) }
        if brands != nil { brands?.write(all(), into: &layer) }
    }
}

/// What a feature says of a factory, texts and brands aside.
private struct FeatureFacts {
    var primaryKey: UInt32
    var status: UInt8
    var worstSeverity: UInt8
    var isKeyMonitored: Bool
    var industry: UInt16
    var latestDay: Int32
    var records: Int

    @inline(__always)
    init(_ snapshot: Snapshot, _ index: Int) {
        primaryKey = snapshot.primaryKey[index]
        status = snapshot.status[index]
        worstSeverity = snapshot.worstSeverity[index]
        isKeyMonitored = snapshot.isKeyMonitored(index)
        industry = snapshot.industry[index]
        latestDay = snapshot.latestDay[index]
        records = snapshot.recordCount(index)
    }

    init(_ factory: LiveFactory) {
        primaryKey = factory.pk
        status = factory.facts.status
        worstSeverity = factory.facts.worstSeverity
        isKeyMonitored = factory.flags & SnapshotFlags.keyMonitored != 0
        industry = factory.facts.industry
        latestDay = factory.facts.latestDay
        records = factory.records.count
    }
}

/// The reference kept in a place, or a new one.
private func reference(_ place: Int, _ references: inout [AttributeValueRef?], make: () -> AttributeValueRef) -> AttributeValueRef {
    if let reference = references[place] { return reference }
    let reference = make()
    references[place] = reference
    return reference
}
