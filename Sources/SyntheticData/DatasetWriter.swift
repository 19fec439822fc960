// DatasetWriter.swift: puts the files of a data set into a folder. dataset.json comes last and by renaming, so a folder with it is whole,
// and one without it is not a data set.

import Foundation
import Glibc

/// One output file; every failure names its path.
struct OutputFile: ~Copyable {
    let path: String
    private(set) var byteCount = 0
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw Self.failure(path) }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    private static func failure(_ path: String) -> GeneratorError { .output(path: path, reason: String(cString: strerror(errno))) }

    mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if written < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure(path)
                }
                offset += written
            }
        }
        byteCount += bytes.count
    }

    mutating func write(_ text: StaticString) throws { try write(text.withUTF8Buffer { Array($0) }) }

    /// Some file systems report a full disk only here.
    func synchronize() throws { if fsync(descriptor) != 0 { throw Self.failure(path) } }
}

enum OutputFolder {
    /// Makes the folder with its parents.
    static func make(_ path: String) throws {
        var partial = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            partial += (partial.isEmpty || partial.hasSuffix("/") ? "" : "/") + part
            if mkdir(partial, 0o755) != 0, errno != EEXIST {
                throw GeneratorError.output(path: partial, reason: String(cString: strerror(errno)))
            }
        }
    }

    static func remove(_ path: String) throws {
        if unlink(path) != 0, errno != ENOENT { throw GeneratorError.output(path: path, reason: String(cString: strerror(errno))) }
    }

    /// Removes those files of a folder whose names `isOurs` says are made here, and the folder when nothing else lies in it.
    static func removeFiles(in path: String, where isOurs: (String) -> Bool) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw GeneratorError.output(path: path, reason: "what an older run left there cannot be listed")
        }
        for name in names where isOurs(name) { try remove(path + "/" + name) }
        // Fails where others have put something there, which stays.
        _ = rmdir(path)
    }

    static func rename(_ from: String, to: String) throws {
        if Glibc.rename(from, to) != 0 { throw GeneratorError.output(path: to, reason: String(cString: strerror(errno))) }
    }
}
