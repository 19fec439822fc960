// WebhookCall.swift: what a delivery looks like on the wire (docs/ecochain.md has it for receivers).

import Delivery
import Registry

enum WebhookCall {
    static func request(
        url: WebhookURL, type: String, eventID: String, deliveryID: String, attempt: Int, body: String, secrets: [String],
        now: Int64 = LiveTime.now()
    ) -> WebhookRequest {
        let bytes = Array(body.utf8)
        let timestamp = now / 1000
        return WebhookRequest(
            url: url,
            headers: [
                ("Content-Type", "application/json"), ("User-Agent", "BlueAtlas-EcoChain/1"), ("BlueAtlas-Event", type),
                ("BlueAtlas-Event-Id", eventID), ("BlueAtlas-Delivery", deliveryID), ("BlueAtlas-Attempt", String(attempt)),
                (WebhookSignature.timestampHeader, String(timestamp)),
                (WebhookSignature.signatureHeader, WebhookSignature.header(body: bytes, timestamp: timestamp, secrets: secrets)),
            ], body: bytes)
    }
}
