// CallOrTimeout.swift: one thread waits for a call, for a time that no clock can stretch.

import Dispatch
import Glibc

/// A wait that ends by a call or by a deadline.
///
/// The deadline is of the monotonic clock. Dispatch's semaphores wait for one of the wall clock here: set back by a day meanwhile, it makes
/// a wait of milliseconds one of a day.
final class CallOrTimeout: @unchecked Sendable {
    // On the heap: they may not move, and the system knows them by address. The flag is touched with the mutex held only.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isCalled = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Ends the wait, or the next one if nobody waits.
    func call() {
        set(true)
        pthread_cond_signal(condition)
    }

    /// Forgets a call that nobody waited for.
    func reset() { set(false) }

    /// Returns when called, or at the deadline.
    func wait(until deadline: DispatchTime) {
        let nanoseconds = deadline.uptimeNanoseconds
        var end = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        pthread_mutex_lock(mutex)
        while !isCalled, pthread_cond_timedwait(condition, mutex, &end) == 0 {}
        pthread_mutex_unlock(mutex)
    }

    private func set(_ value: Bool) {
        pthread_mutex_lock(mutex)
        isCalled = value
        pthread_mutex_unlock(mutex)
    }
}
