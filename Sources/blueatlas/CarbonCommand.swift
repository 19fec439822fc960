// CarbonCommand.swift: `blueatlas carbon`: the committed real figures into the registry, and sums of enterprises' emissions by place.

import ArgumentParser
import Foundation
import Registry

struct CarbonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "carbon", abstract: "Energy and emissions: import the committed real figures, sum enterprises by place.",
        discussion: "Files of your own: 'blueatlas import', with the columns of docs/carbon.md.",
        subcommands: [CarbonImport.self, CarbonByPlace.self])
}

struct CarbonImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Imports CO2 and population of provinces and CO2 of cities from data/carbon.",
        discussion: """
            Cities are joined to the prefecture that their position lies in, if it bears the city's name; the others are listed as \
            rejected rows. Import borders first.

            Exit code: 0 all rows were taken; 3 some were rejected; 1 the import failed.
            """)

    @Option(help: "The registry; made if there is none.")
    var store = "var/registry.db"
    @Option(help: "The repository's data folder. Default: ./data, else a data folder above the program.")
    var dataDir: String?
    @Flag(help: "Print the reports as JSON.")
    var json = false

    /// Mapping and file.
    private static let files = [
        ("carbon-province-co2", "province-monthly-co2.csv.gz"), ("carbon-population", "province-population.csv"),
        ("carbon-cities-v1", "cities-co2-v1.csv"), ("carbon-cities-v2", "cities-co2-v2.csv"),
    ]

    func run() throws {
        let data = (try DataFolder.places(dataDir) as NSString).deletingLastPathComponent
        let registry = try ImportCommand.openStore(store)
        var reports: [ImportReport] = []
        do {
            for (mapping, file) in CarbonImport.files {
                var options = ImportOptions()
                options.mapping = try ImportMapping(path: "\(data)/mappings/\(mapping).json")
                // Beside the registry: the committed files stay alone.
                options.rejectsPath = "\(store).\(mapping).rejects.csv"
                let report = try Importer(options: options).run(path: "\(data)/carbon/\(file)", into: registry)
                reports.append(report)
                if let failure = report.failure { throw failure }
                if !json { print(report.text) }
            }
        } catch {
            throw CommandFailure(error)
        }
        if json { try CommandOutput.json(reports) }
        if reports.contains(where: { $0.rejected > 0 }) { throw ExitCode(3) }
    }
}

struct CarbonByPlace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "by-place", abstract: "Sums enterprises' emissions of a year over the provinces or prefectures that they lie in.",
        discussion: """
            With the coal plants of data/samples (mappings coal-units and coal-emissions) it gives their CO2 by province:
              blueatlas carbon by-place --store var/coal.db --year 2024
            Scope 2 of one enterprise is scope 1 of a power plant: do not add the two over many.
            """)

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(parsing: .unconditional, help: "The year.")
    var year: Int
    @Option(help: "province or prefecture.")
    var level = "province"
    @Flag(help: "Print the sums as JSON.")
    var json = false

    func validate() throws {
        if !["province", "prefecture"].contains(level) { throw ValidationError("--level: '\(level)' is not one of province, prefecture") }
    }

    func run() throws {
        let sums: [PlaceEmissions]
        do {
            sums = try RegistryStore(path: store, mode: .readOnly).emissions(ofYear: year, byPrefecture: level == "prefecture")
        } catch {
            throw CommandFailure(error)
        }
        if json { return try CommandOutput.json(sums) }
        print("code    enterprises   scope 1 (Mt)   scope 2 (Mt)   scope 3 (Mt)   \(level), \(year)")
        func columns(_ enterprises: Int, _ scopes: [Double]) -> String {
            String(format: "%11d", enterprises) + scopes.map { String(format: "%15.3f", $0 / 1e6) }.joined()
        }
        for sum in sums {
            let name = sum.code == 0 ? "(at sea, abroad, or no borders loaded)" : sum.name
            print(String(format: "%6d  ", sum.code) + columns(sum.enterprises, [sum.scope1, sum.scope2, sum.scope3]) + "   " + name)
        }
        let all = [sums.reduce(0) { $0 + $1.scope1 }, sums.reduce(0) { $0 + $1.scope2 }, sums.reduce(0) { $0 + $1.scope3 }]
        print("   all  " + columns(sums.reduce(0) { $0 + $1.enterprises }, all))
    }
}
