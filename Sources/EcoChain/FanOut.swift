// FanOut.swift: follows the change feed and turns each change into deliveries: whoever watches the factory and has a rule for it. The cursor is
// kept in the registry, in the transaction that queues the deliveries; after a crash it goes on where it stood. Before rules are asked, entries
// of watch lists that mean no factory yet are looked at again when a factory appears.

import Logging
import Registry
import Synchronization

/// From feed to queue. One runs at a time.
struct FanOut: Sendable {
    static let cursor = "ecochain"
    /// Changes of one step.
    private static let step = 500

    /// Unchecked: only `blocking`'s one thread touches it.
    private struct Rules: @unchecked Sendable { let cache = WatchRuleCache() }

    let feed: ChangeFeed
    let writer: GroupWriter
    let blocking: Blocking
    let logger: Logger
    /// Told which lanes have something new.
    let queued: @Sendable ([DeliveryLane]) async -> Void
    private let rules = Rules()

    init(
        feed: ChangeFeed, writer: GroupWriter, blocking: Blocking, logger: Logger,
        queued: @escaping @Sendable ([DeliveryLane]) async -> Void
    ) {
        self.feed = feed
        self.writer = writer
        self.blocking = blocking
        self.logger = logger
        self.queued = queued
    }

    /// Follows until the task is cancelled or the feed ends. An error of the store is logged and tried again: nothing is skipped.
    func run() async {
        for await _ in feed.heads() {
            while !Task.isCancelled {
                do {
                    guard try await advance() else { break }
                } catch is GroupWriter.Stopped {
                    return
                } catch {
                    logger.error("events could not be queued; trying again", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            if Task.isCancelled { return }
        }
    }

    /// One step. False when there was nothing to do.
    func advance() async throws -> Bool {
        let (feed, store) = (feed, feed.store)
        guard let cursor = try await blocking.run({ try store.feedCursor(FanOut.cursor) }) else {
            // The first start: what happened before is not news.
            let head = feed.head
            try await writer.submit(as: .commandLine) { try $0.fanOut([], digestItems: [], cursor: FanOut.cursor, from: nil, to: head) }
            return true
        }
        let changes = try await blocking.run { try feed.changes(after: cursor, limit: FanOut.step, audience: .system) }
        guard let last = changes.last?.sequence else { return false }
        try await rematch(changes)
        let rules = rules
        let (drafts, items) = try await blocking.run { try FanOut.deliveries(of: changes, store: store, cache: rules.cache) }
        do {
            try await writer.submit(as: .commandLine) { context in
                try context.fanOut(
                    drafts, digestItems: items.map { ($0.subscription, $0.body) }, cursor: FanOut.cursor, from: cursor, to: last)
            }
        } catch is WriteContext.CursorMoved {
            return true
        }
        if !drafts.isEmpty { await queued(drafts.map { DeliveryLane(subscription: $0.subscriptionPK, lane: $0.lane) }) }
        return true
    }

    private func rematch(_ changes: [Change]) async throws {
        let factories = Set(changes.filter { $0.kind == "factory.added" || $0.kind == "factory.changed" }.compactMap(\.factoryPK))
        let hasBatch = changes.contains { $0.isBatch }
        guard hasBatch || !factories.isEmpty else { return }
        try await writer.submit(as: .commandLine) { context in
            if hasBatch { try context.rematch() } else { for factory in factories { try context.rematch(factory: factory) } }
        }
    }

    struct DigestItem: Sendable {
        var subscription: Int64
        var body: String
    }

    /// What changes come to.
    ///
    /// - Parameter subscription: only this one.
    static func deliveries(
        of changes: [Change], store: RegistryStore, cache: WatchRuleCache, subscription: Int64? = nil
    ) throws -> ([DeliveryDraft], [DigestItem]) {
        var drafts: [DeliveryDraft] = []
        var items: [DigestItem] = []
        // Most factories are watched by nobody: asked for all at once.
        let watched = try store.watchers(of: Set(changes.compactMap(\.factoryPK)))
        for change in changes {
            guard let event = WatchEvent(change), let factory = change.factoryPK, watched[factory] != nil else { continue }
            let fired = try store.rules(watching: factory, subscription: subscription, cache: cache)
                .filter { $0.rule.concerns(event, suppliers: $0.suppliers) }
            guard !fired.isEmpty else { continue }
            let name = try store.factoryName(pk: factory)
            for (subscription, rules) in Dictionary(grouping: fired, by: \.subscriptionPK).sorted(by: { $0.key < $1.key }) {
                let body = EventText.push(
                    change, factory: name,
                    suppliers: rules[0].suppliers.filter { supplier in rules.contains { $0.rule.suppliers.chooses(supplier) } },
                    rules: rules.map(\.rule.name))
                if rules.contains(where: { $0.rule.timing == .atOnce }) {
                    drafts.append(
                        DeliveryDraft(
                            subscriptionPK: subscription, lane: factory, sequence: change.sequence, eventID: EventText.id(change.sequence),
                            kind: change.kind, body: body))
                } else {
                    items.append(DigestItem(subscription: subscription, body: body))
                }
            }
        }
        return (drafts, items)
    }
}

/// Where deliveries follow each other.
struct DeliveryLane: Hashable, Sendable {
    var subscription: Int64
    /// The factory's number; 0: none.
    var lane: Int64
}
