// CallOrTimeoutTests.swift: a wait ends by a call or by its deadline, and by nothing else. That a wall clock set back does not stretch it is for
// tools/fault --clock-jump: no test may set the clock.

import Dispatch
import Testing

@testable import Registry

@Suite struct CallOrTimeoutTests {
    private func seconds(waiting: Double, on wait: CallOrTimeout) -> Double {
        let begin = DispatchTime.now()
        wait.wait(until: begin + waiting)
        return Double(DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds) * 1e-9
    }

    @Test func theDeadlineEndsTheWait() {
        #expect((0.05..<20).contains(seconds(waiting: 0.05, on: CallOrTimeout())))
    }

    @Test func aCallEndsTheWait() {
        let wait = CallOrTimeout()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) { wait.call() }
        #expect(seconds(waiting: 60, on: wait) < 50)
    }

    @Test func aCallBeforeTheWaitCountsUnlessItIsForgotten() {
        let wait = CallOrTimeout()
        wait.call()
        #expect(seconds(waiting: 60, on: wait) < 50)
        wait.reset()
        #expect(seconds(waiting: 0.05, on: wait) >= 0.05)
    }

    @Test func aDeadlineThatIsOverIsNotWaitedFor() {
        let wait = CallOrTimeout()
        #expect(seconds(waiting: -1, on: wait) < 20)
    }
}
