// PlaceFigures.swift: the rows of figures.csv: energy by kind, CO2, population and GDP of provinces and prefectures by year, invented. CO2
// of a province is the real total of 2019 and 2020 (ProvinceCarbon); its prefectures share it out without a tonne lost.

struct PlaceFigures: Sendable {
    static let header: StaticString = "place_code,year,metric,value,unit,source,edition,method,priority,synthetic\n"

    /// t CO2 for a tce burnt: carbon content × oxidation × 44/12 × 29.3076 GJ of coal, oil, gas (fuel factors of the NDRC's guidelines).
    static let carbonPerTCE = (coal: 2.64, oil: 2.08, gas: 1.63)
    /// CNY a head in 2020, the nation's mean.
    private static let meanGDP = 72_000.0
    /// tce for a MWh: 3.6 GJ of 29.3076.
    private static let tcePerMWh = 3.6 / 29.3076

    private struct Prefecture {
        var code: Int32
        var people: Double
        var economy: Double
        var power: Double
        var industry: Double
        var coal: Double
        var gas: Double
    }

    private let regions: Regions
    private let seed: UInt64
    private(set) var rowCount = 0
    private(set) var rows = ByteBuffer(capacity: 2_000_000)

    init(regions: Regions, seed: UInt64) {
        self.regions = regions
        self.seed = seed
        rows.text(Self.header)
        var random = RandomStream(seed: seed, stage: .placeFigures)
        let national = Double(ProvinceCarbon.all.reduce(0) { $0 + $1.people })
        for province in ProvinceCarbon.all {
            let prefectures = prefectures(of: province.code, &random)
            let share = (ProvinceShares.percent.first { $0.code == province.code }?.share ?? 1) / 100
            let wealth = min(1.8, max(0.6, PortableMath.exp(0.35 * PortableMath.log(share * national / Double(province.people)))))
            for year in ProvinceCarbon.years { append(province, prefectures, year: year, gdpPerHead: Self.meanGDP * wealth) }
        }
    }

    /// The prefectures of a province as borders have them, by the counties' codes.
    private func prefectures(of province: Int32, _ random: inout RandomStream) -> [Prefecture] {
        var found: [Prefecture] = []
        for county in regions.counties where county.code / 10_000 * 10_000 == province {
            let code = county.code / 100 * 100
            let city = regions.cities[county.city]
            let part = 1 / Double(city.counties.count)
            if found.last?.code != code {
                // What makes prefectures of one province differ: heavy industry, a power plant, gas from a pipeline.
                found.append(
                    Prefecture(
                        code: code, people: 0, economy: 0, power: random.logNormal(median: 1, sigma: 0.9),
                        industry: random.logNormal(median: 1, sigma: 0.7), coal: random.uniform(-0.12, 0.08),
                        gas: random.uniform(0.02, 0.09)))
            }
            found[found.count - 1].people += Double(city.population) * part + 150_000
            found[found.count - 1].economy += city.share * part
        }
        return found
    }

    private mutating func append(_ province: ProvinceCarbon, _ prefectures: [Prefecture], year: Int, gdpPerHead: Double) {
        let carbon = province.carbon(year)
        let growth = 1 + 0.001 * Double(year - 2020)
        let people = Apportion.shares(of: Int((Double(province.people) * growth).rounded()), by: prefectures.map(\.people))
        let gdp = Apportion.shares(
            of: Int((Double(province.people) * gdpPerHead * PortableMath.exp(0.055 * Double(year - 2020))).rounded()),
            by: prefectures.map { 0.4 * $0.people / sum(prefectures.map(\.people)) + 0.6 * $0.economy / sum(prefectures.map(\.economy)) })
        let power = Apportion.shares(of: carbon.power * 1_000, by: prefectures.map { $0.power * ($0.economy + 1e-6) })
        let industry = Apportion.shares(of: carbon.industry * 1_000, by: prefectures.map { $0.industry * ($0.economy + 1e-6) })
        let transport = Apportion.shares(of: carbon.transport * 1_000, by: prefectures.map(\.people))
        var totals = [Int](repeating: 0, count: 8)
        for (number, prefecture) in prefectures.enumerated() {
            let co2 = power[number] + industry[number] + transport[number]
            let coalShare = min(0.93, 0.5 + 0.4 * Double(power[number]) / Double(max(co2, 1)) + prefecture.coal)
            let gasShare = min(prefecture.gas, 1 - coalShare)
            let coal = Double(co2) * coalShare / Self.carbonPerTCE.coal
            let gas = Double(co2) * gasShare / Self.carbonPerTCE.gas
            let oil = Double(co2) * (1 - coalShare - gasShare) / Self.carbonPerTCE.oil
            // 3.6 MWh a head, and a third of the industry's CO2 again in MWh.
            let electricity = (3.6 * Double(people[number]) + 0.33 * Double(industry[number])) * Self.tcePerMWh
            let isNorth = [11, 12, 13, 14, 15, 21, 22, 23, 37, 41, 61, 62, 63, 64, 65].contains(Int(province.code / 10_000))
            let heat = Double(people[number]) * (isNorth ? 0.16 : 0.01)
            let values = [coal, oil, gas, electricity, heat].map { Int($0.rounded()) } + [co2, people[number], gdp[number]]
            append(prefecture.code, year, values)
            for (at, value) in values.enumerated() { totals[at] += value }
        }
        append(province.code, year, totals)
    }

    private func sum(_ values: [Double]) -> Double { max(values.reduce(0, +), 1e-12) }

    /// In the order of `PlaceMetric`.
    private mutating func append(_ code: Int32, _ year: Int, _ values: [Int]) {
        let tce: StaticString = "tce"
        let metrics: [(name: StaticString, unit: StaticString)] = [
            ("coal", tce), ("oil", tce), ("gas", tce), ("electricity", tce), ("heat", tce), ("co2", "t"), ("population", "persons"),
            ("gdp", "CNY"),
        ]
        for (metric, value) in zip(metrics, values) {
            rows.integer(Int(code))
            rows.comma()
            rows.integer(year)
            rows.comma()
            rows.text(metric.name)
            rows.comma()
            rows.integer(value)
            rows.comma()
            rows.text(metric.unit)
            rows.text(",BlueAtlas synthetic figures,seed ")
            rows.text(String(seed))
            rows.text(",invented; province totals of CO2 as Cui et al. 2021,0,true\n")
            rowCount += 1
        }
    }
}

/// Whole numbers shared out by weights.
enum Apportion {
    /// Shares that add up to the total exactly: differences of rounded running sums.
    static func shares(of total: Int, by weights: [Double]) -> [Int] {
        let sum = weights.reduce(0, +)
        guard sum > 0 else { return weights.map { _ in 0 } }
        var running = 0.0
        var given = 0
        return weights.enumerated().map { number, weight in
            running += weight
            let upTo = number == weights.count - 1 ? total : Int((Double(total) * (running / sum)).rounded())
            defer { given = upTo }
            return upTo - given
        }
    }
}
