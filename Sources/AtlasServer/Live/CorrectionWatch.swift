// CorrectionWatch.swift: the steps that nobody takes: verifications whose objection period is over, relapses by records that an importer has
// brought, and documents that nobody has used. Looks every two seconds, at three rows; what is due is due by its stored time, so a server that was
// down catches up with its first look.

import Logging
import Registry
import ServiceLifecycle

struct CorrectionWatch: Service {
    let store: RegistryStore
    let writer: GroupWriter
    let logger: Logger
    var interval: Duration = .seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var seen: Int64 = 0
            while !Task.isCancelled {
                do { try await look(&seen) } catch {
                    // No room, or another process writes: the next look may succeed.
                    logger.warning("corrective action: the due steps could not be taken", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// - Parameter seen: the latest change that was looked at.
    private func look(_ seen: inout Int64) async throws {
        let due = try store.correctionsDue(after: seen)
        if due.completions {
            var completed = 0
            repeat { completed = try await writer.submit(as: .commandLine) { try $0.completeDueCorrections() } } while completed > 0
        }
        if due.imports { try await writer.submit(as: .commandLine) { _ = try $0.noteRelapses() } }
        seen = due.head
        if due.documents {
            while try await writer.submit(as: .commandLine, { try $0.sweepDocument() }) {}
        }
    }
}
