// WebhookClient.swift: makes one call: resolve, check, connect to the checked address, send, read a bounded answer, close. Written on NIO
// and not on a general HTTP client, because the connection must go to the very address that was checked while TLS and the Host header
// name the host; general clients resolve again by themselves, keep connections for whoever asks next, and follow redirects.
//
// One connection a call. A receiver cannot hold more of us than this: one socket, 64 KiB, and the time limit.

import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// How a call ended.
public struct WebhookResult: Hashable, Sendable {
    public enum Outcome: String, Sendable {
        /// 2xx: the receiver has it.
        case delivered
        /// An answer with another status, redirects among them: those are never followed.
        case refused
        /// No whole answer in time.
        case timedOut = "timed_out"
        /// The connection was refused, reset, or closed before the whole answer.
        case connectionFailed = "connection_failed"
        /// TLS could not be agreed on, or the certificate is not the host's.
        case insecure = "tls_failed"
        /// The host is not known, or has an address that may not be called.
        case forbiddenAddress = "address_refused"
    }

    public var outcome: Outcome
    /// Nil when there was no answer.
    public var status: Int?
    /// In words, for the brand that owns the webhook.
    public var detail: String
    public var milliseconds: Int

    public var isDelivered: Bool { outcome == .delivered }

    public init(outcome: Outcome, status: Int?, detail: String, milliseconds: Int) {
        self.outcome = outcome
        self.status = status
        self.detail = detail
        self.milliseconds = milliseconds
    }
}

/// A call to make.
public struct WebhookRequest: Sendable {
    public var url: WebhookURL
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(url: WebhookURL, headers: [(name: String, value: String)], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// Calls webhooks. Any number of calls at once; the caller bounds them.
public struct WebhookClient: Sendable {
    public struct Limits: Sendable {
        public var connect: TimeAmount = .seconds(5)
        /// From the first look-up to the end of the answer.
        public var total: TimeAmount = .seconds(10)
        /// Of the answer's body; what is more is not read, the connection ends, and the status counts.
        public var answerBytes = 64 << 10

        public init() {}
    }

    private let loops: any EventLoopGroup
    private let resolver: NameResolver
    private let limits: Limits
    private let tls: NIOSSLContext

    /// - Parameter trustRoots: whose certificates count; nil: the system's.
    /// - Throws: when TLS cannot be set up.
    public init(
        loops: any EventLoopGroup, resolver: NameResolver, limits: Limits = Limits(), trustRoots: NIOSSLTrustRoots? = nil
    ) throws {
        self.loops = loops
        self.resolver = resolver
        self.limits = limits
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let trustRoots { configuration.trustRoots = trustRoots }
        configuration.minimumTLSVersion = .tlsv12
        // The result stands by then; how long the peer takes to say goodbye makes no difference.
        configuration.shutdownTimeout = .seconds(1)
        configuration.applicationProtocols = ["http/1.1"]
        tls = try NIOSSLContext(configuration: configuration)
    }

    /// Calls once. Never throws: what went wrong is the result. A call that waits for its answer when the task is cancelled ends then.
    public func call(_ request: WebhookRequest) async -> WebhookResult {
        let start = NIODeadline.now()
        let (outcome, status, detail) = await attempt(request, deadline: start + limits.total)
        return WebhookResult(
            outcome: outcome, status: status, detail: detail, milliseconds: Int((NIODeadline.now() - start).nanoseconds / 1_000_000))
    }

    private func attempt(_ request: WebhookRequest, deadline: NIODeadline) async -> (WebhookResult.Outcome, Int?, String) {
        let address: NetworkAddress
        guard !Task.isCancelled else { return failure(CancellationError()) }
        do {
            address = try await resolver.address(of: request.url.host)
        } catch {
            return (.forbiddenAddress, nil, "\(error)")
        }
        guard !Task.isCancelled else { return failure(CancellationError()) }
        guard deadline > .now() else { return (.timedOut, nil, "looking up the host took longer than the time limit") }
        do {
            return result(of: try await exchange(request, with: address, deadline: deadline))
        } catch {
            return failure(error)
        }
    }

    private func exchange(_ request: WebhookRequest, with address: NetworkAddress, deadline: NIODeadline) async throws -> AnswerHead {
        let loop = loops.next()
        let answer = loop.makePromise(of: AnswerHead.self)
        let url = request.url
        let limit = limits.answerBytes
        let tls = tls
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(limits.connect)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if url.isSecure {
                            // A name goes into SNI and is checked against the certificate; an address is only checked.
                            let name = NetworkAddress(url.host) == nil ? url.host : nil
                            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                        }
                        try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try channel.pipeline.syncOperations.addHandler(
                            AnswerReader(answer: answer, request: request, limitBytes: limit, deadline: deadline))
                    }
                }
                .connect(to: address.socketAddress(port: url.port)).get()
            defer { channel.close(promise: nil) }
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                // The result first: a peer that hangs would keep the end of TLS waiting.
                answer.fail(CancellationError())
                channel.close(promise: nil)
            }
        } catch {
            // Connecting failed before a handler could own the promise.
            answer.fail(error)
            throw error
        }
    }

    private func result(of head: AnswerHead) -> (WebhookResult.Outcome, Int?, String) {
        switch head.status {
        case 200..<300:
            (
                .delivered, head.status,
                head.isCut ? "delivered; the answer was longer than \(limits.answerBytes) bytes and was not read on" : "delivered"
            )
        case 300..<400:
            (.refused, head.status, "answered \(head.status), a redirect; redirects are never followed: register the address itself")
        default: (.refused, head.status, "answered \(head.status); a delivery is taken by any status from 200 to 299")
        }
    }

    private func failure(_ error: any Error) -> (WebhookResult.Outcome, Int?, String) {
        switch error {
        case AnswerReader.Failure.timedOut: (.timedOut, nil, "no whole answer within \(limits.total.nanoseconds / 1_000_000_000) s")
        case AnswerReader.Failure.closed(let status):
            (
                .connectionFailed, status,
                status == nil ? "the connection was closed before an answer" : "the connection was closed in the middle of the answer"
            )
        case AnswerReader.Failure.notHTTP: (.connectionFailed, nil, "the answer is not HTTP/1.1")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            (.insecure, nil, "TLS failed: the certificate is not valid for this host, or no common version was found")
        case is NIOConnectionError, is ChannelError, is IOError: (.connectionFailed, nil, WebhookClient.reason(of: error))
        case is CancellationError: (.connectionFailed, nil, "the call was cancelled")
        default: (.connectionFailed, nil, "the connection failed")
        }
    }

    private static func reason(of error: any Error) -> String {
        if let error = error as? IOError { return "the connection failed: \(String(cString: strerror(error.errnoCode)))" }
        if case ChannelError.connectTimeout = error { return "the host did not take the connection in time" }
        return "the connection failed"
    }
}

/// What is kept of an answer.
private struct AnswerHead: Sendable {
    var status: Int
    /// Whether the body was longer than the limit.
    var isCut = false
}

/// Sends the request when the connection stands, and reads the answer.
private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    enum Failure: Error {
        case timedOut
        case closed(status: Int?)
        case notHTTP
    }

    private let answer: EventLoopPromise<AnswerHead>
    private let request: WebhookRequest
    private let limitBytes: Int
    private let deadline: NIODeadline
    private var head: AnswerHead?
    private var bodyBytes = 0
    private var timer: Scheduled<Void>?
    private var isDone = false

    init(answer: EventLoopPromise<AnswerHead>, request: WebhookRequest, limitBytes: Int, deadline: NIODeadline) {
        self.answer = answer
        self.request = request
        self.limitBytes = limitBytes
        self.deadline = deadline
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in finish(context, .failure(Failure.timedOut))
        }
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: request.url.hostHeader)
        for (name, value) in request.headers { headers.add(name: name, value: value) }
        headers.add(name: "Content-Length", value: String(request.body.count))
        headers.add(name: "Connection", value: "close")
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: request.url.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // 100 Continue and its like come before the answer.
            if head.status.code >= 200 { self.head = AnswerHead(status: Int(head.status.code)) }
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            guard bodyBytes > limitBytes, var head else { return }
            head.isCut = true
            finish(context, .success(head))
        case .end:
            if let head { finish(context, .success(head)) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { finish(context, .failure(Failure.closed(status: head?.status))) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // A peer that ends TLS without saying so has still said what it said: the HTTP parser knows whether the answer is whole.
        case NIOSSLError.uncleanShutdown: return
        case HTTPParserError.invalidEOFState: finish(context, .failure(Failure.closed(status: head?.status)))
        case is HTTPParserError: finish(context, .failure(Failure.notHTTP))
        default: finish(context, .failure(error))
        }
    }

    private func finish(_ context: ChannelHandlerContext, _ result: Result<AnswerHead, any Error>) {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        answer.completeWith(result)
        context.close(promise: nil)
    }
}
