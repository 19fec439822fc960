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

    /// Adds from 1 to 255 factories.
    ///
    /// - Parameter statuses: how many there are of status s in the s-th byte, lowest first.
    @inline(__always)
    mutating func add(x: UInt64, y: UInt64, statuses: UInt64, first index: Int) {
        let more = ClusterSum(x: x, y: y, statuses: statuses)
        if count == 0 { first = index }
        count &+= more.count
        violating &+= more.violating
        worstStatus = Swift.min(worstStatus, more.worstStatus)
        sumX &+= x
        sumY &+= y
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
        var encoder = TileEncoder()
        let extent = UInt32(TileRules.extent)
        if !clusters.isEmpty { encoder.addLayer(TileSchema.clusterLayer, extent: extent) { encodeClusters(into: &$0) } }
        if !factories.isEmpty { encoder.addLayer(TileSchema.factoryLayer, extent: extent) { encodeFactories(into: &$0, brands: brands) } }
        return encoder.finish()
    }

    private func encodeClusters(into layer: inout LayerEncoder) {
        let (count, violating) = (layer.key("count"), layer.key("violating"))
        var worst = KnownAttributes(layer.key("worst_status"), about: FactoryStatus.allCases.count)
        let name = layer.key("cluster_id")
        AttributeList.with(capacity: 4) { list in
            for cluster in clusters {
                let sum = cluster.sum
                let position = local(cluster.at)
                list.removeAll()
                list.append(layer.attribute(count, UInt64(sum.count)))
                list.append(layer.attribute(violating, UInt64(sum.violating)))
                list.append(worst.attribute(UInt32(sum.worstStatus)) { layer.attribute($0, statusName(sum.worstStatus)) })
                list.append(layer.attribute(name, once: cluster.id))
                layer.addPoint(id: cluster.id, x: position.x, y: position.y, attributes: list.all)
            }
        }
    }

    private func encodeFactories(into layer: inout LayerEncoder, brands: [String]?) {
        let codes = delta?.tables.industries ?? snapshot.industryCodes
        var features = FactoryFeatures(&layer, count: factories.count, industries: codes.count, brands: brands)
        AttributeList.with(capacity: FactoryFeatures.mostAttributes) { list in
            snapshot.ids.withStrings { ids in
                snapshot.names.withStrings { names in
                    snapshot.englishNames.withStrings { englishNames in
                        for factory in factories {
                            let index = factory.index
                            let position = local(factory.at)
                            list.removeAll()
                            if index < 0 {
                                guard let live = delta?.rows[~index] else { continue }
                                live.withTexts { id, name, english in
                                    let texts = FeatureTexts(id: id, name: name, english: english)
                                    features.list(FeatureFacts(live), texts, codes, brands: live.brandIDs, in: &layer, to: &list)
                                }
                                layer.addPoint(id: UInt64(live.pk), x: position.x, y: position.y, attributes: list.all)
                            } else {
                                let texts = FeatureTexts(id: ids[index], name: names[index], english: englishNames[index])
                                let facts = FeatureFacts(snapshot, index)
                                features.list(facts, texts, codes, brands: snapshot.brands(of: index), in: &layer, to: &list)
                                let key = UInt64(snapshot.primaryKey[index])
                                layer.addPoint(id: key, x: position.x, y: position.y, attributes: list.all)
                            }
                        }
                    }
                }
            }
        }
    }
}

private func statusName(_ rank: UInt8) -> String { (FactoryStatus(rawValue: rank) ?? .unknown).name }

/// Lists the attributes of factories in one layer: those of the snapshot and those of a delta alike.
private struct FactoryFeatures {
    private let id, name, english: AttributeKey
    private let records, worst, isKeyMonitored: AttributeKey
    private var statuses, industries, days: KnownAttributes
    private var brands: TileBrands?

    /// The most attributes of a feature.
    static let mostAttributes = 9 + TileBrands.mostAttributes

    /// - Parameter count: of the features.
    init(_ layer: inout LayerEncoder, count: Int, industries codes: Int, brands first: [String]?) {
        brands = first.map { TileBrands(first: $0, layer: &layer) }
        id = layer.key("id")
        name = layer.key("name")
        english = layer.key("name_en")
        statuses = KnownAttributes(layer.key("status"), about: FactoryStatus.allCases.count)
        industries = KnownAttributes(layer.key("industry"), about: min(count, codes))
        records = layer.key("records")
        worst = layer.key("worst_severity")
        days = KnownAttributes(layer.key("latest"), about: count)
        isKeyMonitored = layer.key("key_monitored")
    }

    /// In line with the loop over factories: a call with so many arguments costs as much as the feature.
    @inline(__always)
    mutating func list(
        _ facts: FeatureFacts, _ texts: FeatureTexts, _ codes: IndustryCodes, brands all: @autoclosure () -> [String],
        in layer: inout LayerEncoder, to list: inout AttributeList
    ) {
        list.append(layer.attribute(id, once: texts.id))
        if !texts.name.isEmpty {
            list.append(layer.attribute(name, once: texts.name))
            if !texts.english.isEmpty { list.append(layer.attribute(english, once: texts.english)) }
        } else if !texts.english.isEmpty {
            let both = layer.value(utf8: texts.english)
            list.append(layer.attribute(name, both))
            list.append(layer.attribute(english, both))
        }
        list.append(statuses.attribute(UInt32(facts.status)) { layer.attribute($0, statusName(facts.status)) })
        if facts.industry != 0 {
            list.append(
                industries.attribute(
                    UInt32(facts.industry),
                    once: { key in
                        var code = codes[Int(facts.industry)]
                        return code.withUTF8 { layer.attribute(key, once: $0) }
                    },
                    again: { layer.attribute($0, codes[Int(facts.industry)]) }))
        }
        list.append(layer.attribute(records, UInt64(facts.records)))
        list.append(layer.attribute(worst, UInt64(facts.worstSeverity)))
        if facts.latestDay != SnapshotFlags.noDay {
            let day = Day(daysSince1970: facts.latestDay)
            list.append(
                days.attribute(
                    UInt32(bitPattern: facts.latestDay), once: { key in day.withISO { layer.attribute(key, once: $0) } },
                    again: { key in day.withISO { layer.attribute(key, utf8: $0) } }))
        }
        if facts.isKeyMonitored { list.append(layer.attribute(isKeyMonitored, true)) }
        if brands != nil { brands?.list(all(), in: &layer, to: &list) }
    }
}

/// Where the texts of a feature stand.
private struct FeatureTexts {
    var id, name, english: UnsafeBufferPointer<UInt8>
}

/// What a feature says of a factory, texts and brands aside.
private struct FeatureFacts {
    var status: UInt8
    var worstSeverity: UInt8
    var isKeyMonitored: Bool
    var industry: UInt16
    var latestDay: Int32
    var records: Int

    @inline(__always)
    init(_ snapshot: Snapshot, _ index: Int) {
        status = snapshot.status[index]
        worstSeverity = snapshot.worstSeverity[index]
        isKeyMonitored = snapshot.isKeyMonitored(index)
        industry = snapshot.industry[index]
        latestDay = snapshot.latestDay[index]
        records = snapshot.recordCount(index)
    }

    init(_ factory: LiveFactory) {
        status = factory.facts.status
        worstSeverity = factory.facts.worstSeverity
        isKeyMonitored = factory.flags & SnapshotFlags.keyMonitored != 0
        industry = factory.facts.industry
        latestDay = factory.facts.latestDay
        records = factory.records.count
    }
}
