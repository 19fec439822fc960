// SnapshotDraft.swift: what a build has read so far, in the registry's order (ascending pk), before it is sorted.

import Boundaries
import Registry
import SpatialIndex

struct SnapshotDraft {
    enum Part: Sendable {
        case factories(Factories)
        case records(Records)
    }

    /// One element per factory, ascending pk.
    struct Factories: Sendable {
        var primaryKey: [UInt32] = []
        var longitude: [Double] = []
        var latitude: [Double] = []
        var county: [Int32] = []
        /// Code of the most exact place; 0: none.
        var place: [Int32] = []
        var flags: [UInt32] = []
        var disclosed: [Bool] = []
        /// The pks of those whose monitoring exceeds a limit now.
        var exceeding: Set<Int64> = []
        var accuracy: [Float] = []
        var industry: [UInt16] = []
        var ids = StringHeap()
        var names = StringHeap()
        var englishNames = StringHeap()
        var formerNames = StringHeap()
        var creditCodes = StringHeap()
        /// Index 0 is the empty code: unknown.
        var industryCodes = StringHeap()
    }

    /// One element per record that counts, in the order of the factories' pk, then by day.
    struct Records: Sendable {
        var factory: [UInt32] = []
        var facts: [RecordFacts] = []
    }

    struct Links: Sendable {
        var brandIDs: [String] = []
        /// Position of the factory in the draft, and of the brand in `brandIDs`; each pair once.
        var factory: [UInt32] = []
        var brand: [UInt16] = []
    }

    var factories: Factories
    var records: Records
    var links: Links
    var places: [PlaceOutline]
    var carbon = CarbonDraft()
    // Judged, per factory.
    var status: [UInt8] = []
    var worstSeverity: [UInt8] = []
    var categoryMask: [UInt16] = []
    var latestDay: [Int32] = []
    // Per factory: where its kept records begin; and the kept records.
    var recordOffsets: [UInt32] = [0]
    var recordDay: [Int32] = []
    var recordCategory: [UInt8] = []
    var recordSeverity: [UInt8] = []

    init(factories: Factories, records: Records, links: Links, places: [PlaceOutline]) {
        self.places = places
        self.factories = factories
        self.records = records
        self.links = links
    }

    /// Applies the status function to every factory and keeps the facts that filters need.
    ///
    /// Superseded and withdrawn records take part in the judgement as the function says, but are not kept for filters and
    /// counts: they are no longer held against anyone.
    mutating func judge(asOf: Day) {
        let n = factories.primaryKey.count
        status.reserveCapacity(n)
        worstSeverity.reserveCapacity(n)
        categoryMask.reserveCapacity(n)
        latestDay.reserveCapacity(n)
        recordOffsets.reserveCapacity(n + 1)
        recordDay.reserveCapacity(records.facts.count)
        recordCategory.reserveCapacity(records.facts.count)
        recordSeverity.reserveCapacity(records.facts.count)
        var next = 0
        for index in 0..<n {
            let pk = factories.primaryKey[index]
            // A record of a factory that was not read (added in between) is passed over: the next build has both.
            while next < records.factory.count, records.factory[next] < pk { next += 1 }
            let start = next
            while next < records.factory.count, records.factory[next] == pk { next += 1 }
            let assessment = Assessment.assess(
                records: records.facts[start..<next], disclosed: factories.disclosed[index],
                exceedingNow: factories.exceeding.contains(Int64(pk)),
                asOf: asOf)
            var worst: UInt8 = 0
            var mask: UInt16 = 0
            var latest = SnapshotFlags.noDay
            for (record, severity) in zip(records.facts[start..<next], assessment.severities) where record.counts {
                worst = max(worst, severity)
                mask |= 1 << UInt16(record.category.rawValue & 15)
                latest = max(latest, record.published.daysSince1970)
                recordDay.append(record.published.daysSince1970)
                recordCategory.append(record.category.rawValue)
                recordSeverity.append(severity)
            }
            status.append(assessment.status.rawValue)
            worstSeverity.append(worst)
            categoryMask.append(mask)
            latestDay.append(latest)
            recordOffsets.append(UInt32(truncatingIfNeeded: recordDay.count))
        }
    }
}

extension SnapshotDraft.Factories {
    /// Gives factories whose source names no county that of their position, unless its borders are invented.
    mutating func fillCounties(from places: [PlaceOutline]) {
        let real = Set(places.filter { $0.level == .county && !$0.source.synthetic }.map(\.code))
        for index in county.indices where county[index] == 0 && real.contains(place[index]) { county[index] = place[index] }
    }

    init(reading store: RegistryStore) throws {
        exceeding = try store.exceedingFactories()
        var industries: [[UInt8]: UInt16] = [[]: 0]
        industryCodes.append("")
        try store.forEachFactory { row in
            guard let pk = UInt32(exactly: row.pk) else {
                throw SnapshotBuilder.Failure.tooLarge(what: "a factory's number", found: row.pk, limit: Int64(UInt32.max))
            }
            primaryKey.append(pk)
            longitude.append(row.longitude)
            latitude.append(row.latitude)
            county.append(row.countyCode)
            place.append(row.places.finest)
            flags.append(row.flags & ~SnapshotFlags.own | (row.keyMonitored ? SnapshotFlags.keyMonitored : 0))
            disclosed.append(row.disclosed || row.keyMonitored)
            accuracy.append(row.accuracyMeters.map(Float.init) ?? .nan)
            let code = Array(row.industry)
            if let known = industries[code] {
                industry.append(known)
            } else {
                guard let next = UInt16(exactly: industries.count) else {
                    throw SnapshotBuilder.Failure.tooLarge(
                        what: "the number of different industry codes", found: Int64(industries.count), limit: Int64(UInt16.max))
                }
                industries[code] = next
                industryCodes.append(String(decoding: code, as: UTF8.self))
                industry.append(next)
            }
            ids.append(row.id)
            names.append(row.nameZH)
            englishNames.append(row.nameEN)
            formerNames.append(row.formerName)
            creditCodes.append(row.creditCode)
        }
        guard names.heap.count < Int(UInt32.max), englishNames.heap.count < Int(UInt32.max) else {
            throw SnapshotBuilder.Failure.tooLarge(
                what: "the length of all names", found: Int64(names.heap.count), limit: Int64(UInt32.max))
        }
    }
}

extension SnapshotDraft.Records {
    init(reading store: RegistryStore) throws {
        try store.forEachRecord { row in
            factory.append(UInt32(truncatingIfNeeded: row.factoryPK))
            facts.append(row.facts)
        }
    }
}

extension SnapshotDraft.Links {
    /// - Parameter factories: the pks that were read, ascending; links of others are passed over, the next build has both.
    init(reading store: RegistryStore, factories: [UInt32]) throws {
        var brandAt: [Int64: UInt16] = [:]
        for brand in try store.brands() {
            guard let next = UInt16(exactly: brandIDs.count) else {
                throw SnapshotBuilder.Failure.tooLarge(what: "the number of brands", found: Int64(brandIDs.count), limit: Int64(UInt16.max))
            }
            brandAt[brand.pk] = next
            brandIDs.append(brand.id)
        }
        try store.forEachPublishedLink { factoryPK, brandPK in
            let at = factories.partitioningIndex { Int64($0) >= factoryPK }
            guard at < factories.count, Int64(factories[at]) == factoryPK, let brand = brandAt[brandPK] else { return }
            factory.append(UInt32(truncatingIfNeeded: at))
            self.brand.append(brand)
        }
    }
}
