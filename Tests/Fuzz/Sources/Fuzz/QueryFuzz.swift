// QueryFuzz.swift: text as the target of a request, answered as the server answers it over a small snapshot. The lines after the first
// are values of Accept-Encoding and If-None-Match.

@testable import Answers
@testable import Atlas

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
        let endpoints = FactoryEndpoints(snapshots: snapshots, limits: ServerLimits())
        let call = FactoryEndpoints.Call(path: "/v1/factories", parameters: target.parameters, base: "http://localhost")
        let places = PlaceEndpoints(snapshots: snapshots)
        let carbon = CarbonEndpoints(snapshots: snapshots, limits: ServerLimits())
        let route = Route(segments: target.segments)
        switch route {
        case .tile:
            if let request = try? TileRequest(segments: target.segments, parameters: target.parameters) { tile(request, snapshots) }
        case .near: _ = try? endpoints.near(call)
        case .nearest: _ = try? endpoints.nearest(call)
        case .window: _ = try? endpoints.window(call)
        case .factory: _ = try? endpoints.detail(id: target.segments[2], target.parameters)
        case .search: _ = try? SearchEndpoint(snapshots: snapshots).search(target.parameters)
        case .places: _ = try? places.list(target.parameters)
        case .placesAt: _ = try? places.at(target.parameters)
        case .place: _ = try? places.place(code: target.segments[2], target.parameters)
        case .carbonPlaces: _ = try? carbon.table(target.parameters)
        case .carbonPlace: _ = try? carbon.place(code: target.segments[3], target.parameters)
        case .carbonEnterprises: _ = try? carbon.enterprises(target.parameters)
        case .tileJSON, .style: describe(target, isStyle: route == .style, snapshots)
        default: break
        }
    }

    private static func describe(_ target: RequestTarget, isStyle: Bool, _ snapshots: SnapshotHolder) {
        guard let loaded = snapshots.current,
            let map = try? MapDescription(name: target.segments[1], parameters: target.parameters, isStyle: isStyle)
        else { return }
        if isStyle {
            guard let art = try? MapStyle.Art(fonts: nil, map: map.map, loaded: loaded) else { return }
            _ = MapStyle.json(map, base: "http://localhost", atlas: loaded.atlas, art: art)
        } else {
            _ = try? map.tileJSON(base: "http://localhost", atlas: loaded.atlas)
        }
    }

    private static func tile(_ request: TileRequest, _ snapshots: SnapshotHolder) {
        guard let snapshot = snapshots.current?.snapshot else { return }
        _ = request.key(generation: 1, coding: .gzip)
        _ = try? snapshot.tile(
            map: request.map, id: request.tile, filter: request.filter, datum: request.datum, carbon: request.carbon)
    }
}
