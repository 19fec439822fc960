// KeyTests.swift: accounts and keys: who a key is, and when it no longer counts.

import Foundation
import Registry
import Testing

@Suite struct KeyTests {
    let fixture: StoreFixture
    let writer: GroupWriter

    init() async throws {
        fixture = try StoreFixture()
        _ = try fixture.store.apply(factories: [factory("F1")])
        _ = try fixture.store.apply(brands: [brand("B1")])
        writer = GroupWriter(store: fixture.store, feed: try ChangeFeed(store: fixture.store))
        try await writer.submit(as: .commandLine) { context in
            try context.createAccount(id: "acme", name: "ACME", role: .brand, brand: "B1")
            try context.createAccount(id: "bureau", name: "局", role: .feed)
        }
    }

    private func newKey(_ account: String, rights: Set<Right>? = nil, expiresAt: Int64? = nil, openedBy: String? = nil) async throws
        -> NewKey
    {
        try await writer.submit(as: .commandLine) { context in
            try context.createKey(account: account, rights: rights, expiresAt: expiresAt, openedBy: openedBy)
        }
    }

    @Test func aKeySaysWhoItIs() async throws {
        let key = try await newKey("acme")
        let principal = try fixture.store.principal(forKey: key.text)
        #expect(principal.role == .brand)
        #expect(principal.brandID == "B1")
        #expect(principal.rights == Role.brand.rights)
        #expect(principal.keyID == key.id)
    }

    @Test func anyOtherTextIsUnknown() async throws {
        let key = try await newKey("acme")
        var wrong = key.text
        wrong.append(wrong.removeLast() == "a" ? "b" : "a")
        for text in [wrong, "", "ba_", "ba__", key.id, String(key.text.dropFirst()), key.text + "a", "ba_\(key.id)_", "' OR 1=1 --"] {
            #expect(throws: KeyProblem.unknown) { try fixture.store.principal(forKey: text) }
        }
    }

    @Test func theSecretIsNotInTheFile() async throws {
        let key = try await newKey("acme")
        try fixture.store.checkpoint()
        let secret = try #require(key.text.split(separator: "_").last)
        let file = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
        #expect(file.range(of: Data(key.id.utf8)) != nil)
        #expect(file.range(of: Data(secret.utf8)) == nil)
    }

    @Test func scopesLimitTheRole() async throws {
        let key = try await newKey("bureau", rights: [.read, .writeRecords])
        #expect(try fixture.store.principal(forKey: key.text).rights == [.read, .writeRecords])
        await #expect(throws: WriteRefusal.self) { _ = try await newKey("bureau", rights: [.audit]) }
    }

    @Test func anExpiredKeyNoLongerCounts() async throws {
        let key = try await newKey("acme", expiresAt: 1_000_000)
        #expect(throws: KeyProblem.expired) { try fixture.store.principal(forKey: key.text, now: 1_000_000) }
        #expect(try fixture.store.principal(forKey: key.text, now: 999_999).role == .brand)
    }

    @Test func anExpiredSessionIsSaidToBeOne() async throws {
        let key = try await newKey("acme")
        let session = try await newKey("acme", expiresAt: 1_000_000, openedBy: key.id)
        #expect(throws: KeyProblem.sessionExpired) { try fixture.store.principal(forKey: session.text, now: 1_000_000) }
        #expect(try fixture.store.principal(forKey: key.text, now: 1_000_000).role == .brand)
    }

    @Test func revocationActsAtOnceAndEndsSessions() async throws {
        let key = try await newKey("acme")
        let session = try await newKey("acme", openedBy: key.id)
        let principal = try fixture.store.principal(forKey: session.text)
        #expect(principal.isSession)
        #expect(try fixture.store.isStillValid(principal))
        try await writer.submit(as: .commandLine) { context in try context.revokeKey(id: key.id) }
        #expect(throws: KeyProblem.revoked) { try fixture.store.principal(forKey: key.text) }
        #expect(throws: KeyProblem.revoked) { try fixture.store.principal(forKey: session.text) }
        #expect(try !fixture.store.isStillValid(principal))
    }
}
