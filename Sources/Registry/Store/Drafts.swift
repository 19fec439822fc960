// Drafts.swift: what an importer hands to the store, checked and in the store's own terms, and what comes of it.

/// An attribute that a source has and the registry has no column for.
public enum AttributeValue: Hashable, Sendable {
    case text(String)
    case number(Double)
    case integer(Int64)
    case boolean(Bool)
}

/// A factory to be stored.
public struct FactoryDraft: Sendable {
    /// Line of the source, for messages.
    public var line: Int
    /// The source's id; nil: found by credit code, or derived from code, name and place.
    public var id: String?
    /// At least one of the two names is present.
    public var nameZH: String?
    public var nameEN: String?
    public var formerName: String?
    public var creditCode: String?
    public var address: String?
    /// GB/T 4754 code with its section letter where known.
    public var industry: String?
    /// Degrees, WGS 84.
    public var longitude: Double
    public var latitude: Double
    /// The position as the source has it, and its datum.
    public var sourceX: Double
    public var sourceY: Double
    public var sourceDatum: String
    /// How far the WGS 84 position may be off by its transformation; nil: not known.
    public var accuracyMeters: Double?
    /// Six digits of GB/T 2260.
    public var countyCode: Int32?
    public var keyMonitored = false
    public var disclosed = false
    public var synthetic = false
    public var flags: FactoryFlags = []
    public var attributes: [(name: String, value: AttributeValue)] = []

    public init(
        line: Int, longitude: Double, latitude: Double, sourceX: Double, sourceY: Double, sourceDatum: String
    ) {
        self.line = line
        self.longitude = longitude
        self.latitude = latitude
        self.sourceX = sourceX
        self.sourceY = sourceY
        self.sourceDatum = sourceDatum
    }
}

/// How a record or a link names its factory: by id, or else by code, or else by name and place.
public struct FactoryReference: Hashable, Sendable {
    public var id: String?
    public var creditCode: String?
    public var name: String?
    public var place: String?

    public init(id: String? = nil, creditCode: String? = nil, name: String? = nil, place: String? = nil) {
        self.id = id
        self.creditCode = creditCode
        self.name = name
        self.place = place
    }
}

/// A record to be stored.
public struct RecordDraft: Hashable, Sendable {
    public var line: Int
    public var id: String?
    public var factory = FactoryReference()
    public var kind: RecordKind
    public var rating: CreditRating?
    public var published: Day
    public var actDate: Day?
    public var authority: String?
    public var documentNumber: String?
    public var regulation: String?
    public var category: RecordCategory
    public var text: String?
    public var fineCNY: Double?
    public var measure: Measure?
    public var sourceURL: String?
    public var retrievedAt: String?
    public var state: RecordState
    /// Id of the record that this one corrects.
    public var supersedes: String?

    public init(line: Int, kind: RecordKind, published: Day, category: RecordCategory, state: RecordState = .standing) {
        self.line = line
        self.kind = kind
        self.published = published
        self.category = category
        self.state = state
    }
}

/// A brand to be stored.
public struct BrandDraft: Hashable, Sendable {
    public var line: Int
    public var id: String
    public var nameZH: String?
    public var nameEN: String?
    public var sector: String?
    public var website: String?
    public var source: String?
    public var synthetic = false

    public init(line: Int, id: String) {
        self.line = line
        self.id = id
    }
}

/// A supplier link to be stored.
public struct LinkDraft: Hashable, Sendable {
    public var line: Int
    public var brandID: String
    public var factory = FactoryReference()
    public var since: Day?
    public var until: Day?
    public var tier: Int?
    public var kind: LinkKind
    public var source: String?
    /// Only published links are on the map; the others are the brand's own.
    public var published = false

    public init(line: Int, brandID: String, kind: LinkKind) {
        self.line = line
        self.brandID = brandID
        self.kind = kind
    }
}

/// A row that belongs to a factory.
public protocol FactoryReferring {
    var factory: FactoryReference { get set }
}

extension FactoryReferring {
    /// The id of the factory, for callers that have it.
    public var factoryID: String? {
        get { factory.id }
        set { factory.id = newValue }
    }

    public var creditCode: String? {
        get { factory.creditCode }
        set { factory.creditCode = newValue }
    }

    public var factoryName: String? {
        get { factory.name }
        set { factory.name = newValue }
    }

    /// A GB/T 2260 code of 2, 4 or 6 digits, or words that the factory's address contains.
    public var place: String? {
        get { factory.place }
        set { factory.place = newValue }
    }
}

extension RecordDraft: FactoryReferring {}
extension LinkDraft: FactoryReferring {}

/// What became of one row.
public enum RowOutcome: Hashable, Sendable {
    case accepted
    case updated
    case unchanged
    case rejected(field: String, value: String, reason: String)
}
