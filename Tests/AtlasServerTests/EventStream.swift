// EventStream.swift: a client of an event stream, as a browser is one: reads chunks, gathers events.

import Foundation
import Synchronization

/// An open stream.
final class EventStream: Sendable {
    private struct State {
        var text = ""
        var isClosed = false
    }

    private let state = Mutex(State())

    init(port: Int, target: String, key: String? = nil, headers: [(String, String)] = []) throws {
        let connection = try Connection(port: port)
        let authorization = key.map { [("Authorization", "Bearer \($0)")] } ?? []
        try connection.send(target: target, headers: headers + authorization)
        Thread.detachNewThread { [weak self] in
            while let bytes = (try? connection.receive()) ?? nil {
                guard let self else { return }
                self.state.withLock { $0.text += String(decoding: bytes, as: UTF8.self) }
            }
            self?.state.withLock { $0.isClosed = true }
        }
    }

    private var text: String { state.withLock { $0.text } }

    /// The answer's head, once the stream stands.
    func waitForHead() async throws -> String {
        _ = try await TestServer.eventually { text.contains("retry: 2000") }
        return text
    }

    /// How many events of a name there were so far.
    func count(of event: String) -> Int { lines("event: ").count { $0 == event } }

    /// Numbers of the events so far.
    var ids: [Int] { lines("id: ").compactMap { Int($0) } }

    /// Subjects of the events so far, once there are so many; waits ten seconds at most.
    func subjects(_ count: Int) async throws -> [String] {
        _ = try await TestServer.eventually { lines("data: ").count >= count }
        return lines("data: ").map { line in
            let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
            return object?["subject"] as? String ?? "?"
        }
    }

    /// Whether the server has ended the stream; waits for it.
    func isClosed() async throws -> Bool { try await TestServer.eventually { state.withLock { $0.isClosed } } }

    /// Lines that are whole and begin so, without the beginning.
    private func lines(_ start: String) -> [String] {
        text.replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }
}

/// A delivery as a receiver sees it.
struct PushedEvent {
    let head: String
    let body: String

    init(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        head = parts[0]
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
    }

    func header(_ name: String) -> String {
        for line in head.components(separatedBy: "\r\n") where line.lowercased().hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }
        return ""
    }
}
