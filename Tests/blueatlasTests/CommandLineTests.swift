// CommandLineTests.swift: what a user types, as the commands understand it, and what they say when it cannot be.

import ArgumentParser
import Foundation
import Testing

@testable import blueatlas

@Suite struct CommandLineTests {
    /// West and south are negative, and a wrong number must get to the check that says what would be right.
    @Test func negativeNumbersAreValuesNotOptions() throws {
        let near = try QueryCommand.Near.parse([
            "--lon", "-74", "--lat", "-40.7", "--radius", "-1", "--limit", "-2", "--min-severity", "-3",
        ])
        #expect((near.lon, near.lat, near.radius, near.limit, near.filters.minSeverity) == (-74, -40.7, -1, -2, "-3"))
        let nearest = try QueryCommand.Nearest.parse(["--lon", "-74", "--lat", "-40.7", "-k", "-1"])
        #expect((nearest.lon, nearest.lat, nearest.count) == (-74, -40.7, -1))
        #expect(try ImportCommand.parse(["--batch-rows", "-1", "a.csv"]).batchRows == -1)
        #expect(try GenerateCommand.parse(["--factories", "-5", "--output", "x"]).factories == -5)
        #expect(try TransformCommand.parse(["--from", "wgs84", "--to", "gcj02", "--decimals", "-1"]).decimals == -1)
        #expect(throws: (any Error).self) { try ServeCommand.parse(["--port", "-1"]) }
        do {
            _ = try ServeCommand.parse(["--port", "-1"])
        } catch {
            #expect(ServeCommand.message(for: error) == "--port: -1 is not a port; use 0 to 65535")
        }
    }

    @Test func aWindowMayBeginWithAMinus() throws {
        #expect(try QueryCommand.BBox.parse(["-75,40,-74,41"]).window() == [-75, 40, -74, 41])
        #expect(try QueryCommand.BBox.parse(["--", "-75,40,-74,41"]).window() == [-75, 40, -74, 41])
        let mixed = try QueryCommand.BBox.parse(["--limit", "3", "117,34,118,35", "--json"])
        #expect(mixed.limit == 3 && mixed.common.json)
        #expect(try mixed.window() == [117, 34, 118, 35])
    }

    @Test(arguments: [
        (["117,34,118"], "bbox: '117,34,118' is not west"), (["117,34,118,35,36"], "bbox: '117,34,118,35,36' is not west"),
        (["117,34,118,x"], "bbox: '117,34,118,x' is not west"), (["117,34", "118,35"], "bbox: '117,34 118,35' is not west"),
        (["117,34,118,35,"], "bbox: '117,34,118,35,' is not west"),
        (["--bbox", "117,34,118,35"], "unknown option '--bbox'"), (["-x", "117,34,118,35"], "unknown option '-x'"),
    ])
    func whatIsNoWindowIsNamed(arguments: [String], message: String) throws {
        let command = try QueryCommand.BBox.parse(arguments)
        let failure = #expect(throws: CommandFailure.self) { try command.window() }
        #expect(failure?.description.hasPrefix(message) == true, "\(failure?.description ?? "")")
    }

    /// Spreadsheets in China save CSV in GB18030.
    @Test func aHeaderThatIsNotUTF8IsSaidToBeNone() throws {
        let path = NSTemporaryDirectory() + "header-\(UInt64.random(in: 0 ... .max)).csv"
        defer { unlink(path) }
        // 经度,纬度 in GB18030.
        let header: [UInt8] = [0xBE, 0xAD, 0xB6, 0xC8, 0x2C, 0xCE, 0xB3, 0xB6, 0xC8, 0x0A]
        try Data(header + "116,40\n".utf8).write(to: URL(fileURLWithPath: path))
        let command = try TransformCommand.parse(["--from", "gcj02", "--to", "wgs84", "--csv", path])
        let failure = #expect(throws: CommandFailure.self) { try command.run() }
        #expect(failure?.description.contains("the header is not UTF-8") == true, "\(failure?.description ?? "")")
    }

    /// The system's words, not Foundation's domains and codes.
    @Test func aPathThatCannotBeIsNamedWithItsReason() throws {
        let store = try ImportCommand.parse(["--store", "/dev/null/x/y.db", "--datum", "gcj02", "none.csv"])
        let cannotMake = #expect(throws: CommandFailure.self) { try store.run() }
        #expect(cannotMake?.description == "--store: cannot make the folder '/dev/null/x': Not a directory")
        let tile = try TileCommand.parse(["--inspect", "--file", "/proc/none.mvt"])
        let cannotRead = #expect(throws: CommandFailure.self) { try tile.run() }
        #expect(cannotRead?.description == "--file: cannot read '/proc/none.mvt': No such file or directory")
    }
}
