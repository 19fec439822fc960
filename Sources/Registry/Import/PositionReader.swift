// PositionReader.swift: a row's position, from whatever datum it is in to WGS 84, with what is known of its accuracy. A position that
// cannot be right is refused with the reason; one that is only strange is kept and flagged. Nothing is put right unasked.

import Geodesy

/// One thread at a time: it owns PROJ transformations.
final class PositionReader {
    static let datumNames = "\(CoordinateReference.knownNames), EPSG:nnnn (such as EPSG:4526), unknown"

    /// How far a position may be off whose datum is not known: the largest offset of BD-09, rounded up.
    static let unknownDatumAccuracyMeters = 700.0

    struct Position {
        var longitude: Double
        var latitude: Double
        var sourceX: Double
        var sourceY: Double
        var datum: String
        var accuracyMeters: Double?
        var flags: FactoryFlags
    }

    /// Position fields as text.
    struct Fields {
        var lon: FieldBytes
        var lat: FieldBytes
        var easting: FieldBytes
        var northing: FieldBytes
        var datum: FieldBytes
    }

    private struct Frame {
        var name: String
        var isPlane: Bool
        /// Taken as they are: WGS 84 and unknown ones.
        var isIdentity: Bool
        var isUnknown: Bool
        /// GCJ-02 and BD-09 are degrees and nothing else.
        var allowsMetres: Bool
        var transformer: CoordinateTransformer?
    }

    private let fixesSwapped: Bool
    private var frames: [[UInt8]: Frame] = [:]
    private var last: (text: [UInt8], frame: Frame)?
    private var standard: Frame?

    /// - Parameter datum: of positions that name none.
    init(datum: String?, fixesSwapped: Bool) throws(ImportError) {
        self.fixesSwapped = fixesSwapped
        if let datum {
            do throws(FieldProblem) { standard = try PositionReader.makeFrame(datum) } catch {
                throw .badOption(option: "--datum", value: datum, reason: error.reason)
            }
        }
    }

    /// Whether a datum has metres; nil for an unknown name.
    static func isPlane(_ datum: String) -> Bool? { (try? CoordinateReference(parsing: datum))?.isProjected }

    func read(_ fields: Fields) throws(RowReject) -> Position {
        let frame = try frame(fields.datum)
        let usesMetres = frame.isPlane || (fields.lon.isEmpty && fields.lat.isEmpty && !(fields.easting.isEmpty && fields.northing.isEmpty))
        if usesMetres, !frame.isPlane, !frame.allowsMetres {
            throw RowReject(
                field: "datum", value: frame.name,
                reason: "easting and northing are given, but this datum has degrees; name the plane system, such as EPSG:4526")
        }
        // Plane coordinates may stand under lon and lat as well.
        let isNamedPlane = usesMetres && !(fields.easting.isEmpty && fields.northing.isEmpty)
        let (xName, yName) = isNamedPlane ? ("easting", "northing") : ("lon", "lat")
        let x = try number(isNamedPlane ? fields.easting : fields.lon, xName)
        let y = try number(isNamedPlane ? fields.northing : fields.lat, yName)
        if abs(x) < 1e-9, abs(y) < 1e-9 {
            throw RowReject(
                field: xName, value: "0, 0", reason: "position 0, 0 stands for an unknown one; give the true position or leave the row out")
        }
        return usesMetres ? try plane(x, y, frame, (xName, yName)) : try degrees(x, y, frame)
    }

    private func number(_ bytes: FieldBytes, _ field: String) throws(RowReject) -> Double {
        if bytes.isEmpty { throw RowReject(field: field, value: "", reason: "no position: the field is empty") }
        do throws(FieldProblem) { return try FieldText.number(bytes) } catch {
            throw RowReject(field: field, value: FieldText.excerpt(bytes), reason: error.reason)
        }
    }

    // MARK: Datums

    private func frame(_ bytes: FieldBytes) throws(RowReject) -> Frame {
        if bytes.isEmpty {
            if let standard { return standard }
            throw RowReject(
                field: "datum", value: "",
                reason: "the position names no datum; give one of \(PositionReader.datumNames), or --datum for all such rows")
        }
        if let last, last.text.count == bytes.count, last.text.elementsEqual(bytes) { return last.frame }
        let key = Array(bytes)
        if let known = frames[key] {
            last = (key, known)
            return known
        }
        let text = FieldText.string(bytes)
        do throws(FieldProblem) {
            let made = try PositionReader.makeFrame(text)
            // A file of rubbish must not fill the memory with it.
            if frames.count < 1000 { frames[key] = made }
            last = (key, made)
            return made
        } catch {
            throw RowReject(field: "datum", value: FieldText.excerpt(bytes), reason: error.reason)
        }
    }

    private static func makeFrame(_ text: String) throws(FieldProblem) -> Frame {
        if ["unknown", "未知", "不详"].contains(text.lowercased()) {
            return Frame(name: "unknown", isPlane: false, isIdentity: true, isUnknown: true, allowsMetres: false)
        }
        do throws(GeodesyError) {
            let reference = try CoordinateReference(parsing: text)
            let transformer = reference == .wgs84 ? nil : try CoordinateTransformer(from: reference, to: .wgs84)
            return Frame(
                name: reference.displayName, isPlane: reference.isProjected, isIdentity: reference == .wgs84, isUnknown: false,
                allowsMetres: reference == .cgcs2000 || reference == .xian1980 || reference == .beijing1954, transformer: transformer)
        } catch {
            throw FieldProblem("is no datum known here; give one of \(datumNames)")
        }
    }

    // MARK: Degrees

    private func degrees(_ lon: Double, _ lat: Double, _ frame: Frame) throws(RowReject) -> Position {
        let isInRange = abs(lat) <= 90 && abs(lon) <= 180
        var outcome: Position?
        if isInRange {
            let made = try transformed(lon, lat, frame, ("lon", "lat"))
            if ChinaOutline.containsChina(longitude: made.longitude, latitude: made.latitude) { return made }
            outcome = made
        }
        if abs(lon) <= 90, abs(lat) <= 180, ChinaOutline.containsChina(longitude: lat, latitude: lon) {
            guard fixesSwapped else { throw PositionReader.swapped("lat", "\(lon), \(lat)", "latitude and longitude look swapped") }
            var made = try transformed(lat, lon, frame, ("lat", "lon"))
            made.flags.insert(.swapCorrected)
            return made
        }
        guard var outcome else {
            let isLatitude = abs(lat) > 90
            throw RowReject(
                field: isLatitude ? "lat" : "lon", value: "\(isLatitude ? lat : lon)",
                reason: isLatitude ? "a latitude lies between -90 and 90 degrees" : "a longitude lies between -180 and 180 degrees")
        }
        outcome.flags.insert(.outsideChina)
        return outcome
    }

    private static func swapped(_ field: String, _ value: String, _ what: String) -> RowReject {
        RowReject(
            field: field, value: value,
            reason: "\(what): as given the position is not in China, the other way round it is; put it right, or say --fix-swapped")
    }

    // MARK: Metres

    private func plane(_ x: Double, _ y: Double, _ frame: Frame, _ names: (String, String)) throws(RowReject) -> Position {
        let given: Result<Position, RowReject>
        do throws(RowReject) { given = .success(try transformed(x, y, frame, names)) } catch { given = .failure(error) }
        if case .success(let made) = given, ChinaOutline.containsChina(longitude: made.longitude, latitude: made.latitude) { return made }
        if var other = try? transformed(y, x, frame, names),
            ChinaOutline.containsChina(longitude: other.longitude, latitude: other.latitude)
        {
            guard fixesSwapped else { throw PositionReader.swapped(names.1, "\(x), \(y)", "easting and northing look swapped") }
            other.flags.insert(.swapCorrected)
            return other
        }
        var outcome = try given.get()
        outcome.flags.insert(.outsideChina)
        return outcome
    }

    private func transformed(_ x: Double, _ y: Double, _ frame: Frame, _ names: (String, String)) throws(RowReject) -> Position {
        var position = Position(longitude: x, latitude: y, sourceX: x, sourceY: y, datum: frame.name, accuracyMeters: 0, flags: [])
        if frame.isUnknown {
            position.accuracyMeters = PositionReader.unknownDatumAccuracyMeters
            position.flags.insert(.datumUnknown)
        }
        guard let transformer = frame.transformer else { return position }
        do throws(GeodesyError) {
            let outcome = try transformer.transform(x: x, y: y)
            position.longitude = outcome.x
            position.latitude = outcome.y
            position.accuracyMeters = outcome.accuracyMeters
            if outcome.isBallpark { position.flags.insert(.ballparkTransform) }
        } catch {
            throw RowReject(field: names.0, value: "\(x), \(y)", reason: "\(error)")
        }
        guard position.longitude.isFinite, position.latitude.isFinite, abs(position.latitude) <= 90, abs(position.longitude) <= 180 else {
            throw RowReject(field: names.0, value: "\(x), \(y)", reason: "cannot be a position in \(frame.name)")
        }
        return position
    }
}
