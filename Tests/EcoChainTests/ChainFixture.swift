// ChainFixture.swift: a registry with two factories and two brands, and Blue EcoChain over it, with waits of milliseconds.

import Delivery
import DeliveryTestSupport
import EcoChain
import Foundation
import Logging
import NIOCore
import NIOPosix
import Registry

final class ChainFixture: Sendable {
    let folder: String
    let store: RegistryStore
    let feed: ChangeFeed
    let writer: GroupWriter
    /// Numbers of B1 and B2.
    let brands: [Int64]

    init() throws {
        folder = NSTemporaryDirectory() + "ecochain-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try RegistryStore(path: folder + "/registry.db", mode: .readWrite)
        try store.apply(factories: ["F1", "F2", "F3"].map { ChainFixture.factory($0) })
        try store.apply(brands: [BrandDraft(line: 2, id: "B1"), BrandDraft(line: 3, id: "B2")])
        feed = try ChangeFeed(store: store)
        writer = GroupWriter(store: store, feed: feed)
        brands = try store.brands().map(\.pk)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func factory(_ id: String) -> FactoryDraft {
        var draft = FactoryDraft(line: 2, longitude: 121, latitude: 31, sourceX: 121, sourceY: 31, sourceDatum: "wgs84")
        draft.id = id
        draft.nameZH = "测试厂\(id)"
        draft.synthetic = true
        return draft
    }

    /// A watch list of a brand with factories by their ids.
    @discardableResult
    func watch(_ factories: [String], brand: Int = 0, tags: [String] = []) async throws -> String {
        let suppliers = factories.map { id in
            var draft = SupplierDraft(line: 2)
            draft.factoryID = id
            draft.reference = "S-\(id)"
            draft.tags = tags
            return draft
        }
        let matched = try store.match(suppliers)
        let owner = brands[brand]
        return try await writer.submit(as: .commandLine) { try $0.addWatchList(name: "名单", brand: owner, suppliers: matched) }
    }

    static let secret = "whsec_test"

    /// A webhook of a brand and a rule for it.
    @discardableResult
    func subscribe(
        _ target: String, brand: Int = 0, channel: DeliveryChannel = .webhook, events: [WatchEventKind] = [.recordAdded],
        timing: WatchRule.Timing = .atOnce, severities: [Int] = []
    ) async throws -> Subscription {
        let owner = brands[brand]
        let id = try await writer.submit(as: .commandLine) { context in
            let id = try context.addSubscription(
                brand: owner, channel: channel, target: target, label: nil, secret: ChainFixture.secret, digestMinute: 480)
            _ = try context.addRule(
                WatchRule(name: "规则", events: events, severities: severities, subscription: id, timing: timing), brand: owner)
            return id
        }
        guard let subscription = try store.subscription(id, ofBrand: owner) else { throw FixtureError() }
        return subscription
    }

    struct FixtureError: Error {}

    /// Adds a record. Returns the number of its change.
    @discardableResult
    func post(_ id: String, of factory: String, fine: Double? = nil) async throws -> Int64 {
        try await writer.submit(as: .commandLine) { context in
            var draft = RecordDraft(line: 2, kind: .penalty, published: Day(daysSince1970: 20_000), category: .water)
            draft.id = id
            draft.factory = FactoryReference(id: factory)
            draft.fineCNY = fine
            return try context.write(record: draft, policy: .add).sequence
        }
    }

    func chain(_ change: (inout EcoChainConfiguration) -> Void = { _ in }) throws -> EcoChain {
        var configuration = EcoChainConfiguration()
        configuration.allowedNetworks = [NetworkBlock("127.0.0.0/8")].compactMap(\.self)
        configuration.policy.retries.firstWait = 0.05
        configuration.policy.retries.longestWait = 0.1
        change(&configuration)
        return try EcoChain(
            configuration: configuration, feed: feed, writer: writer, loops: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a chain for the length of a test.
    func running(
        attempts: Int = 4, timeout: TimeAmount = .seconds(60), _ test: @Sendable (EcoChain) async throws -> Void
    ) async throws {
        let chain = try chain { configuration in
            configuration.policy.retries.attempts = attempts
            configuration.webhookLimits.total = timeout
        }
        let task = Task { await chain.run() }
        // The first start begins at the head of the feed.
        _ = try await eventually { try store.feedCursor("ecochain") != nil }
        do { try await test(chain) } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
    }
}

/// Waits until a condition holds, 10 seconds at most.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<500 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return false
}

/// A request as a receiver sees it.
struct Received {
    let headers: [String: String]
    let body: String

    init(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        var headers: [String: String] = [:]
        for line in parts[0].components(separatedBy: "\r\n").dropFirst() {
            let fields = line.split(separator: ":", maxSplits: 1)
            if fields.count == 2 { headers[fields[0].lowercased()] = fields[1].trimmingCharacters(in: .whitespaces) }
        }
        self.headers = headers
    }

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:] }
    var eventID: String { headers["blueatlas-event-id"] ?? "" }
    var subject: String { json["subject"] as? String ?? "" }
    var isSigned: Bool {
        guard let timestamp = headers["blueatlas-timestamp"].flatMap({ Int64($0) }), let signature = headers["blueatlas-signature"] else {
            return false
        }
        return WebhookSignature.isValid(
            header: signature, body: Array(body.utf8), timestamp: timestamp, secret: ChainFixture.secret, now: LiveTime.now() / 1000)
    }
}

extension FaultServer {
    var url: String { "http://127.0.0.1:\(port)/" }
    var events: [Received] { received.map { Received($0) } }
    var subjects: [String] { events.map(\.subject) }
}
