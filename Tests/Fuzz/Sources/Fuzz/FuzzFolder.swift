// FuzzFolder.swift: a temporary folder for what the targets must have as files. It is in memory where there is such a file system,
// and tools/fuzz removes it.

import Foundation
import Glibc

enum FuzzFolder {
    static let path: String = {
        let path = (ProcessInfo.processInfo.environment["FUZZ_FOLDER"] ?? NSTemporaryDirectory()) + "/fuzz-\(getpid())"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch { stop("no folder for files: \(error)") }
        return path
    }()

    /// Writes a file whole and returns its path.
    static func write(_ bytes: UnsafeRawBufferPointer, to name: String) -> String {
        let path = path + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { stop("cannot write '\(path)'") }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            guard written > 0 else { stop("cannot write '\(path)'") }
            done += written
        }
        return path
    }
}
