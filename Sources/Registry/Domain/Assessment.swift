// Assessment.swift: the one function that decides what a factory's records mean: the severity of each, the factory's
// status, and the reason in words. Map, queries and pushes all use it, so they never disagree.

/// What the judgement needs to know of a record.
public struct RecordFacts: Hashable, Sendable {
    public var kind: RecordKind
    public var published: Day
    public var actDate: Day?
    public var category: RecordCategory
    public var measure: Measure?
    public var fineCNY: Double?
    public var state: RecordState
    public var rating: CreditRating?
    /// Whether a later record corrects this one.
    public var superseded: Bool

    public init(
        kind: RecordKind, published: Day, actDate: Day?, category: RecordCategory, measure: Measure?, fineCNY: Double?,
        state: RecordState, rating: CreditRating?, superseded: Bool = false
    ) {
        self.kind = kind
        self.published = published
        self.actDate = actDate
        self.category = category
        self.measure = measure
        self.fineCNY = fineCNY
        self.state = state
        self.rating = rating
        self.superseded = superseded
    }

    /// Whether the record says something against the factory at all: a credit rating does only when it is yellow, red or black.
    public var isNonCompliance: Bool {
        guard kind == .creditRating else { return true }
        switch rating {
        case .yellow, .red, .black: return true
        case .green, .blue, nil: return false
        }
    }

    /// Whether the record is in the factory's history: neither withdrawn by the authority nor superseded, and a non-compliance.
    public var counts: Bool { isNonCompliance && !superseded && state != .withdrawn }
}

/// The judgement of one factory.
public struct Assessment: Hashable, Sendable {
    public var status: FactoryStatus
    /// Severity 1 to 5 of each record, in the order given; 0 for one that is no non-compliance.
    public var severities: [UInt8]
    /// The record that decided, by its place in the order given: of those that call for the status, the latest published.
    /// Nil when no record did.
    public var deciding: Int?
    /// What the reason needs to be put into words.
    private var cause: Cause

    private enum Age: Hashable, Sendable {
        case recent, old
        /// Published after the day of the judgement, as its source says.
        case ahead
    }

    private enum Cause: Hashable, Sendable {
        case exceedingNow
        case standing(RecordFacts, Age)
        case explained(records: Int, latest: RecordFacts)
        case corrected(records: Int, latest: RecordFacts)
        case clean
        case unknown
    }

    /// How long a standing record makes a factory `violating`, and how long an earlier record makes a later one a repeat. The
    /// last day counts: a record of 23 November is within 12 months until 23 November of the next year.
    static let violatingMonths = 12
    static let repeatMonths = 24

    /// The rule (BlueAtlas's own, to be shown to users as such):
    ///
    /// - violating: a standing record published in the 12 months to `asOf`, or exceeding now
    /// - unresolved: no such record, but an older standing one
    /// - explained: no standing record, at least one explained or reported as corrected but not yet verified
    /// - corrected: had records, all verified or withdrawn
    /// - clean: monitored or disclosed, never a record
    /// - unknown: none of these
    ///
    /// Superseded records and green or blue credit ratings take no part. A record published after `asOf` counts as recent.
    /// The order of the records does not matter. Cost: O(r log r) in the factory's records.
    public static func assess(records: some Collection<RecordFacts>, disclosed: Bool, exceedingNow: Bool, asOf: Day) -> Assessment {
        // One compiled body for every kind of collection, and no copy for those that lie in memory in one piece.
        let result = records.withContiguousStorageIfAvailable {
            assess($0, disclosed: disclosed, exceedingNow: exceedingNow, asOf: asOf)
        }
        if let result { return result }
        return Array(records).withUnsafeBufferPointer { assess($0, disclosed: disclosed, exceedingNow: exceedingNow, asOf: asOf) }
    }

    private static func assess(
        _ records: UnsafeBufferPointer<RecordFacts>, disclosed: Bool, exceedingNow: Bool, asOf: Day
    ) -> Assessment {
        let severities = severities(records)
        var latestStanding: Int?
        var latestUnfinished: Int?
        var latestFinished: Int?
        var unfinished = 0
        var finished = 0
        func keepLatest(_ place: Int, in latest: inout Int?) {
            if let known = latest, records[known].published > records[place].published { return }
            latest = place
        }
        for (place, record) in records.enumerated() where record.isNonCompliance && !record.superseded {
            switch record.state {
            case .standing: keepLatest(place, in: &latestStanding)
            case .explained, .correctionReported:
                unfinished += 1
                keepLatest(place, in: &latestUnfinished)
            case .verified, .withdrawn:
                finished += 1
                keepLatest(place, in: &latestFinished)
            }
        }
        func result(_ status: FactoryStatus, _ deciding: Int?, _ cause: Cause) -> Assessment {
            Assessment(status: status, severities: severities, deciding: deciding, cause: cause)
        }
        if exceedingNow { return result(.violating, nil, .exceedingNow) }
        if let place = latestStanding {
            let published = records[place].published
            let age: Age = published > asOf ? .ahead : published >= asOf.adding(months: -violatingMonths) ? .recent : .old
            return result(age == .old ? .unresolved : .violating, place, .standing(records[place], age))
        }
        if let place = latestUnfinished { return result(.explained, place, .explained(records: unfinished, latest: records[place])) }
        if let place = latestFinished { return result(.corrected, place, .corrected(records: finished, latest: records[place])) }
        return disclosed ? result(.clean, nil, .clean) : result(.unknown, nil, .unknown)
    }

    /// A record is a repeat when another one that counts is dated on an earlier day, by at most 24 months. Two of one day are
    /// not: one inspection often ends in several documents.
    private static func severities(_ records: UnsafeBufferPointer<RecordFacts>) -> [UInt8] {
        // Most factories have one record.
        if records.count == 1 { return [records[0].isNonCompliance ? severity(of: records[0], isRepeat: false) : 0] }
        let acts = records.filter(\.counts).map(\.actOrPublished).sorted()
        return records.map { record in
            guard record.isNonCompliance else { return 0 }
            guard record.counts else { return severity(of: record, isRepeat: false) }
            let act = record.actOrPublished
            var (low, high) = (0, acts.count)
            while low < high {
                let middle = (low + high) / 2
                if acts[middle] < act { low = middle + 1 } else { high = middle }
            }
            return severity(of: record, isRepeat: low > 0 && act <= acts[low - 1].adding(months: repeatMonths))
        }
    }

    /// Severity by the rule: 5 data falsification, seizure or detention; 4 limited or stopped production, hazardous waste;
    /// 3 a fine of CNY 100,000 or more, or a repeat within 24 months; 2 a smaller fine; 1 procedure, warning and the rest.
    private static func severity(of record: RecordFacts, isRepeat: Bool) -> UInt8 {
        if record.category == .dataFalsification || record.measure == .seizure || record.measure == .detention { return 5 }
        if record.category == .hazardousWaste || record.measure == .limitProduction || record.measure == .stopProduction { return 4 }
        let fine = record.fineCNY ?? 0
        if fine >= 100_000 || isRepeat { return 3 }
        if fine > 0 || record.measure == .fine { return 2 }
        return 1
    }

    /// Why, in English.
    public var reason: String {
        switch cause {
        case .exceedingNow: "its online monitoring exceeds a limit now"
        case .standing(let record, .ahead):
            "a standing record (\(record.words)) whose source dates its publication \(record.published.iso), which lies in the future"
        case .standing(let record, .recent):
            "a standing record (\(record.words)) published on \(record.published.iso), within the last 12 months"
        case .standing(let record, .old):
            "a standing record (\(record.words)) published on \(record.published.iso), more than 12 months ago and not resolved"
        case .explained(let records, let latest):
            "no record stands unexplained; \(records) explained and not yet verified, the latest (\(latest.words)) published on \(latest.published.iso)"
        case .corrected(let records, let latest):
            """
            had \(records) record\(records == 1 ? "" : "s"), all verified as corrected or withdrawn, \
            the latest (\(latest.words)) published on \(latest.published.iso)
            """
        case .clean: "monitored or disclosing, and no record is known"
        case .unknown: "no record and no disclosure is known, which says nothing about the factory"
        }
    }

    /// Why, in Chinese.
    public var reasonZH: String {
        switch cause {
        case .exceedingNow: "在线监测数据当前超标"
        case .standing(let record, .ahead): "有未解决的\(record.wordsZH)，来源所记发布日期为\(record.published.iso)，尚未到来"
        case .standing(let record, .recent): "近12个月内有未解决的\(record.wordsZH)，发布于\(record.published.iso)"
        case .standing(let record, .old): "有12个月以前的\(record.wordsZH)尚未解决，发布于\(record.published.iso)"
        case .explained(let records, let latest):
            "全部记录已有公开说明，其中\(records)条尚待核实，最近一条为\(latest.wordsZH)，发布于\(latest.published.iso)"
        case .corrected(let records, let latest):
            "曾有\(records)条记录，均已核实整改或被撤销，最近一条为\(latest.wordsZH)，发布于\(latest.published.iso)"
        case .clean: "已监测或已披露，无违规记录"
        case .unknown: "没有记录，也没有披露，不能说明该企业的环境表现"
        }
    }
}

extension RecordFacts {
    fileprivate var actOrPublished: Day { actDate ?? published }
    fileprivate var words: String { "\(kind.name), \(category.name)" }
    fileprivate var wordsZH: String { "\(kind.nameZH)（\(category.nameZH)）" }
}

extension RecordKind {
    var nameZH: String {
        switch self {
        case .penalty: "行政处罚"
        case .orderToCorrect: "责令改正"
        case .exceedanceList: "超标名单"
        case .complaint: "投诉查实"
        case .inspection: "督察发现"
        case .onlineExceedance: "在线监测超标"
        case .creditRating: "环境信用评价"
        }
    }
}

extension RecordCategory {
    var nameZH: String {
        switch self {
        case .air: "大气"
        case .water: "水"
        case .solidWaste: "固体废物"
        case .hazardousWaste: "危险废物"
        case .noise: "噪声"
        case .radiation: "辐射"
        case .procedure: "程序或环评"
        case .dataFalsification: "数据造假"
        case .other: "其他"
        }
    }
}
