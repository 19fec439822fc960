// ClusterMap.swift: which industry sits where. Every city draws its factories from a mix of its own, with known clusters boosted;
// iterative proportional fitting then scales the kinds so that the national mix stays as declared.

struct ClusterMap: Sendable {
    /// Per city: the distribution over `IndustryKind.all`.
    let kinds: [AliasTable]
    /// Per city and kind: the probability behind it (rows sum to 1), for tests and reports.
    let probability: [[Double]]

    /// (kind, code of a city or a province, factor). The specification names the places; the factors are assumptions, those of steel
    /// fitted to its measured shares (Hebei 84 of 404 plants, Jiangsu 38, Shanxi 26, Shandong 25).
    private static let boosts: [(kind: String, place: Int32, factor: Double)] = [
        ("textiles", 330_600, 8), ("textiles", 320_500, 4), ("textiles", 440_600, 4), ("textiles", 320_600, 3),
        ("dyeing", 330_600, 14), ("dyeing", 320_500, 4), ("dyeing", 440_600, 4),
        ("leather and shoes", 330_300, 12), ("leather and shoes", 350_500, 12),
        // Dongguan is not in the boundary data; its neighbour Huizhou stands for it.
        ("leather and shoes", 441_300, 5), ("electronics", 441_300, 8),
        ("electronics", 440_300, 10), ("electronics", 320_500, 6), ("electronics", 500_100, 4),
        ("clothing", 350_500, 3), ("clothing", 330_400, 3),
        ("non-metallic minerals", 440_600, 3), ("chemicals", 370_300, 4), ("wood and furniture", 371_300, 3),
        ("metal products", 330_700, 2), ("electrical", 330_300, 3), ("vehicles", 220_100, 5), ("vehicles", 420_100, 3),
        ("steel", 130_000, 4.6), ("steel", 130_200, 2), ("steel", 320_000, 0.95), ("steel", 140_000, 6.8), ("steel", 370_000, 0.75),
        ("steel", 330_000, 0.5), ("steel", 440_000, 0.5),
        ("coal power", 370_000, 1.5), ("coal power", 150_000, 14), ("coal power", 650_000, 17), ("coal power", 140_000, 9),
        ("coal power", 320_000, 0.6), ("coal power", 330_000, 0.4), ("coal power", 440_000, 0.5),
        ("coal mining", 140_000, 14), ("coal mining", 150_000, 14), ("coal mining", 610_000, 8), ("coal mining", 520_000, 8),
        ("coal mining", 650_000, 6), ("coal mining", 320_000, 0.1), ("coal mining", 330_000, 0), ("coal mining", 440_000, 0),
        ("coal mining", 310_000, 0), ("other mining", 310_000, 0.05),
    ]

    init(cities: [City]) {
        let kinds = IndustryKind.all
        let target = kinds.map { $0.percent / 100 }
        var affinity = cities.map { _ in [Double](repeating: 1, count: kinds.count) }
        for boost in Self.boosts {
            guard let kind = kinds.firstIndex(where: { $0.name == boost.kind }) else { continue }
            for city in cities.indices where cities[city].code == boost.place || cities[city].provinceCode == boost.place {
                affinity[city][kind] *= boost.factor
            }
        }
        var scale = target
        var rows = affinity
        for _ in 0..<60 {
            var total = [Double](repeating: 0, count: kinds.count)
            for city in cities.indices {
                var sum = 0.0
                for kind in kinds.indices {
                    rows[city][kind] = affinity[city][kind] * scale[kind]
                    sum += rows[city][kind]
                }
                for kind in kinds.indices {
                    rows[city][kind] /= sum
                    total[kind] += cities[city].share * rows[city][kind]
                }
            }
            for kind in kinds.indices where total[kind] > 0 { scale[kind] *= target[kind] / total[kind] }
        }
        probability = rows
        self.kinds = rows.map { AliasTable($0) }
    }
}

/// The classes of GB/T 4754 that belong to each kind, as codes with the section's letter (`C1713`).
struct IndustryCodes: Sendable {
    let codes: TextTable
    /// Numbers in `codes` of each kind's classes.
    let classes: [Range<Int>]
    /// Numbers in `codes` of the divisions (`C17`) that the classes belong to, class by class.
    let divisionOfClass: [Int]

    init(folder: String) throws {
        let path = folder + "/gbt4754-2011.csv"
        let table = try Table(path: path, columns: ["code", "level", "section"])
        var codes = TextTable()
        var classes: [Range<Int>] = []
        var classDivisions: [String] = []
        for kind in IndustryKind.all {
            let start = codes.count
            for row in table.rows where row[1] == "class" && kind.prefixes.contains(where: { row[0].hasPrefix($0) }) {
                codes.add(row[2] + row[0])
                classDivisions.append(row[2] + row[0].prefix(2))
            }
            guard codes.count > start else {
                throw GeneratorError.table(
                    path: path, line: nil, reason: "no class for \(kind.name) (\(kind.prefixes.joined(separator: ", ")))")
            }
            classes.append(start..<codes.count)
        }
        var numbers: [String: Int] = [:]
        var divisionOfClass: [Int] = []
        for division in classDivisions {
            if let number = numbers[division] {
                divisionOfClass.append(number)
            } else {
                let number = codes.add(division)
                numbers[division] = number
                divisionOfClass.append(number)
            }
        }
        self.codes = codes
        self.classes = classes
        self.divisionOfClass = divisionOfClass
    }
}
