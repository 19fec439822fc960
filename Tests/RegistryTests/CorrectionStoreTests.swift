// CorrectionStoreTests.swift: corrective action in the registry: the way from standing to verified and back, what is refused, what is kept
// together, and who sees what.

import Testing

@testable import Registry

@Suite("Corrective action: the registry")
struct CorrectionStoreTests {
    @Test("the whole way: each step is dated, signed, in the feed and the audit log, and the status follows")
    func wholeWay() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        let head = fixture.feed.head
        #expect(try fixture.status() == .violating)

        let explained = try await fixture.take(.explain, "R1", as: fixture.who(.factory), document: document)
        #expect(explained.number == 1 && explained.stage == .explained && explained.status == .explained)
        #expect(try fixture.status() == .explained)
        _ = try await fixture.take(.reportCorrection, "R1", as: fixture.who(.factory), document: document)
        let verification = try await fixture.take(.verify, "R1", as: fixture.who(.auditor), document: document)
        #expect(verification.stage == .objectionPeriod && verification.status == .explained)
        // Not before the period is over.
        #expect(try await fixture.completeDue() == 0)
        #expect(try fixture.history("R1").objectionsUntil == verification.objectionsUntil)
        try await fixture.endObjections(of: "R1")
        #expect(try await fixture.completeDue() == 1)
        #expect(try await fixture.completeDue() == 0)
        #expect(try fixture.status() == .corrected)

        let history = try fixture.history("R1")
        #expect(history.stage == .verified && history.objectionsUntil == nil && history.next() == nil)
        #expect(history.steps.map(\.step) == [.explain, .reportCorrection, .verify, .complete])
        #expect(history.steps.map(\.after) == [.explained, .correctionReported, .objectionPeriod, .verified])
        #expect(history.steps.map { $0.author?.role } == [.factory, .factory, .auditor, nil])
        #expect(history.steps[0].author == CorrectionAuthor(role: .factory, name: "Account factory", factoryID: "F1", brandID: nil))
        #expect(history.steps[0].statement.fields == [.cause: "阀门失效", .plan: "更换阀门"])
        #expect(history.steps[2].documents.map(\.sha256) == [document])
        #expect(history.steps.allSatisfy { abs($0.at - LiveTime.now()) < 60_000 })

        let changes = try fixture.feed.changes(after: head, audience: .everyone)
        #expect(
            changes.map(\.kind) == [
                "record.explained", "record.correction_reported", "record.verification_proposed", "record.verified",
            ])
        #expect(changes.allSatisfy { $0.subject == "R1" && $0.factoryID == "F1" })
        #expect(changes.map(\.sequence) == history.steps.map(\.sequence))
        #expect(changes[0].data?.contains(#""status":"explained","status_before":"violating""#) == true)
        #expect(history.version == changes.last?.sequence)
        let audited = try fixture.store.read { db in
            let row = try RawStatement(
                db, path: "", sql: "SELECT action, account FROM audit WHERE subject = 'R1' AND action LIKE 'record.%' ORDER BY pk")
            var lines: [String] = []
            while try row.step() { lines.append("\(row.text(0) ?? "") \(row.text(1) ?? "-")") }
            return lines
        }
        #expect(
            audited == [
                "record.explained factory", "record.correction_reported factory", "record.verification_proposed auditor",
                "record.verified -",
            ])
    }

    /// The oracle's own words; the rules' grid is in CorrectionRulesTests.
    private static let accepted: Set<String> = [
        "standing explain factory", "explained report-correction factory", "correction_reported verify auditor",
        "correction_reported verify admin", "correction_reported return auditor", "correction_reported return admin",
        "objection_period return auditor", "objection_period return admin", "objection_period object brand",
        "objection_period object analyst", "objection_period object auditor", "objection_period object admin",
    ]

    @Test("every stage × step × role on a stored record: what is not allowed is refused, and then nothing has changed")
    func everyCombination() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        var attempts = 0
        for stage in CorrectionStage.allCases {
            for step in CorrectionStep.allCases {
                for role in Role.allCases {
                    let expected =
                        Self.accepted.contains("\(stage.name) \(step.name) \(role.name)")
                        || (step == .withdraw && stage != .withdrawn && [.feed, .admin].contains(role))
                    let outcome = try await outcome(fixture, stage, step, role, document)
                    #expect(outcome.accepted == expected, "\(step.name) by \(role.name) while \(stage.name): \(outcome.refusal ?? "")")
                    #expect(outcome.accepted || outcome.changedNothing, "\(step.name) by \(role.name) while \(stage.name)")
                    attempts += 1
                }
            }
        }
        #expect(attempts == 6 * 10 * 7)
        #expect(try fixture.history("R1").steps.isEmpty)
    }

    private struct Outcome: Sendable {
        var accepted: Bool
        var refusal: String?
        var changedNothing: Bool
    }

    /// One attempt, thrown away again.
    private func outcome(
        _ fixture: CorrectionFixture, _ stage: CorrectionStage, _ step: CorrectionStep, _ role: Role, _ document: String
    ) async throws -> Outcome {
        do {
            try await fixture.writer.submit(as: .commandLine) { context in
                try context.bring("R1", to: stage, fixture, document: document)
                func fingerprint() throws -> [String] {
                    var values = ["\(context.nextSequence)"]
                    for sql in [
                        "SELECT state || ' ' || changed_seq FROM records WHERE id = 'R1'",
                        "SELECT stage || ' ' || steps || ' ' || coalesce(objections_until, 0) FROM corrections",
                        "SELECT count(*) || ' ' || coalesce(max(pk), 0) FROM correction_steps", "SELECT count(*) FROM audit",
                        "SELECT count(*) FROM changes", "SELECT count(*) FROM objections", "SELECT sum(is_public) FROM documents",
                    ] {
                        let row = try context.statement(sql)
                        values.append(try row.step() ? row.text(0) ?? "" : "")
                    }
                    return values
                }
                let before = try fingerprint()
                let statement = CorrectionFixture.statement(step, document: document)
                let request = CorrectionRequest(recordID: "R1", step: step, statement: statement)
                var result = Outcome(accepted: true, refusal: nil, changedNothing: false)
                do {
                    _ = try context.take(request, by: fixture.who(role))
                } catch let refusal as WriteRefusal {
                    result = Outcome(accepted: false, refusal: "\(refusal)", changedNothing: try fingerprint() == before)
                }
                throw Undo(value: result)
            }
        } catch let undo as Undo<Outcome> {
            return undo.value
        }
        throw Undo(value: 0)
    }

    @Test("another factory, a strange account's document, a missing document and a stale version are refused")
    func refusals() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.upload("照片", by: fixture.who(.factory))
        try await fixture.upload("照片二", by: fixture.otherFactory)
        let strange = try await fixture.upload("别人的文件", by: fixture.otherFactory)
        let head = fixture.feed.head
        let factory = fixture.who(.factory)
        #expect(try await fixture.refusal(.explain, "R1", as: fixture.otherFactory, document: strange)?.kind == .forbidden)
        #expect(try await fixture.refusal(.explain, "R1", as: factory, document: strange)?.field == "documents")
        #expect(try await fixture.refusal(.explain, "R1", as: factory, document: String(repeating: "0", count: 64))?.field == "documents")
        #expect(try await fixture.refusal(.explain, "R9", as: factory, document: document)?.kind == .notFound)
        let version = try fixture.history("R1").version
        #expect(try await fixture.refusal(.explain, "R1", as: factory, document: document, version: version + 1)?.kind == .changedMeanwhile)
        #expect(fixture.feed.head == head)
        #expect(try fixture.history("R1").steps.isEmpty)
        // A document that is only named in a refused step stays private.
        #expect(try fixture.store.document(sha256: document, for: nil) == nil)
        let receipt = try await fixture.take(.explain, "R1", as: factory, document: document, version: version)
        #expect(try fixture.history("R1").version == receipt.sequence)
        #expect(try fixture.store.document(sha256: document, for: nil) != nil)
    }

    @Test("a returned correction can be reported again; what an auditor returns is no longer verified by itself")
    func returned() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        try await fixture.writer.submit(as: .commandLine) { try $0.bring("R1", to: .objectionPeriod, fixture, document: document) }
        let returned = try await fixture.take(.sendBack, "R1", as: fixture.who(.auditor), document: document)
        #expect(returned.stage == .explained && returned.objectionsUntil == nil)
        #expect(try await fixture.completeDue() == 0)
        #expect(try await fixture.take(.reportCorrection, "R1", as: fixture.who(.factory), document: document).stage == .correctionReported)
        let history = try fixture.history("R1")
        #expect(history.steps.map(\.step) == [.explain, .reportCorrection, .verify, .sendBack, .reportCorrection])
        #expect(history.steps[3].statement.fields[.reason] == "the valve leaks")
    }

    @Test("an open objection holds the verification back until it is settled, retracted or followed")
    func objections() async throws {
        let fixture = try await CorrectionFixture()
        let document = try await fixture.uploadForAll()
        for record in ["R1", "R2", "R3"] {
            try fixture.add(record)
            try await fixture.writer.submit(as: .commandLine) { try $0.bring(record, to: .objectionPeriod, fixture, document: document) }
            let objection = try await fixture.take(.object, record, as: fixture.who(.brand), document: document)
            #expect(objection.number == 4 && objection.stage == .objectionPeriod)
            // One at a time for each account.
            #expect(try await fixture.refusal(.object, record, as: fixture.who(.brand), document: document)?.kind == .conflict)
            try await fixture.endObjections(of: record)
            #expect(try await fixture.completeDue() == 0)
            #expect(try fixture.history(record).steps[3].isOpen == true)
            #expect(try fixture.history(record).steps[3].author?.brandID == "B1")
        }
        // The period is over, but the objection keeps it open for the auditor, and for others.
        #expect(
            try await fixture.refusal(.settleObjection, "R1", as: fixture.who(.auditor), document: document, objection: 3)?.field
                == "objection")
        _ = try await fixture.take(.settleObjection, "R1", as: fixture.who(.auditor), document: document)
        #expect(try fixture.history("R1").steps[3].settledBy == 5)
        #expect(try await fixture.refusal(.retractObjection, "R2", as: fixture.otherBrand, document: document)?.kind == .forbidden)
        _ = try await fixture.take(.retractObjection, "R2", as: fixture.who(.brand), document: document)
        _ = try await fixture.take(.sendBack, "R3", as: fixture.who(.auditor), document: document)
        #expect(try fixture.history("R3").steps[3].isOpen == false)
        #expect(try await fixture.completeDue() == 2)
        #expect(try ["R1", "R2", "R3"].map { try fixture.history($0).stage } == [.verified, .verified, .explained])
    }

    @Test("a step after the objection period completes the verification first, whether or not the pass has run")
    func completedByStep() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        try await fixture.writer.submit(as: .commandLine) { try $0.bring("R1", to: .objectionPeriod, fixture, document: document) }
        try await fixture.endObjections(of: "R1")
        let late = try #require(try await fixture.refusal(.object, "R1", as: fixture.who(.brand), document: document))
        #expect(late.kind == .conflict && late.reason.contains("verified"))
        // The refusal has taken the completion back with it; a step that is accepted keeps it.
        #expect(try fixture.history("R1").stage == .objectionPeriod)
        _ = try await fixture.take(.withdraw, "R1", as: fixture.who(.feed), document: document)
        #expect(try fixture.history("R1").steps.map(\.step).suffix(2) == [.complete, .withdraw])
    }

    @Test("superseded records and good ratings have nothing to correct")
    func nothingToCorrect() async throws {
        let fixture = try await CorrectionFixture()
        let document = try await fixture.uploadForAll()
        try fixture.add("R1")
        _ = try fixture.store.apply(records: [record("R2", of: FactoryReference(id: "F1"), supersedes: "R1")])
        var rating = record("R3", of: FactoryReference(id: "F1"))
        rating.kind = .creditRating
        rating.rating = .green
        _ = try fixture.store.apply(records: [rating])
        for id in ["R1", "R3"] {
            #expect(try await fixture.refusal(.explain, id, as: fixture.who(.factory), document: document)?.kind == .conflict, "\(id)")
        }
        _ = try await fixture.take(.withdraw, "R1", as: fixture.who(.feed), document: document)
    }

    // MARK: Sources and relapses

    @Test("an import does not undo a step, but for a withdrawal by the source")
    func imports() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        _ = try await fixture.take(.explain, "R1", as: fixture.who(.factory), document: document)
        var draft = record("R1", of: FactoryReference(id: "F1"), Day.today().adding(days: -40).iso)
        draft.authority = "生态环境局"
        _ = try fixture.store.apply(records: [draft])
        #expect(try fixture.store.factory(id: "F1")?.records.first?.authority == "生态环境局")
        #expect(try fixture.store.factory(id: "F1")?.records.first?.facts.state == .explained)
        draft.state = .withdrawn
        _ = try fixture.store.apply(records: [draft])
        #expect(try fixture.history("R1").stage == .withdrawn)
        #expect(try await fixture.refusal(.reportCorrection, "R1", as: fixture.who(.factory), document: document)?.kind == .conflict)
        // The source takes the withdrawal back: the correction goes on where it was.
        draft.state = .standing
        _ = try fixture.store.apply(records: [draft])
        #expect(try fixture.history("R1").stage == .explained)
    }

    @Test("the event of a record that is brought again tells the state that stands, not the source's")
    func eventOfAChange() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        _ = try await fixture.take(.explain, "R1", as: fixture.who(.factory), document: document)
        var draft = record("R1", of: FactoryReference(id: "F1"), Day.today().adding(days: -40).iso)
        draft.category = .water
        draft.fineCNY = 7
        let changed = draft
        let receipt = try await fixture.writer.submit(as: .commandLine) { try $0.write(record: changed, policy: .addOrChange) }
        let event = try #require(try fixture.store.liveChanges(after: receipt.sequence - 1, limit: 1, audience: .everyone).first)
        #expect(event.kind == "record.changed" && event.data?.contains(#""state":"explained""#) == true, "\(event)")
    }

    @Test("nothing is written about a record whose factory was removed, until it is there again")
    func removedFactory() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        _ = try await fixture.writer.submit(as: .commandLine) { try $0.removeFactory(id: "F1", version: nil) }
        let refusal = try #require(try await fixture.refusal(.withdraw, "R1", as: fixture.who(.feed), document: document))
        #expect(refusal.kind == .conflict && refusal.field == "factory_id" && refusal.value == "F1")
        _ = try fixture.store.apply(factories: [factory("F1", "甲厂")])
        _ = try await fixture.take(.withdraw, "R1", as: fixture.who(.feed), document: document)
    }

    @Test("a record that its source brings as explained goes on from there")
    func importedState() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1", state: .explained)
        let document = try await fixture.uploadForAll()
        #expect(try fixture.history("R1").stage == .explained)
        #expect(try await fixture.refusal(.explain, "R1", as: fixture.who(.factory), document: document)?.kind == .conflict)
        #expect(try await fixture.take(.reportCorrection, "R1", as: fixture.who(.factory), document: document).number == 1)
    }

    @Test("a new record of the same category makes a verified one a relapse, at once when it is posted, by the pass when it is imported")
    func relapse() async throws {
        let fixture = try await CorrectionFixture()
        let document = try await fixture.uploadForAll()
        for record in ["R1", "R2"] {
            try fixture.add(record, category: record == "R1" ? .water : .air)
            try await fixture.writer.submit(as: .commandLine) { try $0.bring(record, to: .verified, fixture, document: document) }
        }
        // Another category, and one that was published before the verification.
        try fixture.add("R3", published: Day.today().iso, category: .noise)
        try fixture.add("R4", category: .water)
        #expect(try await fixture.writer.submit(as: .commandLine) { try $0.noteRelapses() } == 0)
        let head = fixture.feed.head
        _ = try await fixture.writer.submit(as: .commandLine) { context in
            try context.write(record: record("R5", of: FactoryReference(id: "F1"), Day.today().iso), policy: .add)
        }
        let changes = try fixture.feed.changes(after: head, audience: .everyone)
        #expect(changes.map(\.kind) == ["record.added", "record.relapsed"])
        #expect(changes.last?.subject == "R1" && changes.last?.data?.contains(#""relapsed_by":"R5""#) == true)
        let history = try fixture.history("R1")
        #expect(history.relapsedBy == "R5" && history.stage == .verified && history.steps.last?.step == .relapse)
        #expect(try fixture.history("R2").relapsedBy == nil)

        try fixture.add("R6", published: Day.today().iso, category: .air)
        #expect(try await fixture.writer.submit(as: .commandLine) { try $0.noteRelapses() } == 1)
        #expect(try await fixture.writer.submit(as: .commandLine) { try $0.noteRelapses() } == 0)
        #expect(try fixture.history("R2").relapsedBy == "R6")
        // A new record that is withdrawn is no relapse any more; the step stays in the history.
        _ = try await fixture.take(.withdraw, "R6", as: fixture.who(.feed), document: document)
        #expect(try fixture.history("R2").relapsedBy == nil)
        #expect(try fixture.history("R2").steps.last?.step == .relapse)
    }

    @Test("the history cannot be changed or deleted, whoever has the connection")
    func appendOnly() async throws {
        let fixture = try await CorrectionFixture()
        try fixture.add("R1")
        let document = try await fixture.uploadForAll()
        _ = try await fixture.take(.explain, "R1", as: fixture.who(.factory), document: document)
        for sql in ["UPDATE correction_steps SET statement = '{}'", "DELETE FROM correction_steps"] {
            await #expect(throws: RegistryError.self) {
                try await fixture.writer.submit(as: .commandLine) { context in try context.statement(sql).run() }
            }
        }
        #expect(try fixture.history("R1").steps.count == 1)
    }
}
