// CarbonCommand.swift: `blueatlas carbon`: the committed real figures into the registry, and sums of enterprises' emissions by place.

import ArgumentParser
import Foundation
import Registry

struct CarbonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "carbon", abstract: "Energy and emissions: import the committed real figures, list factors, sum enterprises by place.",
        discussion: "Files of your own: 'blueatlas import', with the columns of docs/carbon.md.",
        subcommands: [CarbonImport.self, CarbonFactors.self, CarbonByPlace.self])
}

struct CarbonImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Imports CO2 and population of provinces, CO2 of cities and emission factors from data/carbon.",
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
        ("carbon-grid-factors", "grid-factors.csv"), ("carbon-fuel-factors", "fuel-factors.csv"),
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

struct CarbonFactors: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "factors", abstract: "Lists emission factors: tonnes of CO2 of a unit of electricity, heat or fuel.",
        discussion: """
            What holds everywhere, or in the whole province, or is of no year, is listed with any --place and --year:
              blueatlas carbon factors --kind electricity --place 330000 --year 2022
            """)

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(help: "\(FactorKind.names); default all.")
    var kind: String?
    @Option(parsing: .unconditional, help: "Code of a place, such as 330000 or 330106.")
    var place: Int32?
    @Option(parsing: .unconditional, help: "The year.")
    var year: Int?
    @Flag(help: "Print the factors as JSON.")
    var json = false

    private struct Row: Encodable {
        var kind: String, name: String, nameEN: String?, place: Int32?, year: Int?, unit: String
        var tonnes: Double
        var source: String, synthetic: Bool

        enum CodingKeys: String, CodingKey {
            case kind, name, place, year, unit, source, synthetic
            case nameEN = "name_en"
            case tonnes = "co2_t_per_unit"
        }
    }

    func validate() throws {
        if let kind, FactorKind(name: kind) == nil { throw ValidationError("--kind: '\(kind)' is not one of \(FactorKind.names)") }
    }

    func run() throws {
        let factors: [EmissionFactor]
        do {
            factors = try RegistryStore(path: store, mode: .readOnly)
                .emissionFactors(kind: kind.flatMap { FactorKind(name: $0) }, place: place, year: year)
        } catch {
            throw CommandFailure(error)
        }
        if json {
            return try CommandOutput.json(
                factors.map {
                    Row(
                        kind: $0.kind.name, name: $0.name, nameEN: $0.nameEN, place: $0.place, year: $0.year, unit: $0.unit,
                        tonnes: $0.value,
                        source: $0.origin.text, synthetic: $0.origin.synthetic)
                })
        }
        print("tCO2 per unit   unit       year   place    of")
        for factor in factors {
            let year = factor.year.map(String.init) ?? "any"
            let place = factor.place.map(String.init) ?? "-"
            func padded(_ text: String, _ width: Int) -> String { text.padding(toLength: width, withPad: " ", startingAt: 0) }
            let columns = [padded(factor.unit, 11), padded(year, 7), padded(place, 9)].joined()
            let name = factor.nameEN.map { "\(factor.name) (\($0))" } ?? factor.name
            let mark = factor.origin.synthetic ? " SYNTHETIC" : ""
            print("\(String(format: "%13.4f", factor.value))   \(columns)\(name); \(factor.origin.text)\(mark)")
        }
        if factors.isEmpty { print("no such factor; 'blueatlas carbon import' brings those of data/carbon") }
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
