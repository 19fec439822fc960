// ArtCache.swift: letters, signs and logos, drawn when they are first asked for and then kept. Drawing has a thread of its own, so that no
// tile ever waits for a letter; of several requests for one file one draws it. Bounded by bytes; the least recently used give way.

/// Files that are drawn on demand.
actor ArtCache {
    private struct Entry {
        var file: ReadyFile
        var lastUse: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var drawing: [String: Task<ReadyFile, any Error>] = [:]
    private var bytes = 0
    private var clock: UInt64 = 0
    private let limitBytes: Int
    private let pool = WorkPool(threads: 1)
    let gzip: Gzip

    init(limitBytes: Int = 64 << 20, gzip: Gzip) {
        self.limitBytes = limitBytes
        self.gzip = gzip
    }

    /// The file of a key, from here or drawn. An error is handed to all who wait and not kept.
    func file(_ key: String, draw: @escaping @Sendable () throws -> ReadyFile) async throws -> ReadyFile {
        clock += 1
        if let entry = entries[key] {
            entries[key]?.lastUse = clock
            return entry.file
        }
        if let task = drawing[key] { return try await task.value }
        let pool = pool
        let task = Task { try await pool.run(draw) }
        drawing[key] = task
        let result = await task.result
        drawing[key] = nil
        let file = try result.get()
        keep(key, file)
        return file
    }

    private func keep(_ key: String, _ file: ReadyFile) {
        guard file.cost <= limitBytes / 4, entries[key] == nil else { return }
        bytes += file.cost
        entries[key] = Entry(file: file, lastUse: clock)
        while bytes > limitBytes, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            bytes -= oldest.value.file.cost
        }
    }

    /// Work off the event loops that is no drawing, such as reading the registry for it.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let pool = pool
        return try await pool.run(work)
    }

    func shutDown() async { await pool.shutDown() }

    /// Bytes and files at this moment.
    var usage: (bytes: Int, files: Int) { (bytes, entries.count) }
}
