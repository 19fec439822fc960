// ProjPipeline.swift: PROJ's operations between two EPSG systems, with what EPSG says about each. All of the C library's
// pointers are here.

import CProj

final class ProjPipeline {
    private struct Operation {
        var pj: OpaquePointer
        var accuracy: Double?
        var isBallpark: Bool
        var name: String
        var west: Double, south: Double, east: Double, north: Double

        var area: Double { (east - west) * (north - south) }

        func holds(longitude: Double, latitude: Double) -> Bool {
            latitude >= south && latitude <= north
                && (west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east)
        }
    }

    private let context: OpaquePointer
    /// Best first: exact ones, then by accuracy, the smaller area first; ballpark last.
    private let operations: [Operation]
    /// From the source system to its own longitude and latitude, for the areas; nil when it is geographic.
    private let toDegrees: OpaquePointer?
    private let plane: Plane?
    private let sourceName: String

    /// What a Gauss-Krüger system expects of an easting.
    private struct Plane {
        var falseEasting: Double
        var centralMeridian: Double
        var numbers: [Int]
        var isNumbered: Bool { falseEasting >= 1e6 }
    }

    init(source: Int, target: Int, operation: Int?) throws(GeodesyError) {
        guard let context = proj_context_create() else { throw .failed("no context") }
        self.context = context
        proj_log_level(context, PJ_LOG_NONE)
        proj_context_set_enable_network(context, 0)
        // From here on deinit does not run when init throws: free by hand.
        var made: [OpaquePointer] = []
        func fail(_ error: GeodesyError) -> GeodesyError {
            for pj in made { proj_destroy(pj) }
            proj_context_destroy(context)
            return error
        }
        func system(_ code: Int) throws(GeodesyError) -> OpaquePointer {
            guard let crs = proj_create_from_database(context, "EPSG", String(code), PJ_CATEGORY_CRS, 0, nil) else {
                throw fail(.unknownReference("EPSG:\(code)"))
            }
            made.append(crs)
            let type = proj_get_type(crs)
            guard type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_PROJECTED_CRS else {
                throw fail(.unknownReference("EPSG:\(code) (not a 2D system)"))
            }
            return crs
        }
        let from = try system(source)
        let to = try system(target)
        sourceName = "EPSG:\(source)"
        plane = ProjPipeline.plane(context, from)
        guard let factory = proj_create_operation_factory_context(context, nil) else { throw fail(.failed("no operation factory")) }
        proj_operation_factory_context_set_spatial_criterion(context, factory, PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION)
        proj_operation_factory_context_set_grid_availability_use(context, factory, PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID)
        let list = proj_create_operations(context, from, to, factory)
        proj_operation_factory_context_destroy(factory)
        var found: [Operation] = []
        for index in 0..<(list.map { proj_list_get_count($0) } ?? 0) {
            guard let raw = proj_list_get(context, list, index) else { continue }
            defer { proj_destroy(raw) }
            guard let pj = proj_normalize_for_visualization(context, raw) else { continue }
            if let operation, !ProjPipeline.codes(context, raw).contains(operation) {
                proj_destroy(pj)
                continue
            }
            found.append(ProjPipeline.describe(context, raw, as: pj, source: source, target: target))
        }
        proj_list_destroy(list)
        guard !found.isEmpty else {
            throw fail(operation.map { .unknownOperation("EPSG:\($0)") } ?? .failed("no operation from EPSG:\(source) to EPSG:\(target)"))
        }
        operations = found.sorted { a, b in
            if a.isBallpark != b.isBallpark { return b.isBallpark }
            if a.accuracy != b.accuracy { return a.accuracy ?? .infinity < b.accuracy ?? .infinity }
            return a.area < b.area
        }
        if proj_get_type(from) == PJ_TYPE_PROJECTED_CRS, let base = proj_crs_get_geodetic_crs(context, from) {
            defer { proj_destroy(base) }
            let raw = proj_create_crs_to_crs_from_pj(context, from, base, nil, nil)
            toDegrees = raw.flatMap { proj_normalize_for_visualization(context, $0) }
            proj_destroy(raw)
        } else {
            toDegrees = nil
        }
        for pj in made { proj_destroy(pj) }
    }

    deinit {
        for operation in operations { proj_destroy(operation.pj) }
        proj_destroy(toDegrees)
        proj_context_destroy(context)
    }

    func transform(x: Double, y: Double) throws(GeodesyError) -> TransformOutcome {
        var x = x
        var note = ""
        var degrees = (longitude: x, latitude: y)
        if let plane {
            (x, note) = try easting(x, y, plane)
            let result = proj_trans(toDegrees, PJ_FWD, proj_coord(x, y, 0, 0))
            degrees = (result.xy.x, result.xy.y)
        } else if toDegrees == nil {
            try checkDegrees(longitude: x, latitude: y)
        }
        let chosen = operations.first { !$0.isBallpark && $0.holds(longitude: degrees.longitude, latitude: degrees.latitude) }
        guard let operation = chosen ?? operations.first(where: \.isBallpark) ?? operations.first else { throw .failed("no operation") }
        proj_errno_reset(operation.pj)
        let result = proj_trans(operation.pj, PJ_FWD, proj_coord(x, y, 0, 0))
        guard result.xy.x.isFinite, result.xy.y.isFinite else {
            throw .outsideSystem(
                x: x, y: y, system: sourceName, expected: String(cString: proj_context_errno_string(context, proj_errno(operation.pj))))
        }
        return TransformOutcome(
            x: result.xy.x, y: result.xy.y, accuracyMeters: operation.accuracy, isBallpark: operation.isBallpark,
            operation: operation.name + note)
    }

    /// An easting as the system wants it: with its zone's number, or without.
    private func easting(_ x: Double, _ y: Double, _ plane: Plane) throws(GeodesyError) -> (Double, String) {
        let zones = plane.numbers.map(String.init).joined(separator: " or ")
        if abs(x) <= 180, abs(y) <= 90 {
            throw .outsideSystem(x: x, y: y, system: sourceName, expected: "it takes metres (easting, northing), these look like degrees")
        }
        if x < 1e6, y >= 1e6 * 13 {
            throw .outsideSystem(x: x, y: y, system: sourceName, expected: "easting and northing look swapped; give the easting first")
        }
        guard y >= 0, y <= 10_100_000 else {
            throw .outsideSystem(x: x, y: y, system: sourceName, expected: "northings of the northern hemisphere are 0 to 10,002,000 m")
        }
        if x >= 1e6 {
            let zone = Int(min(x, 1e9) / 1e6)
            guard plane.numbers.contains(zone) else { throw .wrongZone(easting: x, system: sourceName, expected: "its zone is \(zones)") }
            if plane.isNumbered {
                guard Int(plane.falseEasting / 1e6) == zone else {
                    throw .wrongZone(easting: x, system: sourceName, expected: "its zone is \(zones)")
                }
                return (x, "")
            }
            return (x - Double(zone) * 1e6, " [zone number \(zone) taken off the easting]")
        }
        guard x >= -500_000 else { throw .outsideSystem(x: x, y: y, system: sourceName, expected: "eastings lie around 500,000 m") }
        if plane.isNumbered {
            let zone = Int(plane.falseEasting / 1e6)
            return (x + Double(zone) * 1e6, " [zone number \(zone) put before the easting]")
        }
        return (x, "")
    }

    private static func plane(_ context: OpaquePointer, _ crs: OpaquePointer) -> Plane? {
        guard proj_get_type(crs) == PJ_TYPE_PROJECTED_CRS, let conversion = proj_crs_get_coordoperation(context, crs) else { return nil }
        defer { proj_destroy(conversion) }
        func parameter(_ name: String) -> Double? {
            let index = proj_coordoperation_get_param_index(context, conversion, name)
            guard index >= 0 else { return nil }
            var value = 0.0
            return proj_coordoperation_get_param(context, conversion, index, nil, nil, nil, &value, nil, nil, nil, nil, nil, nil) == 1
                ? value : nil
        }
        guard let easting = parameter("False easting"), let meridian = parameter("Longitude of natural origin"),
            easting == 500_000 || easting >= 13e6,
            (73...136).contains(meridian)
        else { return nil }
        return Plane(falseEasting: easting, centralMeridian: meridian, numbers: GaussKrugerZone.numbers(centralMeridian: meridian))
    }

    /// EPSG codes of an operation and its steps.
    private static func codes(_ context: OpaquePointer, _ operation: OpaquePointer) -> [Int] {
        var codes: [Int] = []
        if let text = proj_get_id_code(operation, 0), let code = Int(String(cString: text)) { codes.append(code) }
        for step in 0..<max(proj_concatoperation_get_step_count(context, operation), 0) {
            guard let part = proj_concatoperation_get_step(context, operation, step) else { continue }
            defer { proj_destroy(part) }
            if let text = proj_get_id_code(part, 0), let code = Int(String(cString: text)) { codes.append(code) }
        }
        return codes
    }

    private static func describe(
        _ context: OpaquePointer, _ raw: OpaquePointer, as pj: OpaquePointer, source: Int, target: Int
    ) -> Operation {
        var operation = Operation(pj: pj, accuracy: nil, isBallpark: false, name: "", west: -180, south: -90, east: 180, north: 90)
        proj_get_area_of_use(context, raw, &operation.west, &operation.south, &operation.east, &operation.north, nil)
        if operation.west < -180 || operation.south < -90 {
            (operation.west, operation.south, operation.east, operation.north) = (-180, -90, 180, 90)
        }
        operation.isBallpark = proj_coordoperation_has_ballpark_transformation(context, raw) != 0
        let accuracy = proj_coordoperation_get_accuracy(context, raw)
        // A conversion stays on its datum and is exact by definition; PROJ calls that "unknown".
        let isConversion = proj_get_type(raw) == PJ_TYPE_CONVERSION
        operation.accuracy = isConversion ? 0 : accuracy >= 0 ? accuracy : nil
        let name = proj_get_name(raw).map { String(cString: $0) } ?? "unnamed operation"
        let codes = codes(context, raw)
        operation.name = codes.isEmpty ? name : "\(name) (EPSG:\(codes.map(String.init).joined(separator: "+")))"
        if operation.isBallpark {
            let isCGCS2000 = name.contains("CGCS2000") || name.contains("China Geodetic")
            // Both are realisations of the ITRS; plate motion since 2000 moves China by centimetres a year.
            operation.accuracy = isCGCS2000 ? 1 : nil
            operation.name =
                "ballpark: EPSG has no operation from EPSG:\(source) to EPSG:\(target) here, positions are taken as they are "
                + (isCGCS2000 ? "(CGCS2000 and WGS 84 agree within decimetres)" : "(they may be off by 50 to 150 m)")
        }
        return operation
    }
}
