// MonitoringView.swift: the monitored factories in memory, as the registry has them. Whatever the change feed has told of before a question is in its
// answer: factories that moved or were removed, exceedances that began or ended. Readings that change none of these are looked for
// once a second. Only what has changed is read.

import Atlas
import Monitoring
import NIOCore
import Registry
import SpatialIndex
import Synchronization

/// The current monitoring map and its encoded tiles. Any thread.
final class MonitoringView: Sendable {
    /// A map in service.
    private struct Current {
        var map: MonitoringMap
        /// Each map has another: tiles of one that was current while they were built are not kept beside its successor's.
        var edition: Int
        /// Up to where the registry has been read.
        var mark: MonitoringMark
        var lookedAt: NIODeadline
    }

    private struct Known {
        var current: Current?
        var byPK: [Int64: MonitoredFactory] = [:]
        var tiles: [Key: EncodedTile] = [:]
        var tileBytes = 0
    }

    private struct Key: Hashable {
        var tile: TileID
        var datum: TileDatum
        var isGzip: Bool
    }

    private let known = Mutex(Known())
    /// Held while the registry is looked at: one does at a time.
    private let looking = Mutex(())
    private static let lookInterval = TimeAmount.seconds(1)
    /// Encoded tiles that are kept, bytes; all of them are let go when it is reached.
    private static let cacheBytes = 16 << 20

    /// The map as it is now. Blocks while the registry is read.
    func map(_ feed: ChangeFeed) throws -> MonitoringMap { try current(feed).map }

    private func current(_ feed: ChangeFeed) throws -> Current {
        // Asked for first: what is committed later may be in the answer, what was committed before must.
        let head = feed.head
        if let current = known.withLock({ $0.current }), current.mark.sequence >= head {
            guard NIODeadline.now() - current.lookedAt >= MonitoringView.lookInterval else { return current }
            // Nothing but time has passed: while another one looks, what is known will do.
            return try looking.withLockIfAvailable { _ in try look(feed.store) } ?? current
        }
        return try looking.withLock { _ in
            // The one that was waited for may have read as far.
            if let current = known.withLock({ $0.current }), current.mark.sequence >= head { return current }
            return try look(feed.store)
        }
    }

    private func look(_ store: RegistryStore) throws -> Current {
        let start = NIODeadline.now()
        let (before, kept) = known.withLock { ($0.current, $0.byPK) }
        let read = try store.monitoredFactories(after: before?.mark)
        if var current = before, !read.areAll, read.factories.isEmpty, read.mark.now == current.mark.now {
            current.mark = read.mark
            current.lookedAt = start
            known.withLock { [current] in $0.current = current }
            return current
        }
        var byPK = read.areAll ? [:] : kept
        for (pk, factory) in read.factories { byPK[pk] = factory }
        // By pk: the order of a dictionary changes from run to run, and tiles shall not.
        let map = MonitoringMap(byPK.values.sorted { $0.pk < $1.pk }, now: read.mark.now)
        let current = Current(map: map, edition: (before?.edition ?? 0) + 1, mark: read.mark, lookedAt: start)
        known.withLock { [byPK] known in known = Known(current: current, byPK: byPK) }
        return current
    }

    /// An encoded tile.
    func tile(_ tile: TileID, datum: TileDatum, coding: ContentCoding, gzip: Gzip, _ feed: ChangeFeed) throws -> EncodedTile {
        let current = try current(feed)
        let key = Key(tile: tile, datum: datum, isGzip: coding == .gzip)
        if let kept = known.withLock({ $0.current?.edition == current.edition ? $0.tiles[key] : nil }) { return kept }
        let bytes = current.map.tile(tile, datum: datum)
        let encoded: EncodedTile
        if coding == .gzip, let body = gzip.compress(bytes) {
            encoded = EncodedTile(body: body, isGzipped: true)
        } else {
            encoded = EncodedTile(body: ByteBuffer(bytes: bytes), isGzipped: false)
        }
        known.withLock { known in
            guard known.current?.edition == current.edition else { return }
            if known.tileBytes + encoded.cost > MonitoringView.cacheBytes {
                known.tiles = [:]
                known.tileBytes = 0
            }
            known.tiles[key] = encoded
            known.tileBytes += encoded.cost
        }
        return encoded
    }
}
