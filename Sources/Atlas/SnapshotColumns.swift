// SnapshotColumns.swift: the columns of a snapshot in Hilbert order, and their way into the file.

import Foundation
import Registry
import SpatialIndex

/// A draft sorted by Hilbert position, ready to be written.
struct SnapshotColumns {
    private let draft: SnapshotDraft
    /// Old position of each new one.
    private let order: Column<UInt32>
    private let tree: PackedRTree
    private let earth: EarthPoints
    private let searchIndex: SearchIndexBuilder
    private let placeNames: [PlaceName]

    /// - Parameter placeNames: names of provinces, prefectures and counties, for search.
    init(_ draft: SnapshotDraft, placeNames: [PlaceName]) {
        let factories = draft.factories
        let points = MercatorGrid.project(longitudes: factories.longitude, latitudes: factories.latitude)
        (tree, order) = PackedRTree.build(over: points)
        earth = EarthPoints(longitudes: factories.longitude, latitudes: factories.latitude, order: order)
        searchIndex = SearchIndexBuilder(
            names: factories.names.permuted(by: order), formerNames: factories.formerNames.permuted(by: order),
            englishNames: factories.englishNames.permuted(by: order), rank: SnapshotColumns.searchRank(draft, order),
            placeNames: placeNames.map(\.nameZH))
        self.placeNames = placeNames
        self.draft = draft
    }

    func write(to path: String, dataset: DatasetInfo, asOf: Day) throws(SnapshotError) -> SnapshotInfo {
        var writer = try SnapshotWriter(path: path)
        let factories = draft.factories
        try writer.append(.gridX, tree.x)
        try writer.append(.gridY, tree.y)
        try writer.append(.longitude, earth.longitude)
        try writer.append(.latitude, earth.latitude)
        try writer.append(.ecefX, earth.ecefX)
        try writer.append(.ecefY, earth.ecefY)
        try writer.append(.ecefZ, earth.ecefZ)
        try writer.append(.boxMinX, tree.boxMinX)
        try writer.append(.boxMinY, tree.boxMinY)
        try writer.append(.boxMaxX, tree.boxMaxX)
        try writer.append(.boxMaxY, tree.boxMaxY)
        try writer.append(.primaryKey, sorted(factories.primaryKey))
        try writer.append(.status, sorted(draft.status))
        try writer.append(.worstSeverity, sorted(draft.worstSeverity))
        try writer.append(.categoryMask, sorted(draft.categoryMask))
        try writer.append(.latestDay, sorted(draft.latestDay))
        try writer.append(.industry, sorted(factories.industry))
        try writer.append(.county, sorted(factories.county))
        try writer.append(.flags, sorted(factories.flags))
        try writer.append(.accuracy, sorted(factories.accuracy))
        let places = PlaceSections(draft.places)
        try writer.append(.place, places.indices(of: sorted(factories.place)))
        try places.write(to: &writer)
        try draft.carbon.write(to: &writer, places: draft.places.map(\.code), positions: newPositions())
        try writeRecords(&writer)
        let linkCount = try writeLinks(&writer)
        let ids = factories.ids.permuted(by: order)
        try writer.append(.idOffsets, ids.offsets)
        try writer.append(.idHeap, ids.heap)
        let names = factories.names.permuted(by: order)
        try writer.append(.nameOffsets, names.offsets)
        try writer.append(.nameHeap, names.heap)
        let english = factories.englishNames.permuted(by: order)
        try writer.append(.englishOffsets, english.offsets)
        try writer.append(.englishHeap, english.heap)
        let former = factories.formerNames.permuted(by: order)
        try writer.append(.formerOffsets, former.offsets)
        try writer.append(.formerHeap, former.heap)
        try writer.append(.industryOffsets, factories.industryCodes.offsets)
        try writer.append(.industryHeap, factories.industryCodes.heap)
        var brands = StringHeap()
        for id in draft.links.brandIDs { brands.append(id) }
        try writer.append(.brandOffsets, brands.offsets)
        try writer.append(.brandHeap, brands.heap)
        // The draft is in ascending pk: where each old position went is the look-up by pk.
        try writer.append(.orderByKey, newPositions())
        try writer.append(.orderByID, SnapshotColumns.ascending(ids))
        try writeCreditCodes(&writer)
        try searchIndex.write(to: &writer)
        try PlaceTable.write(placeNames, factories, to: &writer)

        var info = SnapshotInfo(
            factories: order.count, records: draft.recordDay.count, brands: draft.links.brandIDs.count, links: linkCount,
            synthetic: dataset.synthetic, label: dataset.label, asOf: asOf.iso, builtFromSequence: dataset.sequence,
            west: factories.longitude.min(), south: factories.latitude.min(), east: factories.longitude.max(),
            north: factories.latitude.max(), fileBytes: 0)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            try writer.append(.metadata, Array(encoder.encode(info)))
        } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
        info.fileBytes = try writer.finish().fileBytes
        return info
    }

    private static func searchRank(_ draft: SnapshotDraft, _ order: Column<UInt32>) -> [UInt64] {
        order.map { old in
            let index = Int(old)
            let records = Int(draft.recordOffsets[index + 1] - draft.recordOffsets[index])
            return SearchRank.of(status: draft.status[index], worstSeverity: draft.worstSeverity[index], records: records)
        }
    }

    private func writeCreditCodes(_ writer: inout SnapshotWriter) throws(SnapshotError) {
        let all = draft.factories.creditCodes.permuted(by: order)
        let known = SnapshotColumns.ascending(all).filter { all.withUTF8(Int($0)) { !$0.isEmpty } }
        let codes = all.permuted(by: known)
        try writer.append(.creditOffsets, codes.offsets)
        try writer.append(.creditHeap, codes.heap)
        try writer.append(.creditFactory, known)
    }

    private func sorted<T: BitwiseCopyable>(_ values: [T]) -> [T] { order.map { values[Int($0)] } }

    /// New position of each old one.
    private func newPositions() -> [UInt32] {
        var positions = [UInt32](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { positions[Int(old)] = UInt32(truncatingIfNeeded: new) }
        return positions
    }

    private func writeRecords(_ writer: inout SnapshotWriter) throws(SnapshotError) {
        var offsets: [UInt32] = [0]
        var days: [Int32] = []
        var categories: [UInt8] = []
        var severities: [UInt8] = []
        offsets.reserveCapacity(order.count + 1)
        days.reserveCapacity(draft.recordDay.count)
        categories.reserveCapacity(draft.recordDay.count)
        severities.reserveCapacity(draft.recordDay.count)
        for old in order {
            let range = Int(draft.recordOffsets[Int(old)])..<Int(draft.recordOffsets[Int(old) + 1])
            days += draft.recordDay[range]
            categories += draft.recordCategory[range]
            severities += draft.recordSeverity[range]
            offsets.append(UInt32(truncatingIfNeeded: days.count))
        }
        try writer.append(.recordOffsets, offsets)
        try writer.append(.recordDay, days)
        try writer.append(.recordCategory, categories)
        try writer.append(.recordSeverity, severities)
    }

    /// Writes the links both ways round and returns how many there are.
    private func writeLinks(_ writer: inout SnapshotWriter) throws(SnapshotError) -> Int {
        let links = draft.links
        var brandsOf: [[UInt16]] = Array(repeating: [], count: order.count)
        var suppliersOf: [[UInt32]] = Array(repeating: [], count: links.brandIDs.count)
        let positions = newPositions()
        for (factory, brand) in zip(links.factory, links.brand) {
            let position = positions[Int(factory)]
            brandsOf[Int(position)].append(brand)
            suppliersOf[Int(brand)].append(position)
        }
        var offsets: [UInt32] = [0]
        var brands: [UInt16] = []
        offsets.reserveCapacity(order.count + 1)
        for list in brandsOf {
            brands += list.sorted()
            offsets.append(UInt32(truncatingIfNeeded: brands.count))
        }
        var supplierOffsets: [UInt32] = [0]
        var suppliers: [UInt32] = []
        for list in suppliersOf {
            suppliers += list.sorted()
            supplierOffsets.append(UInt32(truncatingIfNeeded: suppliers.count))
        }
        try writer.append(.linkOffsets, offsets)
        try writer.append(.linkBrand, brands)
        try writer.append(.supplierOffsets, supplierOffsets)
        try writer.append(.supplierFactory, suppliers)
        return brands.count
    }

    /// Positions of the strings in ascending order of their bytes.
    private static func ascending(_ strings: StringHeap) -> [UInt32] {
        // The first eight bytes as a number settle most comparisons without touching the heap.
        let keys: [(prefix: UInt64, index: UInt32)] = (0..<strings.count).map { index in
            let prefix = strings.withUTF8(index) { bytes in
                (0..<8).reduce(UInt64(0)) { $0 << 8 | ($1 < bytes.count ? UInt64(bytes[$1]) : 0) }
            }
            return (prefix, UInt32(truncatingIfNeeded: index))
        }
        return keys.sorted { a, b in
            if a.prefix != b.prefix { return a.prefix < b.prefix }
            return strings.withUTF8(Int(a.index)) { left in
                strings.withUTF8(Int(b.index)) { left.lexicographicallyPrecedes($0) }
            }
        }.map(\.index)
    }
}
