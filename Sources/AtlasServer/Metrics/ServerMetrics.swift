// ServerMetrics.swift: everything the server counts, by name. Prometheus conventions: base units, `_total` for counters.

import Foundation
import Metrics
import Synchronization

/// The metrics of one server.
final class ServerMetrics: Sendable {
    /// What is counted of one route and status.
    struct Request: Sendable {
        let count: Counter
        let duration: Metrics.Timer
    }

    private struct RequestKey: Hashable {
        var route: String
        var status: Int
    }

    let registry: PrometheusRegistry
    let connections: Meter
    let cacheHits: Counter
    let cacheMisses: Counter
    let cacheEvictions: Counter
    let cacheInvalidations: Counter
    let tileBuild: Metrics.Timer
    let reloads: Counter
    let refusedReloads: Counter
    let responseBytes: Counter
    /// The commonest ones, found without a lock.
    let tileOK: Request
    let tileNotModified: Request
    let tileEmpty: Request
    private let requests = Mutex<[RequestKey: Request]>([:])

    init(registry: PrometheusRegistry) {
        self.registry = registry
        for (name, help) in ServerMetrics.help { registry.describe(name, help) }
        connections = Meter(label: "blueatlas_http_connections", factory: registry)
        cacheHits = Counter(label: "blueatlas_tile_cache_hits_total", factory: registry)
        cacheMisses = Counter(label: "blueatlas_tile_cache_misses_total", factory: registry)
        cacheEvictions = Counter(label: "blueatlas_tile_cache_evictions_total", factory: registry)
        cacheInvalidations = Counter(label: "blueatlas_tile_cache_invalidations_total", factory: registry)
        tileBuild = Metrics.Timer(label: "blueatlas_tile_build_seconds", factory: registry)
        reloads = Counter(label: "blueatlas_snapshot_reloads_total", dimensions: [("result", "loaded")], factory: registry)
        refusedReloads = Counter(label: "blueatlas_snapshot_reloads_total", dimensions: [("result", "refused")], factory: registry)
        responseBytes = Counter(label: "blueatlas_http_response_body_bytes_total", factory: registry)
        tileOK = ServerMetrics.make(Route.tile.rawValue, 200, registry)
        tileNotModified = ServerMetrics.make(Route.tile.rawValue, 304, registry)
        tileEmpty = ServerMetrics.make(Route.tile.rawValue, 204, registry)
        let started = Meter(label: "process_start_time_seconds", factory: registry)
        started.set(Date().timeIntervalSince1970)
        let resident = Meter(label: "process_resident_memory_bytes", factory: registry)
        registry.onExport { if let bytes = ServerMetrics.residentBytes() { resident.set(bytes) } }
    }

    private static let help = [
        "blueatlas_http_requests_total": "Requests answered, by route and status.",
        "blueatlas_http_request_duration_seconds": "From the request's head to the answer, by route and status.",
        "blueatlas_http_response_body_bytes_total": "Bytes of bodies sent, as encoded.",
        "blueatlas_http_connections": "Open connections.",
        "blueatlas_tile_cache_hits_total": "Tiles answered from the cache.",
        "blueatlas_tile_cache_misses_total": "Tiles that were not in the cache.",
        "blueatlas_tile_cache_evictions_total": "Tiles that gave way to others.",
        "blueatlas_tile_cache_invalidations_total": "Tiles let go of since the map changed.",
        "blueatlas_tile_cache_hit_ratio": "Hits of all look-ups since the start, 0 to 1.",
        "blueatlas_tile_cache_bytes": "Bytes that the cached tiles take.",
        "blueatlas_tile_cache_limit_bytes": "Bytes that they may take.",
        "blueatlas_tile_cache_entries": "Tiles in the cache.",
        "blueatlas_tile_build_seconds": "Making one tile, before compression.",
        "blueatlas_snapshot_info": "Always 1; the labels say which snapshot is served.",
        "blueatlas_snapshot_factories": "Factories in the snapshot.",
        "blueatlas_snapshot_records": "Records in the snapshot.",
        "blueatlas_snapshot_file_bytes": "Size of the snapshot file.",
        "blueatlas_snapshot_age_seconds": "Since the snapshot was loaded.",
        "blueatlas_snapshot_reloads_total": "Snapshot files taken over (loaded) or found bad (refused).",
        "blueatlas_live_publish_seconds": "From reading a batch of changes to the map that has them.",
        "blueatlas_live_build_seconds": "Building a snapshot in the background.",
        "blueatlas_live_factories_changed_total": "Factories that changes have touched.",
        "blueatlas_live_failures_total": "Batches that could not be read, snapshots that could not be built.",
        "blueatlas_live_overlaid_factories": "Changed factories that lie over the snapshot.",
        "blueatlas_live_sequence": "The last change of the registry that is on the map.",
        "blueatlas_live_streams": "Clients that listen for changed tiles.",
        "process_start_time_seconds": "When the process started, since 1970.",
        "process_resident_memory_bytes": "Resident memory, mapped files included.",
    ]

    private static func make(_ route: String, _ status: Int, _ registry: PrometheusRegistry) -> Request {
        let labels = [("route", route), ("status", String(status))]
        return Request(
            count: Counter(label: "blueatlas_http_requests_total", dimensions: labels, factory: registry),
            duration: Metrics.Timer(label: "blueatlas_http_request_duration_seconds", dimensions: labels, factory: registry))
    }

    /// - Parameter route: the template of the address, such as `/v1/factories/{id}`.
    func request(_ route: String, status: Int, nanoseconds: Int64, bodyBytes: Int) {
        let key = RequestKey(route: route, status: status)
        let request = requests.withLock { known in
            if let request = known[key] { return request }
            let request = ServerMetrics.make(route, status, registry)
            known[key] = request
            return request
        }
        request.count.increment()
        request.duration.recordNanoseconds(nanoseconds)
        if bodyBytes > 0 { responseBytes.increment(by: bodyBytes) }
    }

    /// Resident memory of this process; nil where the system does not say.
    static func residentBytes() -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
