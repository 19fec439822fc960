// LiveMetrics.swift: what /metrics says of the live map.

import Metrics

struct LiveMetrics: Sendable {
    /// From reading a batch of changes to the map that has them.
    let publish: Metrics.Timer
    let build: Metrics.Timer
    let changed: Counter
    let failures: Counter
    let overlaid: Meter
    let sequence: Meter

    init(_ registry: PrometheusRegistry) {
        publish = Metrics.Timer(label: "blueatlas_live_publish_seconds", factory: registry)
        build = Metrics.Timer(label: "blueatlas_live_build_seconds", factory: registry)
        changed = Counter(label: "blueatlas_live_factories_changed_total", factory: registry)
        failures = Counter(label: "blueatlas_live_failures_total", factory: registry)
        overlaid = Meter(label: "blueatlas_live_overlaid_factories", factory: registry)
        sequence = Meter(label: "blueatlas_live_sequence", factory: registry)
    }
}
