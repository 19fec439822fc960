// RecordRows.swift: the rows of records.csv, chunk by chunk of factories. A factory's records ascend by day of publication, so that a
// correction always follows the record it replaces.

struct RecordRows: Sendable {
    let factories: FactoryRows
    let calendar: WorkingCalendar
    private let plan: FactoryPlan
    private let bureaus: TextTable
    private let kindSampler: AliasTable
    private let onlineKindSampler: AliasTable
    private let categorySamplers: [AliasTable]
    private let correctionProbability: Double

    static let header: StaticString =
        "id,factory_id,credit_code,factory_name,kind,rating,published,act_date,authority,document_number,regulation,category,text,fine_cny,measure,source_url,retrieved_at,state,supersedes\n"

    /// Assumptions of the specification.
    static let correctionShare = 0.04
    static let withdrawnShare = 0.005
    static let missingCodeBefore2015 = 0.25

    /// How a factory deals with its records: as a rule all in the same way. Assumed shares, so that every status occurs.
    enum Conduct: Int, CaseIterable, Sendable {
        case silent, explains, corrects, mixed
        static let sampler = AliasTable([72, 9, 14, 5])
    }

    init(factories: FactoryRows) {
        self.factories = factories
        plan = factories.plan
        calendar = WorkingCalendar(lastDay: plan.options.lastDay)
        let regions = plan.siteMap.regions
        bureaus = TextTable(regions.cities.flatMap { ["\($0.name)环境保护局(合成)", "\($0.name)生态环境局(合成)"] })
        categorySamplers = BreachProfile.allCases.map { AliasTable($0.weights) }

        // Online exceedances need online monitoring: more than a third of a key facility's records, few of the others'.
        let online = RecordPhrases.kinds[RecordPhrases.onlineExceedance].percent / 100
        var monitoredRecords = 0
        for factory in 0..<plan.count where plan.traits[factory].contains(.keyMonitored) { monitoredRecords += Int(plan.records[factory]) }
        let total = Double(max(1, plan.options.records))
        let monitored = Double(monitoredRecords) / total
        let high = min(0.35, monitored > 0 ? online / monitored : 0)
        let low = monitored < 1 ? max(0, online - high * monitored) / (1 - monitored) : 0
        func kinds(_ online: Double) -> AliasTable {
            let others = 1 - RecordPhrases.kinds[RecordPhrases.onlineExceedance].percent / 100
            return AliasTable(
                RecordPhrases.kinds.enumerated().map { index, kind in
                    index == RecordPhrases.onlineExceedance ? online : kind.percent / 100 * (1 - online) / others
                })
        }
        kindSampler = kinds(low)
        onlineKindSampler = kinds(high)

        let holders = plan.records.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        let later = plan.options.records - holders
        correctionProbability = later > 0 ? min(0.5, Self.correctionShare * Double(plan.options.records) / Double(later)) : 0
    }

    /// What a correction takes over from the record it replaces.
    private struct Act {
        var day: Int
        var kind: Int
        var category: Int
        var text: Int
        var document: Int
    }

    func piece(_ chunk: Int) -> ByteBuffer {
        let range = Chunks.range(chunk, of: plan.count)
        var random = RandomStream(seed: plan.options.seed, stage: .recordRows, chunk: chunk)
        let records = plan.recordStart[range.upperBound] - plan.recordStart[range.lowerBound]
        var buffer = ByteBuffer(capacity: records * 340)
        var name = ByteBuffer(capacity: 256)
        var days: [(published: Int, act: Int)] = []
        for factory in range where plan.records[factory] > 0 {
            name.removeAll()
            plan.names.append(plan.name[factory], to: &name)
            days.removeAll(keepingCapacity: true)
            for _ in 0..<plan.records[factory] {
                let act = calendar.actDay(&random)
                days.append((calendar.publicationDay(of: act, &random), act))
            }
            days.sort { ($0.published, $0.act) < ($1.published, $1.act) }
            append(factory, days, name: name, to: &buffer, &random)
        }
        return buffer
    }

    private func append(
        _ factory: Int, _ days: [(published: Int, act: Int)], name: ByteBuffer, to buffer: inout ByteBuffer, _ random: inout RandomStream
    ) {
        let city = plan.siteMap.regions.counties[plan.county(factory)].city
        let kinds = plan.traits[factory].contains(.keyMonitored) ? onlineKindSampler : kindSampler
        let categories = categorySamplers[IndustryKind.all[Int(plan.kind[factory])].profile.rawValue]
        let conduct = Conduct.sampler.sample(&random)
        let code = factories.creditCode(of: factory)
        var previous: Act?
        for (position, day) in days.enumerated() {
            let number = plan.recordStart[factory] + position + 1
            let corrects = position > 0 && random.chance(correctionProbability)
            let act: Act
            if corrects, let previous {
                act = previous
            } else {
                let kind = kinds.sample(&random)
                let category = categories.sample(&random)
                let texts = RecordPhrases.phrases.ofCategory[category]
                act = Act(
                    day: day.act, kind: kind, category: category, text: texts.lowerBound + random.below(texts.count),
                    document: 1 + random.below(9_999))
            }
            buffer.identifier("BR", number)
            buffer.comma()
            buffer.identifier("BA", factory + 1)
            buffer.comma()
            // The share of records without a code before 2015 includes those of factories that have none.
            let omit =
                day.published < WorkingCalendar.creditCodeStart
                && random.chance((Self.missingCodeBefore2015 - FactoryRows.missingCodeShare) / (1 - FactoryRows.missingCodeShare))
            if !omit { buffer.raw(code) }
            buffer.comma()
            // The name stands where the code is missing; elsewhere it would only make the file a tenth larger.
            if omit || code.isEmpty { buffer.raw(name.bytes) }
            buffer.comma()
            buffer.text(RecordPhrases.kindTable, act.kind)
            buffer.comma()
            if act.kind == RecordPhrases.creditRating { buffer.text(RecordPhrases.ratings, RecordPhrases.ratingSampler.sample(&random)) }
            buffer.comma()
            calendar.append(day.published, to: &buffer)
            buffer.comma()
            calendar.append(act.day, to: &buffer)
            buffer.comma()
            buffer.text(bureaus, city * 2 + (act.day >= WorkingCalendar.bureauRenaming ? 1 : 0))
            buffer.comma()
            appendDocument(act, to: &buffer)
            buffer.comma()
            buffer.text(RecordPhrases.regulations, act.category)
            buffer.comma()
            buffer.text(RecordPhrases.categoryTable, act.category)
            buffer.comma()
            appendText(act, to: &buffer, &random)
            buffer.comma()
            appendMeasure(act, to: &buffer, &random)
            buffer.text(",https://example.org/synthetic/")
            buffer.identifier("BR", number)
            buffer.comma()
            calendar.append(min(day.published + random.below(15), calendar.lastDay), to: &buffer)
            buffer.byte(UInt8(ascii: "T"))
            buffer.integer(random.below(24), digits: 2)
            buffer.byte(UInt8(ascii: ":"))
            buffer.integer(random.below(60), digits: 2)
            buffer.text(":00Z,")
            buffer.text(RecordPhrases.stateTable, state(conduct, &random))
            buffer.comma()
            if corrects { buffer.identifier("BR", number - 1) }
            buffer.newline()
            previous = act
        }
    }

    /// A document number with 虚 (made up) where the place's abbreviation would be: 虚环罚〔2019〕123号.
    private func appendDocument(_ act: Act, to buffer: inout ByteBuffer) {
        guard act.kind == RecordPhrases.penalty || act.kind == RecordPhrases.orderToCorrect else { return }
        buffer.text(act.kind == RecordPhrases.penalty ? "虚环罚〔" : "虚环责改〔")
        buffer.integer(Civil.date(days: act.day).year)
        buffer.text("〕")
        buffer.integer(act.document)
        buffer.text("号")
    }

    private func appendText(_ act: Act, to buffer: inout ByteBuffer, _ random: inout RandomStream) {
        let phrases = RecordPhrases.phrases
        buffer.text(RecordPhrases.textMark)
        buffer.text(phrases.heads, act.text)
        if phrases.numbered[act.text] {
            buffer.fixed(Int64(1 + random.below(49)), decimals: 1)
            buffer.text(phrases.tails, act.text)
        }
    }

    /// `fine_cny,measure`.
    private func appendMeasure(_ act: Act, to buffer: inout ByteBuffer, _ random: inout RandomStream) {
        switch act.kind {
        case RecordPhrases.penalty:
            let measure = RecordPhrases.measureSampler.sample(&random)
            let isWarning = measure == 1
            if !isWarning { buffer.integer(RecordPhrases.fine(&random)) }
            buffer.comma()
            buffer.text(RecordPhrases.measureTable, measure)
        case RecordPhrases.orderToCorrect: buffer.text(",order_to_correct")
        default: buffer.comma()
        }
    }

    /// Number of the state in the vocabulary: standing, explained, correction_reported, verified, withdrawn.
    private func state(_ conduct: Int, _ random: inout RandomStream) -> Int {
        if random.chance(Self.withdrawnShare) { return 4 }
        let draw = random.unit()
        switch Conduct.allCases[conduct] {
        case .silent: return 0
        case .explains: return draw < 0.7 ? 1 : 2
        case .corrects: return 3
        case .mixed: return draw < 0.4 ? 0 : draw < 0.6 ? 1 : draw < 0.75 ? 2 : 3
        }
    }
}
