// ColumnPlanner.swift: decides which column gives which field: what flags and mapping file say first, then canonical names, then names
// that are known to mean the same. Everything that was decided by a name is noted for the report; nothing is guessed from values, which
// may only speak against a name.

/// The plan for one file and what was assumed for it.
struct ColumnPlanner {
    let path: String
    let entity: ImportEntity
    let reader: any RowReader
    let mapping: ImportMapping
    let options: ImportOptions
    /// Rows from the file's beginning, values by column.
    let sample: [[String]]
    /// Whether rows come from GeoJSON features, which have `@lon` and `@lat`.
    let hasFeatures: Bool
    /// The coordinate system that a GeoJSON file names.
    let crsName: String?

    struct Result {
        var plan: ColumnPlan
        /// The datum of positions that name none.
        var datum: String?
        var notes: [String]
        var ignoredColumns: [String]
    }

    private struct Work {
        var values: [String: MappedValue]
        var sources: [ValueSource]
        var used: Set<Int> = []
        var notes: [String] = []
        var datum: String?
        var attributes: [MappedAttribute]
    }

    func plan() throws(ImportError) -> Result {
        let fields = entity.fields
        var work = Work(
            values: mapping.values, sources: Array(repeating: .none, count: fields.count), datum: options.datum,
            attributes: mapping.attributes)
        try takeFlags(&work)
        let byName = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
        for (name, value) in work.values.sorted(by: { $0.key < $1.key }) {
            guard let number = byName[name] else {
                throw .badMapping(
                    source: mapping.source,
                    detail: "'\(name)' is no field of \(entity.rawValue); they have \(fields.map(\.name).joined(separator: ", "))")
            }
            work.sources[number] = try source(value, &work.used, for: name)
        }
        // With a mapping file, names that are only similar are left alone: its author has said what is meant.
        let usesSynonyms = mapping.recognizesColumns || mapping.source == "options"
        recognise(fields, usesSynonyms: usesSynonyms, &work)
        if entity == .factories { factoryColumns(usesSynonyms: usesSynonyms, &work) }
        try checkRequired(work.sources)
        if entity == .factories { try settleDatum(&work) }

        var attributes: [PlannedAttribute] = []
        for attribute in work.attributes {
            let source = try source(attribute.value, &work.used, for: "attribute \(attribute.name)")
            attributes.append(PlannedAttribute(attribute: attribute, source: source, filter: try filters(attribute.filter, &work.used)))
            if let unit = attribute.unit { work.notes.append("attribute \(attribute.name) is in \(unit)") }
        }
        if !attributes.isEmpty, entity != .factories {
            throw .badMapping(source: mapping.source, detail: "only factories have attributes, not \(entity.rawValue)")
        }
        let filters = try filters(mapping.filters, &work.used)
        let group: ValueSource = if let value = mapping.groupBy { try source(value, &work.used, for: "group_by") } else { .none }
        let preferred = try self.filters(mapping.prefer, &work.used)
        let plan = ColumnPlan(
            row: reader.row, sources: work.sources, attributes: attributes, filters: filters, group: group, preferred: preferred,
            dateOrder: mapping.dateOrder,
            missing: mapping.missing)
        let ignored = reader.columns.enumerated().filter { !work.used.contains($0.offset) && !$0.element.hasPrefix("@") }.map(\.element)
        return Result(plan: plan, datum: work.datum, notes: work.notes, ignoredColumns: ignored)
    }

    // MARK: What was said

    private func takeFlags(_ work: inout Work) throws(ImportError) {
        let names = entity.fields.map(\.name)
        for (field, column) in options.maps {
            guard names.contains(field) else {
                throw .badOption(
                    option: "--map", value: "\(field)=\(column)",
                    reason:
                        "names no field of \(entity.rawValue); they have \(names.joined(separator: ", ")). Further columns are kept by --keep"
                )
            }
            work.values[field] = MappedValue(columns: [column])
        }
        for (field, text) in options.sets {
            guard names.contains(field) else {
                throw .badOption(
                    option: "--set", value: "\(field)=\(text)",
                    reason: "names no field of \(entity.rawValue); they have \(names.joined(separator: ", "))")
            }
            work.values[field] = MappedValue(constant: text)
        }
        for column in options.keep {
            var attribute = MappedAttribute(name: column, value: MappedValue(columns: [column]))
            attribute.kind = .auto
            work.attributes.append(attribute)
        }
    }

    private func source(_ value: MappedValue, _ used: inout Set<Int>, for name: String) throws(ImportError) -> ValueSource {
        if let constant = value.constant, value.values.isEmpty { return .constant(StableText(constant.utf8)) }
        let isPlain = value.split == nil && value.values.isEmpty && value.otherwise == nil && value.factor == nil
        if isPlain, value.columns.count == 1, let column = value.columns.first {
            let number = try self.column(column, for: name)
            used.insert(number)
            return .column(number)
        }
        var found: Set<Int> = []
        let expression = try Expression(value, source: mapping.source) { (column) throws(ImportError) in
            let number = try self.column(column, for: name)
            found.insert(number)
            return number
        }
        used.formUnion(found)
        return .expression(expression)
    }

    private func filters(_ filters: [RowFilter], _ used: inout Set<Int>) throws(ImportError) -> [PlannedFilter] {
        var planned: [PlannedFilter] = []
        for filter in filters {
            let number = try column(filter.column, for: "a filter")
            used.insert(number)
            planned.append(PlannedFilter(column: number, values: Set(filter.values.map { $0.lowercased() })))
        }
        return planned
    }

    /// A column by its name; failing that, by its name without case and marks.
    private func column(_ name: String, for field: String) throws(ImportError) -> Int {
        if let number = reader.columns.firstIndex(of: name) { return number }
        let key = ColumnKey(name).key
        if let number = reader.columns.firstIndex(where: { ColumnKey($0).key == key }) { return number }
        // Features may lack a member at first and have it later.
        if let number = reader.column(named: name) { return number }
        throw .unknownColumn(named: name, wantedFor: field, available: reader.columns)
    }

    // MARK: What names say

    private func recognise(_ fields: [(name: String, synonyms: [String])], usesSynonyms: Bool, _ work: inout Work) {
        let keys = reader.columns.map { ColumnKey($0) }
        for exact in [true, false] where exact || usesSynonyms {
            for (field, (name, synonyms)) in fields.enumerated() where work.sources[field].isNone {
                let wanted = exact ? [ColumnKey(name).key] : synonyms
                for word in wanted {
                    guard
                        let number = keys.indices.first(where: { keys[$0].key == word && !work.used.contains($0) && keys[$0].datum == nil })
                    else { continue }
                    work.used.insert(number)
                    work.sources[field] = .column(number)
                    let column = reader.columns[number]
                    if name == "fine_cny", let unit = keys[number].bracketed, unit.contains("万") {
                        var value = MappedValue(columns: [column])
                        value.factor = 10_000
                        if let scaled = try? source(value, &work.used, for: name) { work.sources[field] = scaled }
                        work.notes.append("column \(column) taken as \(name), in units of 10,000 yuan")
                    } else if column != name {
                        work.notes.append("column \(column) taken as \(name)")
                    }
                    break
                }
            }
        }
    }

    /// What only factories have: positions with datums in names, positions of features, names in two languages.
    private func factoryColumns(usesSynonyms: Bool, _ work: inout Work) {
        func isMissing(_ field: FactoryField) -> Bool { work.sources[field.rawValue].isNone }
        if usesSynonyms { positionsThatNameTheirDatum(&work) }
        if usesSynonyms, isMissing(.lon), isMissing(.lat), isMissing(.easting), isMissing(.northing) {
            let keys = reader.columns.map { ColumnKey($0).key }
            if let x = keys.firstIndex(of: "x"), let y = keys.firstIndex(of: "y") {
                let isPlane = work.datum.flatMap { PositionReader.isPlane($0) } ?? false
                let (first, second): (FactoryField, FactoryField) = isPlane ? (.easting, .northing) : (.lon, .lat)
                work.sources[first.rawValue] = .column(x)
                work.sources[second.rawValue] = .column(y)
                work.used.formUnion([x, y])
                work.notes.append("columns x and y taken as \(first.name) and \(second.name)")
            }
        }
        if hasFeatures {
            for (field, name) in [
                (FactoryField.lon, FeatureReader.longitudeColumn), (.lat, FeatureReader.latitudeColumn), (.id, FeatureReader.idColumn),
            ] {
                guard let number = reader.column(named: name) else { continue }
                if field == .id {
                    if isMissing(.id), sample.contains(where: { number < $0.count && !$0[number].isEmpty }) {
                        work.sources[field.rawValue] = .column(number)
                    }
                } else if mapping.values[field.name] == nil, !options.maps.contains(where: { $0.field == field.name }) {
                    work.sources[field.rawValue] = .column(number)
                }
            }
        }
        keepTextsThatAreNoCodes(&work)
    }

    private func positionsThatNameTheirDatum(_ work: inout Work) {
        guard work.sources[FactoryField.lon.rawValue].isNone, work.sources[FactoryField.lat.rawValue].isNone else { return }
        for datum in ["wgs84", "cgcs2000", "gcj02", "bd09"] {
            let keys = reader.columns.map { ColumnKey($0) }
            guard let lon = keys.firstIndex(where: { $0.datum?.name == datum && ColumnKey.isLongitude($0.key) }),
                let lat = keys.firstIndex(where: { $0.datum?.name == datum && ColumnKey.isLatitude($0.key) })
            else { continue }
            work.sources[FactoryField.lon.rawValue] = .column(lon)
            work.sources[FactoryField.lat.rawValue] = .column(lat)
            work.used.formUnion([lon, lat])
            work.notes.append("columns \(reader.columns[lon]) and \(reader.columns[lat]) taken as lon and lat")
            if work.sources[FactoryField.datum.rawValue].isNone, work.datum == nil {
                work.datum = datum
                work.notes.append("datum \(datum) taken from the names of these columns")
            }
            return
        }
    }

    /// A column named 行业 may hold words instead of codes: then every row would be refused for it. A column of the canonical name
    /// promises codes, so there it takes many values without a single code.
    private func keepTextsThatAreNoCodes(_ work: inout Work) {
        let checks: [(field: FactoryField, attribute: String, fits: (FieldBytes) -> Bool)] = [
            (.industry, "industry_name", { (try? FactoryRowReader.industry($0)) != nil }),
            (.countyCode, "division_name", { (try? FactoryRowReader.countyCode($0)) != nil }),
        ]
        for check in checks {
            guard case .column(let number) = work.sources[check.field.rawValue], mapping.values[check.field.name] == nil,
                !options.maps.contains(where: { $0.field == check.field.name })
            else { continue }
            let column = reader.columns[number]
            let values = sample.compactMap { number < $0.count && !$0[number].isEmpty ? $0[number] : nil }
            let fitting = values.count { text in
                var copy = text
                return copy.withUTF8 { check.fits(FieldText.trimmed($0)) }
            }
            let isPromised = column == check.field.name
            guard isPromised ? fitting == 0 && values.count >= 10 : fitting * 2 < values.count else { continue }
            work.sources[check.field.rawValue] = .none
            work.attributes.append(MappedAttribute(name: check.attribute, value: MappedValue(columns: [column])))
            work.notes.removeAll { $0 == "column \(column) taken as \(check.field.name)" }
            work.notes.append(
                "column \(column) holds no codes for \(check.field.name) (such as '\(values[0])'), so it is kept as attribute \(check.attribute)"
            )
        }
    }

    // MARK: What must be there

    private func checkRequired(_ sources: [ValueSource]) throws(ImportError) {
        func has(_ field: some ImportField) -> Bool { !sources[field.rawValue].isNone }
        var missing: [String] = []
        switch entity {
        case .factories:
            if !has(FactoryField.nameZH), !has(FactoryField.nameEN), !has(FactoryField.name) { missing.append("name_zh or name_en") }
            let hasDegrees = has(FactoryField.lon) && has(FactoryField.lat)
            if !hasDegrees, !(has(FactoryField.easting) && has(FactoryField.northing)) {
                missing.append(
                    has(FactoryField.lon) ? "lat" : has(FactoryField.lat) ? "lon" : "lon and lat (or easting and northing)")
            }
        case .records:
            if !has(RecordField.kind) { missing.append("kind") }
            if !has(RecordField.published) { missing.append("published") }
            if !has(RecordField.factoryID), !has(RecordField.creditCode), !has(RecordField.factoryName) {
                missing.append("factory_id, credit_code or factory_name")
            }
        case .brands:
            if !has(BrandField.id) { missing.append("id") }
            if !has(BrandField.nameZH), !has(BrandField.nameEN), !has(BrandField.name) { missing.append("name_zh or name_en") }
        case .links:
            if !has(LinkField.brandID) { missing.append("brand_id") }
            if !has(LinkField.kind) { missing.append("kind") }
            if !has(LinkField.factoryID), !has(LinkField.creditCode), !has(LinkField.factoryName) {
                missing.append("factory_id, credit_code or factory_name")
            }
        case .figures, .emissions: missing += missingOfCarbon(sources)
        case .factors:
            for field in [FactorField.kind, .subject, .unit, .source] where !has(field) { missing.append(field.name) }
            if !has(FactorField.value), !has(FactorField.heat) { missing.append("co2_t_per_unit (or the three parts of a fuel)") }
        case .suppliers:
            if !has(SupplierField.factoryID), !has(SupplierField.creditCode), !has(SupplierField.name) {
                missing.append("credit_code, name or factory_id")
            }
        }
        if !missing.isEmpty {
            let columns = reader.columns.filter { !$0.hasPrefix("@") }
            throw .missingColumns(path: path, entity: entity.rawValue, missing: missing.joined(separator: ", "), available: columns)
        }
    }

    /// Units and sources are among what must be there: an amount without them says nothing.
    private func missingOfCarbon(_ sources: [ValueSource]) -> [String] {
        func has(_ field: some ImportField) -> Bool { !sources[field.rawValue].isNone }
        var missing: [String] = []
        if entity == .figures {
            if !has(FigureField.placeCode), !(has(FigureField.lon) && has(FigureField.lat) && has(FigureField.level)) {
                missing.append("place_code (or lon, lat and level)")
            }
            for field in [FigureField.year, .metric, .value, .unit, .source] where !has(field) { missing.append(field.name) }
        } else {
            if !has(EmissionField.factoryID), !has(EmissionField.creditCode), !has(EmissionField.factoryName) {
                missing.append("factory_id, credit_code or factory_name")
            }
            for field in [EmissionField.year, .unit, .source] where !has(field) { missing.append(field.name) }
            if !has(EmissionField.scope1), !has(EmissionField.scope2), !has(EmissionField.scope3) {
                missing.append("scope1, scope2 or scope3")
            }
        }
        return missing
    }

    private func settleDatum(_ work: inout Work) throws(ImportError) {
        if !work.sources[FactoryField.datum.rawValue].isNone || work.datum != nil { return }
        if let crsName {
            // urn:ogc:def:crs:OGC:1.3:CRS84 is WGS 84 with the longitude first.
            work.datum = crsName.uppercased().hasSuffix("CRS84") ? "wgs84" : crsName.split(separator: ":").last.map { "EPSG:\($0)" }
            work.notes.append("datum \(work.datum ?? "?") as the file's crs member says (\(crsName))")
            return
        }
        if hasFeatures {
            work.datum = "wgs84"
            work.notes.append("datum wgs84, which GeoJSON prescribes (RFC 7946); say --datum if this file is in another, such as gcj02")
            return
        }
        throw .datumMissing(path: path)
    }
}
