// EcoChain.swift: Blue EcoChain as a whole: what follows the feed, what sends, what gathers digests, what open streams read. A server has one.

import Delivery
import Logging
import NIOCore
import NIOPosix
import Registry

/// What an operator may choose.
public struct EcoChainConfiguration: Sendable {
    /// Networks that webhooks may reach though they are private.
    public var allowedNetworks: [NetworkBlock] = []
    public var policy = DeliveryPolicy()
    public var webhookLimits = WebhookClient.Limits()
    /// The server that takes mails, and the address they are from; nil: there are no mails.
    public var mail: (server: SMTPServer, from: MailAddress)?
    /// Open event streams, at most.
    public var mostStreams = 3_000
    /// How long the secret before a rotation still signs, milliseconds.
    public var oldSecretLives: Int64 = 24 * 3_600_000

    public init() {}
}

public final class EcoChain: Sendable {
    public let configuration: EcoChainConfiguration
    public let hub: EventHub
    public let feed: ChangeFeed
    private let writer: GroupWriter
    private let fanOut: FanOut
    private let sender: DeliverySender
    private let digests: DigestLoop
    private let webhooks: WebhookClient
    private let threads: NIOThreadPool
    private let blocking: Blocking

    public var store: RegistryStore { feed.store }

    /// - Parameter loops: where connections to webhooks and mail servers live.
    /// - Throws: when TLS cannot be set up.
    public init(
        configuration: EcoChainConfiguration, feed: ChangeFeed, writer: GroupWriter, loops: any EventLoopGroup, logger: Logger
    ) throws {
        self.configuration = configuration
        self.feed = feed
        self.writer = writer
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        let resolver = NameResolver(addressGuard: AddressGuard(allowing: configuration.allowedNetworks), threads: threads)
        webhooks = try WebhookClient(loops: loops, resolver: resolver, limits: configuration.webhookLimits)
        let mail = configuration.mail.map { MailSender(client: SMTPClient(server: $0.server, loops: loops), from: $0.from) }
        blocking = Blocking("ecochain.reads")
        let sender = DeliverySender(
            store: feed.store, writer: writer, webhooks: webhooks, mail: mail, policy: configuration.policy,
            blocking: Blocking("ecochain.queue"), logger: logger)
        self.sender = sender
        fanOut = FanOut(feed: feed, writer: writer, blocking: Blocking("ecochain.fanout"), logger: logger) { await sender.queued($0) }
        digests = DigestLoop(store: feed.store, writer: writer, blocking: blocking, logger: logger) { await sender.queued($0) }
        hub = EventHub(feed: feed, blocking: Blocking("ecochain.streams"), mostStreams: configuration.mostStreams)
    }

    /// Runs until the task is cancelled. What is under way then stays in the queue and goes out after the next start.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in await fanOut.run() }
            group.addTask { [self] in await sender.run() }
            group.addTask { [self] in await digests.run() }
            group.addTask { [self] in await hub.run() }
            group.addTask { [self] in await prune() }
        }
        try? await threads.shutdownGracefully()
    }

    /// Says that the queue may hold something new: a subscription was switched on, a delivery is replayed.
    public func lookAgain() async { await sender.lookAgain() }

    /// Calls a webhook once with an event of type `ping`, outside the queue.
    public func ping(_ subscription: Subscription) async throws -> WebhookResult {
        let store = store
        let secrets = try await blocking.run { try store.secrets(ofSubscription: subscription.pk) }
        guard let url = try? WebhookURL(subscription.target) else {
            return WebhookResult(outcome: .refused, status: nil, detail: "the address is not valid", milliseconds: 0)
        }
        let id = "ping_\(subscription.id)_\(LiveTime.now())"
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("type", "ping")
            json.field("at", LiveTime.iso(LiveTime.now()))
            json.field("subscription", subscription.id)
        }
        return await webhooks.call(
            WebhookCall.request(
                url: url, type: "ping", eventID: id, deliveryID: id, attempt: 1, body: json.text, secrets: secrets))
    }

    /// What a replay has queued.
    public struct Replay: Sendable {
        public var queued: Int
        /// The last change that was looked at.
        public var through: Int64
        /// Whether there are changes behind it.
        public var hasMore: Bool
    }

    /// Queues the events after a sequence number once more for one subscription, by the rules that it has now; digests are left out. Events
    /// keep their ids, so a receiver that has had them drops them.
    ///
    /// - Parameter limit: changes to look at.
    public func replay(_ subscription: Subscription, after sequence: Int64, limit: Int = 10_000, as author: WriteAuthor) async throws
        -> Replay
    {
        let (feed, store) = (feed, store)
        let (drafts, through, hasMore) = try await blocking.run {
            let changes = try feed.changes(after: sequence, limit: limit, audience: .system)
            let (drafts, _) = try FanOut.deliveries(of: changes, store: store, cache: WatchRuleCache(), subscription: subscription.pk)
            return (drafts, changes.last?.sequence ?? sequence, changes.count == limit)
        }
        try await writer.submit(as: author) { context in
            try context.queue(drafts)
            try context.audit(action: "subscription.replayed", subject: subscription.id)
        }
        await sender.lookAgain()
        return Replay(queued: drafts.count, through: through, hasMore: hasMore)
    }

    /// Makes what `match` looks things up by; next to nothing when it is there.
    public func prepareMatching() async throws { try await writer.submit(as: .commandLine) { try $0.prepareMatching() } }

    private func prune() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(3600))
            let now = LiveTime.now()
            let kept = configuration.policy.keepsDelivered
            _ = try? await writer.submit(as: .commandLine) {
                try $0.pruneDeliveries(deliveredBefore: now - kept, deadBefore: now - 3 * kept)
            }
        }
    }
}
