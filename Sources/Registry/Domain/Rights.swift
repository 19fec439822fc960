// Rights.swift: who may do what. A role is what an account is; a right is one kind of act; the table between the two is here and nowhere
// else, and docs/rights.md shows it. What belongs to one brand or one factory (a watch list, an explanation) needs more than the right:
// the account must act for that brand or factory.

/// What an account is.
public enum Role: UInt8, Named, Codable {
    /// Anyone, without a key.
    case visitor = 0
    /// Acts for one factory.
    case factory
    /// Acts for one brand.
    case brand
    /// Verifies corrections.
    case auditor
    /// A bank, researcher or NGO: reads everything that is public, in bulk, and may object.
    case analyst
    /// An authority's feed: publishes factories, records and readings.
    case feed
    /// Keeps accounts, and may do what the feed may.
    case admin

    public var name: String {
        switch self {
        case .visitor: "public"
        case .factory: "factory"
        case .brand: "brand"
        case .auditor: "auditor"
        case .analyst: "analyst"
        case .feed: "feed"
        case .admin: "admin"
        }
    }
}

/// One kind of act. The names are the scopes that a key can be limited to.
public enum Right: UInt8, Named, Codable {
    /// Read what is public.
    case read = 0
    /// Ask who the key belongs to, open and end sessions.
    case own
    /// Add, change and remove factories.
    case writeFactories
    /// Publish, change and withdraw records.
    case writeRecords
    /// Add, change and remove brands. A brand's own account may change its own.
    case writeBrands
    /// Add, change and remove supplier links; a brand's account its own.
    case writeLinks
    /// Deliver monitoring readings; a factory's account its own.
    case writeReadings
    /// Explain a record and report its correction, for one's own factory.
    case explain
    /// Verify a correction or send it back.
    case verify
    /// Object to a verification.
    case object
    /// Keep watch lists, rules and webhooks, and read the events of one's own watch lists.
    case watch
    /// Follow the public change feed.
    case follow
    /// Read the audit log.
    case audit
    /// Manage accounts and keys.
    case administer

    public var name: String {
        switch self {
        case .read: "read"
        case .own: "own"
        case .writeFactories: "factories.write"
        case .writeRecords: "records.write"
        case .writeBrands: "brands.write"
        case .writeLinks: "links.write"
        case .writeReadings: "readings.write"
        case .explain: "records.explain"
        case .verify: "records.verify"
        case .object: "records.object"
        case .watch: "watch"
        case .follow: "changes.read"
        case .audit: "audit.read"
        case .administer: "accounts.write"
        }
    }
}

extension Role {
    /// What accounts of this role may do.
    public var rights: Set<Right> {
        switch self {
        case .visitor: [.read]
        case .factory: [.read, .own, .explain, .writeReadings, .follow]
        case .brand: [.read, .own, .watch, .object, .writeLinks, .writeBrands, .follow]
        case .auditor: [.read, .own, .verify, .object, .follow]
        case .analyst: [.read, .own, .object, .follow]
        case .feed: [.read, .own, .writeFactories, .writeRecords, .writeReadings, .follow]
        case .admin:
            [
                .read, .own, .writeFactories, .writeRecords, .writeBrands, .writeLinks, .writeReadings, .follow, .audit, .administer,
                .verify, .object,
            ]
        }
    }
}

/// Who makes a request: an account by one of its keys or sessions, or anyone.
public struct Principal: Hashable, Sendable {
    /// The public part of the key; nil for anyone.
    public var keyID: String?
    /// The account's id; nil for anyone.
    public var accountID: String?
    public var role: Role
    /// What this key may do: the role's rights, or the part of them that its scopes name.
    public var rights: Set<Right>
    /// The brand that the account acts for.
    public var brandPK: Int64?
    public var brandID: String?
    /// The factory that the account acts for.
    public var factoryPK: Int64?
    public var factoryID: String?
    /// Milliseconds since 1970; nil: never.
    public var expiresAt: Int64?
    /// Whether this is a session, opened by a key.
    public var isSession = false

    /// Someone without a key.
    public static let anyone = Principal(keyID: nil, accountID: nil, role: .visitor, rights: Role.visitor.rights)

    public init(
        keyID: String?, accountID: String?, role: Role, rights: Set<Right>, brandPK: Int64? = nil, brandID: String? = nil,
        factoryPK: Int64? = nil, factoryID: String? = nil, expiresAt: Int64? = nil, isSession: Bool = false
    ) {
        self.keyID = keyID
        self.accountID = accountID
        self.role = role
        self.rights = rights
        self.brandPK = brandPK
        self.brandID = brandID
        self.factoryPK = factoryPK
        self.factoryID = factoryID
        self.expiresAt = expiresAt
        self.isSession = isSession
    }

    public func may(_ right: Right) -> Bool { rights.contains(right) }
}
