// BulkEndpoints.swift: many rows in one request: newline-delimited JSON in, one result per line out, while the rest is still on its way. Lines
// are written in groups of a few hundred, so memory stays the same for any length; each line stands for itself: one that is refused says
// why, and the others are kept. A stored row is brought to the new contents, as importers do, so a stream that broke off is simply
// sent again.

import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Registry

enum BulkEndpoints {
    static let routes: [LiveRoute] = [
        route("factories", right: .writeFactories) { call, body in
            let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.factory(body) }
            return (read.warnings, { context in try context.write(factory: read.draft, policy: .addOrChange) })
        },
        route("records", right: .writeRecords) { call, body in
            let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.record(body) }
            return (read.warnings, { context in try context.write(record: read.draft, policy: .addOrChange) })
        },
        route("brands", right: .administer) { call, body in
            let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.brand(body) }
            return (read.warnings, { context in try context.write(brand: read.draft, policy: .addOrChange) })
        },
        route("links", right: .writeLinks) { call, body in
            let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.link(body) }
            let onlyBrand = call.onlyBrand
            return (read.warnings, { context in try context.write(link: read.draft, policy: .addOrChange, onlyBrand: onlyBrand) })
        },
    ]

    /// Warnings of a line and what writes it.
    typealias Line = (warnings: [String], write: @Sendable (WriteContext) throws -> WriteReceipt)

    /// - Parameter read: checks one line; what it throws is that line's result.
    static func route(
        _ kind: String, right: Right, read: @escaping @Sendable (LiveCall, JSONBody) throws -> Line
    ) -> LiveRoute {
        LiveRoute(.post, "/v1/bulk/\(kind)", right: right, body: .stream) { call in
            var reply = Reply(.ok, type: "application/x-ndjson", [], cacheControl: "no-store")
            reply.stream = { writer in
                var run = BulkRun(call: call, read: read)
                try await run.run(&writer)
            }
            return reply
        }
    }
}

/// One stream of lines.
private struct BulkRun {
    let call: LiveCall
    let read: @Sendable (LiveCall, JSONBody) throws -> BulkEndpoints.Line

    /// Bytes behind the last line end.
    private var rest: [UInt8] = []
    private var number = 0
    private var counts: [WriteReceipt.Outcome: Int] = [:]
    private var refused = 0
    private var waiting: [(number: Int, result: Result<BulkEndpoints.Line, any Error>)] = []

    static let longestLine = 1 << 20
    private static let groupLines = 256

    init(call: LiveCall, read: @escaping @Sendable (LiveCall, JSONBody) throws -> BulkEndpoints.Line) {
        self.call = call
        self.read = read
    }

    mutating func run(_ writer: inout any ResponseBodyWriter) async throws {
        var problem: String?
        do {
            for try await piece in call.stream {
                try await take(piece.readableBytesView, &writer)
                // What has arrived is answered before more is waited for.
                try await flush(&writer)
            }
            if !rest.isEmpty { try await line(rest, &writer) }
            try await flush(&writer)
        } catch let error as BulkProblem {
            problem = error.reason
        } catch let error as HTTPParserError {
            // The answer has begun, so it is its last line that says so.
            problem = Refusal(ofBody: error).problem.detail
        }
        var json = JSONWriter()
        json.object { json in
            json.field("done", problem == nil)
            json.field(optional: "problem", problem)
            json.field("lines", number)
            for outcome in [WriteReceipt.Outcome.added, .changed, .unchanged] { json.field(outcome.rawValue, counts[outcome] ?? 0) }
            json.field("refused", refused)
        }
        try await writer.write(ByteBuffer(bytes: json.bytes + [0x0A]))
        try await writer.finish(nil)
    }

    private mutating func take(_ bytes: ByteBufferView, _ writer: inout any ResponseBodyWriter) async throws {
        var from = bytes.startIndex
        while let end = bytes[from...].firstIndex(of: 0x0A) {
            rest.append(contentsOf: bytes[from..<end])
            from = bytes.index(after: end)
            let complete = rest
            rest.removeAll(keepingCapacity: true)
            try await line(complete, &writer)
        }
        rest.append(contentsOf: bytes[from...])
        if rest.count > Self.longestLine {
            number += 1
            try await flush(&writer)
            throw BulkProblem(reason: "line \(number) is longer than \(Self.longestLine) bytes; nothing from it on was read")
        }
    }

    private mutating func line(_ bytes: [UInt8], _ writer: inout any ResponseBodyWriter) async throws {
        number += 1
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
        waiting.append((number, Result { try read(call, try JSONBody(bytes)) }))
        if waiting.count >= Self.groupLines { try await flush(&writer) }
    }

    /// Writes the lines that wait, and their results.
    private mutating func flush(_ writer: inout any ResponseBodyWriter) async throws {
        guard !waiting.isEmpty else { return }
        // A stream may be open for long: a key that was revoked meanwhile ends it.
        guard try call.services.store.isStillValid(call.principal) else {
            waiting = []
            throw BulkProblem(reason: "the key no longer counts; line \(number) and those before it that have no result were not stored")
        }
        let writes = waiting.compactMap { try? $0.result.get().write }
        var written = await call.services.writer.submit(as: call.author, each: writes).makeIterator()
        var output: [UInt8] = []
        for (number, result) in waiting {
            var json = JSONWriter()
            json.object { json in
                json.field("line", number)
                do {
                    let line = try result.get()
                    guard let receipt = try written.next()?.get() else { return }
                    counts[receipt.outcome, default: 0] += 1
                    WriteReply.write(receipt, warnings: line.warnings, to: &json)
                } catch {
                    refused += 1
                    let problem = LiveProblem.problem(error)
                    json.object("error") { json in
                        json.field("status", problem.status.code)
                        json.field("type", "urn:blueatlas:problem:\(problem.kind.rawValue)")
                        json.field("detail", problem.detail)
                        json.field(optional: "parameter", problem.parameter)
                    }
                }
            }
            output += json.bytes
            output.append(0x0A)
        }
        waiting.removeAll(keepingCapacity: true)
        try await writer.write(ByteBuffer(bytes: output))
    }
}

/// What ends a stream before its end.
private struct BulkProblem: Error { var reason: String }
