// SMTPConnection.swift: one connection to an SMTP server: a command goes out, its reply comes back. TLS is put in front in the middle of it,
// and nothing that was sent in the open before may be taken for an answer behind it (CVE-2011-0411 and its kin).

import NIOCore
import NIOPosix
import NIOSSL

/// One connection; one command at a time.
final class SMTPConnection: Sendable {
    private let channel: any Channel
    private let server: SMTPServer
    private let tls: NIOSSLContext
    private let reader: NIOLoopBound<SMTPReplyReader>

    private init(channel: any Channel, server: SMTPServer, tls: NIOSSLContext, reader: NIOLoopBound<SMTPReplyReader>) {
        self.channel = channel
        self.server = server
        self.tls = tls
        self.reader = reader
    }

    static func open(_ server: SMTPServer, loops: any EventLoopGroup) async throws(SMTPError) -> SMTPConnection {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let roots = server.trustRoots { configuration.trustRoots = roots }
            configuration.minimumTLSVersion = .tlsv12
            let tls = try NIOSSLContext(configuration: configuration)
            let loop = loops.next()
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(server.timeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if server.security == .tls {
                            try channel.pipeline.syncOperations.addHandler(handler(server, tls))
                        }
                        try channel.pipeline.syncOperations.addHandler(SMTPReplyReader(loop: channel.eventLoop))
                    }
                }
                .connect(host: server.host, port: server.port).get()
            let reader = try await channel.eventLoop.submit {
                NIOLoopBound(try channel.pipeline.syncOperations.handler(type: SMTPReplyReader.self), eventLoop: channel.eventLoop)
            }.get()
            return SMTPConnection(channel: channel, server: server, tls: tls, reader: reader)
        } catch {
            throw .connection("\(server.host):\(server.port): \(error)")
        }
    }

    private static func handler(_ server: SMTPServer, _ tls: NIOSSLContext) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: tls, serverHostname: NetworkAddress(server.host) == nil ? server.host : nil)
    }

    func command(_ text: String, step: String) async throws(SMTPError) -> SMTPReply {
        try await send(Array((text + "\r\n").utf8), step: step)
    }

    func send(_ bytes: [UInt8], step: String) async throws(SMTPError) -> SMTPReply {
        do { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) } catch { throw .connection("\(error)") }
        return try await reply(step: step)
    }

    /// The next reply.
    func reply(step: String) async throws(SMTPError) -> SMTPReply {
        let reader = reader
        let timeout = server.timeout
        do {
            return try await channel.eventLoop.flatSubmit { reader.value.next(within: timeout) }.get()
        } catch SMTPReplyReader.Failure.timedOut {
            throw .timedOut(step: step)
        } catch SMTPReplyReader.Failure.malformed {
            throw .malformedReply
        } catch {
            throw .connection("\(error)")
        }
    }

    @discardableResult
    func expect(_ code: Int, _ step: String, of reply: SMTPReply) async throws(SMTPError) -> SMTPReply {
        guard reply.code == code || (code == 250 && reply.code == 251) else { throw .rejected(step: step, reply: reply) }
        return reply
    }

    func startTLS() async throws(SMTPError) {
        let (channel, server, tls, reader) = (channel, server, tls, reader)
        let isClean: Bool
        do {
            isClean = try await channel.eventLoop.submit {
                guard !reader.value.hasLeftovers else { return false }
                try channel.pipeline.syncOperations.addHandler(SMTPConnection.handler(server, tls), position: .first)
                return true
            }.get()
        } catch {
            throw .connection("\(error)")
        }
        guard isClean else { throw .malformedReply }
    }

    func close() async { try? await channel.close() }
}

/// Turns bytes into replies and hands each to whoever waits for it.
private final class SMTPReplyReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Failure: Error {
        case timedOut
        case malformed
        case closed
    }

    private var parser = SMTPReplyParser()
    private var ready: [SMTPReply] = []
    private var waiting: (promise: EventLoopPromise<SMTPReply>, timer: Scheduled<Void>)?
    private var failure: (any Error)?
    private let loop: any EventLoop

    var hasLeftovers: Bool { parser.hasLeftovers || !ready.isEmpty }

    init(loop: any EventLoop) { self.loop = loop }

    func next(within timeout: TimeAmount) -> EventLoopFuture<SMTPReply> {
        if !ready.isEmpty { return loop.makeSucceededFuture(ready.removeFirst()) }
        if let failure { return loop.makeFailedFuture(failure) }
        let promise = loop.makePromise(of: SMTPReply.self)
        let timer = loop.assumeIsolated().scheduleTask(in: timeout) { [self] in fail(Failure.timedOut) }
        waiting = (promise, timer)
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            do {
                guard let reply = try parser.take(byte) else { continue }
                if let waiting {
                    self.waiting = nil
                    waiting.timer.cancel()
                    waiting.promise.succeed(reply)
                } else {
                    ready.append(reply)
                }
            } catch {
                fail(Failure.malformed)
                return context.close(promise: nil)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { fail(Failure.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case NIOSSLError.uncleanShutdown = error { return }
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        failure = failure ?? error
        guard let waiting else { return }
        self.waiting = nil
        waiting.timer.cancel()
        waiting.promise.fail(error)
    }
}
