// ProjSystem.swift: one coordinate system of EPSG, as PROJ's database has it. With ProjPipeline.swift the only file that holds
// pointers of the C library; every pointer belongs to the context of the thread that made it.

import CProj
import Synchronization

/// A PROJ context, and everything of PROJ that is freed with it. One per transformer, so one per thread.
final class ProjContext {
    let pointer: OpaquePointer
    private var owned: [OpaquePointer] = []

    init() throws(GeodesyError) {
        guard let context = proj_context_create() else { throw .failed("no context could be made") }
        pointer = context
        proj_log_level(context, PJ_LOG_NONE)
        // Grids from the network would make the same input give other output tomorrow.
        proj_context_set_enable_network(context, 0)
    }

    /// Keeps an object until the context goes.
    func own(_ object: OpaquePointer) -> OpaquePointer {
        owned.append(object)
        return object
    }

    /// An operation that takes and gives longitude or easting first, whatever EPSG's axis order is; owned.
    func visual(_ operation: OpaquePointer) -> OpaquePointer? {
        proj_normalize_for_visualization(pointer, operation).map(own)
    }

    deinit {
        for object in owned { proj_destroy(object) }
        proj_context_destroy(pointer)
    }
}

/// A geographic or projected system of two axes.
struct ProjSystem {
    let code: Int
    let name: String
    /// The system itself, and the geographic one it stands on (the same if it is geographic).
    let crs: OpaquePointer
    let base: OpaquePointer
    let baseCode: Int?
    let baseName: String
    let isProjected: Bool
    /// Degrees; where EPSG means the system to be used.
    let area: Area?

    struct Area {
        var west = -180.0
        var south = -90.0
        var east = 180.0
        var north = 90.0

        /// An area across the antimeridian has its west beyond its east.
        func contains(longitude: Double, latitude: Double, margin: Double = 0) -> Bool {
            guard latitude >= south - margin, latitude <= north + margin else { return false }
            return west <= east
                ? longitude >= west - margin && longitude <= east + margin : longitude >= west - margin || longitude <= east + margin
        }

        /// What PROJ says of a system or an operation; nil if it says nothing.
        init?(of object: OpaquePointer, _ context: ProjContext) {
            guard proj_get_area_of_use(context.pointer, object, &west, &south, &east, &north, nil) == 1, west >= -180, south >= -90 else {
                return nil
            }
        }
    }

    /// - Throws: `GeodesyError.unknownReference` or `.unsupportedReference`.
    init(code: Int, _ context: ProjContext) throws(GeodesyError) {
        guard let raw = proj_create_from_database(context.pointer, "EPSG", String(code), PJ_CATEGORY_CRS, 0, nil) else {
            throw .unknownReference("EPSG:\(code)")
        }
        crs = context.own(raw)
        let type = proj_get_type(crs)
        guard type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_PROJECTED_CRS else {
            throw .unsupportedReference(code, kind: Self.kind(type))
        }
        self.code = code
        isProjected = type == PJ_TYPE_PROJECTED_CRS
        name = Self.text(proj_get_name(crs)) ?? "EPSG:\(code)"
        if isProjected {
            guard let geographic = proj_crs_get_geodetic_crs(context.pointer, crs).map(context.own),
                proj_get_type(geographic) == PJ_TYPE_GEOGRAPHIC_2D_CRS
            else { throw .unsupportedReference(code, kind: "projected from a system of three axes") }
            base = geographic
        } else {
            base = crs
        }
        baseCode = Self.text(proj_get_id_code(base, 0)).flatMap { Int($0) }
        baseName = Self.text(proj_get_name(base)) ?? name
        area = Area(of: crs, context)
    }

    /// "Xian 1980 (EPSG:4610)"
    var baseLabel: String { baseName + (baseCode.map { " (EPSG:\($0))" } ?? "") }

    static func text(_ cString: UnsafePointer<CChar>?) -> String? { cString.map { String(cString: $0) } }

    private static func kind(_ type: PJ_TYPE) -> String {
        switch type {
        case PJ_TYPE_GEOCENTRIC_CRS: "a geocentric system"
        case PJ_TYPE_GEOGRAPHIC_3D_CRS: "a geographic system of three axes"
        case PJ_TYPE_VERTICAL_CRS: "a system of heights"
        case PJ_TYPE_COMPOUND_CRS: "a compound system with heights"
        default: "another kind of system"
        }
    }

    private static let projectedCodes = Mutex<[Int: Bool]>([:])

    /// Whether EPSG has a projected system of that code. The first question asks the database, the next ones a table.
    static func isProjected(_ code: Int) -> Bool {
        if let known = projectedCodes.withLock({ $0[code] }) { return known }
        let answer = (try? ProjSystem(code: code, ProjContext()).isProjected) ?? false
        projectedCodes.withLock { $0[code] = answer }
        return answer
    }
}
