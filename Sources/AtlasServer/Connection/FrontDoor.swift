// FrontDoor.swift: what happens to a request right behind the HTTP parser, on the connection's event loop. It guards (length of target and
// headers, bodies, silent clients, requests that are no HTTP), it ends connections in an orderly way, and it answers tiles that are in the
// cache, or small, at once: no task, no queue. Everything else goes on to Hummingbird.
//
// A tile may overtake nobody: while a request that was passed on is unanswered, the next ones are passed on too, so answers
// keep the order of requests.

import Logging
import NIOCore
import NIOHTTP1

/// The part that all connections of a server share.
struct FrontDoorServices: Sendable {
    let tiles: TileService
    let metrics: ServerMetrics
    let limits: ServerLimits
    /// Whether some routes take bodies; each then has its own limit, and the door counts only what comes with requests that have none.
    let takesBodies: Bool
    let logger: Logger
}

/// One connection's first handler behind the HTTP codec.
final class FrontDoor: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum State {
        /// Between requests, or reading one that was passed on.
        case open
        /// Reading the rest of a request that is answered here; the answer goes out at its end.
        case answering(TileAnswer)
        /// Nothing more is read: the connection ends when what was written is gone.
        case closing
    }

    /// A request that was passed on.
    struct PassedOn {
        /// Whether the connection may live on behind its answer.
        var keepsAlive: Bool
        var isHead: Bool
    }

    let services: FrontDoorServices
    var state = State.open
    /// Requests that were passed on and are unanswered.
    var passedOn = CircularBuffer<PassedOn>()
    /// Bytes of the current request's body so far.
    var bodyBytes = 0
    /// Whether the current request goes to a route that counts for itself.
    var isRoutesBody = false
    /// Whether a request that was passed on has not ended yet: then the client's silence is its own.
    var isReadingRequest = false
    /// When that request began.
    var requestStart = NIODeadline.now()
    /// Last sign of life of the client.
    var lastActivity = NIODeadline.now()
    var isQuiescing = false
    /// The HTTP encoder's place in the pipeline: from there bytes go out as they are.
    var rawContext: ChannelHandlerContext?
    var needsFlush = false
    /// Whether this turn's reading has had a tile made already: of requests that come in one go the others are passed on, or one client could keep
    /// the loop from all others.
    var hasBuilt = false
    var date = DateLine()
    var negotiated: (header: String, coding: ContentCoding) = ("", .identity)
    private var timer: Scheduled<Void>?
    private var drainTimer: Scheduled<Void>?
    private var isCounted = false

    init(services: FrontDoorServices) {
        self.services = services
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        rawContext = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isCounted else { return }
        isCounted = true
        services.metrics.connections.increment()
        lastActivity = .now()
        let limits = services.limits
        watch(context, in: services.takesBodies ? min(limits.idleTimeout, limits.requestPatience) : limits.idleTimeout)
    }

    private func end() {
        timer?.cancel()
        timer = nil
        drainTimer?.cancel()
        drainTimer = nil
        rawContext = nil
        guard isCounted else { return }
        isCounted = false
        services.metrics.connections.decrement()
    }

    /// Looks after the client has been silent for long enough to matter; busy connections cost one look in that time.
    private func watch(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self else { return }
            let limit = self.services.limits.idleTimeout
            // A client that takes its answer slowly has more patience coming.
            let allowed = context.channel.isWritable ? limit : limit * 4
            let silent = NIODeadline.now() - self.lastActivity
            let isWaitingForUs = !self.passedOn.isEmpty && !self.isReadingRequest && context.channel.isWritable
            if (silent >= allowed && !isWaitingForUs) || self.isTooSlow {
                context.close(promise: nil)
            } else {
                // A request that arrives in drips is never silent: looked at more often.
                let next = max(allowed - silent, .seconds(1))
                self.watch(context, in: self.services.takesBodies ? min(next, self.services.limits.requestPatience) : next)
            }
        }
    }

    /// Whether the current request's body arrives so slowly that its sender may only want to hold the connection.
    private var isTooSlow: Bool {
        guard isReadingRequest, isRoutesBody else { return false }
        let elapsed = NIODeadline.now() - requestStart
        guard elapsed > services.limits.requestPatience else { return false }
        return Double(bodyBytes) < Double(elapsed.nanoseconds) / 1e9 * services.limits.slowestBytesPerSecond
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Not passed on: Hummingbird's own handler does not see the requests that are answered here.
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        isQuiescing = true
        if passedOn.isEmpty, case .open = state { closeWhenWritten(context) }
        // A client that does not read its answer must not keep the server from ending.
        drainTimer = context.eventLoop.assumeIsolated().scheduleTask(in: services.limits.drainTimeout) { context.close(promise: nil) }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        switch (state, unwrapInboundIn(data)) {
        case (.closing, _): return
        case (.open, .head(let head)):
            bodyBytes = 0
            isRoutesBody = services.takesBodies && head.method != .GET && head.method != .HEAD
            if let refusal = refusal(of: head) { return refuse(context, refusal) }
            if passedOn.isEmpty, isWritable(context), let answer = tileAnswer(to: head) {
                state = .answering(answer)
            } else {
                passedOn.append(PassedOn(keepsAlive: head.isKeepAlive, isHead: head.method == .HEAD))
                isReadingRequest = true
                requestStart = lastActivity
                context.fireChannelRead(data)
            }
        case (.answering, .head): return refuse(context, .malformed("a request inside another"))
        case (.open, .body(let body)):
            bodyBytes += body.readableBytes
            guard isRoutesBody || bodyBytes <= services.limits.bodyBytes else {
                return refuse(context, .bodyTooLarge(services.limits.bodyBytes))
            }
            context.fireChannelRead(data)
        case (.answering, .body(let body)):
            bodyBytes += body.readableBytes
            if bodyBytes > services.limits.bodyBytes { refuse(context, .bodyTooLarge(services.limits.bodyBytes)) }
        case (.open, .end):
            isReadingRequest = false
            context.fireChannelRead(data)
        case (.answering(let answer), .end):
            state = .open
            write(answer)
            if !answer.keepsAlive || isQuiescing { closeWhenWritten(context) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        hasBuilt = false
        flushWritten()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        lastActivity = .now()
        context.fireChannelWritabilityChanged()
    }

    private func isWritable(_ context: ChannelHandlerContext) -> Bool {
        if context.channel.isWritable { return true }
        flushWritten()
        return context.channel.isWritable
    }

    func flushWritten() {
        guard needsFlush else { return }
        needsFlush = false
        rawContext?.flush()
    }

    // MARK: Answers of Hummingbird

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The last answer of this connection is written: what still comes is for a request that nobody waits for any more.
        if case .closing = state {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.headers["connection"].contains("close"):
            // A route that has not read its request to the end, and will not.
            if !passedOn.isEmpty { passedOn[passedOn.startIndex].keepsAlive = false }
            context.write(data, promise: promise)
        case .head(var head) where isQuiescing || passedOn.first?.keepsAlive == false:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            let answered = passedOn.popFirst()
            if let rawContext, answered?.isHead == true {
                // Past the encoder: it does not know of HEAD, and would end the chunks of a body that is not sent.
                rawContext.write(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
            } else {
                context.write(data, promise: promise)
            }
            lastActivity = .now()
            let keepsAlive = answered?.keepsAlive ?? false
            if !keepsAlive || (isQuiescing && passedOn.isEmpty) { closeWhenWritten(context) }
        default: context.write(data, promise: promise)
        }
    }

    // MARK: The end

    /// Closes when everything that was written has left; what the client still sends is not read.
    func closeWhenWritten(_ context: ChannelHandlerContext) {
        if case .closing = state { return }
        state = .closing
        guard let rawContext else { return context.close(promise: nil) }
        needsFlush = false
        let written = context.eventLoop.makePromise(of: Void.self)
        rawContext.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: written)
        let channel = context.channel
        // First our half: closing at once while the client still sends would reset the connection, and it might lose the answer.
        written.futureResult.whenComplete { _ in
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
    }
}
