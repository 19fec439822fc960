// MapKind.swift: which map a request is about, in which datum it is drawn, and what a client got wrong.

/// The three maps of BlueAtlas, and the base map under them. The raw value is the name in URLs.
public enum MapKind: String, CaseIterable, Sendable {
    /// Every factory, coloured by its environmental record.
    case blue
    /// Factories that a brand publishes as its suppliers.
    case supplyChain = "supply-chain"
    /// Energy and greenhouse gases of places and enterprises.
    case carbon
    /// Provinces, prefectures and counties with their borders; no factories, so no filters.
    case base
}

/// The datum whose Web Mercator square a tile divides.
///
/// GCJ-02 and BD-09 tiles lie right on the base maps of Chinese providers; WGS 84 tiles on all others.
public enum TileDatum: String, CaseIterable, Sendable {
    case wgs84, gcj02, bd09
}

/// A mistake in a request: which parameter, what it held, and what would be right.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the parameter as the client spelled it.
    public let parameter: String
    /// The offending value, where there was one.
    public let value: String?
    /// What is wrong and what would be right, one sentence.
    public let message: String

    public init(parameter: String, value: String? = nil, message: String) {
        self.parameter = parameter
        self.value = value
        self.message = message
    }

    public var description: String { "\(parameter): \(message)" }
}
