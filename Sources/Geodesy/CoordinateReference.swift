// CoordinateReference.swift: the systems that positions come in, by the names people use and by EPSG code.

/// A datum or coordinate system as a value, for input whose system is known at run time only.
public enum CoordinateReference: Hashable, Sendable {
    case wgs84
    case cgcs2000
    case xian1980
    case beijing1954
    case gcj02
    case bd09
    /// Any geographic or projected system of EPSG with two axes.
    case epsg(Int)

    /// Names for messages.
    public static let knownNames = "wgs84, cgcs2000, xian80, beijing54, gcj02, bd09"

    private static let aliases: [String: CoordinateReference] = [
        "wgs84": .wgs84, "wgs1984": .wgs84, "gps": .wgs84, "crs84": .wgs84, "ogc:crs84": .wgs84, "地球": .wgs84,
        "cgcs2000": .cgcs2000, "cgcs2k": .cgcs2000, "2000国家大地": .cgcs2000, "国家2000": .cgcs2000, "国家大地2000": .cgcs2000, "大地2000": .cgcs2000,
        "2000坐标系": .cgcs2000, "2000坐标": .cgcs2000,
        "xian80": .xian1980, "xian1980": .xian1980, "西安80": .xian1980, "西安1980": .xian1980, "1980西安": .xian1980, "1980国家大地": .xian1980,
        "beijing54": .beijing1954, "beijing1954": .beijing1954, "bj54": .beijing1954, "北京54": .beijing1954, "北京1954": .beijing1954,
        "1954北京": .beijing1954, "1954年北京": .beijing1954,
        "newbeijing": .epsg(4555), "新北京54": .epsg(4555), "新1954年北京": .epsg(4555),
        "gcj02": .gcj02, "gcj": .gcj02, "mars": .gcj02, "amap": .gcj02, "gaode": .gcj02, "火星": .gcj02, "高德": .gcj02, "国测局": .gcj02,
        "bd09": .bd09, "bd09ll": .bd09, "baidu": .bd09, "百度": .bd09,
    ]

    /// Reads a name or an EPSG code: any case; spaces, hyphens, underscores and a trailing 坐标系 or 坐标 do not matter; codes with or without
    /// `EPSG:` or as `urn:ogc:def:crs:EPSG::4526`. An EPSG code of WGS 84, CGCS2000, Xian 1980 or Beijing 1954 is that datum.
    ///
    /// - Throws: `GeodesyError.unknownReference` for anything else. A code that EPSG does not have is found out by the
    ///   transformer.
    public init(parsing text: String) throws(GeodesyError) {
        var key = String(String.UnicodeScalarView(text.lowercased().unicodeScalars.filter { !" -_\t\r\n'’".unicodeScalars.contains($0) }))
        let whole = key
        for suffix in ["坐标系", "坐标"] where key.count > suffix.count && key.hasSuffix(suffix) {
            key.removeLast(suffix.count)
        }
        if let known = CoordinateReference.aliases[whole] ?? CoordinateReference.aliases[key] {
            self = known
            return
        }
        var digits = whole[...]
        for prefix in ["urn:ogc:def:crs:epsg:", "epsg:"] where digits.hasPrefix(prefix) {
            digits = digits.dropFirst(prefix.count)
            // A URN names the edition of EPSG between two colons, or nothing.
            if prefix.hasPrefix("urn"), let colon = digits.firstIndex(of: ":") { digits = digits[digits.index(after: colon)...] }
            break
        }
        guard (4...6).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let code = Int(digits) else {
            throw .unknownReference(text)
        }
        switch code {
        case 4326: self = .wgs84
        case 4490: self = .cgcs2000
        case 4610: self = .xian1980
        case 4214: self = .beijing1954
        default: self = .epsg(code)
        }
    }

    /// The name in files and answers.
    public var displayName: String {
        switch self {
        case .wgs84: WGS84.name
        case .cgcs2000: CGCS2000.name
        case .xian1980: Xian1980.name
        case .beijing1954: Beijing1954.name
        case .gcj02: GCJ02.name
        case .bd09: BD09.name
        case .epsg(let code): "EPSG:\(code)"
        }
    }

    /// EPSG's code; nil for GCJ-02 and BD-09, which EPSG does not have.
    public var epsgCode: Int? {
        switch self {
        case .wgs84: 4326
        case .cgcs2000: 4490
        case .xian1980: 4610
        case .beijing1954: 4214
        case .gcj02, .bd09: nil
        case .epsg(let code): code
        }
    }

    /// Whether positions are metres (easting, northing), not degrees. China's Gauss-Krüger systems are known at once; the first question
    /// for another EPSG code asks PROJ (some milliseconds). A code that EPSG does not have is not projected.
    public var isProjected: Bool {
        guard case .epsg(let code) = self else { return false }
        return GaussKrugerZone(code: code) != nil || ProjSystem.isProjected(code)
    }
}
