// DocumentEndpoints.swift: documents in and out. What comes in is checked by its content and never opened; what goes out is an attachment of
// a fixed type that no browser shows, sniffs or runs as a page of ours.

import HTTPTypes
import NIOCore
import Registry

enum DocumentEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(
            .post, "/v1/documents", right: .own, body: .whole(limit: DocumentLimits.standard.fileBytes), parameters: ["name"],
            handler: upload),
        LiveRoute(.get, "/v1/documents/{sha256}", right: .read, handler: download),
    ]

    @Sendable private static func upload(_ call: LiveCall) async throws -> Reply {
        let name = call.query.text("name")
        // Documents are for steps.
        guard !call.principal.rights.isDisjoint(with: CorrectionRules.transitions.compactMap(\.right)) else {
            throw WriteRefusal(.forbidden, field: "", reason: "this key may take no step, so it has no use for documents")
        }
        let content = call.body
        let document: CheckedDocument
        do {
            document = try await call.services.workers.run { try CheckedDocument(content, name: name) }
        } catch let refusal as DocumentRefusal {
            throw Problem(refusal)
        }
        let info = try await call.services.writer.store(document, of: call.principal, as: call.author)
        var json = JSONWriter()
        json.object { CorrectionJSON.document(info, &$0) }
        var reply = Reply.json(json.bytes, cacheControl: "no-store")
        reply.status = .created
        reply.headers[.location] = "/v1/documents/\(info.sha256)"
        return reply
    }

    @Sendable private static func download(_ call: LiveCall) async throws -> Reply {
        let hash = try call.value("sha256")
        let (store, account) = (call.services.store, call.principal.accountID)
        let isKnown = call.headers[.ifNoneMatch].map { EntityTag.matches($0, tag(hash)) } ?? false
        return try await call.services.workers.run {
            // One answer for what is not there and what is somebody else's.
            guard DocumentHash.isOne(hash), let (info, content) = try store.document(sha256: hash, for: account) else {
                throw Problem(
                    .notFound, kind: .notFound, detail: "there is no such document, or it belongs to no accepted step", parameter: "sha256")
            }
            var reply = Reply(type: info.type.mediaType, content)
            reply.headers[.contentDisposition] = disposition(info.name)
            reply.headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
            if let name = HTTPField.Name("cross-origin-resource-policy") { reply.headers[name] = "cross-origin" }
            // Weak: the answer may be compressed.
            reply.headers[.eTag] = "W/" + tag(hash)
            // Public documents never change and never go.
            reply.headers[.cacheControl] = info.isPublic ? "public, max-age=31536000, immutable" : "private, no-store"
            if isKnown, info.isPublic {
                reply.status = .notModified
                reply.body = ByteBuffer()
            }
            return reply
        }
    }

    private static func tag(_ hash: String) -> String { "\"\(hash)\"" }

    /// RFC 6266: a name in ASCII for old clients, the whole one in RFC 8187 for the others.
    static func disposition(_ name: String) -> String {
        let plain = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map {
                    (0x20..<0x7F).contains($0.value) && $0 != "\"" && $0 != "\\" && $0 != "%" && $0 != ";" ? $0 : "_"
                }))
        var extended = ""
        let attributeCharacters = Set("!#$&+-.^_`|~".utf8)
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: extended.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where attributeCharacters.contains(byte): extended.unicodeScalars.append(Unicode.Scalar(byte))
            default: extended += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(extended)"
    }
}

extension Problem {
    init(_ refusal: DocumentRefusal) {
        switch refusal.kind {
        case .type: self.init(.unsupportedMediaType, kind: .invalidValue, detail: refusal.reason)
        case .size: self.init(.contentTooLarge, kind: .tooLarge, detail: refusal.reason)
        case .content: self.init(.unprocessableContent, kind: .invalidValue, detail: refusal.reason)
        }
    }
}
