// EnterpriseEmissions.swift: the rows of emissions.csv: what 3 % of the factories disclose. Power plants by capacity, hours and factor,
// others log-normal by trade; then all of a province are scaled so that their direct emissions add up to its real total of the year, power
// plants to that of power, the others to that of industry (ProvinceCarbon). A set of fewer factories has that part of the total.

struct EnterpriseEmissions: Sendable {
    static let header: StaticString =
        "factory_id,year,scope1,scope2,scope3,unit,method,verified,source,edition,priority,synthetic\n"

    /// Of all factories (assumption of the specification).
    static let share = 0.03
    /// The number of factories whose emissions are the nation's.
    static let wholeSet = 1_200_000

    private struct Discloser {
        var factory: Int
        var province: Int
        var isPower: Bool
        /// t of CO2 a year before scaling.
        var direct: Double
        var megawattHours: Double
        var firstYear: Int
        /// Of scopes 1 and 2; 0: not disclosed.
        var chain: Double
        var method: Int
        var isVerified: Bool
        /// Per year: the direct emissions' change against the mean.
        var swings: [Double]
    }

    /// By trade: how likely it discloses, median t of direct CO2, median MWh.
    private static let trades: [String: (weight: Double, tonnes: Double, power: Double)] = [
        "coal power": (40, 0, 30_000), "other power and heat": (8, 0, 6_000), "steel": (15, 600_000, 300_000),
        "refining and coking": (15, 500_000, 90_000), "non-metallic minerals": (5, 180_000, 20_000), "chemicals": (5, 60_000, 30_000),
        "non-ferrous metals": (8, 80_000, 400_000), "paper": (3, 40_000, 20_000), "coal mining": (6, 50_000, 20_000),
        "dyeing": (2, 15_000, 8_000), "man-made fibres": (3, 30_000, 30_000), "electronics": (1.5, 2_000, 30_000),
        "pharmaceuticals": (1.5, 6_000, 8_000),
    ]
    private static let methods = TextTable(["fuel × factors (NDRC guideline)", "continuous measurement", "material balance"])

    private(set) var rows = ByteBuffer(capacity: 4_000_000)
    private(set) var rowCount = 0
    private(set) var enterpriseCount = 0

    init(plan: FactoryPlan) {
        rows.text(Self.header)
        var random = RandomStream(seed: plan.options.seed, stage: .emissions)
        let disclosers = Self.draw(plan, &random)
        enterpriseCount = disclosers.count
        let years = Array(ProvinceCarbon.years)
        let direct = years.map { Self.scaled(disclosers, year: $0, cover: min(1, Double(plan.count) / Double(Self.wholeSet))) }
        for (number, discloser) in disclosers.enumerated() {
            for (at, year) in years.enumerated() where year >= discloser.firstYear {
                append(discloser, year: year, scope1: direct[at][number], swing: discloser.swings[at], seed: plan.options.seed)
            }
        }
    }

    private static func draw(_ plan: FactoryPlan, _ random: inout RandomStream) -> [Discloser] {
        let trade = IndustryKind.all.map { trades[$0.name] ?? (1, 4_000, 4_000) }
        let clocks = (0..<plan.count).map { random.exponential() / trade[Int(plan.kind[$0])].weight }
        let wanted = Int((Double(plan.count) * share).rounded())
        let chosen = RecordCounts.order(clocks: clocks).prefix(wanted).map { Int($0) }.sorted()
        let provinces = Dictionary(uniqueKeysWithValues: ProvinceCarbon.all.enumerated().map { ($1.code, $0) })
        let counties = plan.siteMap.regions.counties
        return chosen.compactMap { factory in
            guard let province = provinces[counties[plan.county(factory)].code / 10_000 * 10_000] else { return nil }
            let kind = IndustryKind.all[Int(plan.kind[factory])]
            let (_, tonnes, power) = trade[Int(plan.kind[factory])]
            let isPower = kind.name == "coal power" || kind.name == "other power and heat"
            let direct: Double
            if isPower {
                // MW × hours × t for a MWh: coal, or gas and waste.
                let isCoal = kind.name == "coal power"
                let capacity = random.logNormal(median: isCoal ? 300 : 40, sigma: 0.9)
                direct = capacity * random.uniform(3_800, 5_200) * (isCoal ? 0.85 : 0.4)
            } else {
                direct = random.logNormal(median: tonnes, sigma: 1.4)
            }
            return Discloser(
                factory: factory, province: province, isPower: isPower, direct: direct,
                megawattHours: random.logNormal(median: power, sigma: 1.1),
                firstYear: random.chance(0.6) ? ProvinceCarbon.years.lowerBound : ProvinceCarbon.years.lowerBound + random.below(6),
                chain: random.chance(0.12) ? random.uniform(0.8, 6) : 0, method: isPower && random.chance(0.5) ? 1 : random.below(3),
                isVerified: random.chance(0.6), swings: ProvinceCarbon.years.map { _ in PortableMath.exp(0.08 * random.gaussian()) })
        }
    }

    /// Direct emissions of one year in whole tonnes; 0 for those that do not disclose it.
    private static func scaled(_ disclosers: [Discloser], year: Int, cover: Double) -> [Int] {
        var result = [Int](repeating: 0, count: disclosers.count)
        let at = year - ProvinceCarbon.years.lowerBound
        for (number, province) in ProvinceCarbon.all.enumerated() {
            let carbon = province.carbon(year)
            for isPower in [true, false] {
                let members = disclosers.indices.filter {
                    disclosers[$0].province == number && disclosers[$0].isPower == isPower && disclosers[$0].firstYear <= year
                }
                let total = Int((Double((isPower ? carbon.power : carbon.industry) * 1_000) * cover).rounded())
                let shares = Apportion.shares(of: total, by: members.map { disclosers[$0].direct * disclosers[$0].swings[at] })
                for (member, share) in zip(members, shares) { result[member] = share }
            }
        }
        return result
    }

    private mutating func append(_ discloser: Discloser, year: Int, scope1: Int, swing: Double, seed: UInt64) {
        let scope2 = Int((discloser.megawattHours * swing * ProvinceCarbon.all[discloser.province].gridFactor).rounded())
        rows.identifier("BA", discloser.factory + 1)
        rows.comma()
        rows.integer(year)
        rows.comma()
        rows.integer(scope1)
        rows.comma()
        rows.integer(scope2)
        rows.comma()
        if discloser.chain > 0 { rows.integer(Int((Double(scope1 + scope2) * discloser.chain).rounded())) }
        rows.text(",tCO2e,")
        rows.text(Self.methods, discloser.method)
        rows.comma()
        rows.boolean(discloser.isVerified)
        rows.text(",BlueAtlas synthetic disclosures,seed ")
        rows.text(String(seed))
        rows.text(",0,true\n")
        rowCount += 1
    }
}
