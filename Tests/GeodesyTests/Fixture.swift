// Fixture.swift: the tables that the tests compare with, as rows of named cells.

import Foundation
import Geodesy
import Testing

struct Fixture {
    struct Row {
        var line: Int
        fileprivate var cells: [String: String]

        subscript(text name: String) -> String { cells[name] ?? "" }
        subscript(name: String) -> Double { Double(cells[name] ?? "") ?? .nan }
    }

    let rows: [Row]

    /// A table beside the tests, or in the repository's data folder.
    init(_ name: String, inData: Bool = false) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let folder =
            inData
            ? tests.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("data")
            : tests.appendingPathComponent("Fixtures")
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline).map(Fixture.cells)
        let header = try #require(lines.first)
        rows = lines.dropFirst().enumerated().map { index, cells in
            Row(line: index + 2, cells: Dictionary(zip(header, cells), uniquingKeysWith: { first, _ in first }))
        }
        try #require(!rows.isEmpty)
    }

    private static func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
        }
        return cells
    }
}

/// Metres between two positions.
func meters(_ ax: Double, _ ay: Double, _ bx: Double, _ by: Double) -> Double {
    WGS84Geodesic().distanceMeters(fromLongitude: ax, latitude: ay, toLongitude: bx, latitude: by)
}

/// The error that an action throws.
func geodesyError(_ action: () throws -> Void) -> String {
    do {
        try action()
        return "no error"
    } catch { return "\(error)" }
}
