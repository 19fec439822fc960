// SourceReader.swift: opens a file as rows: its packing, encoding, format and delimiter found out, each by what the file itself shows
// unless it was said.

import Foundation

/// A file that is open for reading, and what was found out about it.
struct SourceReader {
    let text: TextSource
    let rows: any RowReader
    let formatName: String
    /// Whether rows are GeoJSON features.
    let hasFeatures: Bool
    let crsName: String?
    /// Rows of the beginning, by column.
    let sample: [[String]]
    /// Columns that the sample shows; readers of JSON know no others yet.
    let sampleColumns: [String]

    /// How much of the text the sample is taken from, and how many rows.
    private static let sampleBytes = 256 << 10
    private static let sampleRows = 200

    init(path: String, options: ImportOptions) throws(ImportError) {
        text = try TextSource(path: path, encoding: options.encoding ?? options.mapping?.encoding)
        let start = try text.peek(upTo: SourceReader.sampleBytes)
        let format = options.format ?? SourceReader.format(path: path, start: start)
        switch format {
        case .csv, .tsv:
            let delimiter = options.delimiter ?? options.mapping?.delimiter ?? (format == .tsv ? 0x09 : SourceReader.delimiter(start))
            let probe = try? DelimitedReader(input: MemoryText(start), delimiter: delimiter, path: path)
            sample = probe.map { SourceReader.take($0) } ?? []
            let reader = try DelimitedReader(input: text, delimiter: delimiter, path: path)
            rows = reader
            sampleColumns = reader.columns
            hasFeatures = false
            crsName = nil
            let name =
                [0x2C: "comma", 0x09: "tab", 0x3B: "semicolon", 0x7C: "bar"][delimiter] ?? "'\(Character(Unicode.Scalar(delimiter)))'"
            formatName = delimiter == 0x09 ? "TSV" : delimiter == 0x2C ? "CSV" : "CSV (\(name)-separated)"
        case .geojson, .ndjson:
            // The sample's end cuts a feature off; what comes before it counts.
            let probe = try? FeatureReader(input: MemoryText(start), path: path)
            sample = probe.map { SourceReader.take($0) } ?? []
            let reader = try FeatureReader(input: text, path: path)
            for name in probe?.columns ?? [] { _ = reader.column(named: name) }
            rows = reader
            sampleColumns = reader.columns
            hasFeatures = probe?.hasFeatures ?? true
            crsName = reader.crsName
            formatName = hasFeatures ? (format == .ndjson ? "newline-delimited GeoJSON" : "GeoJSON") : "JSON"
        }
    }

    private static func take(_ reader: any RowReader) -> [[String]] {
        var rows: [[String]] = []
        while rows.count < sampleRows, let step = try? reader.next() {
            if case .end = step { break }
            guard case .row = step else { continue }
            rows.append((0..<reader.row.count).map { FieldText.string(FieldText.trimmed(reader.row.field($0))) })
        }
        return rows
    }

    /// By the text's beginning; the name decides between kinds of the same look.
    private static func format(path: String, start: [UInt8]) -> SourceFormat {
        var name = path.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        let first = start.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        if first == 0x1E { return .ndjson }
        let isJSONName = [".geojson", ".json", ".ndjson", ".geojsonl", ".geojsonseq", ".jsonl", ".ldjson"].contains { name.hasSuffix($0) }
        if first == UInt8(ascii: "{") || (first == UInt8(ascii: "[") && isJSONName) {
            return name.hasSuffix(".geojson") || name.hasSuffix(".json") ? .geojson : .ndjson
        }
        if isJSONName { return .geojson }
        return name.hasSuffix(".tsv") || name.hasSuffix(".tab") ? .tsv : .csv
    }

    /// The candidate that stands most often in the header, outside quotes.
    private static func delimiter(_ start: [UInt8]) -> UInt8 {
        var counts: [UInt8: Int] = [0x2C: 0, 0x09: 0, 0x3B: 0, 0x7C: 0]
        var isQuoted = false
        for byte in start {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0A || byte == 0x0D { break }
            if counts[byte] != nil { counts[byte]? += 1 }
        }
        let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return best.map { $0.value > 0 ? $0.key : 0x2C } ?? 0x2C
    }
}
