// ImportFuzz.swift: bytes as a file to import. The first byte says how: which kind of rows, which name the file has, and whether the
// whole importer runs (dry) or only the reader of rows, with a small buffer that its pieces end everywhere in.

@testable import Registry

enum ImportFuzz {
    private static let names = ["input.csv", "input.tsv", "input.geojson", "input.ndjson"]

    static func run(_ input: UnsafeRawBufferPointer) {
        guard let how = input.first else { return }
        let content = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        if how & 0x80 != 0 {
            rows(Array(content), how)
        } else {
            whole(content, how)
        }
    }

    private static func whole(_ content: UnsafeRawBufferPointer, _ how: UInt8) {
        var options = ImportOptions()
        options.isDryRun = true
        options.fixesSwapped = how & 0x40 != 0
        // As the columns say (0), or as each kind of rows.
        let kinds = [nil] + ImportEntity.imported
        options.entity = kinds[Int(how & 0x0F) % kinds.count]
        options.batchRows = 3
        let path = FuzzFolder.write(content, to: names[Int(how >> 4) & 3])
        _ = try? Importer(options: options).run(path: path, into: nil)
    }

    private static func rows(_ content: [UInt8], _ how: UInt8) {
        let text = MemoryText(content, step: 1 + Int(how & 0x0F))
        guard let reader = reader(text, how) else { return }
        while let step = try? reader.next() {
            if case .end = step { return }
            for index in 0..<reader.row.count { _ = FieldText.string(FieldText.trimmed(reader.row.field(index))) }
        }
    }

    private static func reader(_ text: MemoryText, _ how: UInt8) -> (any RowReader)? {
        if how & 0x40 != 0 { return try? FeatureReader(input: text, path: "input.geojson") }
        return try? DelimitedReader(input: text, delimiter: how & 0x20 != 0 ? 0x3B : 0x2C, path: "input.csv", bufferBytes: 64)
    }
}
