// EventEndpoints.swift: the change feed for the outside: a stream of server-sent events that goes on where the client left off, and pages by
// sequence number. Anyone may read what is public; a brand's key may ask for its own suppliers.

import EcoChain
import HTTPTypes
import Hummingbird
import NIOCore
import Registry

enum EventEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/events", right: .read, parameters: filterNames + ["last_event_id"], handler: stream),
        LiveRoute(.get, "/v1/feed", right: .read, parameters: filterNames + ["after", "limit"], handler: page),
    ]

    private static let filterNames = ["type", "min_severity", "category", "watched", "list"]

    // MARK: Pages

    @Sendable private static func page(_ call: LiveCall) async throws -> Reply {
        let filter = try await filter(call)
        let after = try call.query.integer("after", in: 0...Int.max / 2, default: 0)
        let limit = try call.query.integer("limit", in: 1...1000, default: 100)
        let hub = call.services.ecochain.hub
        let (events, sequence) = try await hub.page(after: Int64(after), filter: filter, limit: limit)
        let head = call.services.feed.head
        return .privateJSON { json in
            json.array("events") { json in for event in events { json.literal(event.json) } }
            json.field("next_after", sequence)
            json.field("more", sequence < head)
        }
    }

    // MARK: The stream

    @Sendable private static func stream(_ call: LiveCall) async throws -> Reply {
        let filter = try await filter(call)
        let hub = call.services.ecochain.hub
        var start = hub.head
        // EventSource sends the header when it comes back; it cannot at its first visit, so there is a parameter as well.
        if let text = call.headers[.lastEventID] ?? call.query.text("last_event_id"), !text.isEmpty {
            guard text.utf8.count <= 18, let number = Int64(text), number >= 0 else {
                throw Problem(parameter: "last_event_id", value: text, mustBe: "the id of an event, a whole number")
            }
            start = number
        }
        if call.isHead { return .eventStreamHead }
        guard let open = hub.open(for: call.principal) else {
            var problem = Problem(.serviceUnavailable, kind: .tooManyRequests, detail: "too many event streams are open; try again later")
            problem.headers[.retryAfter] = "30"
            throw problem
        }
        return .eventStream(finish: open.finish) { [start] writer in
            defer { hub.close(open) }
            try await write(open, hub, filter, from: start, to: &writer)
        }
    }

    /// Unchecked: the writer is used by one task alone, which is awaited before this function returns.
    private struct Lent: @unchecked Sendable { var writer: any ResponseBodyWriter }

    private static func write(
        _ open: OpenStream, _ hub: EventHub, _ filter: EventFilter, from start: Int64, to writer: inout any ResponseBodyWriter
    ) async throws {
        let lent = Lent(writer: writer)
        // A task of its own, so that a write that waits for a client who does not read can be ended.
        let task = Task {
            var writer = lent.writer
            func send(_ text: String) async throws {
                open.writing(true)
                defer { open.writing(false) }
                try await writer.write(ByteBuffer(string: text))
            }
            try await send("retry: 2000\n\n")
            var position = start
            for await _ in open.signals {
                while open.isOpen {
                    let (events, sequence) = try await hub.events(after: position, filter: filter)
                    if open.isEnded { break }
                    if !events.isEmpty { try await send(events.map(\.frame).joined()) }
                    guard sequence > position else { break }
                    position = sequence
                }
                if open.isEnded { break }
                if open.takeBeat() { try await send(": \n\n") }
            }
        }
        open.onEnd { task.cancel() }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
        if !open.isEnded { try await writer.finish(nil) } else { throw CancellationError() }
    }

    // MARK: Filters

    private static func filter(_ call: LiveCall) async throws -> EventFilter {
        let parameters = call.query
        var filter = EventFilter()
        filter.brand = call.principal.may(.watch) ? call.principal.brandPK : nil
        for text in list(parameters.text("type")) {
            // Kinds grow: an unknown one is not an error, but a text that could never be one is.
            guard text.utf8.count <= 64, text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || "._".utf8.contains($0) }) else {
                throw Problem(parameter: "type", value: text, mustBe: "kinds of events such as record.added, with commas")
            }
            filter.kinds.insert(text)
        }
        for text in list(parameters.text("category")) {
            guard let category = RecordCategory(name: text) else {
                throw Problem(parameter: "category", value: text, mustBe: "one of \(RecordCategory.names)")
            }
            filter.categories.insert(category)
        }
        if parameters.text("min_severity") != nil { filter.minSeverity = try parameters.integer("min_severity", in: 1...5, default: 1) }
        let listID = parameters.text("list")
        switch parameters.text("watched") {
        case "true": break
        case nil where listID != nil: break
        case nil, "false":
            guard listID == nil else { throw Problem(parameter: "watched", detail: "watched: a list needs watched=true") }
            return filter
        case let text?: throw Problem(parameter: "watched", value: text, mustBe: "true or false")
        }
        guard call.principal.may(.watch) else {
            throw Problem(.forbidden, kind: .forbidden, detail: "watched and list need a brand's key with the right \(Right.watch.name)")
        }
        let brand = try call.brand()
        filter.watchingBrand = brand
        if let listID {
            let store = call.services.store
            guard try await call.services.workers.run({ try store.watchList(listID, ofBrand: brand) }) != nil else {
                throw LiveCall.noWatchList
            }
            filter.list = listID
        }
        return filter
    }

    private static func list(_ text: String?) -> [String] { text?.split(separator: ",").map(String.init) ?? [] }
}
