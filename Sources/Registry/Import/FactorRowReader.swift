// FactorRowReader.swift: rows as emission factors: the columns of such a table, and every field checked, per the unit that is kept.

enum FactorField: Int, ImportField {
    case kind, subject, nameEN, placeCode, year, unit, value, heat, carbon, oxidation, source, edition, priority, synthetic

    var name: String {
        switch self {
        case .kind: "kind"
        case .subject: "name"
        case .nameEN: "name_en"
        case .placeCode: "place_code"
        case .year: "year"
        case .unit: "unit"
        case .value: "co2_t_per_unit"
        case .heat: "ncv_gj_per_unit"
        case .carbon: "carbon_t_per_gj"
        case .oxidation: "oxidation_pct"
        case .source: "source"
        case .edition: "edition"
        case .priority: "priority"
        case .synthetic: "synthetic"
        }
    }

    var synonyms: [String] {
        switch self {
        case .subject: ["fuelzh", "fuel", "燃料品种", "燃料", "电网"]
        case .nameEN: ["fuelen"]
        case .placeCode: FigureField.placeCode.synonyms
        case .year: FigureField.year.synonyms
        case .unit: FigureField.unit.synonyms
        case .value: ["排放因子"]
        case .heat: ["低位发热量"]
        case .carbon: ["单位热值含碳量"]
        case .oxidation: ["碳氧化率"]
        case .source: FigureField.source.synonyms
        case .edition: FigureField.edition.synonyms
        case .kind, .priority, .synthetic: []
        }
    }
}

/// One thread at a time.
final class FactorRowReader {
    /// How far a stated factor may lie from its parts' product: tables print three to five digits.
    static let tolerance = 0.002

    private let context: RowContext

    init(context: RowContext) { self.context = context }

    func read(line: Int) throws(RowReject) -> FactorDraft {
        context.line = line
        guard let kind = try context.member(FactorField.kind, FactorKind.self, others: ["grid": .electricity]) else {
            throw RowReject(field: FactorField.kind.name, value: "", reason: "is empty; it is one of \(FactorKind.names)")
        }
        guard let name = try context.text(FactorField.subject, limit: FactoryRowReader.longestName) else {
            throw RowReject(field: FactorField.subject.name, value: "", reason: "is empty; give the fuel, or the area of the grid")
        }
        let unit = try unit(of: kind)
        let content = try content(of: kind, amount: unit.amount)
        var factor = EmissionFactor(
            kind: kind, name: name, unit: unit.kept, value: try value(content, unit),
            origin: try context.origin(FactorField.source, FactorField.edition, FactorField.priority, FactorField.synthetic))
        factor.content = content
        factor.nameEN = try context.text(FactorField.nameEN, limit: FactoryRowReader.longestName)
        factor.place = try context.placeCode(FactorField.placeCode)
        // A grid's mix changes from year to year; the heat of a fuel does not.
        if kind == .electricity || context.optional(FactorField.year) != nil { factor.year = try context.year(FactorField.year) }
        return FactorDraft(line: line, factor: factor)
    }

    private func unit(of kind: FactorKind) throws(RowReject) -> (kept: String, amount: Double, largest: Double) {
        let right = kind.units.map(\.name).joined(separator: ", ")
        guard let bytes = context.optional(FactorField.unit) else {
            throw RowReject(
                field: FactorField.unit.name, value: "", reason: "is empty; a factor without its unit is never guessed (\(right))")
        }
        let text = FieldText.string(bytes)
        guard let unit = kind.units.first(where: { $0.name == text }) else {
            throw context.reject(FactorField.unit, bytes, "is no unit of \(kind.name): \(right)")
        }
        return (unit.kept, unit.amount, unit.largest)
    }

    private func content(of kind: FactorKind, amount: Double) throws(RowReject) -> FuelContent? {
        let parts: [FactorField] = [.heat, .carbon, .oxidation]
        let missing = parts.filter { context.optional($0) == nil }
        if missing.count == parts.count { return nil }
        if kind != .fuel {
            throw RowReject(field: FactorField.heat.name, value: "", reason: "is of fuels only, and this is \(kind.name)")
        }
        if let first = missing.first {
            throw RowReject(
                field: first.name, value: "", reason: "is empty; give all of \(parts.map(\.name).joined(separator: ", ")), or none")
        }
        let heat = try number(.heat, atMost: 1e6) / amount
        let carbon = try number(.carbon, atMost: 1)
        let oxidation = try number(.oxidation, atMost: 100) / 100
        return FuelContent(heat: heat, carbon: carbon, oxidation: oxidation)
    }

    private func value(_ content: FuelContent?, _ unit: (kept: String, amount: Double, largest: Double)) throws(RowReject) -> Double {
        guard let bytes = context.optional(FactorField.value) else {
            guard let content else {
                throw RowReject(
                    field: FactorField.value.name, value: "",
                    reason: "is empty; give the factor, or heat value, carbon content and oxidation")
            }
            guard content.tonnes <= unit.largest else {
                throw RowReject(
                    field: FactorField.heat.name, value: "\(content.heat * unit.amount)",
                    reason: "is enormous: it makes more than \(unit.largest) t of CO2 per \(unit.kept); look whether it is in GJ")
            }
            return content.tonnes
        }
        let value = try number(.value, atMost: .infinity) / unit.amount
        if value > unit.largest {
            throw context.reject(
                FactorField.value, bytes, "is enormous: more than \(unit.largest) t of CO2 per \(unit.kept); look whether the unit is right"
            )
        }
        if let content, abs(content.tonnes - value) > FactorRowReader.tolerance * content.tonnes {
            throw context.reject(
                FactorField.value, bytes,
                "is not heat value × carbon content × oxidation × 44/12, which is \(content.tonnes * unit.amount)")
        }
        return value
    }

    private func number(_ field: FactorField, atMost most: Double) throws(RowReject) -> Double {
        guard let bytes = context.optional(field) else { throw RowReject(field: field.name, value: "", reason: "is empty") }
        do throws(FieldProblem) {
            let value = try FieldText.number(bytes)
            guard value >= 0 else { throw FieldProblem("is negative") }
            guard value <= most else { throw FieldProblem("is more than \(most)") }
            return value
        } catch {
            throw context.reject(field, bytes, error.reason)
        }
    }
}
