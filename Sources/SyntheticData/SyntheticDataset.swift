// SyntheticDataset.swift: makes a data set: plans the factories, writes the tables, seals them with dataset.json.

/// What was made.
public struct GenerationSummary: Sendable, Equatable {
    public var factories = 0
    public var records = 0
    public var brands = 0
    public var links = 0
    public var watchlistRows = 0
    /// Figures of places, enterprises that disclose emissions, and their rows, one a year.
    public var figures = 0
    public var enterprises = 0
    public var emissions = 0
    public var injectedErrors = 0
    /// Outlets of key monitored facilities, and rows of readings in the folder `readings`.
    public var outlets = 0
    public var readings = 0
    public var exceedingReadings = 0
    /// Factories on a position that they share with at least one other, and the largest number on one position.
    public var sharedPositionFactories = 0
    public var largestSharedPosition = 0
    /// Factories whose name another factory bears too.
    public var repeatedNames = 0
    public var wrongCreditCodes = 0
    public var missingCreditCodes = 0
    /// The exponent of the zeta distribution of records per factory.
    public var recordExponent = 0.0
    public var byteCount = 0
}

/// The generator of synthetic data sets: canonical CSV tables that look like China's factories and are none of them.
///
/// Files: `factories.csv`, `records.csv`, `brands.csv`, `links.csv`, `figures.csv`, `emissions.csv` (import these), `watchlists.csv` (private lists to match, with the
/// answers), `outlets.csv` and a file an hour under `readings` (only with hours of readings), `errors.csv` (only with injected errors) and `dataset.json`, written last. How to recognise the data as made up: ids
/// `BA…`/`BR…`/`BB…` (factories, records, brands), trade words `[auspicious][虚谬妄赝讹]`, credit codes of the unassigned authority X, record texts that open with 【合成数据】,
/// sources under example.org, `synthetic` true.
public enum SyntheticDataset {
    /// What every display of the data has to say.
    public static let label = "SYNTHETIC DATA: invented factories, names and records; nothing here is a fact about a real firm (合成数据，非真实企业)"

    /// Makes a data set. O(factories + records), all cores; about 150 bytes of memory per factory.
    /// - Parameter progress: told what is being made and how far the whole is, from 0 to 1; called on the caller's thread.
    /// - Throws: `GeneratorError`. The folder then holds no dataset.json.
    public static func generate(_ options: GeneratorOptions, progress: (String, Double) -> Void = { _, _ in }) throws -> GenerationSummary {
        try options.validate()
        progress("places", 0)
        return try generate(options, in: Regions.load(folder: options.tablesFolder), progress: progress)
    }

    /// The same with places loaded before.
    static func generate(
        _ options: GeneratorOptions, in regions: Regions, progress: (String, Double) -> Void = { _, _ in }
    ) throws -> GenerationSummary {
        try options.validate()
        let folder = options.outputFolder
        try OutputFolder.make(folder)
        // From here on the folder is no data set until the last step.
        try OutputFolder.remove(folder + "/dataset.json")

        let plan = try FactoryPlan(options: options, regions: regions) { progress($0, 0.05) }
        progress("source positions", 0.25)
        let positions = try SourcePositions.make(plan.sites)
        let factories = FactoryRows(plan: plan, positions: positions)
        var summary = GenerationSummary()
        summary.factories = options.factories
        summary.records = options.records
        summary.sharedPositionFactories = plan.sizes.sharedFactories
        summary.largestSharedPosition = Int(plan.sizes.sizes.max() ?? 0)
        summary.repeatedNames = plan.repeatedNames * 2
        let holders = plan.records.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        if holders > 0 {
            summary.recordExponent = RecordCounts.exponent(
                mean: Double(options.records) / Double(holders), cut: GeneratorOptions.mostRecordsPerFactory)
        }

        try writeFactories(factories, folder, &summary) { progress("factories.csv", 0.3 + 0.2 * $0) }
        let records = RecordRows(factories: factories)
        try writeRecords(records, folder, &summary) { progress("records.csv", 0.5 + 0.4 * $0) }
        progress("supplier lists", 0.9)
        let brands = BrandLists(factories: factories, calendar: records.calendar)
        summary.brands = brands.brands.count
        summary.links = brands.linkCount
        summary.watchlistRows = brands.watchCount
        let figures = PlaceFigures(regions: regions, seed: options.seed)
        let emissions = EnterpriseEmissions(plan: plan)
        summary.figures = figures.rowCount
        summary.enterprises = emissions.enterpriseCount
        summary.emissions = emissions.rowCount
        let files = [
            ("brands.csv", brands.brandRows()), ("links.csv", brands.linkRows()), ("watchlists.csv", brands.watchRows()),
            ("figures.csv", figures.rows), ("emissions.csv", emissions.rows),
        ]
        for (name, rows) in files {
            var file = try OutputFile(path: folder + "/" + name)
            try file.write(rows.bytes)
            summary.byteCount += file.byteCount
        }
        try writeReadings(plan, folder, &summary, progress: progress)
        try seal(summary, options)
        progress("done", 1)
        return summary
    }

    private static func writeFactories(
        _ rows: FactoryRows, _ folder: String, _ summary: inout GenerationSummary, progress: (Double) -> Void
    ) throws {
        var file = try OutputFile(path: folder + "/factories.csv")
        try file.write(FactoryRows.header)
        var errors = ByteBuffer(capacity: 1_024)
        errors.text(FactoryRows.errorHeader)
        let chunks = Chunks.count(for: rows.plan.count)
        var made = summary
        try Chunks.run(count: chunks) {
            rows.piece($0)
        } take: { chunk, piece in
            try file.write(piece.rows.bytes)
            errors.raw(piece.errors.bytes)
            made.injectedErrors += piece.errorCount
            made.wrongCreditCodes += piece.wrongCodes
            made.missingCreditCodes += piece.missingCodes
            progress(Double(chunk + 1) / Double(chunks))
        }
        summary = made
        summary.byteCount += file.byteCount
        if rows.plan.options.injectsErrors {
            var list = try OutputFile(path: folder + "/errors.csv")
            try list.write(errors.bytes)
            summary.byteCount += list.byteCount
        } else {
            // An older run may have left one.
            try OutputFolder.remove(folder + "/errors.csv")
        }
    }

    private static func writeRecords(
        _ rows: RecordRows, _ folder: String, _ summary: inout GenerationSummary, progress: (Double) -> Void
    ) throws {
        var file = try OutputFile(path: folder + "/records.csv")
        try file.write(RecordRows.header)
        let chunks = Chunks.count(for: rows.factories.plan.count)
        try Chunks.run(count: chunks) {
            rows.piece($0)
        } take: { chunk, piece in
            try file.write(piece.bytes)
            progress(Double(chunk + 1) / Double(chunks))
        }
        summary.byteCount += file.byteCount
    }

    private static func writeReadings(
        _ plan: FactoryPlan, _ folder: String, _ summary: inout GenerationSummary, progress: (String, Double) -> Void
    ) throws {
        // Those of an older run would belong to other factories.
        try OutputFolder.remove(folder + "/outlets.csv")
        try OutputFolder.removeFiles(in: folder + "/readings", where: ReadingRows.isFileName)
        guard let hours = plan.options.readingRange else { return }
        let monitored = (0..<plan.count).filter { plan.traits[$0].contains(.keyMonitored) }
        var rows = ReadingRows(factories: monitored, seed: plan.options.seed, hours: hours)
        var outlets = try OutputFile(path: folder + "/outlets.csv")
        try outlets.write(ReadingRows.outletHeader)
        try outlets.write(rows.outletRows().bytes)
        summary.byteCount += outlets.byteCount
        summary.outlets = monitored.count * 2
        try OutputFolder.make(folder + "/readings")
        var made = summary
        try rows.write { hour, bytes, counts in
            var file = try OutputFile(path: folder + "/readings/\(ReadingRows.fileName(hour))")
            try file.write(bytes)
            made.byteCount += file.byteCount
            made.readings += counts.rows
            made.exceedingReadings += counts.exceeding
            progress("readings", 0.9 + 0.1 * Double(hour - hours.lowerBound) / Double(hours.count))
        }
        summary = made
    }

    /// Writes dataset.json beside its place and moves it there.
    private static func seal(_ summary: GenerationSummary, _ options: GeneratorOptions) throws {
        let exponent = (summary.recordExponent * 10_000).rounded() / 10_000
        let text = """
            {
              "format": "blueatlas-dataset",
              "version": 1,
              "synthetic": true,
              "label": "\(label)",
              "seed": \(options.seed),
              "factories": \(summary.factories),
              "records": \(summary.records),
              "brands": \(summary.brands),
              "links": \(summary.links),
              "as_of": "\(options.asOf)",
              "watchlist_rows": \(summary.watchlistRows),
              "figures": \(summary.figures),
              "enterprises": \(summary.enterprises),
              "emissions": \(summary.emissions),
              "outlets": \(summary.outlets),
              "readings": \(summary.readings),
              "injected_errors": \(summary.injectedErrors),
              "shared_position_factories": \(summary.sharedPositionFactories),
              "largest_shared_position": \(summary.largestSharedPosition),
              "repeated_names": \(summary.repeatedNames),
              "credit_codes_wrong_check": \(summary.wrongCreditCodes),
              "credit_codes_missing": \(summary.missingCreditCodes),
              "record_exponent": \(exponent)
            }

            """
        let target = options.outputFolder + "/dataset.json"
        var file = try OutputFile(path: target + ".part")
        try file.write(Array(text.utf8))
        try file.synchronize()
        try OutputFolder.rename(target + ".part", to: target)
    }
}
