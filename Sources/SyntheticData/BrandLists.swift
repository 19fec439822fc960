// BrandLists.swift: made-up brands, the supplier lists they publish (links.csv) and the larger ones they keep (watchlists.csv).
// List sizes are log-normal. A factory is picked either afresh or because somebody already buys there, so that a few hundred factories
// serve twenty brands and more.

struct BrandLists: Sendable {
    struct Brand: Sendable {
        var trade: Int
        var sector: Int
        /// Factories of the published list, in order of picking.
        var suppliers: [Int32]
        /// Factories of the private list.
        var watched: [Int32]
    }

    let brands: [Brand]
    private let factories: FactoryRows
    private let plan: FactoryPlan
    private let calendar: WorkingCalendar

    static let brandHeader: StaticString = "id,name_zh,name_en,sector,website,source,synthetic\n"
    static let linkHeader: StaticString = "brand_id,factory_id,credit_code,factory_name,place,since,until,tier,kind,source,published\n"
    /// The columns of a supplier list, and behind them the answers: how the row can be matched, and to which factory.
    static let watchHeader: StaticString =
        "brand_id,factory_id,credit_code,factory_name,place,since,until,tier,kind,source,published,match,expected_factory_id\n"

    /// (name, Chinese word of the brand's name, kinds of industry it buys from).
    static let sectors: [(name: String, word: String, kinds: [String])] = [
        ("apparel", "服饰", ["clothing", "textiles", "dyeing"]), ("footwear", "鞋履", ["leather and shoes", "rubber and plastics"]),
        ("electronics", "数码", ["electronics", "metal surface", "rubber and plastics"]),
        ("home appliances", "电器", ["electrical", "electronics", "metal products"]),
        ("automobiles", "汽车", ["vehicles", "metal products", "rubber and plastics"]),
        ("furniture", "家居", ["wood and furniture", "metal products"]), ("food and drink", "食品", ["food", "paper"]),
        ("toys", "玩具", ["toys and crafts", "rubber and plastics"]), ("cosmetics", "日化", ["chemicals", "rubber and plastics"]),
        ("packaging", "包装", ["paper", "printing", "rubber and plastics"]),
    ]
    private static let sectorSampler = AliasTable([24, 8, 18, 8, 8, 6, 10, 5, 7, 6])

    /// Source: the specification. Sizes: median 60, σ 1.3, cut at 6,000.
    static let medianSize = 60.0
    static let sigmaSize = 1.3
    static let mostSuppliers = 6_000
    /// How often a supplier is one that another brand has already: with 0.6 the number of brands per factory falls as k^−2.67.
    static let followShare = 0.6
    /// How watch list rows can be matched, in percent.
    static let matches: [(name: String, percent: Double)] = [("code", 15), ("name_place", 60), ("variant", 15), ("none", 10)]
    private static let matchSampler = AliasTable(matches.map(\.percent))
    private static let kinds = TextTable(["materials", "finished_goods", "waste_handling", "logistics"])
    private static let kindSampler = AliasTable([50, 38, 5, 7])

    init(factories: FactoryRows, calendar: WorkingCalendar) {
        self.factories = factories
        plan = factories.plan
        self.calendar = calendar
        var random = RandomStream(seed: plan.options.seed, stage: .brands)
        let cut = min(Self.mostSuppliers, plan.count / 4)
        let wanted = Self.sectors.map { sector in IndustryKind.all.map { sector.kinds.contains($0.name) } }
        var taken: [Int32] = []
        var lastBrand = [Int32](repeating: -1, count: plan.count)
        var brands: [Brand] = []
        for number in 0..<plan.options.brands {
            let sector = Self.sectorSampler.sample(&random)
            var size = random.logNormal(median: Self.medianSize, sigma: Self.sigmaSize)
            for _ in 0..<20 where size > Double(cut) { size = random.logNormal(median: Self.medianSize, sigma: Self.sigmaSize) }
            // Private lists are larger than public ones.
            let privateSize = size * random.logNormal(median: 1.6, sigma: 0.3)
            var suppliers: [Int32] = []
            let target = min(cut, max(1, Int(size.rounded())))
            var attempts = 0
            var follows = random.chance(Self.followShare)
            while suppliers.count < target, attempts < target * 200 {
                attempts += 1
                follows = follows && !taken.isEmpty
                let factory = follows ? Int(taken[random.below(taken.count)]) : random.below(plan.count)
                let fits = wanted[sector][Int(plan.kind[factory])]
                // A few are of another trade: service, logistics, energy.
                guard lastBrand[factory] != number, fits || random.chance(0.02) else { continue }
                lastBrand[factory] = Int32(number)
                suppliers.append(Int32(factory))
                follows = random.chance(Self.followShare)
            }
            taken += suppliers
            var watched = suppliers
            let watchTarget = min(cut, Int(privateSize.rounded()))
            attempts = 0
            while watched.count < watchTarget, attempts < watchTarget * 200 {
                attempts += 1
                let factory = random.below(plan.count)
                guard lastBrand[factory] != number, wanted[sector][Int(plan.kind[factory])] || random.chance(0.02) else { continue }
                lastBrand[factory] = Int32(number)
                watched.append(Int32(factory))
            }
            // 840 trade words: a step of 11, which shares no factor with them, takes every one before any comes again.
            brands.append(Brand(trade: (number * 11 + 3) % TradeWords.count, sector: sector, suppliers: suppliers, watched: watched))
        }
        self.brands = brands
    }

    var linkCount: Int { brands.reduce(0) { $0 + $1.suppliers.count } }
    var watchCount: Int { brands.reduce(0) { $0 + $1.watched.count } }

    func brandRows() -> ByteBuffer {
        var buffer = ByteBuffer(capacity: brands.count * 200)
        buffer.text(Self.brandHeader)
        for (number, brand) in brands.enumerated() {
            appendBrand(number, to: &buffer)
            buffer.text(TradeWords.word(brand.trade) + Self.sectors[brand.sector].word)
            buffer.comma()
            buffer.text("\(TradeWords.pinyin(brand.trade)) \(number + 1) (fictitious)")
            buffer.comma()
            buffer.text(Self.sectors[brand.sector].name)
            buffer.text(",https://brand-")
            buffer.integer(number + 1, digits: 4)
            buffer.text(".example.org,https://example.org/synthetic/brands,true\n")
        }
        return buffer
    }

    /// The rows of links.csv: every one names its factory by id, so that an import rejects none. Nine in ten are published.
    func linkRows() -> ByteBuffer {
        var random = RandomStream(seed: plan.options.seed, stage: .links)
        var buffer = ByteBuffer(capacity: linkCount * 160)
        buffer.text(Self.linkHeader)
        for (number, brand) in brands.enumerated() {
            for supplier in brand.suppliers {
                appendBrand(number, to: &buffer)
                buffer.identifier("BA", Int(supplier) + 1)
                buffer.text(",,")
                plan.names.append(plan.name[Int(supplier)], to: &buffer)
                buffer.comma()
                buffer.text(place(of: Int(supplier)))
                buffer.comma()
                appendTerms(to: &buffer, &random)
                buffer.text(",https://example.org/synthetic/lists/")
                buffer.integer(number + 1)
                buffer.comma()
                buffer.boolean(random.chance(0.9))
                buffer.newline()
            }
        }
        return buffer
    }

    /// The rows of watchlists.csv: rows that match by code, by name and place, only by a variant spelling, or not at all.
    func watchRows() -> ByteBuffer {
        var random = RandomStream(seed: plan.options.seed, stage: .watchlists)
        var buffer = ByteBuffer(capacity: watchCount * 160)
        buffer.text(Self.watchHeader)
        for (number, brand) in brands.enumerated() {
            for supplier in brand.watched {
                let factory = Int(supplier)
                var match = Self.matchSampler.sample(&random)
                // A factory without a valid code cannot be found by it.
                if match == 0, FactoryRows.codeState(of: factory, seed: plan.options.seed) != .valid { match = 1 }
                appendBrand(number, to: &buffer)
                buffer.comma()
                let name = plan.names.name(plan.name[factory])
                switch match {
                case 0:
                    buffer.raw(factories.creditCode(of: factory))
                    buffer.text(",,")
                case 1:
                    buffer.comma()
                    buffer.text(name)
                    buffer.comma()
                    buffer.text(place(of: factory))
                case 2:
                    buffer.comma()
                    buffer.text(variant(of: name, factory, &random))
                    buffer.comma()
                    buffer.text(place(of: factory))
                default:
                    buffer.comma()
                    // A form that no factory has: nothing matches it.
                    buffer.text(NameSpace.short(place(of: factory)) + TradeWords.word(random.below(TradeWords.count)) + "商行")
                    buffer.comma()
                    buffer.text(place(of: factory))
                }
                buffer.comma()
                appendTerms(to: &buffer, &random)
                buffer.text(",https://example.org/synthetic/lists/")
                buffer.integer(number + 1)
                buffer.text(",false,")
                buffer.text(Self.matches[match].name)
                buffer.comma()
                if match < 3 { buffer.identifier("BA", factory + 1) }
                buffer.newline()
            }
        }
        return buffer
    }

    private func appendBrand(_ number: Int, to buffer: inout ByteBuffer) {
        buffer.text("BB")
        buffer.integer(number + 1, digits: 4)
        buffer.comma()
    }

    /// `since,until,tier,kind`.
    private func appendTerms(to buffer: inout ByteBuffer, _ random: inout RandomStream) {
        let since = max(WorkingCalendar.firstDay, calendar.lastDay - random.below(3_650))
        calendar.append(since, to: &buffer)
        buffer.comma()
        if random.chance(0.12) { calendar.append(since + random.below(calendar.lastDay - since + 1), to: &buffer) }
        buffer.comma()
        let draw = random.unit()
        buffer.integer(draw < 0.7 ? 1 : draw < 0.94 ? 2 : 3)
        buffer.comma()
        buffer.text(Self.kinds, Self.kindSampler.sample(&random))
    }

    private func place(of factory: Int) -> String {
        let regions = plan.siteMap.regions
        return regions.cities[regions.counties[plan.county(factory)].city].name
    }

    /// The name as another hand would write it: brackets of the other width or a space, and the form left out, shortened or lengthened.
    private func variant(of name: String, _ factory: Int, _ random: inout RandomStream) -> String {
        var text = name
        if text.contains("（") || text.contains("(") {
            let full = text.contains("（")
            text = String(text.map { $0 == "（" ? "(" : $0 == "）" ? ")" : $0 == "(" ? "（" : $0 == ")" ? "）" : $0 })
            if full, random.chance(0.5) { return text }
        }
        let form = CompanyForm.forms[Int(plan.name[factory].form)].text
        let stem = text.hasSuffix(form) ? String(text.dropLast(form.count)) : text
        switch random.below(4) {
        case 0: return stem + (form == "有限公司" ? "有限责任公司" : "有限公司")
        case 1: return stem + (form == "公司" ? "有限公司" : "公司")
        case 2:
            let trade = TradeWords.word(Int(plan.name[factory].trade))
            guard let range = text.firstRange(of: trade) else { return text + " " }
            return text[..<range.upperBound] + " " + text[range.upperBound...]
        default: return place(of: factory) + stem
        }
    }
}
