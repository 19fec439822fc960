// BoundaryReport.swift: what an import of boundaries did to each feature that was not taken as it stood.

/// A word about one feature of a boundary file.
public struct BoundaryRemark: Hashable, Sendable, Encodable {
    /// Number of the feature in its file, from 1.
    public var feature: Int
    /// Code and name, as far as they are known.
    public var place: String
    /// What was wrong, and what was done or would be right.
    public var text: String
}

/// The outcome of one file.
public struct BoundaryReport: Hashable, Sendable, Encodable {
    public var path: String
    public var features = 0
    /// Places taken, by level.
    public var provinces = 0
    public var prefectures = 0
    public var counties = 0
    /// Corners of the outlines taken.
    public var corners = 0
    /// Exteriors or holes that ran the wrong way round and were turned; too common for a remark each.
    public var turnedRings = 0
    /// Taken after a repair.
    public var repaired: [BoundaryRemark] = []
    /// Left out.
    public var rejected: [BoundaryRemark] = []

    public init(path: String) { self.path = path }

    /// For people: one line, then one per remark, at most `limit` of each kind.
    public func text(limit: Int = 20) -> String {
        var lines = [
            "\(path): \(provinces) provinces, \(prefectures) prefectures, \(counties) counties of \(features) features, \(corners) corners"
        ]
        if turnedRings > 0 { lines.append("  \(turnedRings) rings ran the wrong way round and were turned") }
        for (word, remarks) in [("repaired", repaired), ("rejected", rejected)] {
            for remark in remarks.prefix(limit) { lines.append("  \(word): feature \(remark.feature) (\(remark.place)): \(remark.text)") }
            if remarks.count > limit { lines.append("  … \(remarks.count - limit) more \(word)") }
        }
        return lines.joined(separator: "\n")
    }
}
