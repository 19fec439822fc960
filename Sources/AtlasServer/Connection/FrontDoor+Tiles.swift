// FrontDoor+Tiles.swift: the answer to a request for a tile that is in the cache or made at once, from the request's head to bytes on the wire. The header
// lines were made with the tile; only the date is of the moment.

import Glibc
import Hummingbird
import NIOCore
import NIOHTTP1

/// An answer that is ready to be written.
struct TileAnswer {
    enum Kind {
        case full, headOnly, notModified, empty
    }

    var tile: EncodedTile
    var wasCached: Bool
    var kind: Kind
    var keepsAlive: Bool
    /// HTTP/1.0 clients keep a connection only when told so.
    var saysKeepAlive: Bool
    var start: NIODeadline
    /// For the log.
    var method: HTTPMethod
    var target: String
}

extension FrontDoor {
    /// The answer, if this is a plain request for a tile that is there or small; nil for anything that needs a second look.
    func tileAnswer(to head: HTTPRequestHead) -> TileAnswer? {
        guard head.method == .GET || head.method == .HEAD, let request = tileRequest(head.uri) else { return nil }
        var acceptEncoding: String?
        var ifNoneMatch: String?
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 13 where name.isSame("if-none-match"):
                if ifNoneMatch != nil { return nil }
                ifNoneMatch = value
            case 15 where name.isSame("accept-encoding"):
                if acceptEncoding != nil { return nil }
                acceptEncoding = value
            // Expect wants an answer of its own; an id wants to be returned.
            case 6 where name.isSame("expect"), 12 where name.isSame("x-request-id"): return nil
            default: break
            }
        }
        if let acceptEncoding, acceptEncoding != negotiated.header {
            negotiated = (acceptEncoding, ContentCoding.preferred(acceptEncoding))
        }
        let coding = acceptEncoding == nil ? ContentCoding.identity : negotiated.coding
        guard let (tile, wasCached) = services.tiles.atOnce(request, coding: coding, mayBuild: !hasBuilt) else { return nil }
        if !wasCached { hasBuilt = true }
        let kind: TileAnswer.Kind =
            if tile.body.readableBytes == 0 {
                .empty
            } else if let ifNoneMatch, EntityTag.matches(ifNoneMatch, tile.etag) {
                .notModified
            } else {
                head.method == .HEAD ? .headOnly : .full
            }
        return TileAnswer(
            tile: tile, wasCached: wasCached, kind: kind, keepsAlive: head.isKeepAlive,
            saysKeepAlive: head.isKeepAlive && head.version.minor == 0, start: lastActivity, method: head.method, target: head.uri)
    }

    private func tileRequest(_ uri: String) -> TileRequest? {
        if let plain = TileRequest(plain: uri) { return plain }
        // With filters: the long way, and only for what looks like a tile.
        guard uri.utf8.starts(with: "/tiles/".utf8), uri.utf8.contains(UInt8(ascii: "?")), let target = try? RequestTarget(uri),
            Route(segments: target.segments) == .tile
        else { return nil }
        return try? TileRequest(segments: target.segments, parameters: target.parameters)
    }

    /// Writes the answer, past the HTTP encoder; it is flushed when this turn's reading is done.
    func write(_ answer: TileAnswer) {
        guard let rawContext else { return }
        let tile = answer.tile
        let status: StaticString
        let code: Int
        var lines: ByteBuffer
        let counted: ServerMetrics.Request
        switch answer.kind {
        case .full, .headOnly:
            (status, code, lines, counted) = ("HTTP/1.1 200 OK\r\ndate: ", 200, tile.headerLines, services.metrics.tileOK)
        case .notModified:
            (status, code, lines, counted) = (
                "HTTP/1.1 304 Not Modified\r\ndate: ", 304, tile.notModifiedLines, services.metrics.tileNotModified
            )
        case .empty:
            (status, code, lines, counted) = ("HTTP/1.1 204 No Content\r\ndate: ", 204, tile.headerLines, services.metrics.tileEmpty)
        }
        var head = rawContext.channel.allocator.buffer(capacity: 128 + lines.readableBytes)
        head.writeStaticString(status)
        head.writeBytes(date.bytes())
        head.writeBuffer(&lines)
        if !answer.keepsAlive || isQuiescing {
            head.writeStaticString("connection: close\r\n")
        } else if answer.saysKeepAlive {
            head.writeStaticString("connection: keep-alive\r\n")
        }
        head.writeStaticString("\r\n")
        rawContext.write(NIOAny(IOData.byteBuffer(head)), promise: nil)
        var sent = 0
        if case .full = answer.kind {
            sent = tile.body.readableBytes
            rawContext.write(NIOAny(IOData.byteBuffer(tile.body)), promise: nil)
        }
        needsFlush = true
        counted.count.increment()
        let nanoseconds = (NIODeadline.now() - answer.start).nanoseconds
        counted.duration.recordNanoseconds(nanoseconds)
        if sent > 0 { services.metrics.responseBytes.increment(by: sent) }
        services.logger.debug(
            "request",
            metadata: [
                "request": "\(RequestID())", "method": "\(answer.method.rawValue)", "target": "\(answer.target)",
                "route": "\(Route.tile.rawValue)", "status": "\(code)", "bytes": "\(sent)",
                "ms": "\(Double(nanoseconds / 1000) / 1000)", "cached": "\(answer.wasCached)",
            ])
    }
}

extension String {
    /// Whether this is an ASCII name, given in lower case, in any case.
    fileprivate func isSame(_ lowercased: StaticString) -> Bool {
        guard utf8.count == lowercased.utf8CodeUnitCount else { return false }
        var wanted = lowercased.utf8Start
        for byte in utf8 {
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if lower != wanted.pointee { return false }
            wanted += 1
        }
        return true
    }
}

/// The value of a Date header (RFC 9110 section 5.6.7) and the line's end, made anew once a second.
struct DateLine {
    private var second: time_t = -1
    private var text: [UInt8] = []

    mutating func bytes() -> [UInt8] {
        let now = time(nil)
        if now != second {
            second = now
            text = Array((DateLine.format(now) + "\r\n").utf8)
        }
        return text
    }

    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = days[Int(parts.tm_wday) % 7]
        let month = months[Int(parts.tm_mon) % 12]
        return "\(day), \(two(parts.tm_mday)) \(month) \(1900 + parts.tm_year) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
