// GeneratorOptions.swift: what a data set is made from. The same options give the same bytes.

/// What to generate.
public struct GeneratorOptions: Sendable {
    public var factories = 1_200_000
    public var records = 1_900_000
    public var brands = 580
    public var seed: UInt64 = 1
    /// The day that the set ends with, as YYYY-MM-DD. Fixed, not today's, so that the bytes never change.
    public var asOf = "2026-11-23"
    /// Whether to put errors into the factories' rows, for testing imports; `errors.csv` then lists them.
    public var injectsErrors = false
    /// Hours of readings of the key monitored facilities; 0: no outlets and no readings.
    public var readingHours = 0
    /// The last hour of the readings, in hours since 1970 (UTC); nil: 23:00 Beijing time of `asOf`.
    public var lastReadingHour: Int?
    /// The folder of the committed tables, `data/places`.
    public var tablesFolder: String
    /// The folder to write to; made when missing.
    public var outputFolder: String

    public init(tablesFolder: String, outputFolder: String) {
        self.tablesFolder = tablesFolder
        self.outputFolder = outputFolder
    }

    /// Records per factory at most: the cut of the tail.
    public static let mostRecordsPerFactory = 300

    /// - Throws: `GeneratorError.option` for the first option out of range.
    public func validate() throws(GeneratorError) {
        guard (1...20_000_000).contains(factories) else {
            throw .option(name: "factories", value: "\(factories)", allowed: "from 1 to 20000000")
        }
        let most = factories * Self.mostRecordsPerFactory  // factories is checked: no overflow
        guard (0...min(most, 200_000_000)).contains(records) else {
            throw .option(
                name: "records", value: "\(records)", allowed: "from 0 to \(Self.mostRecordsPerFactory) for each factory (\(most))")
        }
        let mostBrands = 900
        guard (0...mostBrands).contains(brands) else {
            throw .option(name: "brands", value: "\(brands)", allowed: "from 0 to \(mostBrands)")
        }
        guard (0...8784).contains(readingHours) else {
            throw .option(name: "reading-hours", value: "\(readingHours)", allowed: "from 0 to 8784, a year")
        }
        guard let day = Civil.days(iso: asOf), day > Civil.days(year: 2005, month: 1, day: 1),
            day < Civil.days(year: 2031, month: 1, day: 1)
        else { throw .option(name: "as-of", value: asOf, allowed: "a day from 2005-01-02 to 2030-12-31, as YYYY-MM-DD") }
    }

    /// The hours of readings, in hours since 1970 (UTC).
    var readingRange: ClosedRange<Int>? {
        let last = lastReadingHour ?? lastDay * 24 + 15
        return readingHours > 0 ? last - readingHours + 1...last : nil
    }

    /// `asOf` as days since 1970.
    var lastDay: Int { Civil.days(iso: asOf) ?? Civil.days(year: 2026, month: 11, day: 23) }
}
