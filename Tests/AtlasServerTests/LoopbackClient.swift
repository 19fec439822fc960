// LoopbackClient.swift: an HTTP client that sends exactly what a test says, rubbish too, and shows exactly what came back. Blocking
// sockets, on threads of their own: the server under test needs those of Swift's concurrency.

import CDeflate
import Foundation

/// Runs blocking work on a thread that may block.
func offThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}

struct ClientError: Error, CustomStringConvertible {
    var description: String
}

/// An answer as it came.
struct Answer: Sendable {
    var status: Int
    var version: String
    /// Names in lower case.
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; empty when it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }

    /// The body's bytes, decompressed when gzipped.
    func decoded() throws -> [UInt8] { self["content-encoding"] == "gzip" ? try gunzip(body) : body }
}

func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let decompressor = libdeflate_alloc_decompressor() else { throw ClientError(description: "no decompressor") }
    defer { libdeflate_free_decompressor(decompressor) }
    var output = [UInt8](repeating: 0, count: 16 << 20)
    var count = 0
    let result = libdeflate_gzip_decompress(decompressor, bytes, bytes.count, &output, output.count, &count)
    guard result == LIBDEFLATE_SUCCESS else { throw ClientError(description: "not gzip") }
    return Array(output[..<count])
}

/// One connection. Its calls block; a test uses it from one thread at a time.
final class Connection: @unchecked Sendable {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ClientError(description: "connect: \(reason)")
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw ClientError(description: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Says that nothing more is sent; answers are still read.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(method: String = "GET", target: String, version: String = "1.1", headers: [(String, String)] = []) throws {
        let lines = (headers.contains { $0.0 == "Host" } ? headers : [("Host", "atlas.test:81")] + headers).map { "\($0): \($1)\r\n" }
        try send("\(method) \(target) HTTP/\(version)\r\n\(lines.joined())\r\n")
    }

    /// Reads one answer.
    func answer(isHead: Bool = false) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        while received.firstRange(of: end) == nil {
            guard try readMore() else {
                throw ClientError(description: "closed before an answer: \(String(decoding: received, as: UTF8.self))")
            }
        }
        guard let headEnd = received.firstRange(of: end) else { throw ClientError(description: "no head") }
        let lines = String(decoding: received[..<headEnd.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        received.removeSubrange(..<headEnd.upperBound)
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, let status = Int(first[1]) else { throw ClientError(description: "no status: \(lines[0])") }
        var fields: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw ClientError(description: "bad header line: \(line)") }
            fields.append((parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)))
        }
        var answer = Answer(status: status, version: String(first[0]), fields: fields, body: [])
        guard !isHead, status != 204, status != 304 else { return answer }
        if answer["transfer-encoding"] == "chunked" {
            answer.body = try chunkedBody()
            return answer
        }
        guard let length = answer["content-length"].flatMap({ Int($0) }) else { throw ClientError(description: "no content-length") }
        while received.count < length {
            guard try readMore() else { throw ClientError(description: "closed within a body, \(received.count) of \(length)") }
        }
        answer.body = Array(received[..<length])
        received.removeSubrange(..<length)
        return answer
    }

    /// What comes up to a text, and that text.
    func text(through end: String) throws -> String {
        let end = Array(end.utf8)
        while true {
            if let found = received.firstRange(of: end) {
                defer { received.removeSubrange(..<found.upperBound) }
                return String(decoding: received[..<found.upperBound], as: UTF8.self)
            }
            guard try readMore() else { throw ClientError(description: "closed: \(String(decoding: received, as: UTF8.self))") }
        }
    }

    /// A body in chunks (RFC 9112 section 7.1), without trailers.
    private func chunkedBody() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let text = try line()
            guard let size = Int(text, radix: 16) else { throw ClientError(description: "bad chunk size: \(text)") }
            while received.count < size + 2 {
                guard try readMore() else { throw ClientError(description: "closed within a chunk") }
            }
            body += received[..<size]
            received.removeSubrange(..<(size + 2))
            if size == 0 { return body }
        }
    }

    /// The status of the next answer, whatever follows.
    func status() throws -> Int {
        let first = try line().split(separator: " ")
        guard first.count >= 2, let status = Int(first[1]) else { throw ClientError(description: "no status") }
        return status
    }

    /// Reads until a text comes; false when the connection ends before.
    func waits(for text: String) throws -> Bool {
        while received.firstRange(of: Array(text.utf8)) == nil {
            guard try readMore() else { return false }
        }
        return true
    }

    private func line() throws -> String {
        while true {
            if let end = received.firstRange(of: Array("\r\n".utf8)) {
                let text = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                received.removeSubrange(..<end.upperBound)
                return text
            }
            guard try readMore() else { throw ClientError(description: "closed within a line") }
        }
    }

    /// The next bytes, whatever they are; nil when the server has closed.
    func receive() throws -> [UInt8]? {
        if received.isEmpty, try !readMore() { return nil }
        defer { received = [] }
        return received
    }

    /// Whether the server has closed; waits for it.
    func isClosed() throws -> Bool {
        guard received.isEmpty else { return false }
        return try !readMore()
    }

    private func readMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw ClientError(description: "recv: \(String(cString: strerror(errno)))") }
        received += buffer[..<count]
        return count > 0
    }
}
