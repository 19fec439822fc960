// LoopScheduling.swift: connections before all other work. Under a load of writes both processors are often busy, and a thread that has become
// able to run waits for one until the system's tick, 4 ms on many kernels, whatever its niceness. A tile that takes 0.4 ms then takes 3.
// Real-time scheduling is what the system has for threads that do little at a time and must do it at once.

import Glibc
import NIOCore
import NIOPosix

enum LoopScheduling {
    /// SCHED_RESET_ON_FORK of Linux, a macro that Swift does not see.
    static let resetOnFork: Int32 = 0x4000_0000

    /// Has the threads of a group go before all threads of the machine that are not scheduled in real time. Threads that they make are ordinary ones.
    ///
    /// The system keeps a twentieth of each processor for the others, so that even loops that are never idle stop nobody.
    /// - Throws: `AtlasServerError.badConfiguration` when the process has no right to it.
    static func putFirst(_ loops: MultiThreadedEventLoopGroup) async throws {
        for loop in loops.makeIterator() {
            let code = try await loop.submit { () -> Int32 in
                var parameters = sched_param()
                parameters.sched_priority = 1
                return sched_setscheduler(0, SCHED_RR | resetOnFork, &parameters) == 0 ? 0 : errno
            }.get()
            guard code == 0 else {
                throw AtlasServerError.badConfiguration(
                    "--real-time: the system does not allow it (\(String(cString: strerror(code)))); run as root or with the capability "
                        + "CAP_SYS_NICE (systemd: AmbientCapabilities=CAP_SYS_NICE), or leave the option out")
            }
        }
    }
}
