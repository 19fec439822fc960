// DatumStep.swift: the ways from one geodetic datum to another that EPSG knows, each with its area and accuracy, and the one way that
// EPSG does not know: to take positions of one datum as those of another, which PROJ calls a ballpark and does silently. Here
// it has a name.

import CProj

/// One operation between two geographic systems.
struct DatumStep {
    /// Longitude, latitude in and out; nil: positions stay as they are.
    var operation: OpaquePointer?
    /// EPSG's code of the operation, or of its steps.
    var codes: [Int]
    var name: String
    /// Metres, inside the area; nil: nobody says.
    var accuracyMeters: Double?
    var isBallpark: Bool
    /// Where EPSG means it to be used; nil: anywhere.
    var area: ProjSystem.Area?

    static let cgcs2000Code = 4490
    static let wgs84Code = 4326

    /// All ways between the datums of two systems, the most accurate first and the ballpark last.
    ///
    /// Never empty. CGCS2000 is taken as WGS 84 where the other datum is neither: EPSG has operations to WGS 84 only, and both are
    /// realisations of the ITRS, which agree within centimetres to decimetres. It counts as a ballpark all the same.
    static func all(from source: ProjSystem, to target: ProjSystem, _ context: ProjContext) throws(GeodesyError) -> [DatumStep] {
        if source.baseCode == target.baseCode, source.baseCode != nil {
            return [DatumStep(operation: nil, codes: [], name: "", accuracyMeters: 0, isBallpark: false, area: nil)]
        }
        let ends = [source.baseCode, target.baseCode]
        var from = source.base
        var to = target.base
        var viaWGS84: String?
        if ends.contains(cgcs2000Code), !ends.contains(wgs84Code) {
            let wgs84 = try ProjSystem(code: wgs84Code, context)
            if source.baseCode == cgcs2000Code { from = wgs84.base } else { to = wgs84.base }
            viaWGS84 = "CGCS2000 taken as WGS 84 (EPSG has no operation between them; they agree within centimetres to decimetres)"
        }
        var steps = listed(from: from, to: to, context).filter { !$0.isBallpark }
        if let viaWGS84 {
            for at in steps.indices {
                steps[at].name += " + ballpark: " + viaWGS84
                steps[at].isBallpark = true
                steps[at].accuracyMeters = nil
            }
        }
        // Stable: PROJ's order stands between operations of the same accuracy.
        let order = steps.indices.sorted { a, b in
            let accuracies = (steps[a].accuracyMeters ?? .infinity, steps[b].accuracyMeters ?? .infinity)
            return accuracies.0 == accuracies.1 ? a < b : accuracies.0 < accuracies.1
        }
        return order.map { steps[$0] } + [try ballpark(from: source, to: target, context)]
    }

    /// Positions taken as they are, with PROJ's help for units and prime meridians.
    private static func ballpark(from source: ProjSystem, to target: ProjSystem, _ context: ProjContext) throws(GeodesyError) -> DatumStep {
        let known = listed(from: source.base, to: target.base, context).first(where: \.isBallpark)
        let areChinese = [source.baseCode, target.baseCode].allSatisfy { [wgs84Code, cgcs2000Code, 4610, 4214, 4555].contains($0) }
        guard known != nil || areChinese else { throw .failed("no operation from \(source.baseLabel) to \(target.baseLabel)") }
        let isClose = Set([source.baseCode, target.baseCode]) == [wgs84Code, cgcs2000Code]
        let name =
            "ballpark: EPSG has no operation from \(source.baseLabel) to \(target.baseLabel)"
            + (isClose
                ? "; positions are taken as they are, both datums agree within centimetres to decimetres"
                : " here; positions are taken as they are and may be off by 100 m or more")
        return DatumStep(operation: known?.operation, codes: [], name: name, accuracyMeters: nil, isBallpark: true, area: nil)
    }

    /// PROJ's list, in its order.
    private static func listed(from: OpaquePointer, to: OpaquePointer, _ context: ProjContext) -> [DatumStep] {
        guard let factory = proj_create_operation_factory_context(context.pointer, nil) else { return [] }
        defer { proj_operation_factory_context_destroy(factory) }
        proj_operation_factory_context_set_spatial_criterion(context.pointer, factory, PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION)
        proj_operation_factory_context_set_grid_availability_use(
            context.pointer, factory, PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID)
        guard let list = proj_create_operations(context.pointer, from, to, factory) else { return [] }
        defer { proj_list_destroy(list) }
        return (0..<max(proj_list_get_count(list), 0)).compactMap { index in
            guard let raw = proj_list_get(context.pointer, list, index).map(context.own), let operation = context.visual(raw) else {
                return nil
            }
            let parts = [raw] + steps(of: raw, context)
            let codes = parts.compactMap { ProjSystem.text(proj_get_id_code($0, 0)).flatMap { Int($0) } }
            let name = ProjSystem.text(proj_get_name(raw)) ?? "unnamed operation"
            let accuracy = proj_coordoperation_get_accuracy(context.pointer, raw)
            let isConversion = proj_get_type(raw) == PJ_TYPE_CONVERSION
            return DatumStep(
                operation: operation, codes: codes,
                name: codes.isEmpty ? name : "\(name) (\(codes.map { "EPSG:\($0)" }.joined(separator: ", ")))",
                accuracyMeters: isConversion ? 0 : accuracy >= 0 ? accuracy : nil,
                isBallpark: proj_coordoperation_has_ballpark_transformation(context.pointer, raw) != 0,
                area: ProjSystem.Area(of: raw, context))
        }
    }

    private static func steps(of operation: OpaquePointer, _ context: ProjContext) -> [OpaquePointer] {
        guard proj_get_type(operation) == PJ_TYPE_CONCATENATED_OPERATION else { return [] }
        return (0..<max(proj_concatoperation_get_step_count(context.pointer, operation), 0)).compactMap {
            proj_concatoperation_get_step(context.pointer, operation, $0).map(context.own)
        }
    }
}
