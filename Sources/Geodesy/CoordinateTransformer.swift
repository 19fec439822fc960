// CoordinateTransformer.swift: from any system to any other, always saying by which operation and how accurately.
//
// GCJ-02 and BD-09 are ours; everything else is PROJ's, with EPSG's operations. Where EPSG has no operation between two datums, PROJ
// takes positions as they are and does not say so: here that is called a ballpark, named, and never silent. Where it has several, the
// one whose area holds the point is used, the most accurate first.

import CProj

/// A position in another system, and how it came there.
public struct TransformOutcome: Hashable, Sendable {
    /// Longitude or easting, degrees or metres.
    public var x: Double
    /// Latitude or northing.
    public var y: Double
    /// How far the result may be off by the transformation, metres; nil: not known.
    public var accuracyMeters: Double?
    /// Whether some step took positions of one datum as those of another.
    public var isBallpark: Bool
    /// The operation's name, with EPSG's code where it has one, and what was done to the input.
    public var operation: String

    public init(x: Double, y: Double, accuracyMeters: Double?, isBallpark: Bool, operation: String) {
        self.x = x
        self.y = y
        self.accuracyMeters = accuracyMeters
        self.isBallpark = isBallpark
        self.operation = operation
    }
}

/// Transforms positions from one system to another. Not for sharing between threads: each has its own, with a PROJ context of
/// its own.
public final class CoordinateTransformer {
    private let from: CoordinateReference
    private let to: CoordinateReference
    /// From `from`, or WGS 84 if that is GCJ-02 or BD-09, to `to`, or WGS 84 likewise; nil where both are the same.
    private let proj: ProjPipeline?
    private let operationCode: Int?
    /// For eastings with a zone's number under a datum's name.
    private var zones: [Int: CoordinateTransformer] = [:]
    private let plainOperation: String

    /// - Parameter operation: EPSG's code of the one operation to use; nil: the best for each point.
    /// - Throws: `GeodesyError` for a system or an operation that EPSG does not have.
    public init(from: CoordinateReference, to: CoordinateReference, operation: Int? = nil) throws(GeodesyError) {
        self.from = from
        self.to = to
        operationCode = operation
        let source = from.epsgCode ?? 4326
        let target = to.epsgCode ?? 4326
        proj = source == target ? nil : try ProjPipeline(source: source, target: target, operation: operation)
        if source == target, operation != nil { throw .unknownOperation("EPSG:\(operation ?? 0)") }
        plainOperation =
            from == to ? "none: the same system" : "\(from.displayName) to \(to.displayName) by formula, exact to a micrometre"
    }

    /// - Parameters:
    ///   - x: longitude or easting, degrees or metres.
    ///   - y: latitude or northing.
    public func transform(x: Double, y: Double) throws(GeodesyError) -> TransformOutcome {
        guard x.isFinite else { throw .notFinite(axis: "x") }
        guard y.isFinite else { throw .notFinite(axis: "y") }
        if let zoned = try zonedTransformer(easting: x) {
            var outcome = try zoned.transform(x: x, y: y)
            outcome.operation += " [read as \(zoned.from.displayName), by the zone number of the easting]"
            return outcome
        }
        // To WGS 84, if PROJ cannot read the source.
        var longitude = x
        var latitude = y
        switch from {
        case .gcj02:
            let position = try Coordinate<GCJ02>(longitude: x, latitude: y).wgs84()
            (longitude, latitude) = (position.longitude, position.latitude)
        case .bd09:
            let position = try Coordinate<BD09>(longitude: x, latitude: y).wgs84()
            (longitude, latitude) = (position.longitude, position.latitude)
        default: break
        }
        var outcome = TransformOutcome(x: longitude, y: latitude, accuracyMeters: 0, isBallpark: false, operation: plainOperation)
        if let proj {
            outcome = try proj.transform(x: longitude, y: latitude)
        } else if from.epsgCode != nil {
            try checkInput(x, y)
        }
        switch to {
        case .gcj02:
            let position = try Coordinate<WGS84>(longitude: outcome.x, latitude: outcome.y).gcj02()
            (outcome.x, outcome.y) = (position.longitude, position.latitude)
        case .bd09:
            let position = try Coordinate<WGS84>(longitude: outcome.x, latitude: outcome.y).bd09()
            (outcome.x, outcome.y) = (position.longitude, position.latitude)
        default: break
        }
        if from == to { return TransformOutcome(x: x, y: y, accuracyMeters: 0, isBallpark: false, operation: plainOperation) }
        return outcome
    }

    private func checkInput(_ x: Double, _ y: Double) throws(GeodesyError) {
        if !from.isProjected, case .epsg = from { return }
        if !from.isProjected { try checkDegrees(longitude: x, latitude: y) }
    }

    private func zonedTransformer(easting: Double) throws(GeodesyError) -> CoordinateTransformer? {
        guard easting >= 13e6, let code = GaussKrugerZone.system(of: from, easting: easting) else { return nil }
        if let known = zones[code] { return known }
        let made = try CoordinateTransformer(from: .epsg(code), to: to, operation: operationCode)
        zones[code] = made
        return made
    }
}
