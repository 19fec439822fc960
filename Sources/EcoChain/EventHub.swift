// EventHub.swift: the newest events in memory, shared by all open streams. The feed is read once for all of them; an event is put into text once;
// each stream keeps only its place. A stream that falls behind what is kept reads the registry instead, so no stream has a buffer of its
// own that could grow. Streams of keys that count no more are ended before they could see another event.

import Registry
import Synchronization

/// An event as streams send it.
public struct StreamEvent: Sendable {
    public var sequence: Int64
    public var kind: String
    public var factoryPK: Int64?
    /// The only brand that may see it; nil: everyone.
    public var audience: Int64?
    public var severity: Int?
    public var category: RecordCategory?
    /// Brands and lists that watch its factory: for choosing, never shown.
    var watchers: [(brand: Int64, list: String)] = []
    /// The whole frame of the event stream (`id:`, `event:`, `data:`).
    public var frame: String
    /// The JSON object alone.
    public var json: String

    init(_ change: Change, watchers: [(brand: Int64, list: String)] = []) {
        var writer = JSONWriter()
        writer.object { EventText.write(change, to: &$0) }
        // A line break inside would end the frame's line.
        json = writer.bytes.contains(0x0A) ? writer.text.replacing("\n", with: " ") : writer.text
        sequence = change.sequence
        kind = change.kind
        factoryPK = change.factoryPK
        audience = change.audience
        let event = WatchEvent(change)
        severity = event?.severity
        category = event?.category
        self.watchers = watchers
        frame = "id: \(change.sequence)\nevent: \(change.kind)\ndata: \(json)\n\n"
    }
}

/// Which events a stream or a page of the feed is for.
public struct EventFilter: Hashable, Sendable {
    /// Empty: all.
    public var kinds: Set<String> = []
    public var minSeverity: Int?
    public var categories: Set<RecordCategory> = []
    /// Only factories that this brand watches; nil: all.
    public var watchingBrand: Int64?
    /// Of those, only what stands on this list.
    public var list: String?
    /// Whose private events are in it as well.
    public var brand: Int64?

    public init() {}

    var audience: ChangeAudience { brand.map { .brand($0) } ?? .everyone }

    func passes(_ event: StreamEvent, isWatched: Bool) -> Bool {
        if let audience = event.audience, audience != brand { return false }
        if watchingBrand != nil, !isWatched { return false }
        if !kinds.isEmpty, !kinds.contains(event.kind) { return false }
        if let minSeverity, let severity = event.severity, severity < minSeverity { return false }
        if !categories.isEmpty, let category = event.category, !categories.contains(category) { return false }
        return true
    }
}

public final class EventHub: Sendable {
    /// Events that are kept.
    private static let kept = 4096

    private struct State {
        /// By sequence number.
        var events: [StreamEvent] = []
        /// Everything up to here that anyone may see is in `events`, or was.
        var head: Int64
        /// The first number that `events` is whole from.
        var from: Int64
        var streams: [Int: OpenStream] = [:]
        var nextStream = 0
        var isStopped = false
    }

    private let feed: ChangeFeed
    private let blocking: Blocking
    private let mostStreams: Int
    private let state: Mutex<State>

    init(feed: ChangeFeed, blocking: Blocking, mostStreams: Int) {
        self.feed = feed
        self.blocking = blocking
        self.mostStreams = mostStreams
        let head = feed.head
        state = Mutex(State(head: head, from: head))
    }

    /// The last number that streams have been told of.
    public var head: Int64 { state.withLock { $0.head } }
    public var openStreams: Int { state.withLock { $0.streams.count } }

    // MARK: Streams

    /// Opens a stream; nil when there are too many, or the server is being stopped. It is closed by `close`.
    public func open(for principal: Principal) -> OpenStream? {
        state.withLock { state in
            guard !state.isStopped, state.streams.count < mostStreams else { return nil }
            state.nextStream += 1
            let stream = OpenStream(number: state.nextStream, principal: principal)
            state.streams[state.nextStream] = stream
            stream.signal()
            return stream
        }
    }

    public func close(_ stream: OpenStream) { _ = state.withLock { $0.streams.removeValue(forKey: stream.number) } }

    /// What a stream has not had yet.
    ///
    /// - Returns: the frames, and the number it has come to.
    public func events(after sequence: Int64, filter: EventFilter, limit: Int = 500) async throws -> (
        events: [StreamEvent], sequence: Int64
    ) {
        let inMemory: (events: [StreamEvent], sequence: Int64)? = state.withLock { state in
            guard sequence >= state.from else { return nil }
            guard sequence < state.head else { return ([], sequence) }
            var low = 0
            var high = state.events.count
            while low < high {
                let middle = (low + high) / 2
                if state.events[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
            }
            return (state.events[low...].filter { event in filter.passes(event, isWatched: event.isWatched(filter)) }, state.head)
        }
        if let inMemory { return inMemory }
        return try await page(after: sequence, filter: filter, limit: limit)
    }

    /// From the registry: for what is older than memory.
    public func page(after sequence: Int64, filter: EventFilter, limit: Int) async throws -> (events: [StreamEvent], sequence: Int64) {
        let feed = feed
        return try await blocking.run {
            let head = feed.head
            let changes = try feed.changes(after: sequence, limit: limit, audience: filter.audience)
            var watched: Set<Int64> = []
            if let brand = filter.watchingBrand {
                watched = try feed.store.watched(Set(changes.compactMap(\.factoryPK)), byBrand: brand, list: filter.list)
            }
            let events = changes.map { StreamEvent($0) }.filter { event in
                filter.passes(event, isWatched: event.factoryPK.map(watched.contains) ?? false)
            }
            // A page that is not full has seen everything up to the head.
            let last = changes.count < limit ? max(head, changes.last?.sequence ?? sequence) : changes.last?.sequence ?? sequence
            return (events, max(last, sequence))
        }
    }

    // MARK: The reader of the feed

    /// Follows the feed, and looks after the streams, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                for await _ in feed.heads() { await follow() }
            }
            group.addTask { [self] in
                var tick = 0
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(200))
                    tick += 1
                    await endInvalid()
                    lookAfterStreams(beats: tick % 75 == 0)
                }
            }
        }
        stop()
    }

    private func follow() async {
        if skipUnheard() { return }
        while !Task.isCancelled {
            let (feed, head) = (feed, head)
            do {
                let changes = try await blocking.run { try feed.changes(after: head, limit: 1000, audience: .system) }
                guard let last = changes.last?.sequence else { return }
                await endInvalid()
                let events = try await made(of: changes)
                let streams = state.withLock { state in
                    state.events += events
                    state.head = last
                    if state.events.count > EventHub.kept {
                        let surplus = state.events.count - EventHub.kept
                        state.from = state.events[surplus - 1].sequence
                        state.events.removeFirst(surplus)
                    }
                    return Array(state.streams.values)
                }
                for stream in streams { stream.signal() }
            } catch {
                // The next change, or the next look, tries again.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    /// Where nobody listens, nothing is read: whoever comes, and names an earlier number, is served from the registry.
    private func skipUnheard() -> Bool {
        let committed = feed.head
        return state.withLock { state in
            guard state.streams.isEmpty else { return false }
            state.events.removeAll(keepingCapacity: true)
            state.head = max(state.head, committed)
            state.from = state.head
            return true
        }
    }

    private func made(of changes: [Change]) async throws -> [StreamEvent] {
        let store = feed.store
        return try await blocking.run {
            // Asked whether or not somebody watches, so that the time it takes tells nothing.
            let watchers = try store.watchers(of: Set(changes.compactMap(\.factoryPK)))
            return changes.map { change in StreamEvent(change, watchers: change.factoryPK.flatMap { watchers[$0] } ?? []) }
        }
    }

    /// Ends the streams of keys that were revoked or have expired.
    private func endInvalid() async {
        let streams = state.withLock { state in state.streams.values.filter { $0.principal.keyID != nil } }
        guard !streams.isEmpty else { return }
        let byKey = Dictionary(grouping: streams) { $0.principal.keyID ?? "" }
        let principals = byKey.values.compactMap { $0.first?.principal }
        let store = feed.store
        // What cannot be checked does not count.
        let invalid = (try? await blocking.run { try store.invalidKeys(among: principals) }) ?? Set(byKey.keys)
        for key in invalid { for stream in byKey[key] ?? [] { stream.end() } }
    }

    /// Cuts off streams whose client does not read, and lets the others send a sign of life.
    private func lookAfterStreams(beats: Bool) {
        let streams = state.withLock { Array($0.streams.values) }
        for stream in streams {
            if stream.isStuck { stream.end() } else if beats { stream.beat() }
        }
    }

    /// Ends all streams; no new ones are opened.
    func stop() {
        let streams = state.withLock { state in
            state.isStopped = true
            return Array(state.streams.values)
        }
        for stream in streams { stream.end() }
    }
}

extension StreamEvent {
    fileprivate func isWatched(_ filter: EventFilter) -> Bool {
        guard let brand = filter.watchingBrand else { return false }
        return watchers.contains { $0.brand == brand && (filter.list == nil || $0.list == filter.list) }
    }
}
