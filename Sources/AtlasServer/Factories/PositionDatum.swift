// PositionDatum.swift: the `crs=` parameter: in which datum a client gives positions and wants them back. The snapshot knows WGS 84 only;
// positions are converted on the way in and on the way out, distances are always geodesics on WGS 84.

import Geodesy

/// A datum that clients may use for positions in degrees.
enum PositionDatum: String, CaseIterable, Sendable {
    case wgs84
    /// Taken as WGS 84: the two agree within decimetres, and EPSG has no operation between them.
    case cgcs2000
    case gcj02
    case bd09

    static let names = "one of \(allCases.map(\.rawValue).joined(separator: ", "))"
    /// How far GCJ-02 or BD-09 may lie from WGS 84, degrees: under 0.03 up to 55° N.
    static let margin = 0.04

    /// - Throws: `Problem` 400.
    init(_ query: QueryParameters) throws(Problem) {
        guard let text = query.text("crs") else {
            self = .wgs84
            return
        }
        let reference: CoordinateReference
        do { reference = try CoordinateReference(parsing: text) } catch {
            throw Problem(parameter: "crs", value: text, mustBe: PositionDatum.names)
        }
        guard let datum = PositionDatum(rawValue: reference.displayName) else {
            throw Problem(parameter: "crs", value: text, mustBe: PositionDatum.names)
        }
        self = datum
    }

    /// Whether WGS 84 positions are passed on as they are.
    var isPlain: Bool { self == .wgs84 || self == .cgcs2000 }

    /// - Parameters: degrees of this datum, checked to be on the globe.
    func toWGS84(longitude: Double, latitude: Double) -> (longitude: Double, latitude: Double) {
        let position: Coordinate<WGS84>
        switch self {
        case .wgs84, .cgcs2000: return (longitude, latitude)
        case .gcj02: position = Coordinate<GCJ02>(unchecked: longitude, latitude).wgs84()
        case .bd09: position = Coordinate<BD09>(unchecked: longitude, latitude).wgs84()
        }
        return (position.longitude, position.latitude)
    }

    /// Rounded to 1e-9 degrees, a tenth of a millimetre, where it was converted.
    func fromWGS84(longitude: Double, latitude: Double) -> (longitude: Double, latitude: Double) {
        let position = Coordinate<WGS84>(unchecked: longitude, latitude)
        func rounded(_ value: Double) -> Double { (value * 1e9).rounded() / 1e9 }
        switch self {
        case .wgs84, .cgcs2000: return (longitude, latitude)
        case .gcj02:
            let there = position.gcj02()
            return (rounded(there.longitude), rounded(there.latitude))
        case .bd09:
            let there = position.bd09()
            return (rounded(there.longitude), rounded(there.latitude))
        }
    }
}
