// RowSums.swift: rows of one group added up: months and sectors become a year, units of a plant become the plant. Groups need not stand
// together in the file, so all are kept until its end.

final class RowSums<Draft: Summable> {
    private let path: String
    private let context: RowContext
    private var sums: [Draft] = []
    private var numbers: [String: Int] = [:]
    private var delivered = 0

    init(path: String, context: RowContext) {
        self.path = path
        self.context = context
    }

    var count: Int { sums.count }

    /// Takes a row into its group. Rows that differ in what names the group are refused: their sum would be of two things.
    func add(_ draft: Draft) throws(RowReject) -> ImportError? {
        let bytes = context.plan.value(of: context.plan.group)
        if bytes.isEmpty { throw RowReject(field: "group_by", value: "", reason: "the field that rows are grouped by is empty") }
        let key = FieldText.string(bytes)
        guard let number = numbers[key] else {
            guard sums.count < FactoryGroups.mostGroups else { return .tooManyGroups(path: path, limit: FactoryGroups.mostGroups) }
            numbers[key] = sums.count
            sums.append(draft)
            return nil
        }
        if let field = sums[number].add(draft) {
            throw RowReject(field: field, value: key, reason: "differs within the group that began in line \(sums[number].line)")
        }
        return nil
    }

    /// The next sums, at most `limit`, in the order of their first rows; empty when all have been delivered.
    func take(_ limit: Int) -> [Draft] {
        let range = delivered..<min(delivered + limit, sums.count)
        delivered = range.upperBound
        for number in range { sums[number].finish() }
        return Array(sums[range])
    }
}
