// Delta.swift: what has changed since a snapshot was built. Every factory that a change has touched stands here as it is now, in an order
// and under a tree of its own; its place in the snapshot is hidden. So a question is asked twice, of many and of few, and the two answers
// are merged: nothing of the snapshot is ever written.
//
// A delta is a value. The next one is made from it and a batch of changes: texts and records are shared, what is copied are some 80
// bytes a changed factory and a bit for each of the snapshot.

import Geodesy
import HashTreeCollections
import Registry
import SpatialIndex

/// The factories that were touched since a snapshot was built, as they are now.
public final class Delta: Sendable {
    /// The last change of the registry that is in here.
    public let sequence: Int64
    /// The day that statuses refer to: the snapshot's.
    let asOf: Day

    /// In Hilbert order, then by pk, as those of the snapshot are.
    let rows: [LiveFactory]
    let facts: Column<LiveFacts>
    /// On the Hilbert curve.
    let positions: Column<UInt64>
    let tree: PackedRTree
    let earth: EarthPoints
    /// Of the snapshot: those that are in here as they are now, or gone.
    let hidden: HiddenFactories
    /// The hidden ones by their rank in the snapshot's search index, ascending.
    let hiddenRanks: [UInt32]
    let tables: LiveTables
    let letters: LetterTable
    let sums: LiveSums

    private let byKey: TreeDictionary<UInt32, LiveFactory>
    private let byID: TreeDictionary<String, UInt32>

    /// How many factories are overlaid or new: what the delta costs a query grows with it.
    public var count: Int { max(rows.count, hidden.count) }

    /// Whether every answer is the snapshot's own.
    func changesNothing(of snapshot: Snapshot) -> Bool { count == 0 && tables.brandIDs.count == snapshot.brandIDs.count }

    /// No changes yet.
    public init(over snapshot: Snapshot) {
        sequence = snapshot.info.builtFromSequence
        asOf = Day(iso: snapshot.info.asOf) ?? Day.today()
        rows = []
        facts = Column([])
        positions = Column([])
        tree = PackedRTree(x: Column([]), y: Column([]))
        earth = EarthPoints(longitude: Column([]), latitude: Column([]))
        hidden = HiddenFactories(snapshotCount: snapshot.count)
        hiddenRanks = []
        tables = LiveTables(snapshot)
        letters = snapshot.search.letters
        sums = LiveSums(snapshot)
        byKey = [:]
        byID = [:]
    }

    private init(
        sequence: Int64, asOf: Day, rows: [LiveFactory], facts: Column<LiveFacts>, earth: EarthPoints, hidden: HiddenFactories,
        hiddenRanks: [UInt32], tables: LiveTables, letters: LetterTable, sums: LiveSums, byKey: TreeDictionary<UInt32, LiveFactory>,
        byID: TreeDictionary<String, UInt32>
    ) {
        self.sequence = sequence
        self.asOf = asOf
        self.rows = rows
        self.facts = facts
        positions = Column(rows.map(\.position))
        tree = PackedRTree(x: Column(facts.map(\.x)), y: Column(facts.map(\.y)))
        self.earth = earth
        self.hidden = hidden
        self.hiddenRanks = hiddenRanks
        self.tables = tables
        self.letters = letters
        self.sums = sums
        self.byKey = byKey
        self.byID = byID
    }

    /// The factory with a registry number, if it is in here and not removed.
    func factory(pk: UInt32) -> LiveFactory? { byKey[pk] }

    /// The factory with a source's id, if it is in here and not removed.
    func factory(id: String) -> LiveFactory? { byID[id].flatMap { byKey[$0] } }

    /// Where in `rows` the factories at and behind a place of the order begin. O(log n).
    func firstRow(at position: UInt64, pk: UInt32) -> Int {
        rows.partitioningIndex { !$0.precedes(position: position, pk: pk) }
    }

    /// Where a factory of the delta stands in `rows`. O(log n).
    func row(of factory: LiveFactory) -> Int { firstRow(at: factory.position, pk: factory.pk) }
}

// MARK: The next one

extension Delta {
    /// What a batch of changes has done to one factory, as far as the map shows it.
    public struct Move: Sendable {
        /// Where it was drawn before, and where it is now, degrees; nil: nowhere.
        public var before: (longitude: Double, latitude: Double)?
        public var after: (longitude: Double, latitude: Double)?

        /// Both, once where they are the same: most changes leave a factory where it is.
        var positions: [(longitude: Double, latitude: Double)] {
            guard let before else { return after.map { [$0] } ?? [] }
            guard let after, after != before else { return [before] }
            return [before, after]
        }
    }

    /// A batch, applied.
    public struct Step: Sendable {
        public var delta: Delta
        /// Factories that now look different on some map, or pass another filter.
        public var moves: [Move]
    }

    /// The delta with a batch of changes more.
    ///
    /// Of a bulk import among the changes nothing is known here: whoever follows the feed builds a new snapshot then.
    ///
    /// - Returns: nil when the changes cannot be laid over this snapshot, since brands are gone that it has.
    /// - Throws: `SnapshotBuilder.Failure.tooLarge`.
    ///
    /// Cost: some microseconds a factory of the batch, 25 ns a factory of the delta.
    public func advanced(by touched: TouchedFactories, over snapshot: Snapshot) throws(SnapshotBuilder.Failure) -> Step? {
        var tables = tables
        guard try tables.setBrands(touched.brandIDs) else { return nil }
        try tables.add(industries: touched.factories.lazy.compactMap { $0.state?.industry })
        var letters = letters
        var sums = sums
        sums.setBrands(tables.brandIDs.count)
        var byKey = byKey
        var byID = byID
        var moves: [Move] = []
        var newlyHidden: [UInt32] = []
        var gone: Set<Int> = []
        var added: [LiveFactory] = []
        for (key, state) in touched.factories {
            guard let pk = UInt32(exactly: key) else {
                throw .tooLarge(what: "a factory's number", found: key, limit: Int64(UInt32.max))
            }
            let before: LiveSubject
            if let old = byKey[pk] {
                before = .live(old)
                gone.insert(row(of: old))
                byID[old.id] = nil
            } else if let index = snapshot.index(pk: key), !hidden.contains(index) {
                before = .file(index)
                newlyHidden.append(UInt32(truncatingIfNeeded: index))
            } else {
                before = .none
            }
            let now = state.map { LiveFactory($0, pk: pk, tables: tables, over: snapshot, asOf: asOf) }
            byKey[pk] = now
            if let now {
                added.append(now)
                letters.learn(now.foldedName)
                letters.learn(now.foldedFormerName)
            }
            if let move = before.move(to: now, snapshot) {
                moves.append(move)
            } else if let now, touched.monitored.contains(key) {
                // What was violating and now exceeds a limit too is another on the monitoring map alone.
                moves.append(Move(before: (now.longitude, now.latitude), after: (now.longitude, now.latitude)))
            }
            sums.subtract(before, snapshot)
            if let now { sums.add(now) }
        }
        // After all that are gone: an id may go from one factory to another.
        for factory in added { byID[factory.id] = factory.pk }
        added.sort { $0.precedes(position: $1.position, pk: $1.pk) }
        newlyHidden.sort()
        var hidden = hidden
        hidden.insert(newlyHidden)
        let ranks = newlyHidden.map { UInt32(truncatingIfNeeded: snapshot.searchRank(of: Int($0))) }.sorted()
        let order = LiveOrder(keeping: rows, without: gone, adding: added)
        let addedEarth = EarthPoints(longitude: Column(added.map(\.longitude)), latitude: Column(added.map(\.latitude)))
        let delta = Delta(
            sequence: touched.sequence, asOf: asOf, rows: order.rows, facts: order.column(facts, Column(added.map(\.facts))),
            earth: EarthPoints(
                longitude: order.column(earth.longitude, addedEarth.longitude), latitude: order.column(earth.latitude, addedEarth.latitude),
                ecefX: order.column(earth.ecefX, addedEarth.ecefX), ecefY: order.column(earth.ecefY, addedEarth.ecefY),
                ecefZ: order.column(earth.ecefZ, addedEarth.ecefZ)),
            hidden: hidden, hiddenRanks: merged(hiddenRanks, ranks) { $0 < $1 }, tables: tables, letters: letters, sums: sums, byKey: byKey,
            byID: byID)
        return Step(delta: delta, moves: moves)
    }
}

/// The rows of the next delta: those that stay and those that came, merged.
private struct LiveOrder {
    let rows: [LiveFactory]
    /// Stretches of the old rows, and single new ones, in the order of the rows.
    private let pieces: [(range: Range<Int>, isNew: Bool)]

    init(keeping old: [LiveFactory], without gone: Set<Int>, adding added: [LiveFactory]) {
        var pieces: [(range: Range<Int>, isNew: Bool)] = []
        var next = 0
        func keep(to end: Int) {
            if end > next { pieces.append((next..<end, false)) }
            next = max(next, end)
        }
        var leaving = gone.sorted()[...]
        func leave(before end: Int) {
            while let place = leaving.first, place < end {
                keep(to: place)
                next = place + 1
                leaving.removeFirst()
            }
        }
        for (index, factory) in added.enumerated() {
            let place = old.partitioningIndex { !$0.precedes(position: factory.position, pk: factory.pk) }
            leave(before: place)
            keep(to: place)
            pieces.append((index..<index + 1, true))
        }
        leave(before: old.count)
        keep(to: old.count)
        self.pieces = pieces
        var rows: [LiveFactory] = []
        rows.reserveCapacity(old.count + added.count)
        for piece in pieces { rows.append(contentsOf: piece.isNew ? added[piece.range] : old[piece.range]) }
        self.rows = rows
    }

    /// A column of the rows, from that of the old rows and that of the new ones.
    func column<T: BitwiseCopyable & Sendable>(_ old: Column<T>, _ new: Column<T>) -> Column<T> {
        var values: [T] = []
        values.reserveCapacity(rows.count)
        old.withUnsafeBufferPointer { old in
            new.withUnsafeBufferPointer { new in
                for piece in pieces {
                    values.append(contentsOf: UnsafeBufferPointer(rebasing: piece.isNew ? new[piece.range] : old[piece.range]))
                }
            }
        }
        return Column(values)
    }
}

/// A factory of the file, or one of a delta.
enum LiveSubject {
    case none
    case file(Int)
    case live(LiveFactory)

    /// What changes on the maps when this becomes `now`; nil: nothing that shows, on any map or through any filter.
    fileprivate func move(to now: LiveFactory?, _ snapshot: Snapshot) -> Delta.Move? {
        let before: FactoryHit
        let records: [LiveFactory.Record]
        switch self {
        case .none: return now.map { Delta.Move(before: nil, after: ($0.longitude, $0.latitude)) }
        case .file(let index): (before, records) = (snapshot.hit(index), snapshot.records(of: index))
        case .live(let factory): (before, records) = (factory.hit(), factory.records)
        }
        if let now, now.hit() == before, now.records.elementsEqual(records) { return nil }
        return Delta.Move(before: (before.longitude, before.latitude), after: now.map { ($0.longitude, $0.latitude) })
    }
}

extension Snapshot {
    /// The records of a factory that count, in the registry's order.
    func records(of index: Int) -> [LiveFactory.Record] {
        (Int(recordOffsets[index])..<Int(recordOffsets[index + 1])).map {
            LiveFactory.Record(day: recordDay[$0], category: recordCategory[$0], severity: recordSeverity[$0])
        }
    }

    /// For search: the larger, the earlier a factory is found.
    func searchRankKey(_ index: Int) -> UInt64 {
        SearchRank.of(status: status[index], worstSeverity: worstSeverity[index], records: recordCount(index))
    }

    /// The rank of a factory in the search index. O(log n).
    func searchRank(of index: Int) -> Int {
        let wanted = searchRankKey(index)
        return search.order.partitioningIndex { other in
            let key = searchRankKey(Int(other))
            return key < wanted || (key == wanted && Int(other) >= index)
        }
    }
}
