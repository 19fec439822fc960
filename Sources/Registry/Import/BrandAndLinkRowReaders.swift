// BrandAndLinkRowReaders.swift: rows as brands and as supplier links, every field checked.

/// One thread at a time.
final class BrandRowReader {
    private let context: RowContext

    init(context: RowContext) { self.context = context }

    func read(line: Int) throws(RowReject) -> BrandDraft {
        context.line = line
        guard let id = try context.identifier(BrandField.id) else {
            throw RowReject(field: "id", value: "", reason: "is empty; a brand needs an id")
        }
        var draft = BrandDraft(line: line, id: id)
        draft.nameZH = try context.text(BrandField.nameZH, limit: FactoryRowReader.longestName)
        draft.nameEN = try context.text(BrandField.nameEN, limit: FactoryRowReader.longestName)
        if let bytes = context.optional(BrandField.name) {
            let name = try context.text(bytes, "name", limit: FactoryRowReader.longestName)
            if FieldText.holdsHan(bytes) { draft.nameZH = draft.nameZH ?? name } else { draft.nameEN = draft.nameEN ?? name }
        }
        if draft.nameZH == nil, draft.nameEN == nil {
            throw RowReject(field: "name_zh", value: "", reason: "the brand has no name; give name_zh or name_en")
        }
        draft.sector = try context.text(BrandField.sector, limit: FactoryRowReader.longestName)
        draft.website = try context.address(BrandField.website)
        draft.source = try context.text(BrandField.source, limit: RecordRowReader.longestURL)
        draft.synthetic = try context.flag(BrandField.synthetic)
        return draft
    }
}

/// One thread at a time.
final class LinkRowReader {
    private let context: RowContext

    init(context: RowContext) { self.context = context }

    private static let kinds: [String: LinkKind] = [
        "原料": .materials, "原材料": .materials, "成品": .finishedGoods, "废物处理": .wasteHandling, "废物处置": .wasteHandling, "物流": .logistics,
    ]

    func read(line: Int) throws(RowReject) -> LinkDraft {
        context.line = line
        guard let brand = try context.identifier(LinkField.brandID) else {
            throw RowReject(field: "brand_id", value: "", reason: "is empty")
        }
        guard let kind = try context.member(LinkField.kind, LinkKind.self, others: Self.kinds) else {
            throw RowReject(field: "kind", value: "", reason: "is empty; it is one of \(LinkKind.names)")
        }
        var draft = LinkDraft(line: line, brandID: brand, kind: kind)
        draft.factory = try FactoryReference(
            id: context.identifier(LinkField.factoryID), code: LinkField.creditCode, name: LinkField.factoryName, place: LinkField.place,
            context)
        draft.since = try context.day(LinkField.since)
        draft.until = try context.day(LinkField.until)
        if let since = draft.since, let until = draft.until, until < since {
            throw RowReject(field: "until", value: until.iso, reason: "lies before since (\(since.iso))")
        }
        if let bytes = context.optional(LinkField.tier) {
            do throws(FieldProblem) {
                let tier = try FieldText.integer(bytes)
                guard (1...9).contains(tier) else { throw FieldProblem("a tier lies between 1 and 9") }
                draft.tier = Int(tier)
            } catch {
                throw context.reject(LinkField.tier, bytes, error.reason)
            }
        }
        draft.source = try context.text(LinkField.source, limit: RecordRowReader.longestURL)
        // Who buys where is the brand's own, unless the row says that it is published.
        draft.published = try context.flag(LinkField.published)
        return draft
    }
}
