// FactoryHit.swift: one factory of an answer, read out of the snapshot's columns.

import Registry
import SpatialIndex

/// A factory as queries return it.
public struct FactoryHit: Hashable, Sendable {
    /// The registry's number for it: stable, and the feature id in tiles.
    public var pk: Int64
    /// The id that its source gave it.
    public var id: String
    public var nameZH: String
    public var nameEN: String?
    /// Degrees, WGS 84.
    public var longitude: Double
    public var latitude: Double
    public var status: FactoryStatus
    /// GB/T 4754 code; empty when unknown.
    public var industry: String
    /// Records in its history that were neither withdrawn nor superseded.
    public var records: Int
    /// 0 without records, else 1 to 5.
    public var worstSeverity: Int
    /// Day of publication of the latest record, ISO 8601.
    public var latestRecord: String?
    /// Six digits of GB/T 2260, if known.
    public var countyCode: String?
    public var keyMonitored: Bool
    /// Brands that publish it as a supplier.
    public var brands: [String]
    /// Names of what is special about its data, such as `datum_unknown`.
    public var flags: [String]
    /// How far the position may be off, where that is known.
    public var accuracyMeters: Double?
    /// Distance from the query's point along the WGS 84 geodesic.
    public var distanceMeters: Double?
}

/// Where a page of a radius query ended: the last factory's distance and number.
///
/// Its text is exact (the bits of the distance), so that the next page begins just behind it.
public struct NearCursor: Hashable, Sendable, LosslessStringConvertible {
    public var distanceMeters: Double
    public var pk: Int64

    public init(distanceMeters: Double, pk: Int64) {
        self.distanceMeters = distanceMeters
        self.pk = pk
    }

    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count <= 16, let bits = UInt64(parts[0], radix: 16), let pk = Int64(parts[1]), pk >= 0,
            case let distance = Double(bitPattern: bits), distance.isFinite, distance >= 0
        else { return nil }
        self.init(distanceMeters: distance, pk: pk)
    }

    public var description: String { "\(String(distanceMeters.bitPattern, radix: 16))-\(pk)" }
}

/// One page of a radius query.
public struct NearPage: Hashable, Sendable {
    /// Nearest first; equal distances by `pk`.
    public var hits: [FactoryHit]
    /// All in the radius that pass the filter.
    public var total: Int
    /// Where to go on; nil at the end.
    public var next: NearCursor?
}

/// One page of a window query.
public struct BBoxPage: Hashable, Sendable {
    /// Ascending `pk`.
    public var hits: [FactoryHit]
    /// All in the window that pass the filter.
    public var total: Int
    /// The last `pk` of this page; nil at the end.
    public var next: Int64?
}

extension Snapshot {
    /// The factory at a position of the Hilbert order.
    func hit(_ index: Int, distanceMeters: Double? = nil) -> FactoryHit {
        let english = englishNames[index]
        let code = county[index]
        let error = accuracy[index]
        return FactoryHit(
            pk: Int64(primaryKey[index]), id: ids[index], nameZH: names[index], nameEN: english.isEmpty ? nil : english,
            longitude: earth.longitude[index], latitude: earth.latitude[index],
            status: FactoryStatus(rawValue: status[index]) ?? .unknown,
            industry: industryCodes[Int(industry[index])], records: recordCount(index), worstSeverity: Int(worstSeverity[index]),
            latestRecord: latestRecord(index)?.iso, countyCode: code > 0 ? String(code) : nil,
            keyMonitored: isKeyMonitored(index), brands: brands(of: index),
            flags: FactoryFlags(rawValue: flags[index] & ~SnapshotFlags.own).names,
            accuracyMeters: error.isFinite ? Double(error) : nil, distanceMeters: distanceMeters)
    }

    /// A factory of an answer: its position in the order, or ~row for one of the delta.
    func hit(_ factory: Int, _ delta: Delta?, distanceMeters: Double? = nil) -> FactoryHit {
        if factory < 0, let delta { return delta.rows[~factory].hit(distanceMeters: distanceMeters) }
        return hit(factory, distanceMeters: distanceMeters)
    }

    /// The factory with a registry number, if the snapshot has it.
    public func factory(pk: Int64) -> FactoryHit? { index(pk: pk).map { hit($0) } }

    /// The factory with a source's id, if the snapshot has it.
    public func factory(id: String) -> FactoryHit? { ids.find(id, in: orderByID).map { hit($0) } }

    func statusName(_ index: Int) -> String { (FactoryStatus(rawValue: status[index]) ?? .unknown).name }

    func recordCount(_ index: Int) -> Int { Int(recordOffsets[index + 1]) - Int(recordOffsets[index]) }

    func latestRecord(_ index: Int) -> Day? {
        let day = latestDay[index]
        return day == SnapshotFlags.noDay ? nil : Day(daysSince1970: day)
    }

    func isKeyMonitored(_ index: Int) -> Bool { flags[index] & SnapshotFlags.keyMonitored != 0 }

    /// Ids of the brands that publish a factory, in the order of the brand table.
    func brands(of index: Int) -> [String] {
        (Int(linkOffsets[index])..<Int(linkOffsets[index + 1])).map { brandIDs[Int(linkBrand[$0])] }
    }
}

/// Bits of the `flags` column that the snapshot adds above the registry's own.
enum SnapshotFlags {
    static let keyMonitored: UInt32 = 1 << 31
    static let own: UInt32 = keyMonitored
    /// The `latestDay` of a factory without records.
    static let noDay = Int32.min
}
