// CorrectionFixture.swift: a registry with a factory, an account of each role, and steps in a few words.

import Testing

@testable import Registry

/// Throws away what a write has done, and brings out what it saw.
struct Undo<Value: Sendable>: Error { let value: Value }

final class CorrectionFixture: Sendable {
    let base: StoreFixture
    let feed: ChangeFeed
    let writer: GroupWriter
    let principals: [Role: Principal]
    /// Another account of the brand's role, and one of another factory.
    let otherBrand: Principal
    let otherFactory: Principal

    var store: RegistryStore { base.store }

    init() async throws {
        let base = try StoreFixture()
        self.base = base
        _ = try base.store.apply(factories: [factory("F1", "甲厂"), factory("F2", "乙厂", at: (121.5, 31))])
        _ = try base.store.apply(brands: [brand("B1"), brand("B2")])
        feed = try ChangeFeed(store: base.store)
        writer = GroupWriter(store: base.store, feed: feed)
        let keys = try await writer.submit(as: .commandLine) { context in
            var keys: [String: NewKey] = [:]
            func account(_ id: String, _ role: Role, brand: String? = nil, factory: String? = nil) throws {
                try context.createAccount(id: id, name: "Account \(id)", role: role, brand: brand, factory: factory)
                keys[id] = try context.createKey(account: id)
            }
            for role in Role.allCases where role != .visitor {
                try account(role.name, role, brand: role == .brand ? "B1" : nil, factory: role == .factory ? "F1" : nil)
            }
            try account("brand2", .brand, brand: "B2")
            try account("factory2", .factory, factory: "F2")
            return keys
        }
        let store = base.store
        func principal(_ id: String) throws -> Principal { try store.principal(forKey: try #require(keys[id]).text) }
        var principals: [Role: Principal] = [.visitor: .anyone]
        for role in Role.allCases where role != .visitor { principals[role] = try principal(role.name) }
        self.principals = principals
        otherBrand = try principal("brand2")
        otherFactory = try principal("factory2")
    }

    func who(_ role: Role) -> Principal { principals[role] ?? .anyone }

    /// A record of factory F1, as importers bring it.
    func add(_ id: String, published: String? = nil, category: RecordCategory = .water, state: RecordState = .standing) throws {
        var draft = record(id, of: FactoryReference(id: "F1"), published ?? Day.today().adding(days: -40).iso)
        draft.category = category
        draft.state = state
        _ = try store.apply(records: [draft])
    }

    /// A text as a document of somebody's; returns its hash.
    @discardableResult
    func upload(_ text: String, by principal: Principal, name: String = "evidence.txt") async throws -> String {
        let document = try CheckedDocument(Array(text.utf8), name: name)
        return try await writer.store(document, of: principal, as: WriteAuthor(accountID: principal.accountID)).sha256
    }

    /// Every account's own copy of one document, so that any of them can name it.
    func uploadForAll() async throws -> String {
        var hash = ""
        for role in Role.allCases where role != .visitor { hash = try await upload("整改前后照片", by: who(role)) }
        try await upload("整改前后照片", by: otherBrand)
        try await upload("整改前后照片", by: otherFactory)
        return hash
    }

    /// A complete statement of a step.
    static func statement(_ step: CorrectionStep, document: String, objection: Int64 = 4) -> CorrectionStatement {
        let today = Day.today().iso
        return switch step {
        case .explain: CorrectionStatement(fields: [.cause: "阀门失效", .plan: "更换阀门"], documents: [document])
        case .reportCorrection: CorrectionStatement(fields: [.summary: "已更换", .completedOn: today], documents: [document])
        case .verify:
            CorrectionStatement(fields: [.method: "gca_audit", .auditedOn: today, .summary: "the valve is new"], documents: [document])
        case .sendBack: CorrectionStatement(fields: [.reason: "the valve leaks"])
        case .object: CorrectionStatement(fields: [.reason: "the water still smells"])
        case .settleObjection: CorrectionStatement(fields: [.objection: "\(objection)", .answer: "measured again: within the limit"])
        case .retractObjection: CorrectionStatement(fields: [.objection: "\(objection)"])
        case .withdraw: CorrectionStatement(fields: [.reason: "revoked on appeal", .reference: "环罚撤〔2026〕3号"])
        case .complete, .relapse: CorrectionStatement()
        }
    }

    /// Takes a step for good.
    @discardableResult
    func take(
        _ step: CorrectionStep, _ record: String, as principal: Principal, document: String, objection: Int64 = 4, version: Int64? = nil,
        deadlines: CorrectionDeadlines = .standard
    ) async throws -> CorrectionReceipt {
        let statement = Self.statement(step, document: document, objection: objection)
        let request = CorrectionRequest(recordID: record, step: step, statement: statement, version: version)
        return try await writer.submit(as: WriteAuthor(keyID: principal.keyID, accountID: principal.accountID)) { context in
            try context.take(request, by: principal, deadlines: deadlines)
        }
    }

    /// What a step is refused with.
    func refusal(
        _ step: CorrectionStep, _ record: String, as principal: Principal, document: String, objection: Int64 = 4, version: Int64? = nil
    ) async throws -> WriteRefusal? {
        do {
            try await take(step, record, as: principal, document: document, objection: objection, version: version)
        } catch let refusal as WriteRefusal {
            return refusal
        }
        return nil
    }

    /// Ends the objection period of a record without waiting for it.
    func endObjections(of record: String) async throws {
        try await writer.submit(as: .commandLine) { context in
            let row = try context.statement(
                "UPDATE corrections SET objections_until = 1 WHERE record_pk = (SELECT pk FROM records WHERE id = ?1)")
            row.bind(1, record)
            #expect(try row.run() == 1)
        }
    }

    func completeDue() async throws -> Int { try await writer.submit(as: .commandLine) { try $0.completeDueCorrections() } }

    func history(_ record: String) throws -> CorrectionHistory { try #require(try store.correctionHistory(ofRecord: record)) }

    func status() throws -> FactoryStatus { try #require(try store.factory(id: "F1")).assessment(asOf: Day.today()).status }
}

extension WriteContext {
    /// Brings a standing record to a stage, step by step.
    func bring(_ record: String, to stage: CorrectionStage, _ fixture: CorrectionFixture, document: String) throws {
        var immediate = CorrectionDeadlines.standard
        immediate.objectionDays = stage == .verified ? 0 : 15
        let ways: [CorrectionStage: [(CorrectionStep, Role)]] = [
            .standing: [], .explained: [(.explain, .factory)],
            .correctionReported: [(.explain, .factory), (.reportCorrection, .factory)],
            .objectionPeriod: [(.explain, .factory), (.reportCorrection, .factory), (.verify, .auditor)],
            .verified: [(.explain, .factory), (.reportCorrection, .factory), (.verify, .auditor)],
            .withdrawn: [(.withdraw, .feed)],
        ]
        for (step, role) in try #require(ways[stage]) {
            let statement = CorrectionFixture.statement(step, document: document)
            _ = try take(
                CorrectionRequest(recordID: record, step: step, statement: statement), by: fixture.who(role), deadlines: immediate)
        }
        if stage == .verified { #expect(try completeDueCorrections() == 1) }
    }
}
