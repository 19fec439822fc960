// LiveEvents.swift: tells whoever watches the map which tiles have changed. Every watcher has a short queue of its own; one that does not keep
// up is told to look at everything anew, and let go, rather than kept waiting or kept in memory.

import Atlas
import Registry
import SpatialIndex
import Synchronization

/// The events of the live map, and those who listen.
final class LiveEvents: Sendable {
    /// One event, as text of the stream.
    struct Event: Sendable {
        var text: String
    }

    struct Limits: Sendable {
        /// Streams at a time.
        var streams = 2_000
        /// Events that wait for one client.
        var waiting = 64
        /// Events that are kept for clients that come back.
        var kept = 1_024
        /// Tiles that one event names.
        var tiles = 256
        /// The zoom of those tiles, at most.
        var zoom = 14
        var heartbeat: Duration = .seconds(15)
    }

    private struct Client {
        var queue: AsyncStream<Event>.Continuation
    }

    private struct State {
        var number: UInt64 = 0
        var kept: [Event] = []
        var head = Head()
        var clients: [UInt64: Client] = [:]
        var nextClient: UInt64 = 0
        var isFinished = false
    }

    /// What the latest event said.
    struct Head: Sendable {
        /// Of the change feed: the last change that showed on the map.
        var sequence: Int64 = 0
        var statuses: [(status: FactoryStatus, factories: Int)] = []
    }

    let limits: Limits
    /// Tells the numbers of this process from those of others.
    private let epoch: String
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
        epoch = String(UInt64.random(in: 0..<1 << 48), radix: 36)
    }

    // MARK: Telling

    func tilesChanged(_ touched: TouchedTiles, sequence: Int64, statuses: [(status: FactoryStatus, factories: Int)]) {
        let (zoom, tiles) = touched.summary(deepest: limits.zoom, limit: limits.tiles)
        tell("tiles", Head(sequence: sequence, statuses: statuses)) { json in
            json.field("zoom", zoom)
            json.field("tiles", tiles.map { "\($0.x)/\($0.y)" })
        }
    }

    /// The map is another one: nothing that a client has need be right.
    func everythingChanged(sequence: Int64, statuses: [(status: FactoryStatus, factories: Int)]) {
        tell("reset", Head(sequence: sequence, statuses: statuses)) { _ in }
    }

    private func tell(_ name: String, _ head: Head, _ more: (inout JSONWriter) -> Void) {
        let data = LiveEvents.json(head, more)
        state.withLock { state in
            state.number += 1
            state.head = head
            let event = Event(text: "id: \(epoch)-\(state.number)\nevent: \(name)\ndata: \(data)\n\n")
            state.kept.append(event)
            // In larger pieces than one, so that it costs little.
            if state.kept.count > 2 * limits.kept { state.kept.removeFirst(limits.kept) }
            send(event, &state)
        }
    }

    private func send(_ event: Event, _ state: inout State) {
        for (number, client) in state.clients {
            if case .dropped = client.queue.yield(event) {
                client.queue.finish()
                state.clients[number] = nil
            }
        }
    }

    /// A sign of life for every stream, until the task is cancelled: proxies close what is silent, and a client that has gone is seen.
    func beat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: limits.heartbeat)
            state.withLock { state in send(Event(text: ": \(epoch)-\(state.number)\n\n"), &state) }
        }
    }

    /// Ends every stream.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            for client in state.clients.values { client.queue.finish() }
            state.clients = [:]
        }
    }

    // MARK: Listening

    /// A client's stream: what it has missed, then what comes. It ends when the client does not keep up, or with the server.
    ///
    /// - Parameter lastID: of the last event that the client has; one that is too old or of another process is answered by `resync`.
    /// - Returns: nil when there are too many streams.
    func listen(after lastID: String?) -> (events: AsyncStream<Event>, number: UInt64)? {
        state.withLock { state -> (events: AsyncStream<Event>, number: UInt64)? in
            guard state.clients.count < limits.streams, !state.isFinished else { return nil }
            let (stream, queue) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(limits.waiting))
            state.nextClient += 1
            let missed: [Event]? = lastID.map { self.missed(after: $0, state) } ?? []
            // The first line tells the client where it stands, so that it can come back to there.
            let hello = Event(
                text: "retry: 2000\nid: \(epoch)-\(state.number)\nevent: hello\ndata: \(LiveEvents.json(state.head) { _ in })\n\n")
            for event in (missed ?? [LiveEvents.resync]) + [hello] { queue.yield(event) }
            state.clients[state.nextClient] = Client(queue: queue)
            return (stream, state.nextClient)
        }
    }

    func leave(_ number: UInt64) {
        state.withLock { $0.clients.removeValue(forKey: number)?.queue.finish() }
    }

    /// Nil: they are not known any more.
    private func missed(after id: String, _ state: State) -> [Event]? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == epoch[...], let number = UInt64(parts[1]), number <= state.number else { return nil }
        let count = state.number - number
        guard count <= UInt64(min(state.kept.count, limits.waiting - 1)) else { return nil }
        return state.kept.suffix(Int(count))
    }

    /// Sent before a stream is cut off, and to clients that come back too late.
    static let resync = Event(text: "event: resync\ndata: {}\n\n")

    var streams: Int { state.withLock { $0.clients.count } }

    // MARK: The state, for those who ask

    /// Before the first event: what is shown.
    func begin(sequence: Int64, statuses: [(status: FactoryStatus, factories: Int)]) {
        state.withLock { if $0.number == 0 { $0.head = Head(sequence: sequence, statuses: statuses) } }
    }

    /// The latest event, as JSON: what a client that cannot listen asks for.
    func head() -> (id: String, json: String) {
        state.withLock { state in
            let id = "\(epoch)-\(state.number)"
            return (id, LiveEvents.json(state.head) { $0.field("event", id) })
        }
    }

    private static func json(_ head: Head, _ more: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("seq", head.sequence)
            more(&json)
            json.object("statuses") { json in for (status, factories) in head.statuses { json.field(status.name, factories) } }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
