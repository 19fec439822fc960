// SnapshotGauges.swift: what /metrics says about the snapshot in service.

import Metrics
import NIOCore
import Synchronization

extension SnapshotWatcher {
    /// Gauges that are set when metrics are read.
    final class Gauges: Sendable {
        private let registry: PrometheusRegistry
        private let factories: Meter
        private let records: Meter
        private let fileBytes: Meter
        private let age: Meter
        private let info = Mutex<(identifier: String, meter: Meter)?>(nil)

        init(_ registry: PrometheusRegistry) {
            self.registry = registry
            factories = Meter(label: "blueatlas_snapshot_factories", factory: registry)
            records = Meter(label: "blueatlas_snapshot_records", factory: registry)
            fileBytes = Meter(label: "blueatlas_snapshot_file_bytes", factory: registry)
            age = Meter(label: "blueatlas_snapshot_age_seconds", factory: registry)
        }

        func update(_ loaded: LoadedSnapshot?) {
            guard let loaded else { return }
            let snapshot = loaded.snapshot
            factories.set(snapshot.info.factories)
            records.set(snapshot.info.records)
            fileBytes.set(snapshot.info.fileBytes)
            age.set(Double((NIODeadline.now() - loaded.loadedAt).nanoseconds) * 1e-9)
            info.withLock { info in
                guard info?.identifier != snapshot.identifier else { return }
                info?.meter.destroy()
                let meter = Meter(
                    label: "blueatlas_snapshot_info",
                    dimensions: [
                        ("as_of", snapshot.info.asOf), ("snapshot", snapshot.identifier), ("synthetic", String(snapshot.info.synthetic)),
                    ], factory: registry)
                meter.set(1)
                info = (snapshot.identifier, meter)
            }
        }
    }
}
