// CarbonRowReaders.swift: rows as figures of places and as emissions of enterprises, every field checked, amounts in base units. A row
// without a unit, without a source, or with a year that cannot be is refused.

import Boundaries

/// One thread at a time.
final class FigureRowReader {
    private let context: RowContext

    init(context: RowContext) { self.context = context }

    private static let metrics: [String: PlaceMetric] = [
        "energy_coal": .coal, "energy_oil": .oil, "energy_gas": .gas, "energy_electricity": .electricity, "energy_heat": .heat,
        "煤炭": .coal, "煤": .coal, "石油": .oil, "油品": .oil, "天然气": .gas, "电力": .electricity, "热力": .heat, "二氧化碳": .co2,
        "二氧化碳排放量": .co2, "碳排放": .co2, "人口": .population, "常住人口": .population, "地区生产总值": .gdp, "生产总值": .gdp,
    ]

    func read(line: Int) throws(RowReject) -> FigureDraft {
        context.line = line
        guard let metric = try context.member(FigureField.metric, PlaceMetric.self, others: Self.metrics) else {
            throw RowReject(field: "metric", value: "", reason: "is empty; it is one of \(PlaceMetric.names)")
        }
        let place = try place()
        let year = try context.year(FigureField.year)
        let factor = try context.unit(FigureField.unit, of: metric.quantity)
        guard let value = try context.amount(FigureField.value, factor: factor, largest: metric.largest) else {
            throw RowReject(field: "value", value: "", reason: "is empty; a place without a figure has no row")
        }
        var draft = FigureDraft(
            line: line, place: place, year: year, metric: metric, value: value,
            origin: try context.origin(FigureField.source, FigureField.edition, FigureField.priority, FigureField.synthetic))
        draft.method = try context.text(FigureField.method, limit: RecordRowReader.longestLine)
        return draft
    }

    private func place() throws(RowReject) -> FigurePlace {
        if let code = try context.placeCode(FigureField.placeCode) { return .code(code) }
        let longitude = try context.degrees(FigureField.lon, limit: 180)
        let latitude = try context.degrees(FigureField.lat, limit: 90)
        guard let longitude, let latitude else {
            throw RowReject(
                field: "place_code", value: "", reason: "names no place; give place_code, or lon, lat (WGS 84) and level")
        }
        guard let level = context.optional(FigureField.level) else {
            throw RowReject(field: "level", value: "", reason: "is empty; say whether the position stands for a province or a prefecture")
        }
        let isProvince = FieldText.matches(level, "province")
        guard isProvince || FieldText.matches(level, "prefecture") else {
            throw context.reject(FigureField.level, level, "is not one of province, prefecture")
        }
        return .position(
            longitude: longitude, latitude: latitude, isProvince: isProvince,
            name: try context.text(FigureField.placeName, limit: FactoryRowReader.longestName))
    }
}

/// One thread at a time.
final class EmissionRowReader {
    /// tCO2e a year. The largest steelmaker emits some 2·10⁸ t.
    static let largest = 1e10

    private let context: RowContext

    init(context: RowContext) { self.context = context }

    func read(line: Int) throws(RowReject) -> EmissionDraft {
        context.line = line
        let factory = try FactoryReference(
            id: context.identifier(EmissionField.factoryID), code: EmissionField.creditCode, name: EmissionField.factoryName,
            place: EmissionField.place, context)
        let year = try context.year(EmissionField.year)
        let factor = try context.unit(EmissionField.unit, of: .mass)
        var draft = EmissionDraft(
            line: line, factory: factory, year: year,
            origin: try context.origin(EmissionField.source, EmissionField.edition, EmissionField.priority, EmissionField.synthetic))
        draft.scope1 = try context.amount(EmissionField.scope1, factor: factor, largest: Self.largest)
        draft.scope2 = try context.amount(EmissionField.scope2, factor: factor, largest: Self.largest)
        draft.scope3 = try context.amount(EmissionField.scope3, factor: factor, largest: Self.largest)
        if draft.scope1 == nil, draft.scope2 == nil, draft.scope3 == nil {
            throw RowReject(field: "scope1", value: "", reason: "no scope has an amount; give scope1, scope2 or scope3")
        }
        draft.method = try context.text(EmissionField.method, limit: RecordRowReader.longestLine)
        if context.optional(EmissionField.verified) != nil { draft.isVerified = try context.flag(EmissionField.verified) }
        return draft
    }
}

extension RowContext {
    /// Nil when the row has none.
    func placeCode(_ field: some ImportField) throws(RowReject) -> Int32? {
        guard let bytes = optional(field) else { return nil }
        guard let code = PlaceCode.parse(FieldText.string(bytes)) else {
            throw reject(field, bytes, "is no code of GB/T 2260, such as 330000 or 330100")
        }
        return code
    }

    func year(_ field: some ImportField) throws(RowReject) -> Int {
        guard let bytes = optional(field) else {
            throw RowReject(field: field.name, value: "", reason: "is empty; figures are of a year")
        }
        do throws(FieldProblem) {
            let year = try FieldText.integer(bytes)
            guard (Int64(CarbonYear.first)...Int64(CarbonYear.last)).contains(year) else {
                throw FieldProblem("is out of range; a year lies between \(CarbonYear.first) and \(CarbonYear.last)")
            }
            return Int(year)
        } catch {
            throw reject(field, bytes, error.reason)
        }
    }

    /// What one of the row's unit is in base units.
    fileprivate func unit(_ field: some ImportField, of quantity: CarbonQuantity) throws(RowReject) -> Double {
        guard let bytes = optional(field) else {
            let units = quantity.units.map(\.name).joined(separator: ", ")
            throw RowReject(field: field.name, value: "", reason: "is empty; an amount without its unit is never guessed (one of \(units))")
        }
        do throws(FieldProblem) { return try quantity.factor(FieldText.string(bytes)) } catch { throw reject(field, bytes, error.reason) }
    }

    fileprivate func amount(_ field: some ImportField, factor: Double, largest: Double) throws(RowReject) -> Double? {
        guard let bytes = optional(field) else { return nil }
        do throws(FieldProblem) {
            let value = try FieldText.number(bytes)
            if value < 0 { throw FieldProblem("is negative; an amount is 0 or more") }
            if value * factor > largest { throw FieldProblem("is enormous in this unit: look whether the unit is right") }
            return value * factor
        } catch {
            throw reject(field, bytes, error.reason)
        }
    }

    fileprivate func degrees(_ field: some ImportField, limit: Double) throws(RowReject) -> Double? {
        guard let bytes = optional(field) else { return nil }
        do throws(FieldProblem) {
            let value = try FieldText.number(bytes)
            guard abs(value) <= limit else { throw FieldProblem("lies outside -\(Int(limit)) to \(Int(limit)) degrees") }
            return value
        } catch {
            throw reject(field, bytes, error.reason)
        }
    }

    func origin(
        _ source: some ImportField, _ edition: some ImportField, _ priority: some ImportField, _ synthetic: some ImportField
    ) throws(RowReject) -> CarbonSource {
        guard let name = try text(source, limit: RecordRowReader.longestLine) else {
            throw RowReject(field: source.name, value: "", reason: "is empty; every answer names who says a figure")
        }
        var origin = CarbonSource(source: name)
        origin.edition = try text(edition, limit: RecordRowReader.longestLine) ?? ""
        origin.synthetic = try flag(synthetic)
        if let bytes = optional(priority) {
            do throws(FieldProblem) {
                let value = try FieldText.integer(bytes)
                guard (-1000...1000).contains(value) else { throw FieldProblem("a priority lies between -1000 and 1000") }
                origin.priority = Int(value)
            } catch {
                throw reject(priority, bytes, error.reason)
            }
        }
        return origin
    }
}
