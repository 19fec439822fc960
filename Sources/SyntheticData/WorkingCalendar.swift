// WorkingCalendar.swift: days as numbers since 1970, their ISO text, and how often an authority acts on each: growth of 30 % a
// year to 2015, a peak in the inspection years 2017–2019, then level; never on a weekend, seldom around Spring Festival.

/// Days since 1 January 1970, proleptic Gregorian (days-from-civil by H. Hinnant).
enum Civil {
    static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }

    /// Days since 1970 of `YYYY-MM-DD`, or nil when the text is no such date.
    static func days(iso: String) -> Int? {
        let parts = iso.split(separator: "-", omittingEmptySubsequences: false)
        guard iso.utf8.count == 10, parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month), day >= 1
        else { return nil }
        let number = days(year: year, month: month, day: day)
        let back = date(days: number)
        return back.year == year && back.month == month && back.day == day ? number : nil
    }

    static func isWeekend(_ days: Int) -> Bool {
        let weekday = (days % 7 + 7 + 4) % 7  // 1970-01-01 was a Thursday; 0 = Sunday.
        return weekday == 0 || weekday == 6
    }
}

struct WorkingCalendar: Sendable {
    /// 1 January 2004: the first day on which an act can be dated.
    static let firstDay = Civil.days(year: 2004, month: 1, day: 1)
    /// The year from which on records nearly always carry a credit code (GB 32100-2015).
    static let creditCodeStart = Civil.days(year: 2015, month: 1, day: 1)
    /// Environmental protection bureaus became ecology and environment bureaus.
    static let bureauRenaming = Civil.days(year: 2018, month: 11, day: 1)

    /// The last day of the set.
    let lastDay: Int
    private let actDays: AliasTable
    private let isoDates: TextTable

    /// New year's day of the Chinese calendar, 2004–2030.
    private static let springFestivals = [
        (2004, 1, 22), (2005, 2, 9), (2006, 1, 29), (2007, 2, 18), (2008, 2, 7), (2009, 1, 26), (2010, 2, 14), (2011, 2, 3), (2012, 1, 23),
        (2013, 2, 10), (2014, 1, 31), (2015, 2, 19), (2016, 2, 8), (2017, 1, 28), (2018, 2, 16), (2019, 2, 5), (2020, 1, 25),
        (2021, 2, 12), (2022, 2, 1), (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6), (2028, 1, 26),
        (2029, 2, 13), (2030, 2, 3),
    ]

    /// Relative number of acts in a year (assumption of the specification, anchored at its figures).
    static func yearWeight(_ year: Int) -> Double {
        switch year {
        case ..<2004: 0
        case 2004...2015: PortableMath.power(1.3, Double(year - 2004))
        case 2016: 22
        case 2017...2019: 30
        case 2020: 24
        default: 22
        }
    }

    init(lastDay: Int) {
        self.lastDay = lastDay
        let count = lastDay - Self.firstDay + 1
        var festival = [Bool](repeating: false, count: count)
        for (year, month, day) in Self.springFestivals {
            let start = Civil.days(year: year, month: month, day: day)
            for holiday in start - 1...start + 6 where holiday >= Self.firstDay && holiday <= lastDay {
                festival[holiday - Self.firstDay] = true
            }
        }
        var weights: [Double] = []
        var dates = TextTable()
        for offset in 0..<count {
            let date = Civil.date(days: Self.firstDay + offset)
            let leap = Civil.days(year: date.year + 1, month: 1, day: 1) - Civil.days(year: date.year, month: 1, day: 1)
            let weekend = Civil.isWeekend(Self.firstDay + offset)
            weights.append(weekend ? 0 : Self.yearWeight(date.year) / Double(leap) * (festival[offset] ? 0.05 : 1))
            func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
            dates.add("\(date.year)-\(padded(date.month))-\(padded(date.day))")
        }
        actDays = AliasTable(weights)
        isoDates = dates
    }

    /// A day on which an authority acted.
    func actDay(_ random: inout RandomStream) -> Int { Self.firstDay + actDays.sample(&random) }

    /// The day an act was published: a log-normal delay (median 35 days, 95 % under 200), on a working day, by the last day.
    func publicationDay(of actDay: Int, _ random: inout RandomStream) -> Int {
        let delay = random.logNormal(median: 35, sigma: 1.0596)
        var day = actDay + Int(min(delay, 4_000))
        while Civil.isWeekend(day) { day += 1 }
        if day > lastDay {
            day = max(actDay, lastDay - random.below(20))
            while Civil.isWeekend(day), day > actDay { day -= 1 }
        }
        return min(max(day, Self.firstDay), lastDay)
    }

    /// Appends a day between the first and the last as YYYY-MM-DD.
    @inline(__always)
    func append(_ day: Int, to buffer: inout ByteBuffer) { buffer.text(isoDates, min(max(day, Self.firstDay), lastDay) - Self.firstDay) }

    func iso(_ day: Int) -> String { isoDates.string(min(max(day, Self.firstDay), lastDay) - Self.firstDay) }
}
