// DeliverySender.swift: takes deliveries out of the queue and sends them. One lane (a subscription and a factory) has one delivery under way at a
// time and the next follows when it is settled; lanes know nothing of each other. The queue is the table; what is in memory is only which
// lanes are busy, so a crash loses nothing.

import Delivery
import Logging
import Registry

/// How deliveries are made.
public struct DeliveryPolicy: Sendable {
    public var retries = RetryPolicy()
    /// Calls under way to one host at once.
    public var perHost = 16
    /// Deliveries under way in all, waiting for a place at their host included.
    public var underWay = 4_000
    /// What was delivered is kept for so long, milliseconds; dead letters three times as long.
    public var keepsDelivered: Int64 = 30 * 86_400_000

    public init() {}
}

actor DeliverySender {
    private let store: RegistryStore
    private let writer: GroupWriter
    private let webhooks: WebhookClient
    private let mail: MailSender?
    private let policy: DeliveryPolicy
    private let hosts: HostLimiter
    private let blocking: Blocking
    private let logger: Logger
    private var busy: Set<DeliveryLane> = []
    /// Lanes with something new since they were looked at.
    private var fresh: Set<DeliveryLane> = []
    /// When the whole queue is to be looked at again, milliseconds since 1970.
    private var nextLook: Int64 = 0
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(
        store: RegistryStore, writer: GroupWriter, webhooks: WebhookClient, mail: MailSender?, policy: DeliveryPolicy, blocking: Blocking,
        logger: Logger
    ) {
        self.store = store
        self.writer = writer
        self.webhooks = webhooks
        self.mail = mail
        self.policy = policy
        self.blocking = blocking
        self.logger = logger
        hosts = HostLimiter(perHost: policy.perHost)
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that these lanes have deliveries to make.
    func queued(_ lanes: [DeliveryLane]) {
        fresh.formUnion(lanes)
        wake.yield()
    }

    /// Says that anything may have changed: a subscription was switched on, something is replayed.
    func lookAgain() {
        nextLook = 0
        wake.yield()
    }

    /// Sends until the task is cancelled. What is under way then is left in the queue.
    func run() async {
        await withDiscardingTaskGroup { group in
            // Wakes the loop when the time of a retry has come.
            group.addTask { [wake] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(250))
                    wake.yield()
                }
                wake.finish()
            }
            for await _ in wakes {
                if Task.isCancelled { break }
                do {
                    for delivery in try await dueNow() {
                        group.addTask { await self.send(delivery) }
                    }
                } catch {
                    logger.error("the queue of deliveries cannot be read; trying again", metadata: ["error": "\(error)"])
                    nextLook = min(nextLook, LiveTime.now() + 1000)
                }
            }
            group.cancelAll()
        }
    }

    /// Takes what is due, and marks its lanes as busy.
    private func dueNow() async throws -> [DueDelivery] {
        let store = store
        let now = LiveTime.now()
        let longest = Int64(policy.retries.longestWait * 1000) + 60_000
        let room = policy.underWay - busy.count
        guard room > 0 else { return [] }
        var due: [DueDelivery]
        // The clock may have jumped back.
        if now >= nextLook || nextLook > now + longest {
            fresh = []
            // Whoever asks for a look, or plans a retry, while the queue is read must not be overwritten.
            nextLook = .max
            let (found, next) = try await blocking.run { [busy = busy.count] in
                let found = try store.dueDeliveries(now: now, longestWait: longest, limit: busy + room)
                return (found, try store.nextDeliveryTime())
            }
            due = found
            // What is due and busy settles itself; the rest is looked at when its time has come, and once a minute anyway.
            nextLook = min(nextLook, next.map { max($0, now + 250) } ?? .max, now + 60_000)
        } else if !fresh.isEmpty {
            let lanes = fresh.filter { !busy.contains($0) }.prefix(room).map { ($0.subscription, $0.lane) }
            fresh.subtract(lanes.map { DeliveryLane(subscription: $0.0, lane: $0.1) })
            due = try await blocking.run { try store.dueDeliveries(ofLanes: lanes, now: now, longestWait: longest) }
        } else {
            return []
        }
        due = due.filter { busy.insert(DeliveryLane($0)).inserted }
        return due
    }

    // MARK: One lane

    /// Sends a delivery, and those of its lane that wait behind it.
    private func send(_ first: DueDelivery) async {
        let lane = DeliveryLane(first)
        var next: DueDelivery? = first
        while let delivery = next, !Task.isCancelled {
            next = nil
            do {
                guard let attempt = await attempt(delivery) else { break }
                if case .again(let time) = attempt.verdict { nextLook = min(nextLook, time) }
                let store = store
                let longest = Int64(policy.retries.longestWait * 1000) + 60_000
                if try await writer.submit(as: .commandLine, { try $0.note(attempt) }) {
                    next = try await blocking.run {
                        try store.dueDeliveries(ofLanes: [(lane.subscription, lane.lane)], now: LiveTime.now(), longestWait: longest).first
                    }
                }
            } catch {
                // The result is not on the disk, so the delivery will be made again.
                if !(error is GroupWriter.Stopped) {
                    logger.error(
                        "the result of a delivery could not be noted", metadata: ["delivery": "\(delivery.id)", "error": "\(error)"])
                    nextLook = min(nextLook, LiveTime.now() + 1000)
                }
            }
        }
        busy.remove(lane)
        // Something may have been queued between the last look and now.
        if fresh.contains(lane) { wake.yield() }
    }

    /// Nil when the server is being stopped.
    private func attempt(_ delivery: DueDelivery) async -> DeliveryAttempt? {
        let number = delivery.attempts + 1
        var attempt: DeliveryAttempt
        switch delivery.channel {
        case .webhook:
            guard let url = try? WebhookURL(delivery.target) else {
                return DeliveryAttempt(
                    delivery: delivery, verdict: .dead, status: nil, outcome: "refused", detail: "the address is not valid")
            }
            let request = WebhookCall.request(
                url: url, type: delivery.kind, eventID: delivery.eventID, deliveryID: delivery.id, attempt: number, body: delivery.body,
                secrets: delivery.secrets)
            guard let result = await hosts.withPlace(at: url.origin, { [webhooks] in await webhooks.call(request) }), !Task.isCancelled
            else {
                return nil
            }
            attempt = DeliveryAttempt(
                delivery: delivery, verdict: .delivered, status: result.status, outcome: result.outcome.rawValue, detail: result.detail)
            if result.isDelivered { return attempt }
            if result.status == 410 {
                attempt.verdict = .dead
                attempt.disablesBecause = "the receiver answered 410 Gone"
                return attempt
            }
        case .email:
            let result = await mail?.send(delivery) ?? .failed("no SMTP server is set up", isPermanent: false)
            if Task.isCancelled { return nil }
            switch result {
            case .sent:
                return DeliveryAttempt(
                    delivery: delivery, verdict: .delivered, status: 250, outcome: "delivered", detail: "taken by the mail server")
            case .failed(let reason, let isPermanent):
                attempt = DeliveryAttempt(delivery: delivery, verdict: .dead, status: nil, outcome: "refused", detail: reason)
                if isPermanent { return attempt }
            }
        }
        let wait = policy.retries.wait(afterAttempt: number, chance: Double.random(in: 0..<1))
        attempt.verdict = wait.map { .again(at: LiveTime.now() + Int64($0 / .milliseconds(1))) } ?? .dead
        return attempt
    }
}

extension DeliveryLane {
    init(_ delivery: DueDelivery) { self.init(subscription: delivery.subscriptionPK, lane: delivery.lane) }
}
