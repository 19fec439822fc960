// NameSimilarity.swift: how alike two companies' names are, for candidates that a person confirms. Two neighbouring characters are a pair; the
// measure is Dice's: twice the shared pairs by all pairs, between 0 and 1. What all companies have in their names (有限公司, Co., Ltd.) is
// taken off before, or everything would look alike.

enum NameSimilarity {
    /// Longest first, so that 股份有限公司 goes before 有限公司.
    private static let endings = [
        "有限责任公司分公司", "集团股份有限公司", "股份有限公司", "集团有限公司", "有限责任公司", "有限公司", "分公司", "总公司", "公司", "集团",
        "co.,ltd.", "co.,ltd", "co.ltd.", "co.ltd", "coltd", "company", "limited", "ltd.", "ltd", "inc.", "inc", "corp.", "corp",
    ]

    /// What of a name tells a company from others, normalised.
    static func core(_ name: String) -> String {
        let key = NameKey.normalized(name)
        for ending in endings where key.hasSuffix(ending) && key.count > ending.count + 1 { return String(key.dropLast(ending.count)) }
        return key
    }

    /// 1 for names that are equal but for spaces, widths, brackets and endings; 0 for names without a common pair.
    static func of(_ a: String, _ b: String) -> Double {
        let first = core(a)
        let second = core(b)
        if first == second { return first.isEmpty ? 0 : 1 }
        var pairs: [String: Int] = [:]
        for pair in self.pairs(first) { pairs[pair, default: 0] += 1 }
        let others = self.pairs(second)
        var shared = 0
        for pair in others {
            guard let left = pairs[pair], left > 0 else { continue }
            pairs[pair] = left - 1
            shared += 1
        }
        let all = max(first.count - 1, 0) + others.count
        return all == 0 ? 0 : 2 * Double(shared) / Double(all)
    }

    private static func pairs(_ text: String) -> [String] {
        let characters = Array(text)
        guard characters.count > 1 else { return [] }
        return (0..<characters.count - 1).map { String(characters[$0...$0 + 1]) }
    }
}

/// What of a supplier's name an index of names should be asked for.
public enum SupplierName {
    /// Parts of a name, the most telling first: without the kind of company, without the place in front, and the halves of what is left.
    public static func searchParts(_ name: String) -> [String] {
        let core = NameSimilarity.core(name)
        var parts = [core]
        let characters = Array(core)
        // 江苏省苏州市宏达印染 and 苏州宏达印染 share 宏达印染.
        if let cut = characters.lastIndex(where: { "省市区县".contains($0) }), characters.count - cut > 2 {
            parts.append(String(characters[(cut + 1)...]))
        }
        if characters.count >= 6 {
            parts.append(String(characters.dropFirst(2)))
            parts.append(String(characters.prefix(characters.count / 2 + 1)))
            parts.append(String(characters.suffix(characters.count / 2)))
        } else if characters.count >= 4 {
            parts.append(String(characters.dropFirst(2)))
        }
        var seen: Set<String> = []
        return parts.filter { (2...60).contains($0.count) && seen.insert($0).inserted }
    }
}
