// Snapshot+Brands.swift: brands as the map knows them: their published suppliers, counted by status. Private links are not in a snapshot at all.

import Registry

/// A brand with its published suppliers, counted.
public struct BrandFigures: Hashable, Sendable {
    public var id: String
    /// By status; what is not there is 0.
    public var statuses: [FactoryStatus: Int]

    public var suppliers: Int { statuses.values.reduce(0, +) }
}

extension LiveAtlas {
    /// All brands with a published supplier, in the order of the brand table.
    ///
    /// Cost: O(published links), under a millisecond for 100,000.
    public var brandFigures: [BrandFigures] {
        let ids = delta?.tables.brandIDs ?? snapshot.brandIDs
        let statuses = FactoryStatus.allCases.count
        var counts = [Int](repeating: 0, count: ids.count * statuses)
        for brand in snapshot.brandIDs.indices {
            for factory in snapshot.supplierFactory[Int(snapshot.supplierOffsets[brand])..<Int(snapshot.supplierOffsets[brand + 1])] {
                // Those that changed are counted as they are now, below.
                if let delta, delta.hidden.contains(Int(factory)) { continue }
                counts[brand * statuses + min(Int(snapshot.status[Int(factory)]), statuses - 1)] += 1
            }
        }
        if let delta {
            let numbers = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
            for factory in delta.rows {
                for brand in factory.brandIDs.compactMap({ numbers[$0] }) {
                    counts[brand * statuses + min(Int(factory.facts.status), statuses - 1)] += 1
                }
            }
        }
        return ids.indices.compactMap { brand in
            let present = FactoryStatus.allCases.compactMap { status in
                let count = counts[brand * statuses + Int(status.rawValue)]
                return count > 0 ? (status, count) : nil
            }
            return present.isEmpty ? nil : BrandFigures(id: ids[brand], statuses: Dictionary(uniqueKeysWithValues: present))
        }
    }

    /// All published suppliers of a brand, the worst first: by status, then severity, then number of records.
    ///
    /// Cost: O(suppliers of the brand).
    /// - Throws: `QueryError` for a brand that is not on the map.
    public func suppliers(brand: String) throws(QueryError) -> [FactoryHit] {
        let filter = Filter(brand: brand)
        var hits: [FactoryHit] = []
        var after: Int64?
        repeat {
            let page = try factories(
                west: -180, south: -90, east: 180, north: 90, limit: Snapshot.Limits.hits, after: after, filter: filter)
            hits += page.hits
            after = page.next
        } while after != nil
        return hits.sorted {
            ($0.status.rawValue, $1.worstSeverity, $1.records, $0.pk) < ($1.status.rawValue, $0.worstSeverity, $0.records, $1.pk)
        }
    }
}
