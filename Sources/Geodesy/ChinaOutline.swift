// ChinaOutline.swift: whether a position lies in mainland China, where GCJ-02 applies, or in China at all. An outline of some
// 13,000 corners with a margin of 5 km towards the sea, good to some hundred metres at land borders: for datums and for
// plausibility, never a statement about borders.
//
// A point is inside when a line to the west crosses the rings an odd number of times. The edges are sorted into bands of latitude,
// so only a few dozen are looked at.

/// Outlines for datum rules.
public enum ChinaOutline {
    /// Whether GCJ-02 and BD-09 apply: mainland China and its coastal waters, without Hong Kong, Macau and Taiwan.
    public static func containsMainland(longitude: Double, latitude: Double) -> Bool {
        mainland.contains(longitude: longitude, latitude: latitude)
    }

    /// Whether a position lies in China: the mainland, Hong Kong, Macau, Taiwan, and coastal waters.
    public static func containsChina(longitude: Double, latitude: Double) -> Bool {
        mainland.contains(longitude: longitude, latitude: latitude) || regions.contains(longitude: longitude, latitude: latitude)
    }

    private static let mainland = BandedOutline(base64: mainlandData)
    private static let regions = BandedOutline(base64: regionsData)
}

/// Rings with their edges in bands of latitude.
struct BandedOutline: Sendable {
    private static let bandsPerDegree = 20.0

    private struct Edge {
        var x: Double
        var y: Double
        var slope: Double  // of longitude over latitude
        var top: Double
        var bottom: Double
        var east: Double
    }

    private let west: Double
    private let east: Double
    private let south: Double
    private let north: Double
    /// Edges of band b: edges[starts[b] ..< starts[b + 1]].
    private let starts: [Int]
    private let edges: [Edge]

    /// Rings as tools/make-outline writes them. Data that do not fit give an empty outline; a test looks at its size.
    init(base64: StaticString) {
        let rings = BandedOutline.rings(base64.withUTF8Buffer { BandedOutline.decode($0) })
        let corners = rings.flatMap { $0 }
        west = corners.map(\.x).min() ?? 0
        east = corners.map(\.x).max() ?? 0
        south = corners.map(\.y).min() ?? 0
        north = corners.map(\.y).max() ?? 0
        let bandCount = Int((north - south) * BandedOutline.bandsPerDegree) + 1
        var bands: [[Edge]] = Array(repeating: [], count: bandCount)
        for ring in rings {
            for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) where a.y != b.y {
                let edge = Edge(
                    x: a.x, y: a.y, slope: (b.x - a.x) / (b.y - a.y), top: max(a.y, b.y), bottom: min(a.y, b.y), east: max(a.x, b.x))
                let first = Int((edge.bottom - south) * BandedOutline.bandsPerDegree)
                let last = Int((edge.top - south) * BandedOutline.bandsPerDegree)
                for band in first...min(last, bandCount - 1) { bands[band].append(edge) }
            }
        }
        var starts = [0]
        for band in bands { starts.append(starts[starts.count - 1] + band.count) }
        self.starts = starts
        edges = bands.flatMap { $0 }
    }

    var edgeCount: Int { edges.count }

    func contains(longitude: Double, latitude: Double) -> Bool {
        guard longitude >= west, longitude <= east, latitude >= south, latitude <= north else { return false }
        let band = Int((latitude - south) * BandedOutline.bandsPerDegree)
        var inside = false
        for at in starts[band]..<starts[band + 1] {
            let edge = edges[at]
            if latitude >= edge.bottom, latitude < edge.top, longitude > edge.x + (latitude - edge.y) * edge.slope { inside.toggle() }
        }
        return inside
    }

    private static func rings(_ bytes: [UInt8]) -> [[(x: Double, y: Double)]] {
        var at = 0
        func varint() -> Int {
            var result = 0
            var shift = 0
            while at < bytes.count, shift < 63 {
                let byte = bytes[at]
                at += 1
                result |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return result
        }
        func difference() -> Int {
            let folded = varint()
            return folded & 1 == 0 ? folded >> 1 : -(folded >> 1) - 1
        }
        var x = 0
        var y = 0
        return (0..<min(varint(), bytes.count)).map { _ in
            (0..<min(varint(), bytes.count)).map { _ in
                x += difference()
                y += difference()
                return (Double(x) / 10_000, Double(y) / 10_000)
            }
        }
    }

    /// Base64 (RFC 4648).
    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt32
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(character) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(character) + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
