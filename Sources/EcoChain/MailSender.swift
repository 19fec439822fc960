// MailSender.swift: deliveries by mail: the text of a digest, in Chinese and English, made from the same JSON that a webhook gets.

import Delivery
import Foundation
import Registry

/// Sends digests through the server that the operator has named.
public struct MailSender: Sendable {
    enum Result: Sendable {
        case sent
        case failed(String, isPermanent: Bool)
    }

    private let client: SMTPClient
    private let from: MailAddress

    public init(client: SMTPClient, from: MailAddress) {
        self.client = client
        self.from = from
    }

    func send(_ delivery: DueDelivery) async -> Result {
        guard let to = MailAddress(delivery.target) else { return .failed("the mail address is not valid", isPermanent: true) }
        guard let digest = DigestMail(json: delivery.body) else { return .failed("the digest cannot be read", isPermanent: true) }
        let message = MailMessage(
            from: from, to: to, subject: digest.subject, text: digest.text, date: LiveTime.now() / 1000, identifier: delivery.eventID)
        do throws(SMTPError) {
            try await client.send(message)
            return .sent
        } catch {
            return .failed("\(error)", isPermanent: error.isPermanent)
        }
    }
}

/// A digest in words.
struct DigestMail {
    let subject: String
    let text: String

    /// Nil for a text that is no digest.
    init?(json: String) {
        guard let body = try? JSONBody(Array(json.utf8)), let day = try? body.text("day") else { return nil }
        let events = DigestMail.objects(body["events"])
        let exceeding = DigestMail.objects(body["exceeding"])
        subject =
            "BlueAtlas 蔚蓝生态链每日摘要 \(day)：\(events.count)条动态，\(exceeding.count)项持续超标 / \(events.count) events, \(exceeding.count) exceedances going on"
        var lines = [
            "蔚蓝生态链（Blue EcoChain）每日摘要，\(day)（北京时间）", "Blue EcoChain daily digest, \(day) (China time)", "",
        ]
        if !exceeding.isEmpty {
            lines.append("持续超标 / Exceedances going on:")
            for item in exceeding {
                lines.append(
                    "- \(DigestMail.factory(item)): \(DigestMail.text(item, "subject")), 自 / since \(DigestMail.text(item, "since"))")
            }
            lines.append("")
        }
        if !events.isEmpty {
            lines.append("动态 / Events:")
            for item in events {
                let type = DigestMail.text(item, "type")
                let kind = WatchEventKind(rawValue: type)
                var line =
                    "- \(DigestMail.text(item, "at")) \(DigestMail.factory(item)): \(kind.map { "\($0.wordsZH) / \($0.words)" } ?? type)"
                let subject = DigestMail.text(item, "subject")
                if !subject.isEmpty { line += " (\(subject))" }
                lines.append(line)
            }
            lines.append("")
        }
        lines.append("详情见您的关注名单与订阅。 Details: your watch lists and subscriptions.")
        // Names come from data: no line of them may look like something else.
        text =
            lines.map { $0.replacingOccurrences(of: "\r", with: " ").replacingOccurrences(of: "\n", with: " ") }.joined(separator: "\n")
            + "\n"
    }

    private static func objects(_ value: JSONValue?) -> [JSONBody] {
        guard case .array(let items)? = value else { return [] }
        return items.compactMap { if case .object(let members) = $0 { JSONBody(members: members) } else { nil } }
    }

    private static func text(_ body: JSONBody, _ name: String) -> String {
        if case .string(let text)? = body[name] { text } else { "" }
    }

    private static func factory(_ item: JSONBody) -> String {
        guard case .object(let members)? = item["factory"] else { return text(item, "factory_id") }
        let factory = JSONBody(members: members)
        let names = [text(factory, "name_zh"), text(factory, "name_en")].filter { !$0.isEmpty }
        return "\(names.joined(separator: " / ")) [\(text(factory, "id"))]"
    }
}
