// DatasetFolder.swift: a folder with a dataset.json, as `blueatlas generate` writes it: which files it holds, in the order in which they
// must be imported, and what the data are.

import Foundation

/// A data set on the disk.
public struct DatasetFolder: Sendable {
    public var path: String
    public var isSynthetic: Bool
    public var label: String
    public var asOf: Day?
    /// Factories before what refers to them, brands before links.
    public var files: [(entity: ImportEntity, path: String)]

    /// Whether a path is a folder with a dataset.json.
    public static func isDataset(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: (path.hasSuffix("/") ? path : path + "/") + "dataset.json")
    }

    /// - Throws: `ImportError.badDataset` naming what is wrong with it.
    public init(path: String) throws(ImportError) {
        self.path = path
        let folder = path.hasSuffix("/") ? path : path + "/"
        guard let data = FileManager.default.contents(atPath: folder + "dataset.json") else {
            throw .badDataset(
                path: path, detail: "it has no dataset.json, or it may not be read; a generation that was broken off leaves none")
        }
        let json: JSONValue
        do throws(FieldProblem) { json = try JSONValue.parse(Array(data)) } catch {
            throw .badDataset(path: path, detail: "dataset.json: \(error.reason)")
        }
        guard case .object(let members) = json else { throw .badDataset(path: path, detail: "dataset.json: a JSON object is needed") }
        func member(_ name: String) -> JSONValue? { members.first { $0.key == name }?.value }
        guard case .string("blueatlas-dataset")? = member("format") else {
            throw .badDataset(path: path, detail: "dataset.json: \"format\" is not \"blueatlas-dataset\"")
        }
        guard case .number(1, _)? = member("version") else {
            throw .badDataset(path: path, detail: "dataset.json: only \"version\" 1 can be read; a newer one needs a newer program")
        }
        guard case .boolean(let synthetic)? = member("synthetic") else {
            throw .badDataset(path: path, detail: "dataset.json: \"synthetic\" must say true or false")
        }
        isSynthetic = synthetic
        label = if case .string(let text)? = member("label") { text } else { "" }
        if case .string(let text)? = member("as_of") {
            guard let day = Day(iso: text) else {
                throw .badDataset(path: path, detail: "dataset.json: \"as_of\": '\(text)' is not a date (YYYY-MM-DD)")
            }
            asOf = day
        }
        files = []
        for entity in [ImportEntity.factories, .records, .brands, .links, .figures, .emissions] {
            let names = ["csv", "csv.gz"].map { folder + entity.rawValue + "." + $0 }
            if let found = names.first(where: { FileManager.default.fileExists(atPath: $0) }) {
                files.append((entity, found))
            } else if case .number(let count, _)? = member(entity.rawValue), count > 0 {
                throw .badDataset(
                    path: path, detail: "dataset.json tells of \(Int64(count)) \(entity.rawValue), but there is no \(entity.rawValue).csv")
            }
        }
    }
}
