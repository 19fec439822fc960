// LoopSchedulingTests.swift: that connections go first where the system allows it, that it is said where it does not, and that no other thread
// inherits it.

import Glibc
import NIOPosix
import Testing

@testable import AtlasServer

@Suite struct LoopSchedulingTests {
    @Test func loopsAreScheduledInRealTimeAndTheirThreadsAreNot() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            try await LoopScheduling.putFirst(loops)
            for loop in loops.makeIterator() {
                let policies = try await loop.submit { () -> (Int32, Int32) in
                    var child = pthread_t()
                    var policy: Int32 = -1
                    let status = withUnsafeMutablePointer(to: &policy) { policy in
                        pthread_create(
                            &child, nil,
                            { address in
                                address?.assumingMemoryBound(to: Int32.self).pointee = sched_getscheduler(0)
                                return nil
                            }, policy)
                    }
                    if status == 0 { pthread_join(child, nil) }
                    return (sched_getscheduler(0), policy)
                }.get()
                #expect(policies.0 == SCHED_RR | LoopScheduling.resetOnFork)
                #expect(policies.1 == SCHED_OTHER)
            }
        } catch let error as AtlasServerError {
            #expect(error.description.contains("CAP_SYS_NICE"))
            #expect(error.description.contains("--real-time"))
        }
        try await loops.shutdownGracefully()
    }

    @Test func aServerInRealTimeAnswers() async throws {
        let atlas = try TestAtlas.shared.get()
        do {
            try await withServer(atlas, .changing { $0.isRealTime = true }) { server in
                let answer = try await server.get("/healthz")
                #expect(answer.status == 200)
            }
        } catch let error as AtlasServerError {
            #expect(error.description.contains("CAP_SYS_NICE"))
        }
    }
}
