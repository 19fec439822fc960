// DataFolder.swift: where the repository's committed tables are, for the commands that read them.

import Foundation

enum DataFolder {
    /// The folder of the tables of places: `given`, else ./data, else a `data` folder in one of the folders above the program.
    ///
    /// - Throws: `CommandFailure` when there is none.
    static func places(_ given: String?) throws -> String {
        let probe = "places/admin-divisions.csv"
        var candidates: [String] = []
        if let given {
            candidates = [given]
        } else {
            candidates.append("data")
            var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            for _ in 0..<8 where folder.path != "/" {
                candidates.append(folder.appending(path: "data").path)
                folder = folder.deletingLastPathComponent()
            }
        }
        for candidate in candidates where FileManager.default.fileExists(atPath: "\(candidate)/\(probe)") {
            return candidate + "/places"
        }
        throw CommandFailure(
            message:
                "no \(probe) in \(given ?? "./data nor in a data folder above the program"): name the repository's data folder by --data-dir"
        )
    }
}
