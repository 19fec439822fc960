// CoordinateReference.swift: the systems that positions come in, by the names people use and by EPSG code.

/// A datum or coordinate system as a value, for input whose system is known at run time only.
public enum CoordinateReference: Hashable, Sendable {
    case wgs84
    case cgcs2000
    case xian1980
    case beijing1954
    case gcj02
    case bd09
    /// Any geographic or projected system of EPSG.
    case epsg(Int)

    /// Names for messages.
    public static let knownNames = "wgs84, cgcs2000, xian80, beijing54, gcj02, bd09"

    private static let aliases: [String: CoordinateReference] = [
        "wgs84": .wgs84, "wgs1984": .wgs84, "gps": .wgs84, "地球坐标系": .wgs84,
        "cgcs2000": .cgcs2000, "cgcs2k": .cgcs2000, "2000国家大地坐标系": .cgcs2000, "国家2000": .cgcs2000, "大地2000": .cgcs2000,
        "xian80": .xian1980, "xian1980": .xian1980, "西安80": .xian1980, "1980西安坐标系": .xian1980,
        "beijing54": .beijing1954, "beijing1954": .beijing1954, "bj54": .beijing1954, "北京54": .beijing1954, "1954北京坐标系": .beijing1954,
        "gcj02": .gcj02, "gcj": .gcj02, "mars": .gcj02, "amap": .gcj02, "火星坐标": .gcj02, "火星坐标系": .gcj02, "高德": .gcj02, "国测局坐标": .gcj02,
        "bd09": .bd09, "bd09ll": .bd09, "baidu": .bd09, "百度": .bd09, "百度坐标": .bd09, "百度坐标系": .bd09,
    ]

    /// Reads a name (any case; spaces, hyphens and underscores do not matter) or an EPSG code with or without `EPSG:`.
    ///
    /// - Throws: `GeodesyError.unknownReference` for anything else. A code that EPSG does not have is found out by the
    ///   transformer.
    public init(parsing text: String) throws(GeodesyError) {
        let key = String(text.lowercased().unicodeScalars.filter { !" -_\t".unicodeScalars.contains($0) })
        if let known = CoordinateReference.aliases[key] {
            self = known
            return
        }
        let digits = key.hasPrefix("epsg:") ? key.dropFirst(5) : key[...]
        guard (4...6).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let code = Int(digits) else {
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

    /// Whether positions are known to be metres: the Gauss-Krüger systems of China's datums.
    public var isProjected: Bool {
        guard case .epsg(let code) = self else { return false }
        return GaussKrugerZone.contains(code)
    }
}

/// China's Gauss-Krüger zones: 6° wide, numbers 13 to 23, and 3° wide, numbers 25 to 45. EPSG has each twice: with the zone's number
/// before the easting, and without.
enum GaussKrugerZone {
    /// First codes of the zone-numbered systems, by datum.
    private static let numbered: [(reference: CoordinateReference, sixDegrees: Int, threeDegrees: Int)] = [
        (.xian1980, 2327, 2349), (.beijing1954, 21413, 2401), (.cgcs2000, 4491, 4513),
    ]

    /// Every projected system of EPSG on Xian 1980, Beijing 1954, CGCS2000 and New Beijing.
    static func contains(_ code: Int) -> Bool {
        [
            2327...2390, 2401...2442, 4491...4554, 4568...4589, 4652...4656, 4766...4800, 4812...4812, 4822...4822, 21413...21423,
            21453...21463, 21473...21483,
        ].contains { $0.contains(code) }
    }

    /// The system whose eastings begin with a zone's number, for positions that name only their datum.
    static func system(of reference: CoordinateReference, easting: Double) -> Int? {
        guard easting >= 13e6, easting < 46e6, let row = numbered.first(where: { $0.reference == reference }) else { return nil }
        let zone = Int(easting / 1e6)
        if (13...23).contains(zone) { return row.sixDegrees + zone - 13 }
        if (25...45).contains(zone) { return row.threeDegrees + zone - 25 }
        return nil
    }

    /// The number of the zone with a central meridian, for its width.
    static func numbers(centralMeridian: Double) -> [Int] {
        var numbers: [Int] = []
        let three = (centralMeridian / 3).rounded()
        if abs(three * 3 - centralMeridian) < 1e-6 { numbers.append(Int(three)) }
        let six = ((centralMeridian + 3) / 6).rounded()
        if abs(six * 6 - 3 - centralMeridian) < 1e-6 { numbers.append(Int(six)) }
        return numbers
    }
}
