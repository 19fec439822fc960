// MonitoringView.swift: the monitored factories in memory, as the registry has them: looked at once a second at most, and only read again
// when a state has changed or the hour has. Requests between two looks see the state before: a second old at most.

import Atlas
import Monitoring
import NIOCore
import Registry
import SpatialIndex
import Synchronization

/// The current monitoring map and its encoded tiles. Any thread.
final class MonitoringView: Sendable {
    struct Version: Hashable, Sendable {
        var generation: Int64
        var now: Hour
    }

    private struct Known {
        var map = MonitoringMap([], now: Hour(number: 0))
        var version: Version?
        var lookedAt: NIODeadline?
        /// When positions and names were read last: factories move and are renamed without their readings.
        var readAt: NIODeadline?
        var byPK: [Int64: MonitoredFactory] = [:]
        var tiles: [TileKey: EncodedTile] = [:]
        var tileBytes = 0
    }

    private struct TileKey: Hashable {
        var tile: TileID
        var datum: TileDatum
        var isGzip: Bool
    }

    private let known = Mutex(Known())
    /// One looks at the registry at a time.
    private let looking = Mutex(false)
    private static let lookInterval = TimeAmount.seconds(1)
    private static let readInterval = TimeAmount.seconds(60)
    /// Encoded tiles that are kept, bytes; all of them are let go when it is reached.
    private static let cacheBytes = 16 << 20

    /// The map as it is now. Blocks while the registry is read.
    func map(_ store: RegistryStore) throws -> (map: MonitoringMap, version: Version) {
        let current = known.withLock { ($0.map, $0.version, $0.lookedAt) }
        if let version = current.1, let at = current.2, NIODeadline.now() - at < MonitoringView.lookInterval {
            return (current.0, version)
        }
        let isMine = looking.withLock { isTaken in
            if isTaken { return false }
            isTaken = true
            return true
        }
        // Another one is looking: what is known will do, unless nothing is.
        if !isMine, let version = current.1 { return (current.0, version) }
        defer { if isMine { looking.withLock { $0 = false } } }
        return try look(store)
    }

    private func look(_ store: RegistryStore) throws -> (map: MonitoringMap, version: Version) {
        let (version, byPK, readAt) = known.withLock { ($0.version, $0.byPK, $0.readAt) }
        let start = NIODeadline.now()
        if let version, let readAt, start - readAt < MonitoringView.readInterval {
            let changed = try store.monitoringStates(after: version.generation)
            let next = Version(generation: changed.generation, now: changed.now)
            if next == version {
                return known.withLock { known in
                    known.lookedAt = start
                    return (known.map, version)
                }
            }
            if changed.states.allSatisfy({ byPK[$0.factoryPK] != nil }) {
                var byPK = byPK
                for state in changed.states { byPK[state.factoryPK]?.state = state }
                return keep(Array(byPK.values), byPK, next, lookedAt: start, readAt: readAt)
            }
        }
        let read = try store.monitoredFactories()
        let keyed = Dictionary(read.factories.map { ($0.pk, $0) }, uniquingKeysWith: { first, _ in first })
        return keep(read.factories, keyed, Version(generation: read.generation, now: read.now), lookedAt: start, readAt: start)
    }

    private func keep(
        _ factories: [MonitoredFactory], _ byPK: [Int64: MonitoredFactory], _ version: Version, lookedAt: NIODeadline, readAt: NIODeadline
    ) -> (map: MonitoringMap, version: Version) {
        // By pk: the order of a dictionary changes from run to run, and tiles shall not.
        let map = MonitoringMap(factories.sorted { $0.pk < $1.pk }, now: version.now)
        known.withLock { known in
            known.map = map
            known.byPK = byPK
            known.version = version
            known.lookedAt = lookedAt
            known.readAt = readAt
            known.tiles = [:]
            known.tileBytes = 0
        }
        return (map, version)
    }

    /// An encoded tile.
    func tile(_ tile: TileID, datum: TileDatum, coding: ContentCoding, gzip: Gzip, _ store: RegistryStore) throws -> EncodedTile {
        let (map, version) = try map(store)
        let key = TileKey(tile: tile, datum: datum, isGzip: coding == .gzip)
        if let kept = known.withLock({ $0.version == version ? $0.tiles[key] : nil }) { return kept }
        let bytes = map.tile(tile, datum: datum)
        let encoded: EncodedTile
        if coding == .gzip, let body = gzip.compress(bytes) {
            encoded = EncodedTile(body: body, isGzipped: true)
        } else {
            encoded = EncodedTile(body: ByteBuffer(bytes: bytes), isGzipped: false)
        }
        known.withLock { known in
            guard known.version == version else { return }
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
