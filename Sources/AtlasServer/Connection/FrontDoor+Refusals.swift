// FrontDoor+Refusals.swift: requests that never reach a route: too long, too large, or no HTTP at all. They get an answer that says so, and
// the connection ends, since where the next request begins is no longer known.

import HTTPTypes
import NIOCore
import NIOHTTP1

/// Why a request is answered at the door.
enum Refusal {
    case targetTooLong(Int)
    case headersTooLarge(Int)
    case bodyTooLarge(Int)
    case unknownMethod
    case malformed(String)

    /// - Parameter error: found in the body of a request whose head was right.
    init(ofBody error: HTTPParserError) {
        self = .malformed("its body breaks off, or its chunks are not framed rightly (\(error))")
    }

    var problem: Problem {
        switch self {
        case .targetTooLong(let limit):
            Problem(.uriTooLong, kind: .tooLarge, detail: "the request's address is longer than \(limit) bytes")
        case .headersTooLarge(let limit):
            Problem(
                .requestHeaderFieldsTooLarge, kind: .tooLarge, detail: "the request's header fields are larger than \(limit) bytes together"
            )
        case .bodyTooLarge(let limit):
            Problem(
                .contentTooLarge, kind: .tooLarge, detail: "the request's body is larger than \(limit) bytes; no address here takes one")
        case .unknownMethod: .notAllowed("this method")
        case .malformed(let reason):
            Problem(.badRequest, kind: .malformedRequest, detail: "this is not a valid HTTP/1.1 request: \(reason)")
        }
    }
}

extension FrontDoor {
    /// What the parser lets pass and is still too much: it counts more generously, so that the answer can say which limit it was.
    static let parserLimit = 128 << 10

    func refusal(of head: HTTPRequestHead) -> Refusal? {
        if head.uri.utf8.count > services.limits.targetBytes { return .targetTooLong(services.limits.targetBytes) }
        var bytes = 0
        var hosts = 0
        for (name, value) in head.headers {
            bytes += name.utf8.count + value.utf8.count + 4
            if name.utf8.count == 4, name.lowercased() == "host" { hosts += 1 }
        }
        if bytes > services.limits.headerBytes { return .headersTooLarge(services.limits.headerBytes) }
        // RFC 9112 section 3.2; HTTP/1.0, which simple health checks speak, needs none.
        if hosts > 1 { return .malformed("it has \(hosts) Host headers; one names the host") }
        if hosts == 0, head.version != .http1_0 { return .malformed("the Host header is missing") }
        return nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if isReadingRequest {
            // A request that was answered before it had come to its end: no second answer.
            guard !passedOn.isEmpty else { return closeWhenWritten(context) }
            // The route that waits for the rest hears of it, so that it takes no half for the whole, and answers; then the connection ends.
            isReadingRequest = false
            passedOn[passedOn.index(before: passedOn.endIndex)].keepsAlive = false
            return context.fireErrorCaught(error)
        }
        switch error {
        case .headerOverflow: refuse(context, .headersTooLarge(services.limits.headerBytes))
        case .invalidMethod: refuse(context, .unknownMethod)
        // A client that goes away in the middle of a request.
        case .invalidEOFState where passedOn.isEmpty: context.close(promise: nil)
        case .invalidURL:
            refuse(context, .malformed("its address is none, or holds what must be percent-encoded, such as Chinese characters"))
        default: refuse(context, .malformed("\(error)"))
        }
    }

    /// Answers with a problem and ends the connection; behind unanswered requests it only ends.
    func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal) {
        if case .closing = state { return }
        guard passedOn.isEmpty, let rawContext else {
            // Their answers come first, and then nothing that was sent behind them can be understood.
            if passedOn.isEmpty { return context.close(promise: nil) }
            isQuiescing = true
            return
        }
        let problem = refusal.problem
        let body = problem.json(instance: "", requestID: "")
        var text =
            "HTTP/1.1 \(problem.status.code) \(problem.status.reasonPhrase)\r\ndate: " + String(decoding: date.bytes(), as: UTF8.self)
        text += "content-type: application/problem+json\r\ncontent-length: \(body.count)\r\ncache-control: no-store\r\n"
        text += "access-control-allow-origin: *\r\nx-content-type-options: nosniff\r\n"
        for field in problem.headers { text += "\(field.name.canonicalName): \(field.value)\r\n" }
        text += "connection: close\r\n\r\n"
        var buffer = ByteBuffer(string: text)
        buffer.writeBytes(body)
        rawContext.write(NIOAny(IOData.byteBuffer(buffer)), promise: nil)
        services.metrics.request(
            Route.unknown.rawValue, status: problem.status.code, nanoseconds: (NIODeadline.now() - lastActivity).nanoseconds,
            bodyBytes: body.count)
        services.logger.debug("refused", metadata: ["status": "\(problem.status.code)", "detail": "\(problem.detail)"])
        closeWhenWritten(context)
    }
}
