// LogoTests.swift: logos in the registry: one picture for many brands, none that nobody has.

import Testing

@testable import Registry

@Suite struct LogoTests {
    private let fixture: StoreFixture
    private let feed: ChangeFeed
    private let writer: GroupWriter

    private var store: RegistryStore { fixture.store }

    init() throws {
        fixture = try StoreFixture()
        _ = try fixture.store.apply(brands: [brand("A"), brand("B")])
        feed = try ChangeFeed(store: fixture.store)
        writer = GroupWriter(store: fixture.store, feed: feed)
    }

    private func set(_ logo: DrawnLogo?, _ brand: String) async throws -> WriteReceipt {
        try await writer.submit(as: .commandLine) { try $0.set(logo: logo, ofBrand: brand, version: nil, onlyBrand: nil) }
    }

    @Test func aLogoIsSetReplacedAndRemoved() async throws {
        #expect(try store.logos().isEmpty)
        let first = DrawnLogo(png: [1, 2, 3], hash: "h1", width: 3, height: 1)
        #expect(try await set(first, "A").outcome == .changed)
        #expect(
            try store.logos().map { [$0.brandID, $0.hash, "\($0.width)", "\($0.height)", "\($0.bytes)"] } == [["A", "h1", "3", "1", "3"]])
        #expect(try store.logo(hash: "h1") == [1, 2, 3])
        #expect(try await set(first, "A").outcome == .unchanged)
        #expect(try await set(DrawnLogo(png: [4], hash: "h2", width: 1, height: 1), "A").outcome == .changed)
        // The picture before is nobody's any more.
        #expect(try store.logo(hash: "h1") == nil)
        #expect(try await set(nil, "A").outcome == .changed)
        await #expect(throws: WriteRefusal.self) { try await set(nil, "A") }
        #expect(try store.logos().isEmpty)
        #expect(try store.logo(hash: "h2") == nil)
    }

    /// It is part of the brand, whoever sets it: who has read the brand before must read it again before changing it.
    @Test func aLogoIsANewVersionOfItsBrandAndInTheFeedAndTheAuditLog() async throws {
        func version() throws -> Int64? { try store.read { db in try RegistryStore.brandFields(id: "A", db, path: store.path)?.sequence } }
        let before = try #require(try version())
        let receipt = try await set(DrawnLogo(png: [1], hash: "h1", width: 1, height: 1), "A")
        #expect(try version() == receipt.sequence && receipt.sequence > before)
        let change = try #require(try feed.changes(after: before, audience: .everyone).last)
        #expect(change.kind == "brand.changed" && change.subject == "A" && change.sequence == receipt.sequence)
        let line = try #require(try store.auditLog().last)
        #expect(line.action == "brand.changed" && line.detail == #"{"logo":"h1"}"#)
    }

    @Test func twoBrandsShareAPictureUntilTheLastIsGone() async throws {
        for brand in ["A", "B"] { _ = try await set(DrawnLogo(png: [7], hash: "h", width: 1, height: 1), brand) }
        #expect(try store.logos().map(\.brandID) == ["A", "B"])
        _ = try await set(nil, "A")
        #expect(try store.logo(hash: "h") == [7])
        _ = try await set(nil, "B")
        #expect(try store.logo(hash: "h") == nil)
        try store.verifyIntegrity()
    }

    @Test func aBrandThatThereIsNotGetsNone() async throws {
        for logo in [DrawnLogo(png: [1], hash: "h", width: 1, height: 1), nil] {
            await #expect(throws: WriteRefusal(.notFound, field: "id", value: "nobody", reason: "no brand has this id")) {
                try await set(logo, "nobody")
            }
        }
        #expect(try store.logo(hash: "h") == nil)
        #expect(try store.publishedLinkCounts(brandID: "nobody") == nil)
        #expect(try store.publishedLinkCounts(brandID: "A") == PublishedLinkCounts())
    }

    @Test func onlyPublishedLinksAreCounted() throws {
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
    }
}
