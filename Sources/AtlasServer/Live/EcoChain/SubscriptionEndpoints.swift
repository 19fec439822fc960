// SubscriptionEndpoints.swift: where a brand is told of events: webhooks and mail addresses, with what was delivered to them and what could not be.
// A webhook's secret is shown once, when it is made.

import Delivery
import EcoChain
import HTTPTypes
import Registry

enum SubscriptionEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/subscriptions", right: .watch, handler: list),
        LiveRoute(.post, "/v1/subscriptions", right: .watch, body: LiveRoute.usualBody, handler: add),
        LiveRoute(.get, "/v1/subscriptions/{id}", right: .watch, handler: show),
        LiveRoute(.patch, "/v1/subscriptions/{id}", right: .watch, body: LiveRoute.usualBody, handler: change),
        LiveRoute(.delete, "/v1/subscriptions/{id}", right: .watch, handler: remove),
        LiveRoute(.post, "/v1/subscriptions/{id}/ping", right: .watch, body: LiveRoute.usualBody, handler: ping),
        LiveRoute(.post, "/v1/subscriptions/{id}/rotate", right: .watch, body: LiveRoute.usualBody, handler: rotate),
        LiveRoute(.post, "/v1/subscriptions/{id}/replay", right: .watch, body: LiveRoute.usualBody, handler: replay),
        LiveRoute(.get, "/v1/subscriptions/{id}/deliveries", right: .watch, parameters: ["state", "limit", "before"], handler: deliveries),
        LiveRoute(.get, "/v1/deliveries/{id}", right: .watch, handler: delivery),
        LiveRoute(.post, "/v1/deliveries/{id}/replay", right: .watch, body: LiveRoute.usualBody, handler: replayDelivery),
    ]

    private static let usualDigestMinute: Int64 = 8 * 60

    // MARK: Subscriptions

    @Sendable private static func list(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let store = call.services.store
        return try await call.services.workers.run {
            let subscriptions = try store.subscriptions(ofBrand: brand)
            return .privateJSON { json in
                json.array("subscriptions") { json in for item in subscriptions { json.object { write(item, to: &$0) } } }
            }
        }
    }

    @Sendable private static func show(_ call: LiveCall) async throws -> Reply {
        let subscription = try await subscription(call)
        return .privateJSON { write(subscription, to: &$0) }
    }

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        try call.refuseIdempotencyKey()
        let brand = try call.brand()
        let body = try call.json()
        try body.allow(only: ["channel", "url", "email", "label", "digest_at"])
        let channelName = try body.text("channel", limit: 20) ?? (body["email"] == nil ? "webhook" : "email")
        guard let channel = DeliveryChannel(name: channelName) else {
            throw WriteRefusal(.invalid, field: "channel", value: channelName, reason: "is not one of \(DeliveryChannel.names)")
        }
        let target: String
        switch channel {
        case .webhook: target = try webhookTarget(body, call)
        case .email: target = try mailTarget(body, call)
        }
        let label = try body.text("label", limit: 100)
        let minute = try digestMinute(body)
        let secret = channel == .webhook ? WebhookSignature.makeSecret() : nil
        let id = try await call.services.writer.submit(as: call.author) {
            try $0.addSubscription(
                brand: brand, channel: channel, target: target, label: label, secret: secret, digestMinute: minute)
        }
        let subscription = try await subscription(call, id)
        var reply = Reply.privateJSON { json in
            write(subscription, to: &json)
            json.field(optional: "secret", secret)
        }
        reply.status = .created
        reply.headers[.location] = "/v1/subscriptions/\(id)"
        return reply
    }

    private static func webhookTarget(_ body: JSONBody, _ call: LiveCall) throws -> String {
        guard let text = try body.text("url", limit: WebhookURL.longest) else {
            throw WriteRefusal(.invalid, field: "url", reason: "is missing; give the https address that takes the events")
        }
        do throws(WebhookURL.Invalid) {
            let url = try WebhookURL(text)
            // Names are resolved, and checked again, at every call; an address can be refused at once.
            if let address = NetworkAddress(url.host),
                let reason = AddressGuard(allowing: call.services.ecochain.configuration.allowedNetworks).refusal(of: address)
            {
                throw WebhookURL.Invalid(description: "names the address \(address), which may not be called: it is \(reason)")
            }
            return url.description
        } catch {
            throw WriteRefusal(.invalid, field: "url", value: String(text.prefix(64)), reason: error.description)
        }
    }

    private static func mailTarget(_ body: JSONBody, _ call: LiveCall) throws -> String {
        guard let text = try body.text("email", limit: 254) else {
            throw WriteRefusal(.invalid, field: "email", reason: "is missing; give the address that takes the daily digest")
        }
        guard let address = MailAddress(text) else {
            throw WriteRefusal(.invalid, field: "email", value: String(text.prefix(64)), reason: "is no mail address of the form name@host")
        }
        guard call.services.ecochain.configuration.mail != nil else {
            throw WriteRefusal(
                .conflict, field: "channel", value: "email",
                reason: "this server sends no mails; use a webhook, or ask its operator for --smtp")
        }
        return address.description
    }

    /// `HH:MM`, in China.
    private static func digestMinute(_ body: JSONBody) throws(WriteRefusal) -> Int {
        guard let text = try body.text("digest_at", limit: 10) else { return Int(usualDigestMinute) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { throw WriteRefusal(.invalid, field: "digest_at", value: text, reason: "must be a time of day in China, such as 08:00") }
        return hour * 60 + minute
    }

    @Sendable private static func change(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let body = try call.json()
        try body.allow(only: ["enabled"])
        guard case .boolean(let isEnabled)? = body["enabled"] else {
            throw WriteRefusal(.invalid, field: "enabled", reason: "must be true or false")
        }
        try await call.services.writer.submit(as: call.author) {
            try $0.setSubscription(id, brand: brand, isEnabled: isEnabled, reason: "switched off by its brand")
        }
        await call.services.ecochain.lookAgain()
        return try await show(call)
    }

    @Sendable private static func remove(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        try await call.services.writer.submit(as: call.author) { try $0.removeSubscription(id, brand: brand) }
        return Reply(.noContent)
    }

    @Sendable private static func ping(_ call: LiveCall) async throws -> Reply {
        let subscription = try await subscription(call)
        guard subscription.channel == .webhook else { throw onlyWebhooks }
        let result = try await call.services.ecochain.ping(subscription)
        return .privateJSON { json in
            json.field("outcome", result.outcome.rawValue)
            json.field(optional: "status", result.status)
            json.field("detail", result.detail)
            json.field("milliseconds", result.milliseconds)
        }
    }

    @Sendable private static func rotate(_ call: LiveCall) async throws -> Reply {
        try call.refuseIdempotencyKey()
        let brand = try call.brand()
        let subscription = try await subscription(call)
        guard subscription.channel == .webhook else { throw onlyWebhooks }
        let secret = WebhookSignature.makeSecret()
        let until = LiveTime.now() + call.services.ecochain.configuration.oldSecretLives
        try await call.services.writer.submit(as: call.author) {
            try $0.rotateSecret(ofSubscription: subscription.id, brand: brand, to: secret, oldUntil: until)
        }
        let rotated = try await self.subscription(call)
        return .privateJSON { json in
            write(rotated, to: &json)
            json.field("secret", secret)
        }
    }

    /// `{"after": SEQ}` queues events again from the feed; `{"dead": true}` what was given up.
    @Sendable private static func replay(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let subscription = try await subscription(call)
        let body = try call.json()
        try body.allow(only: ["after", "dead"])
        if case .boolean(true)? = body["dead"], body["after"] == nil {
            let count = try await call.services.writer.submit(as: call.author) {
                try $0.replayDead(ofSubscription: subscription.id, brand: brand)
            }
            await call.services.ecochain.lookAgain()
            return .privateJSON { $0.field("queued", count) }
        }
        guard let after = try body.integer("after", in: 0...Int64.max / 2), body["dead"] == nil else {
            throw WriteRefusal(.invalid, field: "after", reason: "give {\"after\": a sequence number} or {\"dead\": true}")
        }
        let replay = try await call.services.ecochain.replay(subscription, after: after, as: call.author)
        return .privateJSON { json in
            json.field("queued", replay.queued)
            json.field("through", replay.through)
            json.field("more", replay.hasMore)
        }
    }

    // MARK: Deliveries

    @Sendable private static func deliveries(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let state = try call.query.member("state", DeliveryState.self)
        let limit = try call.query.integer("limit", in: 1...1000, default: 100)
        let beforeID = call.query.text("before")
        let store = call.services.store
        return try await call.services.workers.run {
            var before: Int64?
            if let beforeID {
                guard let entry = try store.delivery(beforeID, ofBrand: brand) else {
                    throw Problem(parameter: "before", value: beforeID, mustBe: "the id of one of your deliveries")
                }
                before = entry.pk
            }
            guard let entries = try store.deliveries(toSubscription: id, brand: brand, state: state, before: before, limit: limit + 1)
            else { throw noSubscription }
            return .privateJSON { json in
                json.array("deliveries") { json in
                    for entry in entries.prefix(limit) { json.object { write(entry, to: &$0) } }
                }
                if entries.count > limit { json.field("next_before", entries[limit - 1].id) }
            }
        }
    }

    @Sendable private static func delivery(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let store = call.services.store
        return try await call.services.workers.run {
            guard let entry = try store.delivery(id, ofBrand: brand) else {
                throw Problem(.notFound, kind: .notFound, detail: "there is no such delivery", parameter: "id")
            }
            return .privateJSON { json in
                write(entry, to: &json)
                json.key("body")
                json.literal(entry.body)
            }
        }
    }

    @Sendable private static func replayDelivery(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        try await call.services.writer.submit(as: call.author) { try $0.replay(delivery: id, brand: brand) }
        await call.services.ecochain.lookAgain()
        return try await delivery(call)
    }

    // MARK: Parts

    private static let noSubscription = Problem(
        .notFound, kind: .notFound, detail: "there is no such subscription", parameter: "id")
    private static let onlyWebhooks = WriteRefusal(.conflict, field: "channel", value: "email", reason: "only webhooks have that")

    private static func subscription(_ call: LiveCall, _ id: String? = nil) async throws -> Subscription {
        let brand = try call.brand()
        let wanted = try id ?? call.value("id")
        let store = call.services.store
        return try await call.services.workers.run {
            guard let subscription = try store.subscription(wanted, ofBrand: brand) else { throw noSubscription }
            return subscription
        }
    }

    private static func write(_ subscription: Subscription, to json: inout JSONWriter) {
        json.field("id", subscription.id)
        json.field("channel", subscription.channel.name)
        json.field(subscription.channel == .webhook ? "url" : "email", subscription.target)
        json.field(optional: "label", subscription.label)
        json.field("enabled", subscription.isEnabled)
        json.field(optional: "disabled_reason", subscription.disabledReason)
        json.field("created_at", LiveTime.iso(subscription.createdAt))
        let minute = subscription.digestMinute
        json.field("digest_at", "\(minute / 600)\(minute / 60 % 10):\(minute % 60 / 10)\(minute % 10)")
        if let until = subscription.oldSecretUntil, until > LiveTime.now() { json.field("old_secret_until", LiveTime.iso(until)) }
        json.field("pending", subscription.pending)
        json.field("dead", subscription.dead)
    }

    private static func write(_ entry: DeliveryEntry, to json: inout JSONWriter) {
        json.field("id", entry.id)
        json.field("event_id", entry.eventID)
        if let sequence = entry.sequence { json.field("seq", sequence) }
        json.field("type", entry.kind)
        json.field("state", entry.state.name)
        json.field("attempts", entry.attempts)
        json.field("created_at", LiveTime.iso(entry.createdAt))
        json.field(optional: "next_at", entry.nextAt.map { LiveTime.iso($0) })
        json.field(optional: "last_at", entry.lastAt.map { LiveTime.iso($0) })
        json.field(optional: "last_status", entry.lastStatus)
        json.field(optional: "last_outcome", entry.lastOutcome)
        json.field(optional: "last_detail", entry.lastDetail)
    }
}
