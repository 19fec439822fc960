// SourcePositions.swift: a true position (WGS 84) written as a source would give it: in GCJ-02, BD-09, WGS 84, CGCS2000, in a datum
// that it does not name, or as plane coordinates of a 3° Gauss-Krüger zone.

import Geodesy

/// A position in its source's datum.
struct SourcePosition: Sendable {
    /// 10⁻⁷ degrees, or millimetres east and north for plane coordinates.
    var x: Int64
    var y: Int64
    /// As the data set names it.
    var datum: Int32

    var isPlane: Bool { datum > 0 }

    // Geographic datums are numbered from 0 down; positive numbers are EPSG codes.
    static let wgs84: Int32 = 0
    static let cgcs2000: Int32 = -1
    static let gcj02: Int32 = -2
    static let bd09: Int32 = -3
    static let unknown: Int32 = -4

    func appendDatum(to buffer: inout ByteBuffer) {
        switch datum {
        case Self.wgs84: buffer.text("wgs84")
        case Self.cgcs2000: buffer.text("cgcs2000")
        case Self.gcj02: buffer.text("gcj02")
        case Self.bd09: buffer.text("bd09")
        case Self.unknown: buffer.text("unknown")
        default:
            buffer.text("EPSG:")
            buffer.integer(Int(datum))
        }
    }
}

enum SourcePositions {
    /// Every site's position in its datum, in the order of the sites. Geographic datums on all cores; plane ones on this thread, one
    /// PROJ transformation per zone.
    static func make(_ sites: [Site]) throws -> [SourcePosition] {
        var positions: [SourcePosition] = []
        positions.reserveCapacity(sites.count)
        try Chunks.run(count: Chunks.count(for: sites.count)) { chunk in
            sites[Chunks.range(chunk, of: sites.count)].map(geographic)
        } take: { _, piece in
            positions += piece
        }
        var transformers: [Int: CoordinateTransformer] = [:]
        for (number, site) in sites.enumerated() where site.datum == .plane {
            let code = planeSystem(longitude: site.longitude, number: number)
            let transformer: CoordinateTransformer
            if let known = transformers[code] {
                transformer = known
            } else {
                transformer = try CoordinateTransformer(from: .wgs84, to: .epsg(code))
                transformers[code] = transformer
            }
            let outcome = try transformer.transform(x: Double(site.longitude) / SiteMap.scale, y: Double(site.latitude) / SiteMap.scale)
            positions[number] = SourcePosition(
                x: Int64((outcome.x * 1_000).rounded()), y: Int64((outcome.y * 1_000).rounded()), datum: Int32(code))
        }
        return positions
    }

    private static func geographic(_ site: Site) -> SourcePosition {
        let wgs84 = Coordinate<WGS84>(unchecked: Double(site.longitude) / SiteMap.scale, Double(site.latitude) / SiteMap.scale)
        switch site.datum {
        case .gcj02, .unknownGCJ02:
            let gcj02 = wgs84.gcj02()
            if isNear(gcj02.wgs84(), wgs84) {
                let datum = site.datum == .gcj02 ? SourcePosition.gcj02 : SourcePosition.unknown
                return scaled(gcj02.longitude, gcj02.latitude, datum)
            }
        case .bd09:
            let bd09 = wgs84.bd09()
            if isNear(bd09.wgs84(), wgs84) { return scaled(bd09.longitude, bd09.latitude, SourcePosition.bd09) }
        case .cgcs2000: return SourcePosition(x: Int64(site.longitude), y: Int64(site.latitude), datum: SourcePosition.cgcs2000)
        case .unknownWGS84: return SourcePosition(x: Int64(site.longitude), y: Int64(site.latitude), datum: SourcePosition.unknown)
        case .wgs84, .plane: break
        }
        return SourcePosition(x: Int64(site.longitude), y: Int64(site.latitude), datum: SourcePosition.wgs84)
    }

    /// Within a kilometre of the outline that GCJ-02 applies in, two positions can have one image. A position that does not come back
    /// is given in WGS 84 instead, so that every position written means one place.
    private static func isNear(_ a: Coordinate<WGS84>, _ b: Coordinate<WGS84>) -> Bool {
        abs(a.longitude - b.longitude) < 1e-7 && abs(a.latitude - b.latitude) < 1e-7
    }

    private static func scaled(_ longitude: Double, _ latitude: Double, _ datum: Int32) -> SourcePosition {
        SourcePosition(
            x: Int64((longitude * SiteMap.scale).rounded()), y: Int64((latitude * SiteMap.scale).rounded()), datum: datum)
    }

    /// One of four families of 3° zones, in turn: CGCS2000 with and without the zone number before the easting, Xian 1980,
    /// Beijing 1954 (EPSG 4513–4533, 4534–4554, 2349–2369, 2401–2421 for zones 25–45, central meridian 3° × zone).
    static func planeSystem(longitude: Int32, number: Int) -> Int {
        let zone = min(max(Int((Double(longitude) / SiteMap.scale / 3).rounded()), 25), 45)
        let families = [4_513, 4_534, 2_349, 2_401]
        return families[Int(truncatingIfNeeded: SplitMix64.mix(UInt64(truncatingIfNeeded: number)) & 3)] + zone - 25
    }
}
