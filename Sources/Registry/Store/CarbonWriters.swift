// CarbonWriters.swift: one batch of figures of places, or of emissions of enterprises, into the store.

import Boundaries
import GRDB

/// A figure is identified by place, year, metric, source and edition: two sources never overwrite each other.
final class FigureWriter: BatchWriter {
    static let entity = "place_figures"
    private let upserter: Upserter
    private let placeByCode: RawStatement
    private let sequence: Int64
    /// Nil: the registry has no borders, so any code of the right form is taken.
    var places: PlaceLocator?
    private var names: [Int32: String?] = [:]

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(
            db, path: path, table: "place_figures", key: ["place", "year", "metric", "source", "edition"],
            columns: [
                "place", "year", "metric", "source", "edition", "value", "method", "priority", "synthetic", "content_hash", "changed_seq",
            ])
        placeByCode = try RawStatement(db, path: path, sql: "SELECT name_zh FROM places WHERE code = ?1")
        self.sequence = sequence
    }

    func write(_ draft: FigureDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        guard draft.value >= 0, draft.value.isFinite else {
            return .rejected(field: "value", value: "\(draft.value)", reason: "must be 0 or more")
        }
        let code: Int32
        switch try find(draft.place) {
        case .success(let found): code = found
        case .failure(let refusal): return .rejected(field: refusal.field, value: refusal.value, reason: refusal.reason)
        }
        let hash = draft.contentHash
        let bindKey = { (row: RawStatement) in
            row.bind(1, Int64(code))
            row.bind(2, Int64(draft.year))
            row.bind(3, draft.metric.rawValue)
            row.bind(4, draft.origin.source)
            row.bind(5, draft.origin.edition)
        }
        let result = try upserter.write(contentHash: hash, seen: &seen, bindKey: bindKey) { row in
            bindKey(row)
            row.bind(6, draft.value)
            row.bind(7, draft.method)
            row.bind(8, Int64(draft.origin.priority))
            row.bind(9, draft.origin.synthetic)
            row.bind(10, hash)
            row.bind(11, sequence)
        }
        if case .duplicate = result {
            return .rejected(
                field: "place_code", value: String(code),
                reason: "this place has another \(draft.metric.name) of \(draft.year) in the same file already")
        }
        return result.outcome(field: "place_code", value: String(code))
    }

    private func find(_ place: FigurePlace) throws(RegistryError) -> Result<Int32, RowReject> {
        switch place {
        case .code(let code):
            if places != nil, try name(of: code) == nil {
                return .failure(RowReject(field: "place_code", value: String(code), reason: "no place of the borders loaded has this code"))
            }
            return .success(code)
        case .position(let longitude, let latitude, let isProvince, let wanted):
            let text = "\(longitude), \(latitude)"
            guard let places else {
                return .failure(
                    RowReject(
                        field: "lon", value: text,
                        reason: "no borders are loaded to find its place by; run 'blueatlas boundaries import' first"))
            }
            let codes = places.codes(longitude: longitude, latitude: latitude)
            let code = isProvince ? codes.province : codes.prefecture
            guard code != 0 else {
                return .failure(RowReject(field: "lon", value: text, reason: "lies in no place: at sea or abroad"))
            }
            if let wanted, !wanted.isEmpty {
                // The one prefecture of a municipality is called 市辖区: there the province has the name.
                let names = [try name(of: code), try name(of: codes.province)].compactMap { $0 }
                let fitting = names.first == "市辖区" || names.first == "县" ? names : Array(names.prefix(1))
                guard fitting.contains(where: { $0.hasPrefix(wanted) }) else {
                    return .failure(
                        RowReject(
                            field: "place_name", value: wanted, reason: "the position lies in \(names.first ?? String(code)) (\(code))"))
                }
            }
            return .success(code)
        }
    }

    private func name(of code: Int32) throws(RegistryError) -> String? {
        if let known = names[code] { return known }
        placeByCode.bind(1, Int64(code))
        defer { placeByCode.reset() }
        let name = try placeByCode.step() ? placeByCode.text(0) ?? "" : nil
        names[code] = .some(name)
        return name
    }
}

/// Emissions are identified by factory, year, source and edition.
final class EmissionWriter: BatchWriter {
    static let entity = "emissions"
    private let upserter: Upserter
    private let matcher: FactoryMatcher
    private let sequence: Int64

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(
            db, path: path, table: "emissions", key: ["factory_pk", "year", "source", "edition"],
            columns: [
                "factory_pk", "year", "source", "edition", "scope1", "scope2", "scope3", "method", "verified", "priority", "synthetic",
                "content_hash", "changed_seq",
            ])
        matcher = try FactoryMatcher(db, path: path)
        self.sequence = sequence
    }

    func write(_ draft: EmissionDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        for (name, scope) in [("scope1", draft.scope1), ("scope2", draft.scope2), ("scope3", draft.scope3)] {
            if let scope, !(scope >= 0 && scope.isFinite) {
                return .rejected(field: name, value: "\(scope)", reason: "must be 0 or more, in tCO2e")
            }
        }
        let factory: Int64
        switch try matcher.resolve(draft.factory) {
        case .found(let pk): factory = pk
        case .rejected(let field, let value, let reason): return .rejected(field: field, value: value, reason: reason)
        }
        let hash = draft.contentHash
        let bindKey = { (row: RawStatement) in
            row.bind(1, factory)
            row.bind(2, Int64(draft.year))
            row.bind(3, draft.origin.source)
            row.bind(4, draft.origin.edition)
        }
        let result = try upserter.write(contentHash: hash, seen: &seen, bindKey: bindKey) { row in
            bindKey(row)
            row.bind(5, draft.scope1)
            row.bind(6, draft.scope2)
            row.bind(7, draft.scope3)
            row.bind(8, draft.method)
            row.bind(9, draft.isVerified.map { Int64($0 ? 1 : 0) })
            row.bind(10, Int64(draft.origin.priority))
            row.bind(11, draft.origin.synthetic)
            row.bind(12, hash)
            row.bind(13, sequence)
        }
        let shown = draft.factory.id ?? draft.factory.creditCode ?? draft.factory.name ?? ""
        if case .duplicate = result {
            return .rejected(
                field: "factory_id", value: shown, reason: "this factory has other emissions of \(draft.year) in the same file already")
        }
        return result.outcome(field: "factory_id", value: shown)
    }
}
