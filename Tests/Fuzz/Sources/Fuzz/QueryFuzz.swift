// QueryFuzz.swift: text as the target of a request, answered as the server answers it over a small snapshot. The lines after the first
// are values of Accept-Encoding and If-None-Match.

@testable import Atlas
@testable import AtlasServer

enum QueryFuzz {
    private static let snapshots: SnapshotHolder = {
        let holder = SnapshotHolder()
        do { holder.replace(with: try Snapshot.open(path: FuzzAtlas.shared.snapshotPath), registry: FuzzAtlas.shared.store) } catch {
            stop("the snapshot does not open: \(error)")
        }
        return holder
    }()

    static func run(_ input: UnsafeRawBufferPointer) {
        let lines = String(decoding: input, as: UTF8.self).split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        if lines.count > 1 { _ = ContentCoding.preferred(String(lines[1])) }
        if lines.count > 2 { _ = EntityTag.matches(String(lines[2]), "\"0123\"") }
        guard let first = lines.first else { return }
        answer(String(first), over: snapshots)
    }

    static func answer(_ text: String, over snapshots: SnapshotHolder) {
        if let plain = TileRequest(plain: text) { tile(plain, snapshots) }
        guard let target = try? RequestTarget(text) else { return }
        let endpoints = FactoryEndpoints(snapshots: snapshots, limits: AtlasServerConfiguration.Limits())
        let call = FactoryEndpoints.Call(path: "/v1/factories", parameters: target.parameters, base: "http://localhost")
        switch Route(segments: target.segments) {
        case .tile:
            if let request = try? TileRequest(segments: target.segments, parameters: target.parameters) { tile(request, snapshots) }
        case .near: _ = try? endpoints.near(call)
        case .nearest: _ = try? endpoints.nearest(call)
        case .window: _ = try? endpoints.window(call)
        case .factory: _ = try? endpoints.detail(id: target.segments[2], target.parameters)
        default: break
        }
    }

    private static func tile(_ request: TileRequest, _ snapshots: SnapshotHolder) {
        guard let snapshot = snapshots.current?.snapshot else { return }
        _ = request.key(generation: 1, coding: .gzip)
        _ = try? snapshot.tile(map: request.map, id: request.tile, filter: request.filter, datum: request.datum)
    }
}
