// CoordinateTransformer.swift: from any system to any other, always saying by which operation and how accurately.
//
// GCJ-02 and BD-09 are ours and stand beside WGS 84; everything else is PROJ's, with EPSG's operations (ProjPipeline). Where EPSG has no
// operation between two datums, PROJ takes positions as they are and does not say so: here that is called a ballpark, named, and never
// silent.

/// A position in another system, and how it came there.
public struct TransformOutcome: Hashable, Sendable {
    /// Longitude or easting, degrees or metres.
    public var x: Double
    /// Latitude or northing.
    public var y: Double
    /// How far the result may be off by the operation, metres, as EPSG says; nil: nobody says. The formulas of GCJ-02, BD-09 and the
    /// projections count as 0.
    public var accuracyMeters: Double?
    /// Whether positions of one datum were taken as those of another, for want of an operation.
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

/// Transforms positions from one system to another.
///
///     let transformer = try CoordinateTransformer(from: .epsg(4526), to: .gcj02)
///     let outcome = try transformer.transform(x: 38_512_345, y: 3_400_000)
///
/// Not for sharing between threads: each has its own, with a PROJ context of its own. Between WGS 84, GCJ-02 and BD-09 no PROJ is made or
/// asked and nothing is allocated: 0.1 to 0.5 µs a position; with PROJ it is about as much.
public final class CoordinateTransformer {
    public let from: CoordinateReference
    public let to: CoordinateReference
    /// From `from`, or WGS 84 if that is GCJ-02 or BD-09, to `to`, or WGS 84 likewise; nil where both are WGS 84.
    private let pipeline: ProjPipeline?
    private let operationCode: Int?
    /// Names of what is done without a pipeline.
    private let plainOperation: String
    private let identityOperation: String
    /// For eastings with a zone's number under a datum's name, by EPSG code.
    private var zoned: [Int: CoordinateTransformer] = [:]
    /// The pipeline's last operation, with its name as completed here.
    private var completed = (of: "", name: "")

    /// - Parameter operation: EPSG's code of the one datum operation to use, such as 15918; nil: the best for each point.
    /// - Throws: `GeodesyError` for a system or an operation that EPSG does not have.
    public init(from: CoordinateReference, to: CoordinateReference, operation: Int? = nil) throws(GeodesyError) {
        self.from = from
        self.to = to
        operationCode = operation
        let source = from.epsgCode ?? DatumStep.wgs84Code
        let target = to.epsgCode ?? DatumStep.wgs84Code
        if source == target, source == DatumStep.wgs84Code {
            pipeline = nil
            if let operation { throw .unknownOperation("EPSG:\(operation)", known: []) }
        } else {
            pipeline = try ProjPipeline(source: source, target: target, operation: operation)
        }
        plainOperation = "\(from.displayName) to \(to.displayName) by formula"
        identityOperation =
            from == to ? "none: the same system" : "\(from.displayName) to \(to.displayName): the same outside mainland China"
    }

    /// - Parameters:
    ///   - x: longitude or easting, degrees or metres.
    ///   - y: latitude or northing.
    /// - Throws: `GeodesyError` that says what is wrong with the position. Positions after it are not affected.
    public func transform(x: Double, y: Double) throws(GeodesyError) -> TransformOutcome {
        guard let pipeline else {
            let (longitude, latitude) = try moved(x, y)
            let operation = longitude == x && latitude == y ? identityOperation : plainOperation
            return TransformOutcome(x: longitude, y: latitude, accuracyMeters: 0, isBallpark: false, operation: operation)
        }
        guard x.isFinite else { throw .notFinite(axis: from.isProjected ? "easting" : "longitude") }
        guard y.isFinite else { throw .notFinite(axis: from.isProjected ? "northing" : "latitude") }
        if x >= 1e6, let zoned = try zonedTransformer(easting: x) {
            var outcome = try zoned.transform(x: x, y: y)
            outcome.operation += " [read as \(zoned.from.displayName), by the zone number of the easting]"
            return outcome
        }
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
        var outcome = try pipeline.transform(x: longitude, y: latitude)
        switch to {
        case .gcj02:
            let position = try Coordinate<WGS84>(longitude: outcome.x, latitude: outcome.y).gcj02()
            (outcome.x, outcome.y) = (position.longitude, position.latitude)
        case .bd09:
            let position = try Coordinate<WGS84>(longitude: outcome.x, latitude: outcome.y).bd09()
            (outcome.x, outcome.y) = (position.longitude, position.latitude)
        default: break
        }
        if from.epsgCode == nil || to.epsgCode == nil { outcome.operation = completedName(outcome.operation) }
        return outcome
    }

    /// Between WGS 84, GCJ-02 and BD-09.
    private func moved(_ x: Double, _ y: Double) throws(GeodesyError) -> (longitude: Double, latitude: Double) {
        try checkDegrees(longitude: x, latitude: y)
        switch (from, to) {
        case (.gcj02, .bd09):
            let position = Coordinate<GCJ02>(unchecked: x, y).bd09()
            return (position.longitude, position.latitude)
        case (.gcj02, .gcj02), (.bd09, .bd09): return (x, y)
        case (.gcj02, _):
            let position = Coordinate<GCJ02>(unchecked: x, y).wgs84()
            return (position.longitude, position.latitude)
        case (.bd09, .gcj02):
            let position = Coordinate<BD09>(unchecked: x, y).gcj02()
            return (position.longitude, position.latitude)
        case (.bd09, _):
            let position = Coordinate<BD09>(unchecked: x, y).wgs84()
            return (position.longitude, position.latitude)
        case (_, .gcj02):
            let position = Coordinate<WGS84>(unchecked: x, y).gcj02()
            return (position.longitude, position.latitude)
        case (_, .bd09):
            let position = Coordinate<WGS84>(unchecked: x, y).bd09()
            return (position.longitude, position.latitude)
        default: return (x, y)
        }
    }

    private func completedName(_ name: String) -> String {
        if completed.of == name { return completed.name }
        var parts: [String] = []
        if from.epsgCode == nil { parts.append("\(from.displayName) to wgs84 by formula") }
        if from.epsgCode != nil || to.epsgCode != nil { parts.append(name) }
        if to.epsgCode == nil { parts.append("wgs84 to \(to.displayName) by formula") }
        completed = (name, parts.joined(separator: " + "))
        return completed.name
    }

    /// For a datum's name with an easting of a numbered zone: the transformer of that zone.
    private func zonedTransformer(easting: Double) throws(GeodesyError) -> CoordinateTransformer? {
        guard let base = from.epsgCode, let zone = GaussKrugerZone(base: base, numberedEasting: easting) else { return nil }
        if let known = zoned[zone.code] { return known }
        let made = try CoordinateTransformer(from: .epsg(zone.code), to: to, operation: operationCode)
        zoned[zone.code] = made
        return made
    }
}

/// A transformer between two datums that the compiler knows.
///
///     let transformer = try DatumTransformer<Beijing1954, WGS84>()
///     let (position, outcome) = try transformer.transform(Coordinate(longitude: 108.63, latitude: 38.86))
public final class DatumTransformer<From: Datum, To: Datum> {
    private let transformer: CoordinateTransformer

    /// - Throws: `GeodesyError.unknownOperation`.
    public init(operation: Int? = nil) throws(GeodesyError) {
        transformer = try CoordinateTransformer(from: From.reference, to: To.reference, operation: operation)
    }

    /// The position in the other datum, and by which operation.
    public func transform(_ position: Coordinate<From>) throws(GeodesyError) -> (position: Coordinate<To>, outcome: TransformOutcome) {
        let outcome = try transformer.transform(x: position.longitude, y: position.latitude)
        return (try Coordinate<To>(longitude: outcome.x, latitude: outcome.y), outcome)
    }
}
