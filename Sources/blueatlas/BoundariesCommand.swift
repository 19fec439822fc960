// BoundariesCommand.swift: `blueatlas boundaries`, the borders of provinces, prefectures and counties in the registry.

import ArgumentParser
import Boundaries
import Foundation
import Geodesy
import Registry

struct BoundariesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boundaries", abstract: "Borders of provinces, prefectures and counties: import, list, look up, export.",
        subcommands: [BoundariesImport.self, BoundariesList.self, BoundariesAt.self, BoundariesExport.self])
}

struct BoundariesImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Reads borders from GeoJSON, cleans them, and gives every factory its codes.",
        discussion: """
            Each file is a FeatureCollection of polygons with codes (GB/T 2260) and names, plain or gzipped. Places of the same levels \
            as those in the files are replaced, the others stay; a level that no file has is made of the one below it.
              blueatlas boundaries import --default
              blueatlas boundaries import --edition 2024 --source "Provincial survey" --code-field adcode counties.geojson

            Borders have no map approval number (审图号) unless --note says otherwise: they are not to be published as a map of China.

            Exit code: 0 all features were taken; 3 some were left out; 1 nothing was changed.
            """)

    @Option(help: "The registry; made if there is none.")
    var store = "var/registry.db"
    @Flag(name: .customLong("default"), help: "The committed borders: coarse provinces, and SYNTHETIC prefectures and counties.")
    var useDefault = false
    @Option(help: "The folder of the committed tables. Default: ./data, else a data folder above the program.")
    var dataDir: String?
    @Option(help: "The year or version of the borders.")
    var edition: String?
    @Option(help: "Who made them.")
    var source: String?
    @Option(help: "Their licence.")
    var licence = ""
    @Option(help: "What their users must know.")
    var note = PlaceSource.noApproval
    @Flag(help: "Say of the borders that they are invented.")
    var synthetic = false
    @Option(help: "The datum of the files' positions: wgs84, cgcs2000, gcj02, bd09, or EPSG:nnnn with degrees.")
    var datum = "wgs84"
    @Option(help: "Take places of this level only: province, prefecture or county.")
    var level: String?
    @Option(help: "The property with the code. Default: code, adcode, county_code or ADCODE99.")
    var codeField: String?
    @Option(help: "The property with the Chinese name. Default: name_zh or name.")
    var nameField: String?
    @Option(help: "The property with the English name. Default: name_en.")
    var nameEnField: String?
    @Flag(help: "Take features whose latitude and longitude are swapped the other way round.")
    var fixSwapped = false
    @Flag(help: "Print the reports as JSON.")
    var json = false
    @Argument(help: "GeoJSON files.")
    var files: [String] = []

    private struct Answer: Encodable {
        var files: [BoundaryReport]
        var outcome: PlacesOutcome
        var seconds: Double
    }

    func validate() throws {
        if useDefault, !files.isEmpty { throw ValidationError("--default and files: give one of them") }
        if !useDefault, files.isEmpty { throw ValidationError("give files, or --default for the committed borders") }
        if !useDefault, edition == nil || source == nil {
            throw ValidationError("say --edition and --source: borders change, and every answer names theirs")
        }
    }

    func run() throws {
        let start = ContinuousClock.now
        let tables = try? DataFolder.places(dataDir)
        let names = try tables.map { try PlaceNames.read($0 + "/admin-divisions.csv") } ?? [:]
        var places: [PlaceOutline] = []
        var reports: [BoundaryReport] = []
        do {
            for (file, options) in try sources() {
                let (read, report) = try BoundaryImporter(options: options).read(path: file)
                places += read
                reports.append(report)
                if !json { print(report.text()) }
            }
            let outcome = try ImportCommand.openStore(store).replacePlaces(
                with: places, names: names, source: reports.map { ($0.path as NSString).lastPathComponent }.joined(separator: ", "))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            if json {
                try CommandOutput.json(Answer(files: reports, outcome: outcome, seconds: seconds))
            } else {
                print(BoundariesImport.text(outcome, seconds))
            }
        } catch {
            throw error is CommandFailure ? error : CommandFailure(error)
        }
        if reports.contains(where: { !$0.rejected.isEmpty }) { throw ExitCode(3) }
    }

    private static func text(_ outcome: PlacesOutcome, _ seconds: Double) -> String {
        let counts = PlaceLevel.allCases.map { "\($0.name) \(outcome.places[$0.name] ?? 0)" }.joined(separator: ", ")
        var lines = ["places now: \(counts); \(outcome.coverage.derived) of them made of those below"]
        lines.append("  \(outcome.coverage.faces) faces between the borders, \(outcome.coverage.slivers) slivers given to neighbours")
        if !outcome.coverage.vanished.isEmpty {
            let codes = outcome.coverage.vanished.prefix(20).map(String.init).joined(separator: ", ")
            lines.append("  wholly covered by others, so left out: \(codes)")
        }
        if !outcome.coverage.smaller.isEmpty {
            let losses = outcome.coverage.smaller.prefix(20).map { "\($0.code) by \(Int(($0.share * 100).rounded())) %" }.joined(
                separator: ", ")
            lines.append("  smaller than in the file, as others claim the same ground: \(losses)")
        }
        lines.append(
            "  factories with other codes than before: \(outcome.relocated); with a county code that contradicts the position: "
                + "\(outcome.mismatches); in no place: \(outcome.placeless)")
        lines.append("  \(String(format: "%.1f", seconds)) s")
        return lines.joined(separator: "\n")
    }

    /// The files with their options.
    private func sources() throws -> [(String, BoundaryOptions)] {
        if useDefault {
            let folder = try DataFolder.places(dataDir)
            let dcw = PlaceSource(
                edition: "DCW-GMT 2.1.1", source: "Digital Chart of the World, as packed for GMT; coarse, some km off",
                licence: "LGPL-3.0-or-later")
            let cells = PlaceSource(
                edition: "codes of 2020", source: "SYNTHETIC cells around county seats, cut by DCW's provinces: invented borders",
                licence: "LGPL-3.0-or-later, MIT", synthetic: true)
            return [
                (folder + "/provinces-dcw.geojson.gz", BoundaryOptions(source: dcw)),
                (folder + "/synthetic-county-cells.geojson.gz", BoundaryOptions(source: cells)),
            ]
        }
        var options = BoundaryOptions(
            source: PlaceSource(edition: edition ?? "", source: source ?? "", licence: licence, synthetic: synthetic, note: note))
        options.codeField = codeField
        options.nameField = nameField
        options.englishField = nameEnField
        options.fixesSwapped = fixSwapped
        if let level {
            guard let known = PlaceLevel(name: level) else {
                throw CommandFailure(message: "--level: '\(level)' is not one of \(PlaceLevel.names)")
            }
            options.level = known
        }
        do { options.datum = try CoordinateReference(parsing: datum) } catch { throw CommandFailure(message: "--datum: \(error)") }
        return files.map { ($0, options) }
    }
}

struct BoundariesList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "What borders the registry has, and whose.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Entry: Encodable {
        var level: String
        var places: Int
        var derived: Int
        var corners: Int
        var source: PlaceSource
    }

    func run() throws {
        let places: [PlaceOutline]
        do { places = try RegistryStore(path: store, mode: .readOnly).places() } catch { throw CommandFailure(error) }
        var entries: [Entry] = []
        for (key, members) in Dictionary(grouping: places, by: { Key(level: $0.level, source: $0.source) }) {
            entries.append(
                Entry(
                    level: key.level.name, places: members.count, derived: members.count(where: \.isDerived),
                    corners: members.reduce(0) { $0 + $1.outline.cornerCount }, source: key.source))
        }
        entries.sort { ($0.level, $0.source.edition) > ($1.level, $1.source.edition) }
        if json { return try CommandOutput.json(entries) }
        if entries.isEmpty { print("\(store): no borders; 'blueatlas boundaries import --default' brings the committed ones") }
        for entry in entries {
            print(
                """
                \(entry.level): \(entry.places) places (\(entry.derived) derived), \(entry.corners) corners, \
                edition \(entry.source.edition)\(entry.source.synthetic ? ", SYNTHETIC" : "")
                  \(entry.source.source). \(entry.source.licence) \(entry.source.note)
                """)
        }
    }

    private struct Key: Hashable {
        var level: PlaceLevel
        var source: PlaceSource
    }
}

struct BoundariesAt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "at", abstract: "Which county, prefecture and province a position lies in.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(parsing: .unconditional, help: "Degrees east, WGS 84.")
    var lon: Double
    @Option(parsing: .unconditional, help: "Degrees north, WGS 84.")
    var lat: Double

    func run() throws {
        do {
            let registry = try RegistryStore(path: store, mode: .readOnly)
            guard let locator = try registry.placeLocator() else {
                throw CommandFailure(message: "\(store) has no borders; 'blueatlas boundaries import --default' brings the committed ones")
            }
            let codes = locator.codes(longitude: lon, latitude: lat)
            if codes.isNone { return print("in no place: at sea or abroad") }
            let places = try registry.places()
            for code in [codes.province, codes.prefecture, codes.county] where code != 0 {
                guard let place = places.first(where: { $0.code == code }) else { continue }
                print(
                    "\(place.level.name) \(code) \(place.nameZH) (edition \(place.source.edition)\(place.source.synthetic ? ", SYNTHETIC" : ""))"
                )
            }
        } catch {
            throw error is CommandFailure ? error : CommandFailure(error)
        }
    }
}

struct BoundariesExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes the registry's borders to the standard output, as GeoJSON in WGS 84.",
        discussion: "The shapes are those cleaned: without gaps or overlaps. Each place names its edition, source and licence.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(help: "Only places of this level: province, prefecture or county.")
    var level: String?

    private struct Properties: Encodable {
        var code: String
        var level: String
        var nameZh: String
        var nameEn: String
        var parentCode: String?
        var edition: String
        var source: String
        var licence: String
        var synthetic: Bool
        var note: String
    }

    func run() throws {
        var wanted: PlaceLevel?
        if let level {
            wanted = PlaceLevel(name: level)
            if wanted == nil { throw CommandFailure(message: "--level: '\(level)' is not one of \(PlaceLevel.names)") }
        }
        let places: [PlaceOutline]
        do { places = try RegistryStore(path: store, mode: .readOnly).places() } catch { throw CommandFailure(error) }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print("{\"type\":\"FeatureCollection\",\"features\":[")
        var comma = ""
        for place in places where wanted == nil || place.level == wanted {
            let properties = try encoder.encode(
                Properties(
                    code: String(place.code), level: place.level.name, nameZh: place.nameZH, nameEn: place.nameEN,
                    parentCode: place.parent == 0 ? nil : String(place.parent), edition: place.source.edition, source: place.source.source,
                    licence: place.source.licence, synthetic: place.source.synthetic, note: place.source.note))
            let polygons = place.outline.polygons.map { rings in
                "["
                    + rings.map { ring in "[" + (ring + ring.prefix(1)).map(BoundariesExport.position).joined(separator: ",") + "]" }
                    .joined(separator: ",") + "]"
            }
            print(
                comma + "{\"type\":\"Feature\",\"properties\":\(String(decoding: properties, as: UTF8.self)),"
                    + "\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[\(polygons.joined(separator: ","))]}}")
            comma = ","
        }
        print("]}")
    }

    private static func position(_ corner: Corner) -> String { "[\(corner.longitude),\(corner.latitude)]" }
}

/// Names by code, for places whose file has none.
enum PlaceNames {
    /// - Parameter path: admin-divisions.csv: code, name_zh, level, parent_code; names without commas or quotes.
    static func read(_ path: String) throws -> [Int32: (zh: String, en: String)] {
        let text: String
        do { text = String(decoding: try BoundaryFile.contents(path: path), as: UTF8.self) } catch { throw CommandFailure(error) }
        var names: [Int32: (zh: String, en: String)] = [:]
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if fields.count >= 2, let code = PlaceCode.parse(String(fields[0])) { names[code] = (String(fields[1]), "") }
        }
        // The placeholder prefectures of the municipalities: the city's own name says more.
        for (code, name) in names where ["市辖区", "县"].contains(name.zh) {
            if let city = names[PlaceCode.province(of: code)] { names[code] = (name.zh == "县" ? "\(city.zh)属县" : city.zh, "") }
        }
        return names
    }
}
