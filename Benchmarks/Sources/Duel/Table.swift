// Table.swift: tables for a terminal and for Markdown alike.

/// A table of texts; the first column is left-aligned, the others right. As a file: its rows, the header first, and the run.
struct Table: Encodable {
    private var rows: [[String]]
    private let run = Run.current

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            "| " + row.indices.map { row[$0].padded(to: widths[$0], right: $0 > 0) }.joined(separator: " | ") + " |"
        }
        lines.insert(
            "|" + widths.indices.map { String(repeating: "-", count: widths[$0] + 1) + ($0 > 0 ? ":" : "-") }.joined(separator: "|") + "|",
            at: 1)
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int, right: Bool) -> String {
        let space = String(repeating: " ", count: max(width - count, 0))
        return right ? space + self : self + space
    }
}

extension Double {
    /// With so many digits behind the point.
    func text(_ digits: Int) -> String {
        guard isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((abs(self) * scale).rounded())
        let fraction = String(scaled % Int(scale))
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// A time in microseconds, with as many digits as it deserves.
    var microseconds: String { text(self < 10 ? 3 : self < 100 ? 2 : self < 1_000 ? 1 : 0) }
}
