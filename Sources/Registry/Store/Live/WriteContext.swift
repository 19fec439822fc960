// WriteContext.swift: what one live write works with, inside its savepoint: the connection, who asks, the time, and the only way to put a
// change into the feed, which writes its line of the audit log as well. So the change, its feed row and its audit row are kept together
// or not at all.

import GRDB

/// Who asks for a write, for the feed and the audit log.
public struct WriteAuthor: Hashable, Sendable {
    /// Id of the key; nil: the command line.
    public var keyID: String?
    public var accountID: String?
    /// Where the request came from.
    public var address: String?
    /// The request's id in the logs.
    public var requestID: String?

    public static let commandLine = WriteAuthor()

    public init(keyID: String? = nil, accountID: String? = nil, address: String? = nil, requestID: String? = nil) {
        self.keyID = keyID
        self.accountID = accountID
        self.address = address
        self.requestID = requestID
    }
}

/// One write of a group. Used inside the body it is handed to, on the writer's thread.
public final class WriteContext {
    let db: Database
    let store: RegistryStore
    var path: String { store.path }
    public internal(set) var author: WriteAuthor
    /// Milliseconds since 1970, the same for the whole group.
    public let now: Int64
    /// The number that the next change of this write gets: for columns `changed_seq`.
    public internal(set) var nextSequence: Int64
    /// What lives as long as the group's transaction, such as prepared statements.
    let tools: WriteTools
    private let nowText: String

    init(db: Database, store: RegistryStore, now: Int64, nextSequence: Int64, tools: WriteTools) {
        self.db = db
        self.store = store
        self.author = .commandLine
        self.now = now
        self.nextSequence = nextSequence
        self.tools = tools
        nowText = LiveTime.iso(now)
    }

    /// Puts a change into the feed, and into the audit log.
    ///
    /// - Parameters:
    ///   - kind: such as `record.added`.
    ///   - factoryPK: nil for what is not about one factory.
    ///   - subject: public id of what it is about.
    ///   - data: a JSON object with what the event says. Whoever may see the change sees it.
    ///   - audience: the only brand that may see the change; nil: everyone.
    ///   - detail: a JSON object for the audit log only.
    /// - Returns: the change's sequence number.
    @discardableResult
    public func change(
        kind: String, factoryPK: Int64? = nil, subject: String?, data: String? = nil, audience: Int64? = nil, detail: String? = nil
    ) throws(RegistryError) -> Int64 {
        let sequence = nextSequence
        let isNew = kind.utf8.suffix(6).elementsEqual(".added".utf8)
        let row = try tools.insertChange(db, path)
        row.bind(1, sequence)
        row.bind(2, nowText)
        row.bind(3, kind)
        row.bind(4, kind.prefix { $0 != "." }.description)
        row.bind(5, isNew)
        row.bind(6, !isNew)
        row.bind(7, factoryPK)
        row.bind(8, subject)
        row.bind(9, author.keyID)
        row.bind(10, data)
        row.bind(11, audience)
        try row.run()
        nextSequence += 1
        try audit(action: kind, subject: subject, sequence: sequence, detail: detail)
        return sequence
    }

    /// Writes a line of the audit log, for what is in no feed.
    public func audit(action: String, subject: String?, sequence: Int64? = nil, detail: String? = nil) throws(RegistryError) {
        let row = try tools.insertAudit(db, path)
        row.bind(1, nowText)
        row.bind(2, author.keyID)
        row.bind(3, author.accountID)
        row.bind(4, author.address)
        row.bind(5, author.requestID)
        row.bind(6, action)
        row.bind(7, subject)
        row.bind(8, sequence)
        row.bind(9, detail)
        try row.run()
    }

    /// A statement of one use; its rows are this write's moment of the data.
    func statement(_ sql: String) throws(RegistryError) -> RawStatement { try RawStatement(db, path: path, sql: sql) }
}

/// Statements and writers that the writes of one group share.
final class WriteTools {
    private var changeRow: RawStatement?
    private var auditRow: RawStatement?
    private var stateRow: RawStatement?
    private var verifiedRow: RawStatement?
    private var recordWriter: RecordWriter?
    private var factoryWriter: FactoryWriter?
    private var brandWriter: BrandWriter?
    private var linkWriter: LinkWriter?
    private var judgement: FactoryJudgement?

    func insertChange(_ db: Database, _ path: String) throws(RegistryError) -> RawStatement {
        if let changeRow { return changeRow }
        let made = try RawStatement(
            db, path: path,
            sql: """
                INSERT INTO changes (seq, at, kind, entity, accepted, updated, factory_pk, subject, actor, data, audience)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                """)
        changeRow = made
        return made
    }

    func insertAudit(_ db: Database, _ path: String) throws(RegistryError) -> RawStatement {
        if let auditRow { return auditRow }
        let made = try RawStatement(
            db, path: path,
            sql: """
                INSERT INTO audit (at, actor, account, address, request, action, subject, seq, detail)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """)
        auditRow = made
        return made
    }

    func recordState(_ db: Database, _ path: String) throws(RegistryError) -> RawStatement {
        if let stateRow { return stateRow }
        let made = try RawStatement(db, path: path, sql: "SELECT state FROM records WHERE id = ?1")
        stateRow = made
        return made
    }

    /// A row when a factory has verified records that could relapse.
    func verified(_ db: Database, _ path: String) throws(RegistryError) -> RawStatement {
        if let verifiedRow { return verifiedRow }
        let made = try RawStatement(
            db, path: path, sql: "SELECT 1 FROM corrections WHERE factory_pk = ?1 AND stage = ?2 AND relapsed_by IS NULL LIMIT 1")
        verifiedRow = made
        return made
    }

    func records(_ context: WriteContext) throws(RegistryError) -> RecordWriter {
        if let recordWriter {
            recordWriter.sequence = context.nextSequence
            return recordWriter
        }
        let made = try RecordWriter(context.db, path: context.path, sequence: context.nextSequence)
        recordWriter = made
        return made
    }

    func factories(_ context: WriteContext) throws(RegistryError) -> FactoryWriter {
        if let factoryWriter {
            factoryWriter.sequence = context.nextSequence
            return factoryWriter
        }
        let made = try FactoryWriter(context.db, path: context.path, sequence: context.nextSequence)
        made.places = try context.store.placeCache.locator(context.db, path: context.path)
        factoryWriter = made
        return made
    }

    func brands(_ context: WriteContext) throws(RegistryError) -> BrandWriter {
        if let brandWriter {
            brandWriter.sequence = context.nextSequence
            return brandWriter
        }
        let made = try BrandWriter(context.db, path: context.path, sequence: context.nextSequence)
        brandWriter = made
        return made
    }

    func links(_ context: WriteContext) throws(RegistryError) -> LinkWriter {
        if let linkWriter {
            linkWriter.sequence = context.nextSequence
            return linkWriter
        }
        let made = try LinkWriter(context.db, path: context.path, sequence: context.nextSequence)
        linkWriter = made
        return made
    }

    func judge(_ context: WriteContext) throws(RegistryError) -> FactoryJudgement {
        if let judgement { return judgement }
        let made = try FactoryJudgement(context.db, path: context.path)
        judgement = made
        return made
    }

    /// After a savepoint was rolled back, or a row was removed: writers remember rows that they have met, which may be gone.
    func forgetRows() {
        recordWriter = nil
        factoryWriter = nil
        brandWriter = nil
        linkWriter = nil
    }
}
