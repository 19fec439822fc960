// Place.swift: an administrative place (province, prefecture, county) with its outline, as read from a boundary file.
// An outline is a flat list of rings; which ring is a hole is settled by the even-odd rule, so parts, holes and enclaves
// need no structure of their own.

/// One corner of an outline, in degrees, WGS 84.
public struct Vertex: Hashable, Sendable {
    public var longitude: Double
    public var latitude: Double

    public init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

/// A scalar of a GeoJSON feature's properties. Nested objects and arrays are not kept.
public enum PlaceProperty: Hashable, Sendable {
    case text(String)
    case number(Double)
    case boolean(Bool)
}

/// A place with code, name and outline.
public struct Place: Sendable {
    /// The code of GB/T 2260 style, e.g. `330102`; 0 when the file gave none.
    public let code: Int32
    /// The Chinese name, e.g. `上城区`; empty when the file gave none.
    public let name: String
    /// Closed rings (the last vertex may repeat the first or not). Inside = inside an odd number of rings.
    public let rings: [[Vertex]]
    /// All scalar properties of the feature.
    public let properties: [String: PlaceProperty]

    public init(code: Int32, name: String, rings: [[Vertex]], properties: [String: PlaceProperty] = [:]) {
        self.code = code
        self.name = name
        self.rings = rings
        self.properties = properties
    }

    /// A property as text, or nil when absent or not text.
    public func text(_ key: String) -> String? {
        if case .text(let value)? = properties[key] { return value }
        return nil
    }

    /// A property as number, or nil when absent or not a number.
    public func number(_ key: String) -> Double? {
        if case .number(let value)? = properties[key] { return value }
        return nil
    }

    /// The code of the province that the place lies in (its first two digits, then zeros).
    public var provinceCode: Int32 { code / 10_000 * 10_000 }

    /// Whether the point lies inside, by the even-odd rule over all rings. O(vertices): the plain definition that
    /// `PlaceIndex` answers faster. Points exactly on an edge may fall on either side.
    public func contains(longitude: Double, latitude: Double) -> Bool {
        var inside = false
        for ring in rings {
            guard var previous = ring.last else { continue }
            for vertex in ring {
                if (vertex.latitude > latitude) != (previous.latitude > latitude),
                    Edge(from: previous, to: vertex).isEast(ofLongitude: longitude, latitude: latitude)
                {
                    inside.toggle()
                }
                previous = vertex
            }
        }
        return inside
    }
}

/// An edge with its lower end first, so that two places which share an edge compute the same crossing for it, bit by bit:
/// a point near a common border is then inside exactly one of the two.
@usableFromInline
struct Edge: Sendable {
    @usableFromInline var lowX: Double
    @usableFromInline var lowY: Double
    @usableFromInline var highX: Double
    @usableFromInline var highY: Double

    @usableFromInline
    init(from first: Vertex, to second: Vertex) {
        let ascending = first.latitude <= second.latitude
        let low = ascending ? first : second
        let high = ascending ? second : first
        lowX = low.longitude
        lowY = low.latitude
        highX = high.longitude
        highY = high.latitude
    }

    /// The longitude where the edge crosses a latitude between its ends.
    @inlinable
    func longitude(atLatitude latitude: Double) -> Double {
        lowX + (latitude - lowY) * (highX - lowX) / (highY - lowY)
    }

    /// Whether the edge, which spans the latitude, crosses it east of the point.
    @inlinable
    func isEast(ofLongitude longitude: Double, latitude: Double) -> Bool {
        self.longitude(atLatitude: latitude) > longitude
    }
}
