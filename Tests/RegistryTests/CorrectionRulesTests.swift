// CorrectionRulesTests.swift: the state machine of corrective action, walked whole: every stage × step × role against a grid that is
// written out by hand here, and what each step must say.

import Registry
import Testing

@Suite("Corrective action: the rules")
struct CorrectionRulesTests {
    /// Rows: stages. Columns: the steps of `steps`. The word is the stage that follows, `-` a step out of order.
    private static let steps: [CorrectionStep] = [
        .explain, .reportCorrection, .verify, .sendBack, .object, .settleObjection, .retractObjection, .withdraw, .complete, .relapse,
    ]
    private static let grid = """
        standing            explained -         -         -         -         -         -         withdrawn -        -
        explained           -         reported  -         -         -         -         -         withdrawn -        -
        correction_reported -         -         objection explained -         -         -         withdrawn -        -
        objection_period    -         -         -         explained objection objection objection withdrawn verified -
        verified            -         -         -         -         -         -         -         withdrawn -        verified
        withdrawn           -         -         -         -         -         -         -         -         -        -
        """
    private static let words: [String: CorrectionStage] = [
        "explained": .explained, "reported": .correctionReported, "objection": .objectionPeriod, "verified": .verified,
        "withdrawn": .withdrawn,
    ]

    /// Who may take a step, by the words of the domain: the factory explains and reports, auditors verify, brands and NGOs (analysts) and
    /// auditors object, the authority withdraws; an administrator may all but speak for a factory.
    private static let roles: [CorrectionStep: Set<Role>] = [
        .explain: [.factory], .reportCorrection: [.factory], .verify: [.auditor, .admin], .sendBack: [.auditor, .admin],
        .object: [.brand, .analyst, .auditor, .admin], .settleObjection: [.auditor, .admin],
        .retractObjection: [.brand, .analyst, .auditor, .admin], .withdraw: [.feed, .admin], .complete: [], .relapse: [],
    ]

    private static func principal(_ role: Role, factory: Int64? = nil) -> Principal {
        Principal(keyID: "k", accountID: "a", role: role, rights: role.rights, brandPK: role == .brand ? 3 : nil, factoryPK: factory)
    }

    @Test("every stage × step × role does what the grid says, and nothing else")
    func everyCombination() throws {
        var walked = 0
        for line in Self.grid.split(separator: "\n") {
            let cells = line.split(separator: " ").map(String.init)
            let stage = try #require(CorrectionStage(name: cells[0]))
            try #require(cells.count == Self.steps.count + 1)
            for (step, word) in zip(Self.steps, cells.dropFirst()) {
                let expected = Self.words[word]
                let reached = try? CorrectionRules.stage(after: step, from: stage)
                #expect(reached == expected, "\(step.name) from \(stage.name)")
                for role in Role.allCases {
                    let refusal = refusal {
                        try CorrectionRules.authorize(step, by: Self.principal(role, factory: role == .factory ? 7 : nil), factoryPK: 7)
                    }
                    let may = try #require(Self.roles[step]).contains(role)
                    #expect((refusal == nil) == may, "\(step.name) by \(role.name)")
                    if let refusal { #expect(refusal.kind == .forbidden && refusal.field == "step" && !refusal.reason.isEmpty) }
                    walked += 1
                }
            }
        }
        #expect(walked == CorrectionStage.allCases.count * CorrectionStep.allCases.count * Role.allCases.count)
    }

    @Test("a step out of order says what is possible instead")
    func outOfOrder() throws {
        let refusal = try #require(refusal { _ = try CorrectionRules.stage(after: .verify, from: .standing) })
        #expect(refusal.kind == .conflict)
        #expect(refusal.reason.contains("standing") && refusal.reason.contains("explain"))
    }

    @Test("a factory speaks for its own records only, and a key without the scope for none")
    func ownFactory() throws {
        #expect(
            refusal { try CorrectionRules.authorize(.explain, by: Self.principal(.factory, factory: 8), factoryPK: 7) }?.kind == .forbidden)
        #expect(refusal { try CorrectionRules.authorize(.explain, by: Self.principal(.factory), factoryPK: 7) }?.kind == .forbidden)
        var limited = Self.principal(.factory, factory: 7)
        limited.rights = [.read, .own]
        #expect(refusal { try CorrectionRules.authorize(.explain, by: limited, factoryPK: 7) }?.kind == .forbidden)
        #expect(CorrectionRules.mayDraft(Self.principal(.factory, factory: 7), factoryPK: 7))
        #expect(!CorrectionRules.mayDraft(Self.principal(.factory, factory: 8), factoryPK: 7))
        #expect(CorrectionRules.mayDraft(Self.principal(.auditor), factoryPK: 7))
        #expect(!CorrectionRules.mayDraft(.anyone, factoryPK: 7))
    }

    @Test("the stage of a record is its state, and the objection period counts as reported")
    func states() {
        for state in RecordState.allCases { #expect(CorrectionStage(state).state == state) }
        #expect(CorrectionStage.objectionPeriod.state == .correctionReported)
    }

    // MARK: Statements

    private static let hash = String(repeating: "0a", count: 32)
    private static let published = Day(iso: "2026-03-01") ?? Day(daysSince1970: 0)
    private static let today = Day(iso: "2026-06-01") ?? Day(daysSince1970: 0)

    private static let complete: [CorrectionStep: CorrectionStatement] = [
        .explain: CorrectionStatement(fields: [.cause: "阀门失效", .plan: "更换"], documents: [hash]),
        .reportCorrection: CorrectionStatement(fields: [.summary: "done", .completedOn: "2026-05-01"], documents: [hash]),
        .verify: CorrectionStatement(
            fields: [.method: "gca_audit", .auditedOn: "2026-05-20", .summary: "valve replaced"], documents: [hash]),
        .sendBack: CorrectionStatement(fields: [.reason: "the valve leaks"]),
        .object: CorrectionStatement(fields: [.reason: "smell persists"]),
        .settleObjection: CorrectionStatement(fields: [.objection: "4", .answer: "measured again"]),
        .retractObjection: CorrectionStatement(fields: [.objection: "4"]),
        .withdraw: CorrectionStatement(fields: [.reason: "revoked on appeal", .reference: "沪环罚撤〔2026〕3号"]),
    ]

    private func check(_ step: CorrectionStep, _ statement: CorrectionStatement) -> WriteRefusal? {
        refusal { try step.check(statement, published: Self.published, today: Self.today) }
    }

    @Test("each step needs each of its fields and its document, and takes no other field")
    func requirements() throws {
        for (step, statement) in Self.complete {
            #expect(check(step, statement) == nil, "\(step.name)")
            let requirements = try #require(step.requirements)
            for field in requirements.required {
                var lacking = statement
                lacking.fields[field] = nil
                #expect(check(step, lacking)?.field == field.name, "\(step.name) without \(field.name)")
            }
            for field in CorrectionField.allCases where !requirements.required.contains(field) && !requirements.optional.contains(field) {
                var excessive = statement
                excessive.fields[field] = "1"
                #expect(check(step, excessive)?.field == field.name, "\(step.name) with \(field.name)")
            }
            var bare = statement
            bare.documents = []
            #expect((check(step, bare)?.field == "documents") == [.explain, .reportCorrection, .verify].contains(step), "\(step.name)")
        }
        #expect(Set(Self.complete.keys) == Set(CorrectionRules.submittable))
    }

    @Test(
        "values that cannot be are refused by name",
        arguments: [
            (CorrectionStep.reportCorrection, CorrectionField.completedOn, ["2026-02-28", "2026-06-02", "soon", "2026-13-01", ""]),
            (.explain, .plannedCompletion, ["2026-05-31", "2028-06-02", "1e999"]),
            (.explain, .cause, ["", "  \n", "a\u{0}b", "a\u{202E}b", String(repeating: "x", count: 8_001)]),
            (.verify, .method, ["phone", "GCA_AUDIT", ""]),
            (.settleObjection, .objection, ["0", "-1", "+4", "04", "99999999999999999999", "four"]),
        ])
    func values(step: CorrectionStep, field: CorrectionField, bad: [String]) throws {
        for value in bad {
            var statement = try #require(Self.complete[step])
            statement.fields[field] = value
            let refusal = check(step, statement)
            #expect(refusal?.field == field.name && refusal?.kind == .invalid, "\(field.name) = \(value.prefix(20))")
        }
    }

    @Test("documents are named by hash, once each, ten at most")
    func documents() throws {
        let hashes = (0..<11).map { String(repeating: "0", count: 62) + format(byte: $0) }
        var statement = try #require(Self.complete[.explain])
        statement.documents = Array(hashes.prefix(10))
        #expect(check(.explain, statement) == nil)
        for bad in [hashes, [Self.hash, Self.hash], ["../../etc/passwd"], [Self.hash.uppercased()], [""]] {
            statement.documents = bad
            #expect(check(.explain, statement)?.field == "documents")
        }
    }

    private func format(byte: Int) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    // MARK: Time

    @Test("deadlines: 30 days to explain, the planned day or 180 to correct, 90 to verify, 15 times 24 hours to object")
    func deadlines() throws {
        let rules = CorrectionDeadlines.standard
        let day = { (iso: String) in try #require(Day(iso: iso)) }
        func next(_ stage: CorrectionStage, planned: Day? = nil) throws -> String? {
            rules.next(in: stage, since: try day("2026-05-10"), published: Self.published, planned: planned)
                .map { "\($0.step.name) \($0.by.iso)" }
        }
        #expect(try next(.standing) == "explain 2026-03-31")
        #expect(try next(.explained) == "report-correction 2026-11-06")
        #expect(try next(.explained, planned: day("2026-07-01")) == "report-correction 2026-07-01")
        #expect(try next(.correctionReported) == "verify 2026-08-08")
        #expect(try next(.verified) == nil)
        #expect(rules.endOfObjections(from: 1_000) == 1_296_001_000)
    }

    @Test("a moment's day is that of China, before 1970 too")
    func days() {
        #expect(Day(at: 0).iso == "1970-01-01")
        #expect(Day(at: 16 * 3_600_000 - 1).iso == "1970-01-01")
        #expect(Day(at: 16 * 3_600_000).iso == "1970-01-02")
        #expect(Day(at: -8 * 3_600_000).iso == "1970-01-01")
        #expect(Day(at: -8 * 3_600_000 - 1).iso == "1969-12-31")
        _ = Day(at: .max)
        _ = Day(at: .min)
    }

    @Test(
        "a relapse is a record of the same category that counts, from the day of verification to the same day of the next year",
        arguments: [
            ("2026-06-01", true), ("2026-05-31", false), ("2027-06-01", true), ("2027-06-02", false),
        ])
    func relapse(published: String, relapses: Bool) throws {
        func facts(_ day: String, _ category: RecordCategory = .water) throws -> RecordFacts {
            RecordFacts(
                kind: .penalty, published: try #require(Day(iso: day)), actDate: nil, category: category, measure: nil, fineCNY: nil,
                state: .standing, rating: nil)
        }
        let earlier = try facts("2025-01-01")
        #expect(Relapse.isRelapse(try facts(published), of: earlier, verified: Self.today) == relapses)
        #expect(!Relapse.isRelapse(try facts(published, .air), of: earlier, verified: Self.today))
        var withdrawn = try facts(published)
        withdrawn.state = .withdrawn
        #expect(!Relapse.isRelapse(withdrawn, of: earlier, verified: Self.today))
        var superseded = try facts(published)
        superseded.superseded = true
        #expect(!Relapse.isRelapse(superseded, of: earlier, verified: Self.today))
    }
}

/// What the action is refused with.
func refusal(_ action: () throws -> Void) -> WriteRefusal? {
    do { try action() } catch { return error as? WriteRefusal }
    return nil
}
