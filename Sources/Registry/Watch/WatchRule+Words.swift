// WatchRule+Words.swift: a rule as one sentence, in English and in Chinese.

extension WatchRule {
    /// Such as: "On a new record (severity 3, 4 or 5; about water) or the first hour of an exceedance at any supplier: call sub_1 at once."
    ///
    /// - Parameter target: the subscription in words; nil: its id.
    public func words(target: String? = nil) -> String {
        let happenings = WatchRule.list(parts(\.words, detail), last: "or")
        var sentence = "On \(happenings) at \(suppliers.words): "
        switch timing {
        case .atOnce: sentence += "push to \(target ?? subscription) at once"
        case .daily: sentence += "gather for the daily digest to \(target ?? subscription)"
        }
        if followsExceedances { sentence += "; while an exceedance lasts, it is in the daily digest" }
        return sentence + (isEnabled ? "." : " (switched off).")
    }

    public func wordsZH(target: String? = nil) -> String {
        let happenings = parts(\.wordsZH, detailZH).joined(separator: "、")
        var sentence = "\(suppliers.wordsZH)出现\(happenings)时，"
        switch timing {
        case .atOnce: sentence += "立即推送到\(target ?? subscription)"
        case .daily: sentence += "汇总到\(target ?? subscription)的每日摘要"
        }
        if followsExceedances { sentence += "；超标持续期间列入每日摘要" }
        return sentence + (isEnabled ? "。" : "（已停用）。")
    }

    /// Whether exceedances that last are in the subscription's digest.
    public var followsExceedances: Bool { events.contains(.exceedanceStarted) }

    /// Each kind of event; what is asked of records stands behind the last of those that are about records.
    private func parts(_ words: KeyPath<WatchEventKind, String>, _ detail: String) -> [String] {
        let lastAboutRecord = events.last { $0.isAboutRecord }
        return events.map { $0 == lastAboutRecord ? $0[keyPath: words] + detail : $0[keyPath: words] }
    }

    private var detail: String {
        var parts: [String] = []
        if !severities.isEmpty { parts.append("severity \(WatchRule.list(severities.map { "\($0)" }, last: "or"))") }
        if !categories.isEmpty {
            parts.append("about \(WatchRule.list(categories.map { $0.name.replacing("_", with: " ") }, last: "or"))")
        }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
    }

    private var detailZH: String {
        var parts: [String] = []
        if !severities.isEmpty { parts.append("严重程度\(severities.map { "\($0)" }.joined(separator: "、"))级") }
        if !categories.isEmpty { parts.append(categories.map(\.nameZH).joined(separator: "、")) }
        return parts.isEmpty ? "" : "（\(parts.joined(separator: "；"))）"
    }

    /// `a`, `a or b`, `a, b or c`.
    static func list(_ items: [String], last: String) -> String {
        guard let final = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " \(last) " + final
    }
}

extension SupplierChoice {
    var words: String {
        if isEveryone { return "any supplier" }
        var parts: [String] = []
        if !tiers.isEmpty { parts.append("of tier \(WatchRule.list(tiers.map { "\($0)" }, last: "or"))") }
        if !tags.isEmpty { parts.append("tagged \(WatchRule.list(tags.map { "'\($0)'" }, last: "or"))") }
        if !lists.isEmpty { parts.append("on \(WatchRule.list(lists, last: "or"))") }
        return "suppliers " + parts.joined(separator: ", ")
    }

    var wordsZH: String {
        if isEveryone { return "任一供应商" }
        var parts: [String] = []
        if !tiers.isEmpty { parts.append("第\(tiers.map { "\($0)" }.joined(separator: "、"))级") }
        if !tags.isEmpty { parts.append("标签为\(tags.map { "“\($0)”" }.joined(separator: "、"))") }
        if !lists.isEmpty { parts.append("名单\(lists.joined(separator: "、"))中") }
        return parts.joined(separator: "、") + "的供应商"
    }
}
