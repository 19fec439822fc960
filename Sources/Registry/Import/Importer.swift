// Importer.swift: a file into the registry. One thread reads, checks and converts rows; another stores them in batches, each of which is
// one transaction. A queue of a few batches lies between the two, so the memory is the same for every size of file.
//
// What ends an import early (a file cut off, a full disk, a signal) ends it between batches: those before are stored, the one in
// the making is dropped, and importing the mended file again changes only what was missing.

import Dispatch
import Foundation
import Synchronization

/// Imports one file or data set. Blocks its caller until the end; reads on the caller's thread.
public struct Importer: Sendable {
    public let options: ImportOptions

    public init(options: ImportOptions) { self.options = options }

    /// Imports a file.
    ///
    /// - Parameters:
    ///   - store: nil with a dry run.
    ///   - progress: called on the caller's thread, every few thousand rows.
    ///   - isCancelled: asked as often; true ends the import after the batch that is being stored.
    /// - Returns: the report; its `failure` tells why the file was not read to its end.
    /// - Throws: `ImportError` for what is found out before the first row. Nothing was stored then.
    public func run(
        path: String, into store: RegistryStore?, progress: ((ImportProgress) -> Void)? = nil, isCancelled: () -> Bool = { false }
    ) throws(ImportError) -> ImportReport {
        let start = ContinuousClock.now
        let source = try SourceReader(path: path, options: options)
        let mapping = options.mapping ?? ImportMapping()
        let fileName = path.split(separator: "/").last.map(String.init) ?? path
        guard
            let entity = options.entity ?? mapping.entity
                ?? ImportEntity.detect(columns: source.sampleColumns, fileName: fileName, hasGeometry: source.hasFeatures)
        else { throw .unknownEntity(path: path, available: source.sampleColumns.filter { !$0.hasPrefix("@") }) }
        guard ImportEntity.imported.contains(entity) else {
            throw .badOption(
                option: "--entity", value: entity.rawValue, reason: "is no import: watch lists are private; use 'blueatlas watch'")
        }
        if mapping.groupBy != nil, !entity.canBeGrouped {
            throw .badMapping(
                source: mapping.source, detail: "\"group_by\" is for factories, figures and emissions, not \(entity.rawValue)")
        }
        let planned = try ColumnPlanner(
            path: path, entity: entity, reader: source.rows, mapping: mapping, options: options, sample: source.sample,
            hasFeatures: source.hasFeatures && source.sampleColumns.contains(FeatureReader.longitudeColumn), crsName: source.crsName
        ).plan()

        var report = ImportReport(
            path: path, entity: entity.rawValue, format: source.formatName + (source.text.bytes.isGzip ? ", gzipped" : ""),
            encoding: "\(source.text.encoding.displayName) (\(source.text.encodingReason))")
        if options.entity == nil, mapping.entity == nil { report.assumptions.append("\(entity.rawValue), by the columns") }
        report.assumptions += planned.notes
        report.ignoredColumns = planned.ignoredColumns
        report.isDryRun = options.isDryRun

        let context = RowContext(plan: planned.plan, strictCodes: options.hasStrictCodes)
        let rows = try RowSource(entity: entity, path: path, context: context, datum: planned.datum, fixesSwapped: options.fixesSwapped)
        let writer = BatchWriterQueue(
            store: options.isDryRun ? nil : store, source: fileName,
            rejects: options.rejectsPath ?? (options.isDryRun ? nil : path + ".rejects.csv"),
            fallback: options.rejectsPath == nil ? fileName + ".rejects.csv" : nil)
        var pass = ReadingPass(source: source, context: context, rows: rows, writer: writer, batchRows: max(1, options.batchRows))
        do throws(ImportError) {
            try pass.run(progress: progress, isCancelled: isCancelled)
        } catch {
            report.failure = error
        }
        let result = writer.finish()
        report.failure = result.failure ?? report.failure
        report.rows = pass.rowCount
        report.filtered = pass.filteredCount
        report.groups = rows.groupCount
        report.wasCancelled = pass.wasCancelled
        report.accepted = result.accepted
        report.updated = result.updated
        report.unchanged = result.unchanged
        report.rejected = result.rejected
        report.rejectReasons = result.reasons
        report.rejectsPath = result.rejectsPath
        report.flags = result.flags
        report.warnings = context.warnings
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }
}

/// Rows of one kind as drafts, gathered until they make a batch.
final class RowSource {
    private enum Kind {
        case factories(FactoryRowReader)
        case grouped(FactoryGroups)
        case records(RecordRowReader)
        case brands(BrandRowReader)
        case links(LinkRowReader)
        case figures(FigureRowReader)
        case summedFigures(FigureRowReader, RowSums<FigureDraft>)
        case emissions(EmissionRowReader)
        case summedEmissions(EmissionRowReader, RowSums<EmissionDraft>)
        case factors(FactorRowReader)
    }

    private let kind: Kind
    private let context: RowContext
    private let idSource: ValueSource
    private var factories: [FactoryDraft] = []
    private var records: [RecordDraft] = []
    private var brands: [BrandDraft] = []
    private var links: [LinkDraft] = []
    private var figures: [FigureDraft] = []
    private var emissions: [EmissionDraft] = []
    private var factors: [FactorDraft] = []

    init(entity: ImportEntity, path: String, context: RowContext, datum: String?, fixesSwapped: Bool) throws(ImportError) {
        self.context = context
        switch entity {
        case .factories:
            let reader = FactoryRowReader(context: context, positions: try PositionReader(datum: datum, fixesSwapped: fixesSwapped))
            kind = context.plan.group.isNone ? .factories(reader) : .grouped(FactoryGroups(path: path, reader: reader, context: context))
            idSource = context.plan.sources[FactoryField.id.rawValue]
        case .records:
            kind = .records(RecordRowReader(context: context))
            idSource = context.plan.sources[RecordField.id.rawValue]
        case .brands:
            kind = .brands(BrandRowReader(context: context))
            idSource = context.plan.sources[BrandField.id.rawValue]
        case .links:
            kind = .links(LinkRowReader(context: context))
            idSource = context.plan.sources[LinkField.brandID.rawValue]
        case .figures:
            let reader = FigureRowReader(context: context)
            kind = context.plan.group.isNone ? .figures(reader) : .summedFigures(reader, RowSums(path: path, context: context))
            idSource = context.plan.sources[FigureField.placeCode.rawValue]
        case .emissions:
            let reader = EmissionRowReader(context: context)
            kind = context.plan.group.isNone ? .emissions(reader) : .summedEmissions(reader, RowSums(path: path, context: context))
            idSource = context.plan.sources[EmissionField.factoryID.rawValue]
        case .factors:
            kind = .factors(FactorRowReader(context: context))
            idSource = context.plan.sources[FactorField.subject.rawValue]
        case .suppliers: throw .unknownEntity(path: path, available: [])
        }
    }

    var groupCount: Int? {
        switch kind {
        case .grouped(let groups): groups.count
        case .summedFigures(_, let sums): sums.count
        case .summedEmissions(_, let sums): sums.count
        default: nil
        }
    }

    /// Reads the current row into the batch.
    func add(line: Int) throws(RowReject) -> ImportError? {
        switch kind {
        case .factories(let reader):
            var draft = try reader.read(line: line)
            if !context.plan.attributes.isEmpty { try reader.readAttributes(into: &draft) }
            factories.append(draft)
        case .grouped(let groups): return try groups.add(line: line)
        case .records(let reader): records.append(try reader.read(line: line))
        case .brands(let reader): brands.append(try reader.read(line: line))
        case .links(let reader): links.append(try reader.read(line: line))
        case .figures(let reader): figures.append(try reader.read(line: line))
        case .summedFigures(let reader, let sums): return try sums.add(try reader.read(line: line))
        case .emissions(let reader): emissions.append(try reader.read(line: line))
        case .summedEmissions(let reader, let sums): return try sums.add(try reader.read(line: line))
        case .factors(let reader): factors.append(try reader.read(line: line))
        }
        return nil
    }

    /// The row's id as the source writes it, for the rejects file.
    var rawID: String { FieldText.excerpt(context.plan.value(of: idSource)) }

    var count: Int { factories.count + records.count + brands.count + links.count + figures.count + emissions.count + factors.count }

    /// Takes the batch away.
    func takeBatch() -> DraftBatch {
        switch kind {
        case .factories, .grouped: .factories(RowSource.take(&factories))
        case .records: .records(RowSource.take(&records))
        case .brands: .brands(RowSource.take(&brands))
        case .links: .links(RowSource.take(&links))
        case .figures, .summedFigures: .figures(RowSource.take(&figures))
        case .emissions, .summedEmissions: .emissions(RowSource.take(&emissions))
        case .factors: .factors(RowSource.take(&factors))
        }
    }

    /// The next batch will be about as long.
    private static func take<Draft>(_ drafts: inout [Draft]) -> [Draft] {
        let taken = drafts
        drafts = []
        drafts.reserveCapacity(taken.count)
        return taken
    }

    /// Groups that are complete at the file's end, a batch at a time; nil when there are no more.
    func takeGroups(_ limit: Int) -> DraftBatch? {
        let batch: DraftBatch
        switch kind {
        case .grouped(let groups): batch = .factories(groups.take(limit))
        case .summedFigures(_, let sums): batch = .figures(sums.take(limit))
        case .summedEmissions(_, let sums): batch = .emissions(sums.take(limit))
        default: return nil
        }
        return batch.count == 0 ? nil : batch
    }
}

/// One walk through a file.
private struct ReadingPass {
    let source: SourceReader
    let context: RowContext
    let rows: RowSource
    let writer: BatchWriterQueue
    let batchRows: Int
    var rowCount = 0
    var filteredCount = 0
    var wasCancelled = false
    private var rejects: [RejectedRow] = []
    private static let rowsBetweenReports = 4096

    init(source: SourceReader, context: RowContext, rows: RowSource, writer: BatchWriterQueue, batchRows: Int) {
        self.source = source
        self.context = context
        self.rows = rows
        self.writer = writer
        self.batchRows = batchRows
    }

    mutating func run(progress: ((ImportProgress) -> Void)?, isCancelled: () -> Bool) throws(ImportError) {
        let reader = source.rows
        let hasFilters = !context.plan.filters.isEmpty
        loop: while true {
            switch try reader.next() {
            case .end: break loop
            case .malformed(let line, let reject):
                rowCount += 1
                rejects.append(RejectedRow(line: line, id: "", reject: reject))
            case .row(let line):
                rowCount += 1
                if hasFilters, !context.plan.passes(context.plan.filters) {
                    filteredCount += 1
                    break
                }
                var failure: ImportError?
                do throws(RowReject) { failure = try rows.add(line: line) } catch {
                    rejects.append(RejectedRow(line: line, id: rows.rawID, reject: error))
                }
                if let failure { throw failure }
            }
            if rows.count + rejects.count >= batchRows { guard hand(over: rows.takeBatch()) else { return } }
            if rowCount % Self.rowsBetweenReports == 0 {
                report(to: progress)
                if isCancelled() {
                    wasCancelled = true
                    return
                }
            }
        }
        guard hand(over: rows.takeBatch()) else { return }
        while let groups = rows.takeGroups(batchRows) {
            guard hand(over: groups) else { return }
            if isCancelled() {
                wasCancelled = true
                return
            }
        }
        report(to: progress)
    }

    /// False when storing has failed.
    private mutating func hand(over batch: DraftBatch) -> Bool {
        defer { rejects = [] }
        return writer.put(BatchWriterQueue.Batch(drafts: batch, rejects: rejects))
    }

    private func report(to progress: ((ImportProgress) -> Void)?) {
        progress?(
            ImportProgress(
                path: source.text.path, rows: rowCount, bytes: source.text.bytes.fileBytesRead, totalBytes: source.text.bytes.fileBytes))
    }
}
