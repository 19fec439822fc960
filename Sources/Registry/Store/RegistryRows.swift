// RegistryRows.swift: what a streaming reader sees of a row, in place. Texts point into SQLite's own pages, so a row is used
// inside the body it was handed to and copied there if it is to live longer.

import Boundaries

/// A factory on its way past a reader. Valid inside the body only.
public struct FactoryRow: ~Copyable {
    /// Stable number of the factory, from 1.
    public let pk: Int64
    /// Degrees, WGS 84.
    public let longitude: Double
    public let latitude: Double
    public let accuracyMeters: Double?
    /// Six digits of GB/T 2260 as the source gives them; 0: not known.
    public let countyCode: Int32
    /// Where the position lies.
    public let places: PlaceCodes
    /// See `FactoryFlags`.
    public let flags: UInt32
    public let keyMonitored: Bool
    public let disclosed: Bool
    /// UTF-8; empty where there is none.
    public let id: UnsafeBufferPointer<UInt8>
    public let industry: UnsafeBufferPointer<UInt8>
    public let nameZH: UnsafeBufferPointer<UInt8>
    public let nameEN: UnsafeBufferPointer<UInt8>
    public let formerName: UnsafeBufferPointer<UInt8>
    public let creditCode: UnsafeBufferPointer<UInt8>
}

/// The facts of a record on its way past a reader.
public struct RecordRow: Sendable {
    public let factoryPK: Int64
    public let facts: RecordFacts
}

/// A brand.
public struct Brand: Hashable, Sendable, Codable {
    public var pk: Int64
    public var id: String
    public var nameZH: String?
    public var nameEN: String?
    public var sector: String?
    public var website: String?
    public var source: String?
    public var synthetic: Bool
}
