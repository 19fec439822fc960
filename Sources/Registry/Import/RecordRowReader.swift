// RecordRowReader.swift: a row as a record, every field checked.

import Glibc

/// One thread at a time.
final class RecordRowReader {
    /// In characters.
    static let longestText = 20_000
    static let longestLine = 1000
    static let longestURL = 2000
    /// CNY. The largest environmental fines are some hundred million.
    static let largestFine = 1e11

    private let context: RowContext
    private let plan: ColumnPlan
    private let today = Day.today()

    init(context: RowContext) {
        self.context = context
        plan = context.plan
    }

    private static let kinds: [String: RecordKind] = [
        "administrative_penalty": .penalty, "行政处罚": .penalty, "处罚": .penalty, "责令改正": .orderToCorrect, "超标名单": .exceedanceList,
        "超标": .exceedanceList,
        "投诉": .complaint, "信访投诉": .complaint, "督察": .inspection, "环保督察": .inspection, "在线监测超标": .onlineExceedance,
        "在线超标": .onlineExceedance,
        "信用评价": .creditRating, "环境信用评价": .creditRating,
    ]
    private static let categories: [String: RecordCategory] = [
        "大气": .air, "废气": .air, "水": .water, "废水": .water, "固废": .solidWaste, "固体废物": .solidWaste, "危废": .hazardousWaste,
        "危险废物": .hazardousWaste,
        "噪声": .noise, "辐射": .radiation, "eia": .procedure, "环评": .procedure, "程序": .procedure, "建设项目": .procedure,
        "数据造假": .dataFalsification,
        "弄虚作假": .dataFalsification, "其他": .other,
    ]
    private static let measures: [String: Measure] = [
        "警告": .warning, "罚款": .fine, "责令改正": .orderToCorrect, "限产": .limitProduction, "限制生产": .limitProduction, "停产": .stopProduction,
        "停产整治": .stopProduction, "查封": .seizure, "查封扣押": .seizure, "扣押": .seizure, "拘留": .detention, "行政拘留": .detention,
    ]
    private static let states: [String: RecordState] = [
        "corrected": .correctionReported, "未整改": .standing, "已说明": .explained, "已整改": .correctionReported, "已核实": .verified,
        "已撤销": .withdrawn,
    ]
    private static let ratings: [String: CreditRating] = [
        "绿": .green, "绿色": .green, "蓝": .blue, "蓝色": .blue, "黄": .yellow, "黄色": .yellow, "红": .red, "红色": .red, "黑": .black, "黑色": .black,
    ]

    func read(line: Int) throws(RowReject) -> RecordDraft {
        context.line = line
        guard let kind = try context.member(RecordField.kind, RecordKind.self, others: Self.kinds) else {
            throw RowReject(field: "kind", value: "", reason: "is empty; it is one of \(RecordKind.names)")
        }
        guard let published = try context.day(RecordField.published) else {
            throw RowReject(field: "published", value: "", reason: "is empty; the day of publication is needed (YYYY-MM-DD)")
        }
        var category = RecordCategory.other
        if let given = try context.member(RecordField.category, RecordCategory.self, others: Self.categories) {
            category = given
        } else {
            context.warn("category", "missing, taken as other", "")
        }
        var draft = RecordDraft(line: line, kind: kind, published: published, category: category)
        draft.id = try context.identifier(RecordField.id)
        draft.factory = try FactoryReference(
            id: context.identifier(RecordField.factoryID), code: RecordField.creditCode, name: RecordField.factoryName,
            place: RecordField.place, context)
        draft.state = try context.member(RecordField.state, RecordState.self, others: Self.states) ?? .standing
        draft.measure = try context.member(RecordField.measure, Measure.self, others: Self.measures)
        draft.rating = try context.member(RecordField.rating, CreditRating.self, others: Self.ratings)
        if kind == .creditRating, draft.rating == nil {
            throw RowReject(field: "rating", value: "", reason: "a credit_rating needs one of \(CreditRating.names)")
        }
        if kind != .creditRating, let rating = draft.rating {
            throw RowReject(
                field: "rating", value: rating.name, reason: "only a record of kind credit_rating has a rating; this is a \(kind.name)")
        }
        draft.actDate = try context.day(RecordField.actDate)
        if let act = draft.actDate, act > published {
            context.warn("act_date", "after the day of publication", "\(act.iso) > \(published.iso)")
        }
        if published > today { context.warn("published", "lies in the future", published.iso) }
        draft.fineCNY = try fine()
        draft.authority = try context.text(RecordField.authority, limit: Self.longestLine)
        draft.documentNumber = try context.text(RecordField.documentNumber, limit: Self.longestLine)
        draft.regulation = try context.text(RecordField.regulation, limit: Self.longestText)
        draft.text = try context.text(RecordField.text, limit: Self.longestText, isLong: true)
        draft.sourceURL = try context.address(RecordField.sourceURL)
        if let bytes = context.optional(RecordField.retrievedAt) {
            guard FieldText.isTimestamp(bytes) else {
                throw context.reject(RecordField.retrievedAt, bytes, "is not a time in ISO 8601, such as 2026-01-31T08:30:00Z")
            }
            draft.retrievedAt = FieldText.string(bytes)
        }
        draft.supersedes = try context.identifier(RecordField.supersedes)
        if let id = draft.id, id == draft.supersedes {
            throw RowReject(field: "supersedes", value: id, reason: "a record cannot correct itself")
        }
        return draft
    }

    private func fine() throws(RowReject) -> Double? {
        guard let bytes = context.optional(RecordField.fineCNY) else { return nil }
        do throws(FieldProblem) {
            let fine = try FieldText.number(bytes)
            if fine < 0 { throw FieldProblem("is negative; a fine is 0 or more yuan") }
            if fine > Self.largestFine { throw FieldProblem("is enormous; at most \(Int64(Self.largestFine)) yuan are plausible") }
            return fine
        } catch {
            throw context.reject(RecordField.fineCNY, bytes, error.reason)
        }
    }
}

extension FactoryReference {
    /// A reference by id, code or name, of which at least one is needed.
    init(
        id: String?, code: some ImportField, name: some ImportField, place: some ImportField, _ context: RowContext
    ) throws(RowReject) {
        self.init(
            id: id, creditCode: try context.creditCode(code)?.code, name: try context.text(name, limit: FactoryRowReader.longestName),
            place: try context.text(place, limit: FactoryRowReader.longestName))
        if self.id == nil, creditCode == nil, self.name == nil {
            throw RowReject(field: "factory_id", value: "", reason: "names no factory; give factory_id, credit_code or factory_name")
        }
    }
}

extension RowContext {
    /// A web address. One that would run code where it is shown is refused.
    func address(_ field: some ImportField) throws(RowReject) -> String? {
        guard let bytes = optional(field) else { return nil }
        let text = try text(bytes, field.name, limit: RecordRowReader.longestURL)
        if text.hasPrefix("https://") || text.hasPrefix("http://") { return text }
        let scheme = text.prefix { $0 != ":" && $0 != "/" && $0 != "." && $0 != "?" }
        if scheme.count < text.count, text[scheme.endIndex] == ":", !["http", "https", "ftp"].contains(scheme.lowercased()) {
            throw reject(field, bytes, "is not a web address; it begins with https:// or http://")
        }
        return text
    }
}
