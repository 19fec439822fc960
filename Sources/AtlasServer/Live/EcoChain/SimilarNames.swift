// SimilarNames.swift: factories whose names may be alike, by the search of the map: it finds any part of a name among a million in a fraction of
// a millisecond, so the registry needs no second index for it.

import Atlas
import Registry

enum SimilarNames {
    private static let most = 20

    /// Ids of factories that share a telling part of the supplier's name.
    static func ids(for supplier: SupplierDraft, in snapshots: SnapshotHolder) -> [String] {
        guard let name = supplier.name, let atlas = snapshots.current?.atlas else { return [] }
        var found: [String] = []
        for part in SupplierName.searchParts(name) where found.count < most {
            guard let query = try? SearchQuery(part) else { continue }
            for hit in atlas.search(query, limit: most).hits where !found.contains(hit.factory.id) { found.append(hit.factory.id) }
        }
        return found
    }
}
