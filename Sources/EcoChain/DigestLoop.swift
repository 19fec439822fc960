// DigestLoop.swift: once a day, at each subscription's own minute, what was gathered for it and the exceedances that go on at its suppliers become
// one delivery. A day without either sends nothing. Days are counted in the registry, so a server that was down at the hour makes it up when
// it is back, once.

import Logging
import Registry

struct DigestLoop: Sendable {
    let store: RegistryStore
    let writer: GroupWriter
    let blocking: Blocking
    let logger: Logger
    let queued: @Sendable ([DeliveryLane]) async -> Void

    /// Looks every 20 seconds until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do { try await close(at: LiveTime.now()) } catch is GroupWriter.Stopped { return } catch {
                logger.error("digests could not be made; trying again", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// Makes the digests that are due.
    func close(at now: Int64) async throws {
        let store = store
        for digest in try await blocking.run({ try store.digestsDue(now: now) }) {
            let isEmpty = digest.items.isEmpty && digest.ongoing.isEmpty
            let delivery =
                isEmpty
                ? nil
                : DeliveryDraft(
                    subscriptionPK: digest.subscriptionPK, lane: 0, sequence: nil, eventID: EventText.digestID(digest), kind: "digest",
                    body: EventText.digest(digest, at: now))
            try await writer.submit(as: .commandLine) { try $0.closeDigest(digest, delivery: delivery) }
            if !isEmpty { await queued([DeliveryLane(subscription: digest.subscriptionPK, lane: 0)]) }
        }
    }
}
