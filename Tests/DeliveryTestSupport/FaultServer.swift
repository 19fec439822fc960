// FaultServer.swift: an HTTP receiver on a free loopback port that misbehaves as it is told, down to the bytes.

import NIOCore
import NIOPosix
import Synchronization

/// What a receiver does with a request.
public enum Behaviour: Sendable {
    /// Answers these bytes, and closes if told so.
    case bytes(String, closes: Bool)
    /// Reads and says nothing.
    case hangs
    /// Writes without end.
    case floods
    case closesAtOnce

    public static func status(_ line: String, headers: String = "") -> Behaviour {
        .bytes("HTTP/1.1 \(line)\r\n\(headers)Content-Length: 0\r\n\r\n", closes: false)
    }
}

/// Keeps what was sent to it.
public final class FaultServer: Sendable {
    public let port: Int
    private let channel: any Channel
    private let requests: Requests

    final class Requests: Sendable {
        let texts = Mutex<[String]>([])
    }

    private init(channel: any Channel, requests: Requests) {
        self.channel = channel
        self.requests = requests
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameter behaviour: by the number of the request, from 0.
    public static func start(_ behaviour: @escaping @Sendable (Int) -> Behaviour) async throws -> FaultServer {
        let requests = Requests()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(requests: requests, behaviour: behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FaultServer(channel: channel, requests: requests)
    }

    /// Head and body of each request.
    public var received: [String] { requests.texts.withLock { $0 } }

    public func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let requests: Requests
        private let behaviour: @Sendable (Int) -> Behaviour
        private var text = ""
        private var isAnswered = false

        init(requests: Requests, behaviour: @escaping @Sendable (Int) -> Behaviour) {
            self.requests = requests
            self.behaviour = behaviour
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard !isAnswered, let end = text.firstRange(of: "\r\n\r\n"), let mark = text.firstRange(of: "Content-Length: ") else { return }
            let length = Int(text[mark.upperBound...].prefix { $0.isNumber }) ?? 0
            guard text[end.upperBound...].utf8.count >= length else { return }
            isAnswered = true
            let number = requests.texts.withLock { texts in
                texts.append(text)
                return texts.count - 1
            }
            switch behaviour(number) {
            case .hangs: break
            case .closesAtOnce: context.close(promise: nil)
            case .bytes(let bytes, let closes):
                let channel = context.channel
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes))).whenComplete { _ in
                    if closes { channel.close(promise: nil) }
                }
            case .floods:
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")), promise: nil)
                flood(context.channel)
            }
        }

        private func flood(_ channel: any Channel) {
            let chunk = ByteBuffer(string: "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n")
            channel.writeAndFlush(chunk).assumeIsolated().whenSuccess { [self] in flood(channel) }
        }
    }
}
