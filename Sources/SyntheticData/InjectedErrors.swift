// InjectedErrors.swift: the mistakes that real files hold, put in on request and listed, so that an import can be tested against the
// list. They touch single fields of single rows; every other byte stays as it is without them.

/// A mistake in a factory's row.
enum InjectedError: String, CaseIterable, Sendable {
    /// Longitude and latitude exchanged.
    case swapped
    /// Position 0, 0.
    case zero
    /// The position of a factory in another county.
    case wrongCounty = "wrong_county"
    /// Position rounded to two decimals.
    case twoDecimals = "two_decimals"
    /// `NaN` or `#N/A` for the longitude.
    case notANumber = "not_a_number"
    /// No position at all.
    case noPosition = "no_position"
    /// A latitude of several hundred degrees.
    case outOfRange = "out_of_range"
    /// No Chinese name.
    case noName = "no_name"
    /// A datum that nobody knows.
    case unknownDatum = "unknown_datum_name"
    /// The id of the row before, with other contents.
    case repeatedID = "repeated_id"

    /// Per mille of the factories. The first four are the specification's; the others try what an importer has to refuse.
    private static let perMille: [Double] = [3, 2, 5, 10, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
    private static let sampler = AliasTable(perMille)
    private static let probability = perMille.reduce(0, +) / 1_000

    /// The mistake in a factory's row, if any: the same for every run with this seed.
    static func of(factory: Int, seed: UInt64) -> InjectedError? {
        var random = RandomStream(seed: seed, stage: .errors, chunk: factory)
        guard random.chance(probability) else { return nil }
        return allCases[sampler.sample(&random)]
    }
}
