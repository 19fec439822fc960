// Outline.swift: the shape of a place in whole numbers of 10⁻⁷ degrees (1 cm). Whole numbers make "the same corner" an exact
// question: a border that two places share is the same list of corners in both.

/// A corner in 10⁻⁷ degrees, WGS 84.
public struct Corner: Hashable, Sendable, Comparable {
    public var x: Int32
    public var y: Int32

    public init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
    }

    /// Rounds a position in degrees; both must lie on the globe.
    public init(longitude: Double, latitude: Double) {
        x = Int32((longitude * Corner.perDegree).rounded())
        y = Int32((latitude * Corner.perDegree).rounded())
    }

    public static let perDegree = 1e7

    public var longitude: Double { Double(x) / Corner.perDegree }
    public var latitude: Double { Double(y) / Corner.perDegree }

    public static func < (a: Corner, b: Corner) -> Bool { a.x != b.x ? a.x < b.x : a.y < b.y }

    /// One number per corner, ascending as corners are.
    var key: UInt64 { UInt64(UInt32(bitPattern: x ^ .min)) << 32 | UInt64(UInt32(bitPattern: y ^ .min)) }
}

/// Polygons of a place: each an exterior ring and then its holes. Rings are open (the first corner is not repeated), exteriors run
/// counter-clockwise, holes clockwise (RFC 7946 section 3.1.6).
public struct Outline: Hashable, Sendable {
    public var polygons: [[[Corner]]]

    public init(polygons: [[[Corner]]]) { self.polygons = polygons }

    public var isEmpty: Bool { polygons.isEmpty }

    public var cornerCount: Int { polygons.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }

    /// West, south, east, north; nil when empty.
    public var bounds: (low: Corner, high: Corner)? {
        guard let first = polygons.first?.first?.first else { return nil }
        var low = first
        var high = first
        for polygon in polygons {
            for corner in polygon.first ?? [] {
                low = Corner(x: min(low.x, corner.x), y: min(low.y, corner.y))
                high = Corner(x: max(high.x, corner.x), y: max(high.y, corner.y))
            }
        }
        return (low, high)
    }

    /// All rings in degrees, for the even-odd rule.
    public var rings: [[Vertex]] {
        polygons.flatMap { $0.map { $0.map { Vertex(longitude: $0.longitude, latitude: $0.latitude) } } }
    }

    /// Square degrees, exact sums of whole numbers.
    public var squareDegrees: Double {
        Double(polygons.reduce(Int128(0)) { $0 + $1.reduce(Int128(0)) { $0 + Outline.doubledArea($1) } })
            / (2 * Corner.perDegree * Corner.perDegree)
    }

    /// Twice the area, positive for a ring that runs counter-clockwise.
    static func doubledArea(_ ring: [Corner]) -> Int128 {
        guard var previous = ring.last, let origin = ring.first else { return 0 }
        var sum: Int128 = 0
        for corner in ring {
            let (ax, ay) = (Int64(previous.x) - Int64(origin.x), Int64(previous.y) - Int64(origin.y))
            let (bx, by) = (Int64(corner.x) - Int64(origin.x), Int64(corner.y) - Int64(origin.y))
            sum += Int128(ax) * Int128(by) - Int128(bx) * Int128(ay)
            previous = corner
        }
        return sum
    }
}

// MARK: Bytes

extension Outline {
    /// For storing: counts and zigzag-encoded steps as varints, about four bytes a corner.
    public var bytes: [UInt8] {
        var writer = VarintWriter()
        writer.write(UInt64(polygons.count))
        var last = Corner(x: 0, y: 0)
        for polygon in polygons {
            writer.write(UInt64(polygon.count))
            for ring in polygon {
                writer.write(UInt64(ring.count))
                for corner in ring {
                    writer.write(step: Int64(corner.x) - Int64(last.x))
                    writer.write(step: Int64(corner.y) - Int64(last.y))
                    last = corner
                }
            }
        }
        return writer.bytes
    }

    /// Reads `bytes` again. Nil for anything that `bytes` did not write.
    public init?(bytes: UnsafeBufferPointer<UInt8>) {
        var reader = VarintReader(bytes: bytes)
        guard let polygonCount = reader.count() else { return nil }
        var polygons: [[[Corner]]] = []
        polygons.reserveCapacity(polygonCount)
        var (x, y): (Int64, Int64) = (0, 0)
        for _ in 0..<polygonCount {
            guard let ringCount = reader.count() else { return nil }
            var rings: [[Corner]] = []
            rings.reserveCapacity(ringCount)
            for _ in 0..<ringCount {
                guard let cornerCount = reader.count() else { return nil }
                var ring: [Corner] = []
                ring.reserveCapacity(cornerCount)
                for _ in 0..<cornerCount {
                    guard let dx = reader.step(), let dy = reader.step() else { return nil }
                    (x, y) = (x &+ dx, y &+ dy)
                    guard abs(x) <= 1_800_000_000, abs(y) <= 900_000_000 else { return nil }
                    ring.append(Corner(x: Int32(x), y: Int32(y)))
                }
                rings.append(ring)
            }
            polygons.append(rings)
        }
        guard reader.isAtEnd else { return nil }
        self.polygons = polygons
    }

    private struct VarintWriter {
        private(set) var bytes: [UInt8] = []

        mutating func write(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(truncatingIfNeeded: value))
        }

        mutating func write(step: Int64) { write(UInt64(bitPattern: step << 1 ^ step >> 63)) }
    }

    private struct VarintReader {
        let bytes: UnsafeBufferPointer<UInt8>
        private var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func next() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < bytes.count, shift < 64 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }

        /// A number of things that take a byte each at least: never more than there are bytes left.
        mutating func count() -> Int? {
            guard let value = next(), value <= UInt64(bytes.count - position) else { return nil }
            return Int(value)
        }

        mutating func step() -> Int64? {
            guard let value = next() else { return nil }
            let step = Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
            return abs(step) <= 1 << 33 ? step : nil
        }
    }
}
