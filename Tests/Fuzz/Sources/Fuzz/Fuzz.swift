// Fuzz.swift: where libFuzzer begins. One program holds all targets; the environment variable FUZZ_TARGET names the one to run, so that
// everything is built and linked once. A target returns for any input; what counts is that it returns: no trap, no access outside its
// memory, no endless loop, no memory without bound.

import CFuzzer
import Foundation

enum FuzzTarget: String, CaseIterable {
    /// Opening a snapshot file, and queries over what opened.
    case snapshot
    /// Decoding vector tiles.
    case tile
    /// Addresses of the HTTP interface, and the headers that are parsed.
    case query
    /// Importing CSV, TSV and JSON files.
    case `import`
    /// Unpacking gzip files.
    case gzip

    func run(_ input: UnsafeRawBufferPointer) {
        switch self {
        case .snapshot: SnapshotFuzz.run(input)
        case .tile: TileFuzz.run(input)
        case .query: QueryFuzz.run(input)
        case .import: ImportFuzz.run(input)
        case .gzip: GzipFuzz.run(input)
        }
    }

    static let chosen: FuzzTarget = {
        if let target = FuzzTarget(rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "") { return target }
        stop("FUZZ_TARGET must be one of \(allCases.map(\.rawValue).joined(separator: ", ")); tools/fuzz sets it")
    }()
}

/// Ends the program: the fuzzer itself cannot work.
func stop(_ reason: String) -> Never {
    FileHandle.standardError.write(Data("Fuzz: \(reason)\n".utf8))
    exit(2)
}

@main
struct Fuzz {
    static func main() {
        _ = FuzzTarget.chosen
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        let code = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            FuzzTarget.chosen.run(UnsafeRawBufferPointer(start: start, count: count))
            return 0
        }
        exit(code)
    }
}
