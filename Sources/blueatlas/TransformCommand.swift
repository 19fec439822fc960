// TransformCommand.swift: `blueatlas transform`, positions from one coordinate system to another, always with operation and accuracy.

import ArgumentParser
import Foundation
import Geodesy

struct TransformCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transform", abstract: "Transforms positions between coordinate systems, stating operation and accuracy.",
        usage: """
            blueatlas transform --from gcj02 --to wgs84 116.404,39.915
            blueatlas transform --from xian80 --to EPSG:2363 < lines-of-lon-lat.txt
            """)

    @Option(help: "wgs84, cgcs2000, xian80, beijing54, gcj02, bd09 or EPSG:nnnn.") var from: String
    @Option(help: "Likewise.") var to: String
    @Option(help: "The one EPSG operation to use, such as EPSG:15918.") var operation: String?
    @Flag(help: "Positions are given as lat,lon.") var latLon = false
    @Flag(help: "One JSON object a position.") var json = false
    @Argument(help: "lon,lat or easting,northing. None: read lines from standard input.") var points: [String] = []

    private struct Row: Encodable {
        var x: Double
        var y: Double
        var accuracyM: Double?
        var ballpark: Bool
        var operation: String
    }

    func run() throws {
        let transformer: CoordinateTransformer
        do {
            let code = operation.flatMap { Int($0.drop { !$0.isNumber }) }
            if let operation, code == nil { throw GeodesyError.unknownOperation(operation) }
            transformer = try CoordinateTransformer(
                from: CoordinateReference(parsing: from), to: CoordinateReference(parsing: to), operation: code)
        } catch { throw CommandFailure(error) }
        var failed = 0
        var said: Set<String> = []
        func transform(_ text: String, _ place: String) {
            let parts = text.split { $0 == "," || $0 == " " || $0 == "\t" }.map { Double($0) }
            do {
                guard parts.count == 2, let a = parts[0], let b = parts[1] else {
                    throw CommandFailure(message: "'\(text)' is not two numbers, such as 116.404,39.915")
                }
                let outcome = try transformer.transform(x: latLon ? b : a, y: latLon ? a : b)
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = .sortedKeys
                    encoder.keyEncodingStrategy = .convertToSnakeCase
                    let row = Row(
                        x: outcome.x, y: outcome.y, accuracyM: outcome.accuracyMeters, ballpark: outcome.isBallpark,
                        operation: outcome.operation)
                    print(String(decoding: try encoder.encode(row), as: UTF8.self))
                } else {
                    let decimals = abs(outcome.x) <= 180 && abs(outcome.y) <= 90 ? 9 : 4
                    let (first, second) = latLon ? (outcome.y, outcome.x) : (outcome.x, outcome.y)
                    print(String(format: "%.\(decimals)f,%.\(decimals)f", first, second))
                }
                if said.insert(outcome.operation).inserted {
                    let accuracy = outcome.accuracyMeters.map { "accuracy \($0) m" } ?? "accuracy unknown"
                    FileHandle.standardError.write(
                        Data("\(outcome.isBallpark ? "warning" : "operation"): \(outcome.operation); \(accuracy)\n".utf8))
                }
            } catch {
                failed += 1
                FileHandle.standardError.write(Data("\(place): \(error)\n".utf8))
            }
        }
        if points.isEmpty {
            var line = 0
            while let text = readLine() {
                line += 1
                if !text.allSatisfy(\.isWhitespace) { transform(text, "line \(line)") }
            }
        } else {
            for (index, point) in points.enumerated() { transform(point, "point \(index + 1)") }
        }
        if failed > 0 { throw ExitCode(1) }
    }
}
