// LogoTests.swift: logos in the registry: one picture for many brands, none that nobody has.

import Foundation
import Testing

@testable import Registry

@Suite struct LogoTests {
    private func store() throws -> RegistryStore {
        let path = NSTemporaryDirectory() + "logo-tests-\(UUID().uuidString).db"
        let store = try RegistryStore(path: path, mode: .readWrite)
        _ = try store.apply(brands: ["A", "B"].map { BrandDraft(line: 2, id: $0) })
        return store
    }

    private func remove(_ store: RegistryStore) throws {
        try store.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store.path + suffix) }
    }

    @Test func aLogoIsSetReplacedAndRemoved() throws {
        let store = try store()
        #expect(try store.logos().isEmpty)
        #expect(try store.setLogo(brandID: "A", DrawnLogo(png: [1, 2, 3], hash: "h1", width: 3, height: 1)))
        #expect(
            try store.logos().map { [$0.brandID, $0.hash, "\($0.width)", "\($0.height)", "\($0.bytes)"] } == [["A", "h1", "3", "1", "3"]])
        #expect(try store.logo(hash: "h1") == [1, 2, 3])
        #expect(try store.setLogo(brandID: "A", DrawnLogo(png: [4], hash: "h2", width: 1, height: 1)))
        // The picture before is nobody's any more.
        #expect(try store.logo(hash: "h1") == nil)
        #expect(try store.removeLogo(brandID: "A"))
        #expect(try store.removeLogo(brandID: "A") == false)
        #expect(try store.logos().isEmpty)
        #expect(try store.logo(hash: "h2") == nil)
        try remove(store)
    }

    @Test func twoBrandsShareAPictureUntilTheLastIsGone() throws {
        let store = try store()
        for brand in ["A", "B"] { #expect(try store.setLogo(brandID: brand, DrawnLogo(png: [7], hash: "h", width: 1, height: 1))) }
        #expect(try store.logos().map(\.brandID) == ["A", "B"])
        #expect(try store.removeLogo(brandID: "A"))
        #expect(try store.logo(hash: "h") == [7])
        #expect(try store.removeLogo(brandID: "B"))
        #expect(try store.logo(hash: "h") == nil)
        try store.verifyIntegrity()
        try remove(store)
    }

    @Test func aBrandThatThereIsNotGetsNone() throws {
        let store = try store()
        #expect(try store.setLogo(brandID: "nobody", DrawnLogo(png: [1], hash: "h", width: 1, height: 1)) == false)
        #expect(try store.removeLogo(brandID: "nobody") == false)
        #expect(try store.logo(hash: "h") == nil)
        #expect(try store.publishedLinkCounts(brandID: "nobody") == nil)
        #expect(try store.publishedLinkCounts(brandID: "A") == PublishedLinkCounts())
        try remove(store)
    }

    @Test func onlyPublishedLinksAreCounted() throws {
        let store = try store()
        let factories = ["F1", "F2", "F3"].map { id -> FactoryDraft in
            var draft = FactoryDraft(line: 2, longitude: 120, latitude: 30, sourceX: 120, sourceY: 30, sourceDatum: "wgs84")
            draft.id = id
            draft.nameZH = id
            return draft
        }
        _ = try store.apply(factories: factories)
        let links: [(String, LinkKind, Int?, Bool)] = [
            ("F1", .materials, 1, true), ("F2", .materials, 2, true), ("F2", .logistics, nil, true), ("F3", .materials, 1, false),
        ]
        _ = try store.apply(
            links: links.map { factory, kind, tier, published in
                var draft = LinkDraft(line: 2, brandID: "A", kind: kind)
                draft.factory = FactoryReference(id: factory)
                draft.tier = tier
                draft.published = published
                return draft
            })
        let counts = try #require(try store.publishedLinkCounts(brandID: "A"))
        #expect(counts.kinds == [.materials: 2, .logistics: 1])
        #expect(counts.tiers == [1: 1, 2: 1])
        try remove(store)
    }
}
