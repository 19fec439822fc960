// CorrectionDeadlines.swift: how long each stage may take. The periods are BlueAtlas's own, to be shown to users as such: no law sets
// them. Only the objection period ends by itself; the others say when a step is late, and a late step is still welcome.

/// Periods in days.
public struct CorrectionDeadlines: Hashable, Sendable {
    /// From the record's publication to the explanation.
    public var explanationDays = 30
    /// From the explanation (or the return of a report) to the report, where the factory's plan names no day.
    public var correctionDays = 180
    /// From the report to the auditor's decision.
    public var verificationDays = 90
    /// In which brands and NGOs may object, counted in whole times 24 hours from the verification.
    public var objectionDays = 15

    public static let standard = CorrectionDeadlines()

    public init() {}

    /// When an objection period ends that begins now; milliseconds since 1970.
    public func endOfObjections(from now: Int64) -> Int64 { now + Int64(objectionDays) * 86_400_000 }

    /// The step that is waited for, and its last day; nil where nothing is waited for.
    ///
    /// - Parameters:
    ///   - since: the day on which the stage began.
    ///   - planned: the day that the factory's plan names.
    public func next(in stage: CorrectionStage, since: Day, published: Day, planned: Day?) -> (step: CorrectionStep, by: Day)? {
        switch stage {
        case .standing: (.explain, published.adding(days: explanationDays))
        case .explained: (.reportCorrection, planned.map { max($0, since) } ?? since.adding(days: correctionDays))
        case .correctionReported: (.verify, since.adding(days: verificationDays))
        case .objectionPeriod, .verified, .withdrawn: nil
        }
    }
}

/// A return to what was held to be over.
public enum Relapse {
    /// How long after its verification a record can relapse. The last day counts.
    public static let months = 12

    /// Whether a later record makes an earlier, verified one a relapse: the same category, still held against the factory, published on the
    /// day of the verification or in the 12 months after it.
    public static func isRelapse(_ later: RecordFacts, of earlier: RecordFacts, verified: Day) -> Bool {
        later.counts && later.category == earlier.category && later.published >= verified
            && later.published <= verified.adding(months: months)
    }
}

extension Day {
    /// The day so many days later.
    public func adding(days: Int) -> Day { Day(daysSince1970: daysSince1970 + Int32(clamping: days)) }

    /// The day in China (UTC+8) at a moment in milliseconds since 1970.
    public init(at milliseconds: Int64) {
        let day: Int64 = 86_400_000
        let shifted = milliseconds.addingReportingOverflow(8 * 3_600_000).partialValue
        self.init(daysSince1970: Int32(clamping: shifted >= 0 ? shifted / day : -((-(shifted + 1)) / day) - 1))
    }
}
