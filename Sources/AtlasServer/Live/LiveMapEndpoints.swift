// LiveMapEndpoints.swift: `GET /v1/live`, a stream of server-sent events (HTML Living Standard, section 9.2) that name the tiles that have changed,
// and `GET /v1/live/head`, the latest of them for clients that cannot listen. Anyone may: what they say is on the map.

import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

enum LiveMapEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/live", right: .read, handler: stream), LiveRoute(.get, "/v1/live/head", right: .read, handler: head),
    ]

    @Sendable private static func stream(_ call: LiveCall) async throws -> Reply {
        let events = call.services.map.events
        if call.isHead { return .eventStreamHead }
        guard let (stream, number) = events.listen(after: call.headers[.lastEventID]) else {
            var problem = Problem(
                .serviceUnavailable, kind: .tooManyStreams, detail: "too many streams are open; ask /v1/live/head now and then instead")
            problem.headers[.retryAfter] = "30"
            throw problem
        }
        return .eventStream(
            finish: { events.leave(number) },
            write: { writer in
                defer { events.leave(number) }
                for await event in stream { try await writer.write(ByteBuffer(string: event.text)) }
                try await writer.write(ByteBuffer(string: LiveEvents.resync.text))
                try await writer.finish(nil)
            })
    }

    @Sendable private static func head(_ call: LiveCall) async throws -> Reply {
        let (id, json) = call.services.map.events.head()
        let etag = "\"\(id)\""
        var headers = HTTPFields()
        headers[.eTag] = etag
        headers[.cacheControl] = "no-cache"
        if let known = call.headers[.ifNoneMatch], EntityTag.matches(known, etag) { return Reply(.notModified, headers: headers) }
        headers[.contentType] = "application/json"
        return Reply(headers: headers, body: ByteBuffer(string: json))
    }
}

extension Reply {
    /// A stream of server-sent events.
    ///
    /// - Parameter finish: brings `write` to its end. A server that is to stop waits for its answers, and a stream would go on until its client
    ///   leaves.
    static func eventStream(
        finish: @escaping @Sendable () -> Void, write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Reply {
        var reply = Reply()
        reply.headers[.contentType] = "text/event-stream; charset=utf-8"
        reply.headers[.cacheControl] = "no-store"
        // Proxies that gather answers, such as nginx, must not gather this one.
        reply.headers[.accelBuffering] = "no"
        reply.stream = { writer in
            try await withGracefulShutdownHandler {
                try await write(&writer)
            } onGracefulShutdown: {
                finish()
            }
        }
        return reply
    }

    /// The answer to HEAD: its stream never runs.
    static var eventStreamHead: Reply { eventStream(finish: {}, write: { try await $0.finish(nil) }) }
}

extension LiveCall {
    /// Whether only the head of the answer is sent. Its stream never runs, so nothing may be opened for it that the stream's end would close.
    var isHead: Bool { method == HTTPRequest.Method.head.rawValue }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("last-event-id") ?? .accept
    static let accelBuffering = HTTPField.Name("x-accel-buffering") ?? .accept
}
