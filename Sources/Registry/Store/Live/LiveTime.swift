// LiveTime.swift: the wall clock as the live registry uses it: milliseconds since 1970 in columns that are compared, ISO 8601 in UTC where
// people read. The order of changes is their sequence number and never the clock, so a clock that jumps back disturbs nothing.

import Glibc

public enum LiveTime {
    /// Milliseconds since 1970, UTC.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Such as `2026-11-25T21:40:50.123Z`.
    public static func iso(_ milliseconds: Int64) -> String {
        let day = Int64((Double(milliseconds) / 86_400_000).rounded(.down))
        let rest = milliseconds - day * 86_400_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = String(1000 + rest % 1000).dropFirst()
        return
            "\(Day(daysSince1970: Int32(clamping: day)).iso)T\(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):\(two(rest / 1000 % 60)).\(fraction)Z"
    }
}
