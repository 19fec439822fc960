// BrandDirectory.swift: brands by name, for search. Names come from the registry, which factories a brand publishes from the snapshot;
// a brand that publishes none is not listed, so a private list shows nowhere.

import Atlas
import Registry
import Synchronization

/// The brands of the snapshot in service.
final class BrandDirectory: Sendable {
    struct Entry: Sendable {
        var id: String
        var nameZH: String?
        var nameEN: String?
        /// Factories that it publishes as suppliers.
        var suppliers: Int

        /// Any text of it, folded for comparison.
        fileprivate var texts: [String]
    }

    private let cached = Mutex<(generation: UInt32, sequence: Int64, entries: [Entry])?>(nil)

    /// All brands with a published supplier, most suppliers first. Read once for each state of the map.
    func entries(_ loaded: LoadedSnapshot) throws(RegistryError) -> [Entry] {
        if let known = cached.withLock({ $0 }), known.generation == loaded.generation, known.sequence == loaded.atlas.sequence {
            return known.entries
        }
        let names = try loaded.registry?.brands() ?? []
        let byID = Dictionary(names.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = loaded.atlas.publishedBrands.filter { $0.suppliers > 0 }.map { brand in
            let named = byID[brand.id]
            let texts = [brand.id, named?.nameZH, named?.nameEN].compactMap { $0.map(NameKey.normalized) }
            return Entry(id: brand.id, nameZH: named?.nameZH, nameEN: named?.nameEN, suppliers: brand.suppliers, texts: texts)
        }.sorted { ($1.suppliers, $0.id) < ($0.suppliers, $1.id) }
        cached.withLock { $0 = (loaded.generation, loaded.atlas.sequence, entries) }
        return entries
    }

    /// Brands in whose names or id every word of the query stands: those that begin so first, then by the number of suppliers.
    func search(_ words: [String], limit: Int, _ loaded: LoadedSnapshot) throws(RegistryError) -> [Entry] {
        let folded = words.map(NameKey.normalized)
        let found = try entries(loaded).filter { entry in
            folded.allSatisfy { word in entry.texts.contains { $0.contains(word) } }
        }
        let starting = found.filter { entry in entry.texts.contains { text in folded.contains { text.hasPrefix($0) } } }
        let startingIDs = Set(starting.map(\.id))
        return Array((starting + found.filter { !startingIDs.contains($0.id) }).prefix(limit))
    }
}
