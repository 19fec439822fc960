// WatchEvent.swift: what a watcher can be told of: the kinds of events about a factory, with their names in the change feed and in words,
// and the few facts of one event that rules ask for.

/// A kind of event that rules can name.
public enum WatchEventKind: String, CaseIterable, Sendable, Named {
    case recordAdded = "record.added"
    case recordChanged = "record.changed"
    case recordExplained = "record.explained"
    case correctionReported = "record.correction_reported"
    case verificationProposed = "record.verification_proposed"
    case recordVerified = "record.verified"
    case recordReturned = "record.returned"
    case recordObjected = "record.objected"
    case objectionSettled = "record.objection_settled"
    case recordWithdrawn = "record.withdrawn"
    case recordRelapsed = "record.relapsed"
    case exceedanceStarted = "monitoring.exceedance_started"
    case exceedanceEnded = "monitoring.exceedance_ended"
    case factoryChanged = "factory.changed"
    case factoryMoved = "factory.moved"
    case factoryRemoved = "factory.removed"

    public var name: String { rawValue }

    /// Whether it is about a record, so that severity and category can be asked for.
    public var isAboutRecord: Bool { rawValue.hasPrefix("record.") }

    /// What has happened, in English.
    public var words: String {
        switch self {
        case .recordAdded: "a new record"
        case .recordChanged: "a changed record"
        case .recordExplained: "an explanation"
        case .correctionReported: "a reported correction"
        case .verificationProposed: "a verification open to objections"
        case .recordVerified: "a verified correction"
        case .recordReturned: "a correction sent back by the auditor"
        case .recordObjected: "an objection"
        case .objectionSettled: "a settled objection"
        case .recordWithdrawn: "a record withdrawn by the authority"
        case .recordRelapsed: "a relapse"
        case .exceedanceStarted: "the first hour of an exceedance"
        case .exceedanceEnded: "the end of an exceedance"
        case .factoryChanged: "changed facts about the factory"
        case .factoryMoved: "a changed position"
        case .factoryRemoved: "the factory's removal from the registry"
        }
    }

    /// What has happened, in Chinese.
    public var wordsZH: String {
        switch self {
        case .recordAdded: "新增记录"
        case .recordChanged: "记录变更"
        case .recordExplained: "企业说明"
        case .correctionReported: "报告整改完成"
        case .verificationProposed: "核实公示"
        case .recordVerified: "整改核实通过"
        case .recordReturned: "整改被退回"
        case .recordObjected: "异议"
        case .objectionSettled: "异议处理完毕"
        case .recordWithdrawn: "主管部门撤销记录"
        case .recordRelapsed: "再次违规"
        case .exceedanceStarted: "在线监测开始超标（首小时）"
        case .exceedanceEnded: "在线监测超标结束"
        case .factoryChanged: "企业信息变更"
        case .factoryMoved: "企业位置变更"
        case .factoryRemoved: "企业从登记中移除"
        }
    }
}

/// One event about a factory, as far as rules look at it.
public struct WatchEvent: Hashable, Sendable {
    public var sequence: Int64
    public var kind: WatchEventKind
    /// Of the record it is about; nil: unknown, or not about a record.
    public var severity: Int?
    public var category: RecordCategory?

    public init(sequence: Int64, kind: WatchEventKind, severity: Int? = nil, category: RecordCategory? = nil) {
        self.sequence = sequence
        self.kind = kind
        self.severity = severity
        self.category = category
    }

    /// Nil for changes that no rule can name. Reads severity and category out of the change's own data.
    public init?(_ change: Change) {
        guard change.audience == nil, change.factoryPK != nil, let kind = WatchEventKind(rawValue: change.kind) else { return nil }
        self.init(sequence: change.sequence, kind: kind)
        guard let data = change.data, let value = try? JSONValue.parse(Array(data.utf8)), case .object(let members) = value else { return }
        for (name, value) in members {
            switch (name, value) {
            case ("severity", .number(let number, _)): severity = Int(exactly: number)
            case ("category", .string(let name)): category = RecordCategory(name: name)
            default: break
            }
        }
    }
}
