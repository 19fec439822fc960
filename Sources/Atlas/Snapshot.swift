// Snapshot.swift: one immutable state of the map. All factories in Hilbert order, their columns, the tree above them,
// their records and published links, in one mapped file. Opened in milliseconds, shared by threads without a lock.

import Foundation
import Geodesy
import Registry
import SpatialIndex

/// What a snapshot says about itself.
public struct SnapshotInfo: Hashable, Sendable, Codable {
    public var factories: Int
    public var records: Int
    public var brands: Int
    /// Published supplier links.
    public var links: Int
    /// Whether the data were made up; shown wherever the data are.
    public var synthetic: Bool
    /// What the data are, in words.
    public var label: String
    /// The day that statuses refer to, ISO 8601.
    public var asOf: String
    /// The last change of the registry that is in here.
    public var builtFromSequence: Int64
    /// Degrees, WGS 84: west, south, east, north of the positions; nil without factories.
    public var west: Double?, south: Double?, east: Double?, north: Double?
    /// Size of the file; 0 while it is being built.
    public var fileBytes: Int

    /// Bounds as one tuple, or the whole map when there are no factories.
    public var bounds: (west: Double, south: Double, east: Double, north: Double) {
        (west ?? -180, south ?? -MercatorGrid.maxLatitude, east ?? 180, north ?? MercatorGrid.maxLatitude)
    }
}

/// An opened snapshot: tiles and queries over one state of the registry.
///
/// All methods may be called from any thread at once. Positions are WGS 84 unless a parameter says otherwise.
public final class Snapshot: Sendable {
    public let info: SnapshotInfo
    /// Hex text of a hash over the whole content: the same data give the same identifier, on every machine.
    public let identifier: String

    let tree: PackedRTree
    let earth: EarthPoints
    let primaryKey: Column<UInt32>
    let status: Column<UInt8>
    let worstSeverity: Column<UInt8>
    let categoryMask: Column<UInt16>
    let latestDay: Column<Int32>
    let industry: Column<UInt16>
    let county: Column<Int32>
    let flags: Column<UInt32>
    let accuracy: Column<Float>
    let recordOffsets: Column<UInt32>
    let recordDay: Column<Int32>
    let recordCategory: Column<UInt8>
    let recordSeverity: Column<UInt8>
    let linkOffsets: Column<UInt32>
    let linkBrand: Column<UInt16>
    let supplierOffsets: Column<UInt32>
    let supplierFactory: Column<UInt32>
    let ids: StringColumn
    let names: StringColumn
    let englishNames: StringColumn
    let formerNames: StringColumn
    /// Ascending, and the factory of each.
    let creditCodes: StringColumn
    let creditFactory: Column<UInt32>
    let search: SearchIndex
    let placeTable: PlaceTable
    let orderByKey: Column<UInt32>
    let orderByID: Column<UInt32>
    let industryCodes: IndustryCodes
    /// Index of the most exact place of each factory; `PlaceColumns.none`: at sea, abroad, or no borders known.
    let place: Column<UInt32>
    let placeColumns: PlaceColumns
    let carbon: CarbonColumns
    let emissionTables = EmissionTables()
    let runningSums: RunningSums
    let bitSlices: BitSlices
    let lazyLocator = LazyLocator()
    /// Brands' ids by index: small, so kept as strings.
    let brandIDs: [String]
    let brandIndex: [String: Int]
    /// Factories with a published link, ascending.
    let suppliers: [UInt32]

    public var count: Int { tree.count }

    /// Opens and checks a file.
    ///
    /// Every byte is verified against its checksum first (tens of milliseconds for 1.2 million factories).
    public static func open(path: String) throws(SnapshotError) -> Snapshot {
        try Snapshot(file: SnapshotFile(path: path))
    }

    private init(file: SnapshotFile) throws(SnapshotError) {
        let path = file.path
        let x = try file.column(.gridX, of: UInt32.self)
        let n = x.count
        func perFactory<T: BitwiseCopyable & Sendable>(_ name: SectionName, of type: T.Type, extra: Int = 0) throws(SnapshotError)
            -> Column<T>
        {
            let column = try file.column(name, of: type)
            guard column.count == n + extra else {
                throw .inconsistent(path: path, detail: "'\(name.rawValue)' has \(column.count) elements for \(n) factories")
            }
            return column
        }
        let y = try perFactory(.gridY, of: UInt32.self)
        do {
            tree = try PackedRTree(
                x: x, y: y,
                boxMinX: file.column(.boxMinX, of: UInt32.self), boxMinY: file.column(.boxMinY, of: UInt32.self),
                boxMaxX: file.column(.boxMaxX, of: UInt32.self), boxMaxY: file.column(.boxMaxY, of: UInt32.self))
        } catch let error as SnapshotError {
            throw error
        } catch {
            throw .inconsistent(path: path, detail: "the tree: \(error)")
        }
        earth = EarthPoints(
            longitude: try perFactory(.longitude, of: Double.self), latitude: try perFactory(.latitude, of: Double.self),
            ecefX: try perFactory(.ecefX, of: Double.self), ecefY: try perFactory(.ecefY, of: Double.self),
            ecefZ: try perFactory(.ecefZ, of: Double.self))
        primaryKey = try perFactory(.primaryKey, of: UInt32.self)
        status = try perFactory(.status, of: UInt8.self)
        guard status.areBelow(FactoryStatus.allCases.count) else {
            throw .inconsistent(path: path, detail: "a factory has a status unknown here")
        }
        runningSums = RunningSums(x: tree.x, y: tree.y, status: status)
        worstSeverity = try perFactory(.worstSeverity, of: UInt8.self)
        categoryMask = try perFactory(.categoryMask, of: UInt16.self)
        latestDay = try perFactory(.latestDay, of: Int32.self)
        industry = try perFactory(.industry, of: UInt16.self)
        county = try perFactory(.county, of: Int32.self)
        flags = try perFactory(.flags, of: UInt32.self)
        accuracy = try perFactory(.accuracy, of: Float.self)
        let placeColumns = try PlaceColumns(file: file)
        self.placeColumns = placeColumns
        carbon = try CarbonColumns(file: file, factories: n, levels: placeColumns.level)
        place = try perFactory(.place, of: UInt32.self)
        guard place.areBelow(placeColumns.count, orLast: true) else {
            throw .inconsistent(path: path, detail: "a factory's place is not in the table")
        }
        recordOffsets = try perFactory(.recordOffsets, of: UInt32.self, extra: 1)
        recordDay = try file.column(.recordDay, of: Int32.self)
        recordCategory = try file.column(.recordCategory, of: UInt8.self)
        recordSeverity = try file.column(.recordSeverity, of: UInt8.self)
        linkOffsets = try perFactory(.linkOffsets, of: UInt32.self, extra: 1)
        linkBrand = try file.column(.linkBrand, of: UInt16.self)
        supplierOffsets = try file.column(.supplierOffsets, of: UInt32.self)
        supplierFactory = try file.column(.supplierFactory, of: UInt32.self)
        ids = StringColumn(
            offsets: try perFactory(.idOffsets, of: UInt32.self, extra: 1), heap: try file.column(.idHeap, of: UInt8.self))
        names = StringColumn(
            offsets: try perFactory(.nameOffsets, of: UInt32.self, extra: 1), heap: try file.column(.nameHeap, of: UInt8.self))
        englishNames = StringColumn(
            offsets: try perFactory(.englishOffsets, of: UInt32.self, extra: 1), heap: try file.column(.englishHeap, of: UInt8.self))
        formerNames = StringColumn(
            offsets: try perFactory(.formerOffsets, of: UInt32.self, extra: 1), heap: try file.column(.formerHeap, of: UInt8.self))
        creditCodes = StringColumn(
            offsets: try file.column(.creditOffsets, of: UInt32.self), heap: try file.column(.creditHeap, of: UInt8.self))
        creditFactory = try file.column(.creditFactory, of: UInt32.self)
        guard creditFactory.count == creditCodes.count, creditFactory.areBelow(n) else {
            throw .inconsistent(path: path, detail: "the credit codes point outside the factories")
        }
        search = try SearchIndex(file, factories: n)
        placeTable = try PlaceTable(file)
        orderByKey = try perFactory(.orderByKey, of: UInt32.self)
        orderByID = try perFactory(.orderByID, of: UInt32.self)
        let industries = StringColumn(
            offsets: try file.column(.industryOffsets, of: UInt32.self), heap: try file.column(.industryHeap, of: UInt8.self))
        industryCodes = IndustryCodes((0..<industries.count).map { industries[$0] })
        let brands = StringColumn(
            offsets: try file.column(.brandOffsets, of: UInt32.self), heap: try file.column(.brandHeap, of: UInt8.self))
        let brandIDs = (0..<brands.count).map { brands[$0] }
        self.brandIDs = brandIDs
        brandIndex = Dictionary(zip(brandIDs, brandIDs.indices), uniquingKeysWith: { first, _ in first })

        guard recordDay.count == recordCategory.count, recordDay.count == recordSeverity.count,
            recordOffsets.isAscending(through: recordDay.count)
        else { throw .inconsistent(path: path, detail: "the records' columns differ in length") }
        guard linkOffsets.isAscending(through: linkBrand.count), supplierOffsets.count == brandIDs.count + 1,
            supplierOffsets.isAscending(through: supplierFactory.count),
            supplierFactory.areBelow(n), linkBrand.areBelow(brandIDs.count)
        else { throw .inconsistent(path: path, detail: "the supplier links point outside their tables") }

        guard industry.areBelow(industries.count) else {
            throw .inconsistent(path: path, detail: "a factory's industry is not in the table")
        }
        bitSlices = BitSlices(status: status, industry: industry, codes: industryCodes)
        let links = linkOffsets
        suppliers = (0..<n).compactMap { links[$0] < links[$0 + 1] ? UInt32($0) : nil }

        let metadata = try file.column(.metadata, of: UInt8.self)
        guard var info = try? JSONDecoder().decode(SnapshotInfo.self, from: Data(metadata)), info.factories == n else {
            throw .inconsistent(path: path, detail: "the metadata cannot be read")
        }
        info.fileBytes = file.file.bytes.count
        self.info = info
        let hex = String(file.identifier, radix: 16)
        identifier = String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// The position in Hilbert order of the factory with a primary key. O(log n).
    func index(pk: Int64) -> Int? {
        guard let key = UInt32(exactly: pk) else { return nil }
        var low = 0
        var high = orderByKey.count
        while low < high {
            let middle = (low + high) / 2
            let index = Int(orderByKey[middle])
            guard index < count else { return nil }
            if primaryKey[index] < key { low = middle + 1 } else { high = middle }
        }
        guard low < orderByKey.count else { return nil }
        let index = Int(orderByKey[low])
        return index < count && primaryKey[index] == key ? index : nil
    }
}

extension Column where Element: FixedWidthInteger & UnsignedInteger {
    /// Whether every element is below a limit, or, if `orLast`, the greatest that there is, which stands for none.
    ///
    /// Without an early end, so that the compiler takes several at a time: opening looks at millions.
    func areBelow(_ limit: Int, orLast: Bool = false) -> Bool {
        withUnsafeBufferPointer { elements in
            let step: Element = orLast ? 1 : 0
            var greatest: Element = 0
            for element in elements { greatest = Swift.max(greatest, element &+ step) }
            return elements.isEmpty || Int(greatest) < limit + Int(step)
        }
    }
}

extension Column where Element == UInt32 {
    /// Whether this is a valid list of offsets: from 0, never descending, ending at `last`.
    func isAscending(through last: Int) -> Bool {
        withUnsafeBufferPointer { offsets in
            guard offsets.first == 0, let end = offsets.last, Int(end) == last else { return false }
            var ascending = true
            for index in 1..<offsets.count where offsets[index - 1] > offsets[index] { ascending = false }
            return ascending
        }
    }
}

extension Snapshot {
    /// Checks what opening takes on trust: the tree's boxes, the Hilbert order, and the look-up tables. O(n).
    ///
    /// - Throws: `SnapshotError.inconsistent`.
    public func verify() throws(SnapshotError) {
        do { try tree.checkInvariants() } catch { throw .inconsistent(path: identifier, detail: "the tree: \(error)") }
        for index in 0..<count {
            let point = MercatorGrid.project(longitude: earth.longitude[index], latitude: earth.latitude[index])
            guard point.x == tree.x[index], point.y == tree.y[index] else {
                throw .inconsistent(path: identifier, detail: "factory \(primaryKey[index]) lies elsewhere in the grid than on the earth")
            }
            guard self.index(pk: Int64(primaryKey[index])) == index, ids.find(ids[index], in: orderByID) == index else {
                throw .inconsistent(path: identifier, detail: "factory \(primaryKey[index]) cannot be looked up")
            }
        }
    }
}
