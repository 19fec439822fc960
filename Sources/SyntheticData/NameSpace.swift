// NameSpace.swift: gives every factory a name of its own. For each place word and kind of industry there is a pool of (trade word,
// product) pairs; factories take them one after the other in a scattered order, so no two names are equal by accident and the
// 1 % of repeated names are exactly those made on purpose.

/// The parts of a name, small enough to keep for every factory.
struct NameParts: Hashable, Sendable {
    /// Number in `NameSpace.placeWords`.
    var place: UInt16
    var kind: UInt8
    /// Number in `IndustryKind.products` of the kind.
    var product: UInt8
    /// Number of the trade word.
    var trade: UInt16
    var form: UInt8
    /// 0: place first. 1: place in full-width brackets after the trade word. 2: in half-width ones.
    var brackets: UInt8
    /// How often the pool had been used up before: names then carry 第2, 第3 ….
    var round: UInt16
}

struct NameSpace: Sendable {
    let placeWords: TextTable
    /// Per county: numbers of the place words its factories use, in the order of `placeChoices`.
    private let choices: [UInt16]
    private let tradeWords: TextTable
    private let products: TextTable
    private let productStart: [Int]
    private let ordinals: TextTable

    /// Weights of the ways to write the place: short county (of a district: short city), short city, full county with city where it
    /// needs one, short province, full address, none.
    private static let placeChoices = AliasTable([0.40, 0.25, 0.14, 0.10, 0.06, 0.05])
    private static let choiceCount = 6
    private static let bracketChoices = AliasTable([0.92, 0.04, 0.04])
    static let none = 0

    init(regions: Regions) throws {
        var words = TextTable([""])
        var numbers: [String: UInt16] = ["": 0]
        func number(_ word: String) -> UInt16 {
            if let known = numbers[word] { return known }
            let new = UInt16(clamping: words.add(word))
            numbers[word] = new
            return new
        }
        var choices: [UInt16] = []
        for county in regions.counties {
            let city = regions.cities[county.city]
            let shortCity = Self.short(city.name)
            let district = county.name.hasSuffix("区") && county.name != city.name
            choices += [
                number(district ? shortCity : Self.short(county.name)), number(shortCity),
                number(district ? city.name + county.name : county.name), number(Self.short(city.provinceName)),
                number(
                    (city.provinceName == city.name ? "" : city.provinceName) + (city.name == county.name ? "" : city.name) + county.name),
                number(""),
            ]
        }
        guard words.count < Int(UInt16.max) else {
            throw GeneratorError.table(path: "synthetic-county-cells.geojson.gz", line: nil, reason: "too many places for the names")
        }
        placeWords = words
        self.choices = choices
        tradeWords = TextTable((0..<TradeWords.count).map(TradeWords.word))
        products = TextTable(IndustryKind.all.flatMap(\.products))
        var starts: [Int] = []
        var start = 0
        for kind in IndustryKind.all {
            starts.append(start)
            start += kind.products.count
        }
        productStart = starts
        ordinals = TextTable((0..<100).map { $0 == 0 ? "" : "第\($0 + 1)" })
    }

    /// A place's name without its rank: 深圳市 → 深圳. Names that would shrink to one character, and autonomous places, stay whole.
    static func short(_ name: String) -> String {
        for (long, short) in [
            ("内蒙古自治区", "内蒙古"), ("广西壮族自治区", "广西"), ("宁夏回族自治区", "宁夏"),
            ("新疆维吾尔自治区", "新疆"), ("西藏自治区", "西藏"),
        ] where name == long { return short }
        for ending in ["省", "市", "县", "地区", "盟"] where name.hasSuffix(ending) && !name.hasSuffix("自治县") {
            let rest = name.dropLast(ending.count)
            return rest.count >= 2 ? String(rest) : name
        }
        return name
    }

    /// The parts that a factory draws; its trade word and product follow from `assign`.
    func draw(county: Int, kind: Int, _ random: inout RandomStream) -> NameParts {
        let place = choices[county * Self.choiceCount + Self.placeChoices.sample(&random)]
        let form = UInt8(CompanyForm.sampler.sample(&random))
        let brackets = UInt8(Self.bracketChoices.sample(&random))
        return NameParts(
            place: place, kind: UInt8(kind), product: 0, trade: 0, form: form, brackets: place == Self.none ? 0 : brackets, round: 0)
    }

    /// Counts how much of each pool has been given out.
    struct Pools {
        private var used: [UInt32]
        private let kinds: Int
        private let seed: UInt64

        init(_ space: NameSpace, seed: UInt64) {
            kinds = IndustryKind.all.count
            used = Array(repeating: 0, count: space.placeWords.count * kinds)
            self.seed = seed
        }

        /// Takes the next free (trade word, product) of the parts' pool.
        mutating func assign(_ parts: inout NameParts) {
            let pool = Int(parts.place) * kinds + Int(parts.kind)
            let products = IndustryKind.all[Int(parts.kind)].products.count
            let size = products * TradeWords.count
            let count = Int(used[pool])
            used[pool] += 1
            let start = Int(truncatingIfNeeded: SplitMix64.mix(seed ^ UInt64(pool) << 20) >> 33)
            // A step that shares no factor with the pool's size visits every pair once before any comes again.
            var step = 7_919 + Int(truncatingIfNeeded: SplitMix64.mix(UInt64(pool)) >> 52)
            while Self.commonDivisor(step, size) != 1 { step += 1 }
            let pair = (start + count % size * step) % size
            parts.trade = UInt16(pair % TradeWords.count)
            parts.product = UInt8(pair / TradeWords.count)
            parts.round = UInt16(clamping: count / size)
        }

        private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
            var (a, b) = (a, b)
            while b != 0 { (a, b) = (b, a % b) }
            return a
        }
    }

    /// Appends the Chinese name.
    func append(_ parts: NameParts, to buffer: inout ByteBuffer) {
        if parts.brackets == 0 { buffer.text(placeWords, Int(parts.place)) }
        buffer.text(tradeWords, Int(parts.trade))
        if parts.brackets != 0 {
            if parts.brackets == 1 { buffer.text("（") } else { buffer.byte(0x28) }
            buffer.text(placeWords, Int(parts.place))
            if parts.brackets == 1 { buffer.text("）") } else { buffer.byte(0x29) }
        }
        if parts.round > 0 { appendRound(Int(parts.round), to: &buffer) }
        buffer.text(products, productStart[Int(parts.kind)] + Int(parts.product))
        buffer.text(CompanyForm.table, Int(parts.form))
    }

    private func appendRound(_ round: Int, to buffer: inout ByteBuffer) {
        if round < ordinals.count {
            buffer.text(ordinals, round)
        } else {
            buffer.text("第")
            buffer.integer(round + 1)
        }
    }

    func name(_ parts: NameParts) -> String {
        var buffer = ByteBuffer(capacity: 64)
        append(parts, to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Appends the English name, quoted for CSV as it holds a comma: `"Shenzhen Huaxu Electronics Co., Ltd. (fictitious)"`.
    func appendEnglish(_ parts: NameParts, city: City, to buffer: inout ByteBuffer) {
        buffer.byte(0x22)
        if !city.nameEN.isEmpty {
            buffer.text(city.nameEN)
            buffer.byte(0x20)
        }
        buffer.text(TradeWords.pinyin(Int(parts.trade)))
        buffer.byte(0x20)
        buffer.text(IndustryKind.all[Int(parts.kind)].productEN)
        buffer.text(" Co., Ltd. (fictitious)\"")
    }
}
