// TransformCommand.swift: `blueatlas transform`: positions from one datum or coordinate system to another, as arguments, as lines on stdin or
// as columns of a CSV file. Every result names its operation and accuracy; what EPSG has no operation for is called a ballpark, in the
// result and on stderr. A position that is wrong does not stop the others; the exit code says that there was one.

import ArgumentParser
import Foundation
import Geodesy

struct TransformCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transform",
        abstract: "Transforms positions between datums and coordinate systems.",
        discussion: """
            Datums: \(CoordinateReference.knownNames). Systems: EPSG codes such as EPSG:4526 (CGCS2000, 3-degree zone 38).
              blueatlas transform --from gcj02 --to wgs84 116.404,39.915
              blueatlas transform --from EPSG:4526 --to bd09 38512345.67,3400000.12
              blueatlas transform --from beijing54 --to wgs84 --csv sites.csv --x lon --y lat > sites-wgs84.csv
              zcat points.gz | blueatlas transform --from bd09 --to wgs84 --json
            Positions are longitude, latitude in degrees or easting, northing in metres, unless --lat-lon is given. Without positions and
            without --csv, lines of two numbers are read from stdin. Output is x, y, accuracy in metres and operation, separated by tabs.
            Exit code 1 if a position could not be transformed; the others are written all the same.
            """)

    @Option(help: "The datum or system of the positions.")
    var from: String
    @Option(help: "The datum or system wanted.")
    var to: String
    @Option(help: "The one EPSG datum operation to use, such as EPSG:15918, instead of the best for each position.")
    var operation: String?
    @Option(help: "A CSV file with a header row; - is stdin. It is written to stdout with four columns more.")
    var csv: String?
    @Option(help: "The CSV column with longitude or easting.")
    var x: String?
    @Option(help: "The CSV column with latitude or northing.")
    var y: String?
    @Option(help: "The name of the new column with longitude or easting.")
    var outX = "out_x"
    @Option(help: "The name of the new column with latitude or northing.")
    var outY = "out_y"
    @Option(help: "What separates the CSV file's fields: a character, or tab.")
    var delimiter: String?
    @Option(parsing: .unconditional, help: "Decimals of the results, 0 to 12; without it 10 for degrees (0.01 mm) and 4 for metres.")
    var decimals: Int?
    @Flag(help: "Positions are latitude, longitude (or northing, easting), and so is the output.")
    var latLon = false
    @Flag(help: "Print a JSON array; x is always longitude or easting.")
    var json = false
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Positions: two numbers with a comma between.", valueName: "lon,lat"))
    var positions: [String] = []

    func run() throws {
        let source = try reference(from, "--from")
        let target = try reference(to, "--to")
        // Everything that is no option comes here, also what stands behind a --.
        let positions = positions.filter { $0 != "--" }
        if let stray = positions.first(where: { $0.hasPrefix("--") || ($0.hasPrefix("-") && $0.dropFirst().first?.isLetter == true) }) {
            throw CommandFailure(message: "unknown option '\(stray)'; see blueatlas transform --help")
        }
        if let decimals, !(0...12).contains(decimals) { throw CommandFailure(message: "--decimals: \(decimals) is not 0 to 12") }
        if csv == nil, x != nil || y != nil || delimiter != nil {
            throw CommandFailure(message: "--x, --y and --delimiter belong to --csv, which is not given")
        }
        if csv != nil, !positions.isEmpty {
            throw CommandFailure(message: "give either --csv or positions, not both (found '\(positions[0])')")
        }
        let transformer: CoordinateTransformer
        do {
            transformer = try CoordinateTransformer(from: source, to: target, operation: try operationCode())
        } catch let error as GeodesyError { throw CommandFailure(error) }

        let run = TransformRun(
            transformer: transformer, isLatLon: latLon,
            format: TransformFormat(json: json, latLon: latLon, decimals: decimals ?? (target.isProjected ? 4 : 10)))
        if let csv {
            try run.csv(path: csv, x: x, y: y, outX: outX, outY: outY, delimiter: try delimiterByte())
        } else if !positions.isEmpty {
            run.positions(positions)
        } else {
            if isatty(STDIN_FILENO) == 1 {
                throw CommandFailure(message: "no positions: give them as lon,lat, or a file with --csv, or lines on stdin; see --help")
            }
            try run.lines()
        }
        if !run.finish() { throw ExitCode.failure }
    }

    private func reference(_ name: String, _ option: String) throws -> CoordinateReference {
        do { return try CoordinateReference(parsing: name) } catch { throw CommandFailure(message: "\(option): \(error)") }
    }

    private func operationCode() throws -> Int? {
        guard let operation else { return nil }
        let digits = operation.lowercased().hasPrefix("epsg:") ? operation.dropFirst(5) : operation[...]
        guard let code = Int(digits), code > 0 else {
            throw CommandFailure(message: "--operation: '\(operation)' is not a code of an EPSG operation, such as EPSG:15918")
        }
        return code
    }

    private func delimiterByte() throws -> UInt8? {
        guard let delimiter else { return nil }
        let bytes = delimiter == "tab" || delimiter == "\\t" ? [0x09] : Array(delimiter.utf8)
        guard bytes.count == 1, bytes[0] < 0x80, ![0x0A, 0x0D, 0x22].contains(bytes[0]) else {
            throw CommandFailure(message: "--delimiter: '\(delimiter)' is not one character such as , or ; or the word tab")
        }
        return bytes[0]
    }
}
