// CorrectionDocumentTests.swift: documents and drafts in the registry: whole or not at all, seen by whom they are for, and no more than is taken.

import Testing

@testable import Registry

@Suite("Corrective action: documents and drafts in the registry")
struct CorrectionDocumentTests {
    @Test("a document of many pieces comes out as it went in, for its uploader alone until a step names it")
    func pieces() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let text = String(repeating: "更换阀门前后的记录 0123456789\n", count: 30_000)
        try #require(text.utf8.count > 3 * GroupWriter.documentPartBytes)
        let factory = fixture.who(.factory)
        let hash = try await fixture.upload(text, by: factory, name: "../日志.txt")
        let own = try #require(try fixture.store.document(sha256: hash, for: factory.accountID))
        #expect(own.content == Array(text.utf8) && own.info.name == "日志.txt" && own.info.type == .text && !own.info.isPublic)
        for other in [nil, "auditor", "admin", "factory2", ""] {
            #expect(try fixture.store.document(sha256: hash, for: other) == nil, "\(other ?? "anyone")")
        }
        // The same again is the same; others' copies are their own.
        #expect(try await fixture.upload(text, by: factory) == hash)
        #expect(try await fixture.upload(text, by: fixture.who(.auditor)) == hash)
        #expect(try count(fixture, "documents") == 2)
        _ = try await fixture.take(.explain, "R1", as: factory, document: hash)
        #expect(try fixture.store.document(sha256: hash, for: nil)?.content == Array(text.utf8))
    }

    @Test("what one owner stores, and what one step names, is limited")
    func limits() async throws {
        let fixture = try await CorrectionFixture()
        var limits = DocumentLimits()
        limits.ownerBytes = 100
        let factory = fixture.who(.factory)
        func store(_ text: String, _ principal: Principal) async throws -> String {
            try await fixture.writer.store(
                try CheckedDocument(Array(text.utf8), name: nil), of: principal, as: .commandLine, limits: limits
            ).sha256
        }
        let (first, second) = (String(repeating: "a", count: 60), String(repeating: "b", count: 40))
        let hashes = [try await store(first, factory), try await store(second, factory)]
        do {
            _ = try await store("c", factory)
            Issue.record("101 bytes were taken")
        } catch let refusal as WriteRefusal { #expect(refusal.kind == .conflict) }
        _ = try await store("c", fixture.who(.auditor))
        #expect(try count(fixture, "documents") == 3 && count(fixture, "document_parts") == 3)
        try fixture.add("R1")
        limits.stepBytes = 99
        let statement = CorrectionStatement(fields: [.cause: "x", .plan: "y"], documents: hashes)
        let request = CorrectionRequest(recordID: "R1", step: .explain, statement: statement)
        do {
            _ = try await fixture.writer.submit(as: .commandLine) { [limits] in try $0.take(request, by: factory, limits: limits) }
            Issue.record("100 bytes were taken")
        } catch let refusal as WriteRefusal { #expect(refusal.field == "documents") }
    }

    @Test("uploads that were cut off are never seen, and are swept away; documents of the history are not")
    func sweeping() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let factory = fixture.who(.factory)
        let used = try await fixture.upload("used", by: factory)
        let unused = try await fixture.upload("unused", by: factory)
        let cutOff = try await fixture.upload("cut off", by: factory)
        _ = try await fixture.take(.explain, "R1", as: factory, document: used)
        func age(_ hash: String, days: Int64, complete: Int64) async throws {
            try await fixture.writer.submit(as: .commandLine) { context in
                let row = try context.statement("UPDATE documents SET at = ?2, is_complete = ?3 WHERE sha256 = ?1")
                row.bind(1, hash)
                row.bind(2, context.now - days * 86_400_000)
                row.bind(3, complete)
                try row.run()
            }
        }
        func sweep() async throws -> Bool { try await fixture.writer.submit(as: .commandLine) { try $0.sweepDocument() } }
        try await age(cutOff, days: 0, complete: 0)
        #expect(try fixture.store.document(sha256: cutOff, for: factory.accountID) == nil)
        #expect(try await sweep() == false)
        try await age(cutOff, days: 2, complete: 0)
        try await age(unused, days: 59, complete: 1)
        try await age(used, days: 500, complete: 1)
        #expect(try await sweep())
        #expect(try await sweep() == false)
        try await age(unused, days: 61, complete: 1)
        #expect(try await sweep())
        #expect(try await sweep() == false)
        #expect(try count(fixture, "documents") == 1 && count(fixture, "document_parts") == 1)
        #expect(try fixture.store.document(sha256: used, for: nil) != nil)
    }

    @Test("drafts are their author's alone: for others there is nothing, whatever they ask")
    func drafts() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let (factory, auditor) = (fixture.who(.factory), fixture.who(.auditor))
        // The feed itself hears of imports by looking only.
        let head = try fixture.store.headOfChanges()
        func save(_ json: String, _ principal: Principal) async throws -> Bool {
            try await fixture.writer.submit(as: .commandLine) { try $0.saveDraft(json, number: 1, ofRecord: "R1", by: principal) }
        }
        #expect(try await save(#"{"step":"explain"}"#, factory))
        #expect(try await save(#"{"step":"explain","cause":"x"}"#, factory) == false)
        #expect(try await save(#"{"step":"verify"}"#, auditor))
        #expect(try fixture.store.draft(number: 1, ofRecord: "R1", by: factory)?.json == #"{"step":"explain","cause":"x"}"#)
        #expect(try fixture.store.draft(number: 1, ofRecord: "R1", by: auditor)?.json == #"{"step":"verify"}"#)
        for other in [Principal.anyone, fixture.who(.admin), fixture.otherFactory] {
            #expect(try fixture.store.draft(number: 1, ofRecord: "R1", by: other) == nil)
            #expect(try await fixture.writer.submit(as: .commandLine) { try $0.deleteDraft(number: 1, ofRecord: "R1", by: other) } == false)
        }
        #expect(try fixture.store.draft(number: 2, ofRecord: "R1", by: factory) == nil)
        #expect(try fixture.store.draft(number: 1, ofRecord: "R9", by: factory) == nil)
        await #expect(throws: WriteRefusal.self) { _ = try await save("{}", fixture.otherFactory) }
        // Nothing of it is in the feed or the history.
        #expect(try fixture.store.headOfChanges() == head)
        #expect(try fixture.history("R1").steps.isEmpty)
        #expect(try await fixture.writer.submit(as: .commandLine) { try $0.deleteDraft(number: 1, ofRecord: "R1", by: factory) })
        #expect(try fixture.store.draft(number: 1, ofRecord: "R1", by: factory) == nil)
        #expect(try fixture.store.draft(number: 1, ofRecord: "R1", by: auditor) != nil)
    }

    private func count(_ fixture: CorrectionFixture, _ table: String) throws -> Int64 {
        try fixture.store.read { db in
            let row = try RawStatement(db, path: "", sql: "SELECT count(*) FROM \(table)")
            return try row.step() ? row.int(0) : -1
        }
    }
}
