// RegistryStore+BrandLinks.swift: what a brand has published about its suppliers, counted. Links that it keeps private take no part: nothing here
// tells whether there are any.

import GRDB

/// Published supplier links of a brand, counted.
public struct PublishedLinkCounts: Hashable, Sendable {
    /// By what is supplied; a factory that supplies two kinds counts in both.
    public var kinds: [LinkKind: Int] = [:]
    /// By distance from the brand; 1 supplies it directly. Links that do not say are left out.
    public var tiers: [Int: Int] = [:]
}

extension RegistryStore {
    /// Cost: O(links of the brand).
    ///
    /// - Returns: nil when there is no such brand.
    public func publishedLinkCounts(brandID: String) throws(RegistryError) -> PublishedLinkCounts? {
        try read { db -> PublishedLinkCounts? in
            let brand = try RawStatement(db, path: path, sql: "SELECT pk FROM brands WHERE id = ?1")
            brand.bind(1, brandID)
            guard try brand.step() else { return nil }
            let row = try RawStatement(
                db, path: path,
                sql: "SELECT kind, tier, count(*) FROM supplier_links WHERE brand_pk = ?1 AND published = 1 GROUP BY kind, tier")
            row.bind(1, brand.int(0))
            var counts = PublishedLinkCounts()
            while try row.step() {
                guard let kind = LinkKind(rawValue: UInt8(truncatingIfNeeded: row.int(0))) else {
                    throw RegistryError.damaged(path: path, detail: "a supplier link of brand \(brandID) has a kind unknown here")
                }
                counts.kinds[kind, default: 0] += Int(row.int(2))
                if let tier = row.optionalInt(1) { counts.tiers[Int(tier), default: 0] += Int(row.int(2)) }
            }
            return counts
        }
    }
}
