// ReadingCare.swift: what a live server does for readings beside its requests: it ends exceedances that nothing is heard of any more, and packs
// and gives up hours as the policy says, in steps of some ten milliseconds with a pause behind each, so that writes and tiles hardly notice.

import Logging
import Registry
import ServiceLifecycle

struct ReadingCare: Service {
    let writer: GroupWriter
    let logger: Logger

    /// Between two looks when there is nothing to do.
    private static let rest = Duration.seconds(60)
    /// Between two steps.
    private static let pause = Duration.milliseconds(200)
    /// Of one step.
    private static let channels = 2000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isIdle = await step()
                try? await Task.sleep(for: isIdle ? ReadingCare.rest : ReadingCare.pause)
            }
        }
    }

    /// - Returns: whether nothing is left to do now.
    private func step() async -> Bool {
        do {
            return try await writer.submit(as: .commandLine) { context in
                try context.endStaleExceedances()
                return try context.retainStep(channels: ReadingCare.channels).isIdle
            }
        } catch is GroupWriter.Stopped {
            return true
        } catch {
            logger.warning("readings could not be cared for; the next look comes in a minute", metadata: ["error": "\(error)"])
            return true
        }
    }
}
