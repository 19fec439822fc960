// ServerChannel.swift: a connection's pipeline: Hummingbird's own for HTTP/1.1, with our front door between parser and framework.

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Sets up connections.
struct ServerChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http1: HTTP1Channel
    private let services: FrontDoorServices

    init(responder: @escaping HTTPChannelHandler.Responder, services: FrontDoorServices) {
        http1 = HTTP1Channel(
            responder: responder,
            // The front door's limits are the real ones; silent clients are its business too.
            configuration: .init(
                idleTimeout: nil,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: FrontDoor.parserLimit, maxHeaderListSize: FrontDoor.parserLimit, maxHeaderFieldCount: 256)))
        self.services = services
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        http1.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(FrontDoor(services: services), position: .after(parser))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await http1.handle(value: value, logger: logger) }
}
