// CorrectionStep.swift: the words of corrective action: the stages that a record passes through on its way from standing to verified, and
// the steps that lead from one to the next. What leads where, and who may do it, is in CorrectionRules.

/// How far a record has come. Finer than `RecordState`: a verification that still may be objected to is a stage of its own.
public enum CorrectionStage: UInt8, Named {
    /// Held against the factory, without a word from it.
    case standing = 0
    /// The factory has explained cause and plan.
    case explained
    /// The factory says that the correction is done.
    case correctionReported
    /// An auditor has found it done; brands and NGOs may object.
    case objectionPeriod
    /// Nobody objected, or every objection is settled: no longer held against the factory.
    case verified
    /// Taken back by the authority.
    case withdrawn

    public var name: String {
        switch self {
        case .standing: "standing"
        case .explained: "explained"
        case .correctionReported: "correction_reported"
        case .objectionPeriod: "objection_period"
        case .verified: "verified"
        case .withdrawn: "withdrawn"
        }
    }

    /// The state of the record, which decides the factory's status.
    public var state: RecordState {
        switch self {
        case .standing: .standing
        case .explained: .explained
        case .correctionReported, .objectionPeriod: .correctionReported
        case .verified: .verified
        case .withdrawn: .withdrawn
        }
    }

    /// The stage of a record of which nothing is known but the state that its source gives.
    public init(_ state: RecordState) {
        switch state {
        case .standing: self = .standing
        case .explained: self = .explained
        case .correctionReported: self = .correctionReported
        case .verified: self = .verified
        case .withdrawn: self = .withdrawn
        }
    }
}

/// What can be done about a record.
public enum CorrectionStep: UInt8, Named {
    /// The factory: why it happened, and what will be done.
    case explain = 0
    /// The factory: it is done, here is the evidence.
    case reportCorrection
    /// An auditor: it is done, by an audit on site or by a review of documents.
    case verify
    /// An auditor: it is not done.
    case sendBack
    /// A brand or NGO: the verification is doubted.
    case object
    /// An auditor answers an objection without following it.
    case settleObjection
    /// Who objected takes the objection back.
    case retractObjection
    /// The authority takes the record back.
    case withdraw
    /// The server: the objection period is over, nothing is open.
    case complete
    /// The server: a new record of the same category has appeared within a year.
    case relapse

    public var name: String {
        switch self {
        case .explain: "explain"
        case .reportCorrection: "report-correction"
        case .verify: "verify"
        case .sendBack: "return"
        case .object: "object"
        case .settleObjection: "settle-objection"
        case .retractObjection: "retract-objection"
        case .withdraw: "withdraw"
        case .complete: "complete"
        case .relapse: "relapse"
        }
    }

    /// The event in the change feed.
    public var event: String {
        switch self {
        case .explain: "record.explained"
        case .reportCorrection: "record.correction_reported"
        case .verify: "record.verification_proposed"
        case .sendBack: "record.returned"
        case .object: "record.objected"
        case .settleObjection, .retractObjection: "record.objection_settled"
        case .withdraw: "record.withdrawn"
        case .complete: "record.verified"
        case .relapse: "record.relapsed"
        }
    }
}
