// BoundaryImporter.swift: places with codes and names from any GeoJSON FeatureCollection of polygons. What is wrong with a feature is
// repaired and said, or the feature is left out and that is said; what is wrong with the whole file ends the import.

import Geodesy

/// How to read a boundary file.
public struct BoundaryOptions: Sendable {
    /// The property with the code; nil: the first of `code`, `adcode`, `county_code`, `ADCODE99` that is there.
    public var codeField: String?
    /// The property with the Chinese name; nil: `name_zh`, then `name`.
    public var nameField: String?
    /// The property with the English name; nil: `name_en`.
    public var englishField: String?
    /// Only places of this level are taken; nil: all. The level of a place is told by its code.
    public var level: PlaceLevel?
    /// The datum of the file's positions, in degrees.
    public var datum = CoordinateReference.wgs84
    /// Takes features whose latitude and longitude are swapped the other way round, rather than leaving them out.
    public var fixesSwapped = false
    public var source: PlaceSource

    public init(source: PlaceSource) { self.source = source }
}

/// Reads boundary files. One thread at a time.
public final class BoundaryImporter {
    private let options: BoundaryOptions
    private let engine: GeosEngine
    private let transformer: CoordinateTransformer?

    /// - Throws: `BoundaryError` for a datum that has no way to WGS 84, or that is in metres.
    public init(options: BoundaryOptions) throws(BoundaryError) {
        self.options = options
        guard let engine = GeosEngine() else { throw .geometry(reason: "GEOS could not start") }
        self.engine = engine
        guard !options.datum.isProjected else {
            throw .badOption(option: "--datum", reason: "\(options.datum.displayName) has metres; GeoJSON has degrees")
        }
        do throws(GeodesyError) {
            transformer = options.datum == .wgs84 ? nil : try CoordinateTransformer(from: options.datum, to: .wgs84)
        } catch {
            throw .badOption(option: "--datum", reason: "\(error)")
        }
    }

    /// Reads one file, plain or gzipped.
    ///
    /// - Returns: the places in the order of the file, each code once, with the shape as the file has it (on WGS 84, valid, to
    ///   10⁻⁷ degrees): neighbours may still overlap or leave gaps, which `PlaceCoverage` settles.
    /// - Throws: `BoundaryError` when the file cannot be read, is no GeoJSON, or has no usable feature.
    public func read(path: String) throws(BoundaryError) -> (places: [PlaceOutline], report: BoundaryReport) {
        let bytes = try BoundaryFile.contents(path: path)
        return try read(features: GeoJSONScanner(path: path, bytes: bytes, refusesOffGlobe: false).features(), path: path)
    }

    func read(features: [GeoJSONScanner.Feature], path: String) throws(BoundaryError) -> (places: [PlaceOutline], report: BoundaryReport) {
        var report = BoundaryReport(path: path)
        report.features = features.count
        var places: [PlaceOutline] = []
        var position: [Int32: Int] = [:]
        for (index, feature) in features.enumerated() {
            var remarks: [String] = []
            do throws(Refusal) {
                let place = try place(feature, remarks: &remarks, report: &report)
                if let known = position[place.code] {
                    let first = places[known]
                    guard first.nameZH == place.nameZH else {
                        throw Refusal("code \(place.code) stands already for '\(first.nameZH)'; each code belongs to one place")
                    }
                    places[known].outline = try joined(first.outline, place.outline)
                    remarks.append("the code stands in several features of the same name; their shapes were joined")
                } else {
                    position[place.code] = places.count
                    places.append(place)
                }
            } catch {
                report.rejected.append(BoundaryRemark(feature: index + 1, place: label(feature), text: error.reason))
                continue
            }
            if !remarks.isEmpty {
                report.repaired.append(
                    BoundaryRemark(feature: index + 1, place: label(feature), text: remarks.joined(separator: "; ")))
            }
        }
        guard !places.isEmpty else {
            let first = report.rejected.first.map { "; the first: \($0.place): \($0.text)" } ?? ""
            throw features.isEmpty ? .empty(path: path) : .noPlaces(path: path, features: features.count, reason: first)
        }
        report.provinces = places.count { $0.level == .province }
        report.prefectures = places.count { $0.level == .prefecture }
        report.counties = places.count { $0.level == .county }
        report.corners = places.reduce(0) { $0 + $1.outline.cornerCount }
        return (places, report)
    }

    /// Why a feature is left out.
    private struct Refusal: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    // MARK: One feature

    private func place(
        _ feature: GeoJSONScanner.Feature, remarks: inout [String], report: inout BoundaryReport
    ) throws(Refusal) -> PlaceOutline {
        let code = try code(feature)
        let level = PlaceCode.level(of: code)
        if let wanted = options.level, level != wanted {
            throw Refusal("code \(code) is of a \(level.name), and only places of level \(wanted.name) are asked for")
        }
        guard feature.kind == "Polygon" || feature.kind == "MultiPolygon" else {
            throw Refusal("its geometry is \(feature.kind.isEmpty ? "missing" : feature.kind); a Polygon or MultiPolygon is needed")
        }
        let name = text(feature, options.nameField.map { [$0] } ?? ["name_zh", "name"]) ?? ""
        if name.isEmpty { remarks.append("it has no name; one by its code is taken from the table of names, if that has one") }
        let outline = try outline(feature, remarks: &remarks, turned: &report.turnedRings)
        var parent = level == .province ? 0 : level == .prefecture ? PlaceCode.province(of: code) : PlaceCode.prefecture(of: code)
        if level == .county, let named = text(feature, ["prefecture_code", "parent_code"]).flatMap(PlaceCode.parse),
            PlaceCode.level(of: named) < level
        {
            parent = named
        }
        var source = options.source
        if case .boolean(true)? = feature.properties["synthetic"] { source.synthetic = true }
        return PlaceOutline(
            code: code, level: level, nameZH: name, nameEN: text(feature, options.englishField.map { [$0] } ?? ["name_en"]) ?? "",
            parent: parent, outline: outline, source: source)
    }

    private func text(_ feature: GeoJSONScanner.Feature, _ names: [String]) -> String? {
        for name in names {
            switch feature.properties[name] {
            case .text(let text)? where !text.isEmpty: return text
            case .number(let number)? where number == number.rounded() && abs(number) < 1e15: return String(Int64(number))
            default: continue
            }
        }
        return nil
    }

    private var codeFields: [String] { options.codeField.map { [$0] } ?? ["code", "adcode", "county_code", "ADCODE99"] }

    private func code(_ feature: GeoJSONScanner.Feature) throws(Refusal) -> Int32 {
        guard let text = text(feature, codeFields) else {
            let present = feature.properties.keys.sorted().prefix(20).joined(separator: ", ")
            throw Refusal(
                "it has no code in \(codeFields.joined(separator: ", ")); its properties are \(present.isEmpty ? "none" : present)")
        }
        guard let code = PlaceCode.parse(text) else {
            throw Refusal("'\(text.prefix(40))' is not a code of GB/T 2260: six digits, the first two from 11 to 82")
        }
        return code
    }

    private func label(_ feature: GeoJSONScanner.Feature) -> String {
        let parts = [text(feature, codeFields), text(feature, options.nameField.map { [$0] } ?? ["name_zh", "name"])]
        let known = parts.compactMap { $0 }.map { String($0.prefix(40)) }.joined(separator: " ")
        return known.isEmpty ? "no code, no name" : known
    }

    // MARK: Shapes

    private func joined(_ first: Outline, _ second: Outline) throws(Refusal) -> Outline {
        guard let both = engine.geometry(Outline(polygons: first.polygons + second.polygons)),
            let valid = engine.madeValid(both).flatMap(engine.onWholeNumbers)
        else { throw Refusal("its shape cannot be joined to that of the other feature with this code") }
        return engine.outline(valid)
    }

    private func outline(_ feature: GeoJSONScanner.Feature, remarks: inout [String], turned: inout Int) throws(Refusal) -> Outline {
        let isSwapped = try looksSwapped(feature)
        if isSwapped {
            guard options.fixesSwapped else {
                throw Refusal("latitude and longitude look swapped; GeoJSON wants longitude first (--fix-swapped takes them so)")
            }
            remarks.append("latitude and longitude were swapped")
        }
        var polygons: [[[Corner]]] = []
        var dropped = 0
        for polygon in feature.polygons {
            var rings: [[Corner]] = []
            for (number, ring) in polygon.enumerated() {
                var corners: [Corner] = []
                corners.reserveCapacity(ring.count)
                for vertex in ring {
                    let corner = try corner(isSwapped ? Vertex(longitude: vertex.latitude, latitude: vertex.longitude) : vertex)
                    if corners.last != corner { corners.append(corner) }
                }
                if corners.count > 1, corners.first == corners.last { corners.removeLast() }
                guard corners.count >= 3 else {
                    dropped += 1
                    if number == 0 { break }
                    continue
                }
                let area = Outline.doubledArea(corners)
                if area != 0, (area > 0) != (number == 0) {
                    corners[1...].reverse()
                    turned += 1
                }
                rings.append(corners)
            }
            if !rings.isEmpty { polygons.append(rings) }
        }
        if dropped > 0 { remarks.append("\(dropped) rings of fewer than three different corners were left out") }
        let raw = Outline(polygons: polygons)
        guard !raw.isEmpty, let geometry = engine.geometry(raw) else { throw Refusal("its polygons have no area") }
        if engine.isValid(geometry) { return raw }
        let reason = engine.whyInvalid(geometry)
        guard let valid = engine.madeValid(geometry).flatMap(engine.onWholeNumbers), case let outline = engine.outline(valid),
            !outline.isEmpty
        else { throw Refusal("\(reason); it could not be repaired") }
        remarks.append("\(reason); made valid")
        return outline
    }

    private func corner(_ vertex: Vertex) throws(Refusal) -> Corner {
        guard abs(vertex.longitude) <= 180, abs(vertex.latitude) <= 90 else {
            throw Refusal("position \(vertex.longitude), \(vertex.latitude) is not longitude, latitude in degrees")
        }
        guard let transformer else { return Corner(longitude: vertex.longitude, latitude: vertex.latitude) }
        do throws(GeodesyError) {
            let moved = try transformer.transform(x: vertex.longitude, y: vertex.latitude)
            return Corner(longitude: moved.x, latitude: moved.y)
        } catch {
            throw Refusal("position \(vertex.longitude), \(vertex.latitude): \(error)")
        }
    }

    /// Whether a shape lies in China only when its axes are exchanged. China's box: 73° to 136° east, 3° to 54° north; the two
    /// exchanged do not overlap it.
    private func looksSwapped(_ feature: GeoJSONScanner.Feature) throws(Refusal) -> Bool {
        func isInChina(_ longitude: Double, _ latitude: Double) -> Bool {
            longitude >= 73 && longitude <= 136 && latitude >= 3 && latitude <= 54.5
        }
        var (asWritten, exchanged, count) = (0, 0, 0)
        for polygon in feature.polygons {
            for vertex in polygon.first ?? [] {
                count += 1
                if isInChina(vertex.longitude, vertex.latitude) { asWritten += 1 }
                if isInChina(vertex.latitude, vertex.longitude) { exchanged += 1 }
            }
        }
        guard count > 0 else { throw Refusal("its geometry has no positions") }
        return asWritten == 0 && exchanged == count
    }
}
