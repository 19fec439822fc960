// RecordPhrases.swift: what records say: kinds, measures, regulations and texts by category. All texts are generic and open with a mark
// that says they are made up.

enum RecordPhrases {
    /// Written as in the shared vocabulary. Shares: penalties 70, orders 12, online exceedances 8, inspections 6, ratings 4 %
    /// (assumptions of the specification); a little of the first goes to the two kinds it does not name.
    static let kinds: [(name: String, percent: Double)] = [
        ("penalty", 69.2), ("order_to_correct", 12), ("online_exceedance", 8), ("inspection", 6), ("credit_rating", 4),
        ("exceedance_list", 0.4), ("complaint", 0.4),
    ]
    static let penalty = 0
    static let orderToCorrect = 1
    static let onlineExceedance = 2
    static let inspection = 3
    static let creditRating = 4

    static let categories = [
        "air", "water", "solid_waste", "hazardous_waste", "noise", "radiation", "procedure", "data_falsification", "other",
    ]
    static let procedure = 6

    /// Measures of a penalty. Every penalty but a warning also carries a fine.
    static let measures: [(name: String, percent: Double)] = [
        ("fine", 82), ("warning", 6), ("limit_production", 3), ("stop_production", 5.5), ("seizure", 2.5), ("detention", 1),
    ]
    static let measureTable = TextTable(measures.map(\.name))
    static let measureSampler = AliasTable(measures.map(\.percent))

    /// Only bad ratings are records of non-compliance.
    static let ratings = TextTable(["yellow", "red", "black"])
    static let ratingSampler = AliasTable([64, 28, 8])

    static let states = ["standing", "explained", "correction_reported", "verified", "withdrawn"]

    static let kindTable = TextTable(kinds.map(\.name))
    static let categoryTable = TextTable(categories)
    static let stateTable = TextTable(states)

    /// The law that a category falls under.
    static let regulations = TextTable([
        "《大气污染防治法》第九十九条", "《水污染防治法》第八十三条", "《固体废物污染环境防治法》第一百零二条", "《固体废物污染环境防治法》第一百一十二条",
        "《噪声污染防治法》第七十五条", "《放射性污染防治法》第四十九条", "《环境影响评价法》第三十一条", "《环境保护法》第六十三条", "《环境保护法》第六十条",
    ])

    /// Texts by category; `#` stands for a number between 0.1 and 4.9.
    static let texts: [[String]] = [
        ["废气排放口颗粒物浓度超标#倍", "二氧化硫排放浓度超标#倍", "挥发性有机物无组织排放", "废气治理设施未正常运行", "氮氧化物排放浓度超标#倍"],
        ["废水总排口化学需氧量超标#倍", "氨氮排放浓度超标#倍", "总磷排放浓度超标#倍", "废水未经处理直接外排", "污水处理设施未正常运行"],
        ["一般工业固体废物露天堆放", "固体废物未按规定贮存", "固体废物台账不完整"],
        ["危险废物未按规定贮存", "危险废物委托无资质单位处置", "危险废物转移联单缺失"],
        ["厂界夜间噪声超标", "厂界昼间噪声超标"],
        ["放射源台账与实物不符"],
        ["未批先建", "未办理排污许可证", "环保设施未经验收投入生产", "未按证排污"],
        ["篡改自动监测数据", "干扰自动监测采样"],
        ["环境应急预案未备案", "未按要求公开环境信息", "信访投诉查证属实"],
    ]
    static let textMark: StaticString = "【合成数据】"

    /// Texts cut at `#`: head and tail of each (the tail is empty and `numbered` false when there is no number).
    struct Phrases: Sendable {
        var heads = TextTable()
        var tails = TextTable()
        var numbered: [Bool] = []
        var ofCategory: [Range<Int>] = []
    }

    static let phrases: Phrases = {
        var phrases = Phrases()
        for texts in texts {
            let start = phrases.heads.count
            for text in texts {
                let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                phrases.heads.add(String(parts[0]))
                phrases.tails.add(parts.count > 1 ? String(parts[1]) : "")
                phrases.numbered.append(parts.count > 1)
            }
            phrases.ofCategory.append(start..<phrases.heads.count)
        }
        return phrases
    }()

    /// A fine in CNY: log-normal, median 50,000, σ 1.2; half of them heaped at the next of 10, 20, 50, 100 thousand.
    static func fine(_ random: inout RandomStream) -> Int {
        let amount = min(random.logNormal(median: 50_000, sigma: 1.2), 20_000_000)
        if random.chance(0.5), amount > 5_000, amount < 160_000 {
            return amount < 14_100 ? 10_000 : amount < 31_600 ? 20_000 : amount < 70_700 ? 50_000 : 100_000
        }
        return max(500, Int((amount / 100).rounded()) * 100)
    }
}
