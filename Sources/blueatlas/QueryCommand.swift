// QueryCommand.swift: `blueatlas query near|nearest|bbox|factory`, the queries of the HTTP interface on a snapshot file.

import ArgumentParser
import Atlas
import Foundation

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Asks a snapshot: near, nearest, bbox or factory.",
        subcommands: [Near.self, Nearest.self, BBox.self, Factory.self])

    struct Common: ParsableArguments {
        @Option(help: "The snapshot file.")
        var snapshot = "var/atlas.snapshot"
        @Flag(help: "Print the answer as JSON.")
        var json = false
    }

    struct Near: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Factories within a radius, nearest first, by the WGS 84 geodesic.",
            usage: "blueatlas query near --lon 121.47 --lat 31.23 --radius 2000")
        @OptionGroup var common: Common
        @OptionGroup var filters: FilterOptions
        @Option(parsing: .unconditional, help: "Longitude, degrees WGS 84.") var lon: Double
        @Option(parsing: .unconditional, help: "Latitude, degrees WGS 84.") var lat: Double
        @Option(parsing: .unconditional, help: "Radius in metres, to 100000.") var radius: Double
        @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 20

        func run() throws {
            try answer(common) { snapshot in
                let page = try snapshot.near(
                    longitude: lon, latitude: lat, radiusMeters: radius, limit: limit, filter: try filters.filter())
                return (page.hits, page.total)
            }
        }
    }

    struct Nearest: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The k nearest factories, by the WGS 84 geodesic.")
        @OptionGroup var common: Common
        @OptionGroup var filters: FilterOptions
        @Option(parsing: .unconditional, help: "Longitude, degrees WGS 84.") var lon: Double
        @Option(parsing: .unconditional, help: "Latitude, degrees WGS 84.") var lat: Double
        @Option(name: .customShort("k"), parsing: .unconditional, help: "How many, 1 to 1000.") var count = 10

        func run() throws {
            try answer(common) { snapshot in
                let hits = try snapshot.nearest(longitude: lon, latitude: lat, k: count, filter: try filters.filter())
                return (hits, hits.count)
            }
        }
    }

    struct BBox: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bbox", abstract: "Factories in a window.", usage: "blueatlas query bbox 121.4,31.2,121.5,31.3")
        @OptionGroup var common: Common
        @OptionGroup var filters: FilterOptions
        @Argument(
            parsing: .allUnrecognized, help: ArgumentHelp("Edges of the window in degrees WGS 84.", valueName: "west,south,east,north"))
        var edges: [String]
        @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 20

        func run() throws {
            let window = try window()
            try answer(common) { snapshot in
                let page = try snapshot.factories(
                    west: window[0], south: window[1], east: window[2], north: window[3], limit: limit, filter: try filters.filter())
                return (page.hits, page.total)
            }
        }

        /// The four edges. A western one begins with a minus, so what looks like an unknown option comes here too.
        func window() throws -> [Double] {
            let texts = edges.filter { $0 != "--" }
            if let stray = texts.first(where: { $0.hasPrefix("-") && $0.dropFirst().first.map { $0 == "-" || $0.isLetter } ?? true }) {
                throw CommandFailure(message: "unknown option '\(stray)'; see blueatlas query bbox --help")
            }
            let text = texts.joined(separator: " ")
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
            guard texts.count == 1, numbers.count == 4, text.count(where: { $0 == "," }) == 3 else {
                throw CommandFailure(message: "bbox: '\(text)' is not west,south,east,north in degrees, such as 121.4,31.2,121.5,31.3")
            }
            return numbers
        }
    }

    struct Factory: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One factory by its id.")
        @OptionGroup var common: Common
        @Argument(help: "The factory's id.") var id: String

        func run() throws {
            try answer(common) { snapshot in
                guard let hit = snapshot.factory(id: id) else { throw CommandFailure(message: "no factory has the id '\(id)'") }
                return ([hit], 1)
            }
        }
    }
}

private struct Answer: Encodable {
    struct Row: Encodable {
        var id: String
        var name: String
        var status: String
        var industry: String
        var longitude: Double
        var latitude: Double
        var records: Int
        var worstSeverity: Int
        var latestRecord: String?
        var brands: [String]
        var flags: [String]
        var accuracyM: Double?
        var distanceM: Double?
    }
    var total: Int
    var synthetic: Bool
    var label: String
    var asOf: String
    var factories: [Row]
}

private func answer(_ common: QueryCommand.Common, _ ask: (Snapshot) throws -> (hits: [FactoryHit], total: Int)) throws {
    let snapshot = try CommandOutput.open(common.snapshot)
    let result: (hits: [FactoryHit], total: Int)
    do { result = try ask(snapshot) } catch { throw CommandFailure(error) }
    let rows = result.hits.map { hit in
        Answer.Row(
            id: hit.id, name: hit.nameZH.isEmpty ? hit.nameEN ?? "" : hit.nameZH, status: hit.status.name, industry: hit.industry,
            longitude: hit.longitude, latitude: hit.latitude, records: hit.records, worstSeverity: hit.worstSeverity,
            latestRecord: hit.latestRecord, brands: hit.brands, flags: hit.flags, accuracyM: hit.accuracyMeters,
            distanceM: hit.distanceMeters)
    }
    if common.json {
        try CommandOutput.json(
            Answer(
                total: result.total, synthetic: snapshot.info.synthetic, label: snapshot.info.label, asOf: snapshot.info.asOf,
                factories: rows))
    } else {
        for row in rows {
            let distance = row.distanceM.map { String(format: "%10.2f m  ", $0) } ?? ""
            let position = String(format: "%.6f,%.6f", row.longitude, row.latitude)
            print("\(distance)\(row.id)  \(row.status)  \(row.industry)  \(position)  \(row.name)")
        }
        print("\(rows.count) of \(result.total)")
    }
    CommandOutput.warnIfSynthetic(snapshot.info)
}
