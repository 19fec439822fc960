// CorrectionRules.swift: the state machine of a record's correction as one table: which step, by whom, from where to where. Everything
// else asks this table; what it does not hold is refused with the reason, and nothing changes.

/// One row of the table.
public struct CorrectionTransition: Hashable, Sendable {
    public var step: CorrectionStep
    public var from: Set<CorrectionStage>
    /// Where it leads; nil: the stage stays.
    public var to: CorrectionStage?
    /// What an account must be allowed; nil: the server takes this step by itself and nobody else may.
    public var right: Right?
    /// Whether it is only for accounts that act for the record's factory.
    public var isForOwnFactory = false
}

public enum CorrectionRules {
    /// One row for each step.
    public static let transitions: [CorrectionTransition] = [
        CorrectionTransition(step: .explain, from: [.standing], to: .explained, right: .explain, isForOwnFactory: true),
        CorrectionTransition(step: .reportCorrection, from: [.explained], to: .correctionReported, right: .explain, isForOwnFactory: true),
        CorrectionTransition(step: .verify, from: [.correctionReported], to: .objectionPeriod, right: .verify),
        CorrectionTransition(step: .sendBack, from: [.correctionReported, .objectionPeriod], to: .explained, right: .verify),
        CorrectionTransition(step: .object, from: [.objectionPeriod], to: nil, right: .object),
        CorrectionTransition(step: .settleObjection, from: [.objectionPeriod], to: nil, right: .verify),
        CorrectionTransition(step: .retractObjection, from: [.objectionPeriod], to: nil, right: .object),
        CorrectionTransition(
            step: .withdraw, from: [.standing, .explained, .correctionReported, .objectionPeriod, .verified], to: .withdrawn,
            right: .writeRecords),
        CorrectionTransition(step: .complete, from: [.objectionPeriod], to: .verified, right: nil),
        CorrectionTransition(step: .relapse, from: [.verified], to: nil, right: nil),
    ]

    /// The row of a step.
    public static func transition(_ step: CorrectionStep) -> CorrectionTransition? { transitions.first { $0.step == step } }

    /// Whether somebody may take a step at all, whatever the stage.
    ///
    /// - Parameter factoryPK: the factory of the record.
    /// - Throws: `WriteRefusal` with kind `forbidden`.
    public static func authorize(_ step: CorrectionStep, by principal: Principal, factoryPK: Int64) throws(WriteRefusal) {
        guard let row = transition(step), let right = row.right else {
            throw WriteRefusal(
                .forbidden, field: "step", value: step.name,
                reason: "is taken by the server itself; steps for accounts are \(submittableNames)")
        }
        guard principal.may(right) else {
            let roles = Role.allCases.filter { $0.rights.contains(right) }.map(\.name).joined(separator: ", ")
            throw WriteRefusal(
                .forbidden, field: "step", value: step.name,
                reason:
                    "needs the right \(right.name), which accounts of the role \(roles) have; this is one of the role \(principal.role.name)"
            )
        }
        if row.isForOwnFactory, principal.factoryPK != factoryPK {
            throw WriteRefusal(
                .forbidden, field: "step", value: step.name, reason: "is for the account of the factory that the record is about")
        }
    }

    /// The stage that a step leads to.
    ///
    /// - Throws: `WriteRefusal` with kind `conflict`, naming what would be possible.
    public static func stage(after step: CorrectionStep, from stage: CorrectionStage) throws(WriteRefusal) -> CorrectionStage {
        guard let row = transition(step), row.from.contains(stage) else {
            let possible = transitions.filter { $0.right != nil && $0.from.contains(stage) }.map(\.step.name)
            throw WriteRefusal(
                .conflict, field: "step", value: step.name,
                reason: "is not possible while the record is \(stage.name); "
                    + (possible.isEmpty ? "nothing is" : "possible now: \(possible.joined(separator: ", "))"))
        }
        return row.to ?? stage
    }

    /// Whether an account could ever take a step about a record of this factory: then it may keep drafts for it.
    public static func mayDraft(_ principal: Principal, factoryPK: Int64) -> Bool {
        transitions.contains { row in
            guard let right = row.right, principal.may(right) else { return false }
            return !row.isForOwnFactory || principal.factoryPK == factoryPK
        }
    }

    /// The steps that accounts take.
    public static let submittable: [CorrectionStep] = transitions.filter { $0.right != nil }.map(\.step)
    public static let submittableNames: String = submittable.map(\.name).joined(separator: ", ")
}
