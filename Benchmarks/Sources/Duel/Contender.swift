// Contender.swift: an index that takes part, ours or a peer's, behind the same three operations.

import CPeers
import SpatialIndex
import Workloads

/// Buffers that answers are delivered to, with room for every point.
final class AnswerBuffer {
    let ids: UnsafeMutablePointer<UInt32>
    let distances: UnsafeMutablePointer<Double>

    init(points: Int) {
        ids = .allocate(capacity: max(points, 1))
        distances = .allocate(capacity: max(points, 1))
        // Touched now, so that no query pays for the first touch of a page.
        ids.initialize(repeating: 0, count: max(points, 1))
        distances.initialize(repeating: 0, count: max(points, 1))
    }

    deinit {
        ids.deallocate()
        distances.deallocate()
    }
}

/// One index, built. An operation it does not have is nil; each returns how many were delivered.
struct Contender {
    var name: String
    var version: String
    var note: String
    /// Whether its answers are meant to be right on the ellipsoid.
    var exact: Bool
    var window: ((GridBox, AnswerBuffer) -> Int)?
    var radius: ((CircleQuery, AnswerBuffer) -> Int)?
    var nearest: ((Position, Int, AnswerBuffer) -> Int)?

    static func ours(_ index: OurIndex) -> Contender {
        Contender(
            name: "blueatlas", version: "this tree", note: "packed Hilbert R-tree", exact: true,
            window: { box, out in index.index.window(box, ids: out.ids) },
            radius: { query, out in index.radius(query, ids: out.ids, distances: out.distances) },
            nearest: { at, k, out in index.nearest(at, k: k, ids: out.ids, distances: out.distances) })
    }

    /// Whether it can answer a work at all. GEOS knows only the one nearest.
    func canAnswer(_ kind: Work.Kind) -> Bool {
        switch kind {
        case .window: window != nil
        case .radius: radius != nil
        case .nearest(let k): nearest != nil && (k == 1 || !name.hasPrefix("geos"))
        }
    }

    /// Answers the query of a number from a set. Made once per set, so that no timed call copies more than numbers.
    func answering(_ queries: QuerySet, _ out: AnswerBuffer) -> (Int) -> Int {
        switch queries {
        case .windows(let boxes):
            guard let window else { return { _ in 0 } }
            return { window(boxes[$0], out) }
        case .circles(let circles):
            guard let radius else { return { _ in 0 } }
            return { radius(circles[$0], out) }
        case .places(let places, let k):
            guard let nearest else { return { _ in 0 } }
            return { nearest(places[$0], k, out) }
        }
    }
}

/// The points in the forms that peers take.
final class PeerPoints {
    let points: peer_points
    private let degrees: UnsafeMutableBufferPointer<Double>
    private let cells: UnsafeMutableBufferPointer<UInt32>
    private let ecef: UnsafeMutableBufferPointer<Double>
    private let order: UnsafeMutableBufferPointer<UInt32>

    init(_ positions: [Position], _ grid: [GridPoint]) {
        let count = positions.count
        degrees = .allocate(capacity: 2 * count)
        cells = .allocate(capacity: 2 * count)
        ecef = .allocate(capacity: 3 * count)
        order = .allocate(capacity: count)
        _ = order.initialize(from: PackedRTree.hilbertOrder(of: grid))
        let earth = EarthPoints(longitude: Column(positions.map(\.longitude)), latitude: Column(positions.map(\.latitude)))
        for index in 0..<count {
            degrees.initializeElement(at: 2 * index, to: positions[index].longitude)
            degrees.initializeElement(at: 2 * index + 1, to: positions[index].latitude)
            cells.initializeElement(at: 2 * index, to: grid[index].x)
            cells.initializeElement(at: 2 * index + 1, to: grid[index].y)
            ecef.initializeElement(at: 3 * index, to: earth.ecefX[index])
            ecef.initializeElement(at: 3 * index + 1, to: earth.ecefY[index])
            ecef.initializeElement(at: 3 * index + 2, to: earth.ecefZ[index])
        }
        points = peer_points(
            count: count, degrees: UnsafePointer(degrees.baseAddress), cells: UnsafePointer(cells.baseAddress),
            ecef: UnsafePointer(ecef.baseAddress), order: UnsafePointer(order.baseAddress))
    }

    deinit {
        degrees.deallocate()
        cells.deallocate()
        ecef.deallocate()
        order.deallocate()
    }
}

/// A peer of the C++ side: how to build it.
struct Peer {
    private let operations: peer
    let name: String
    let exact: Bool
    /// Bytes a point of the caller's arrays that its queries read.
    let borrowedBytes: Double

    static var all: [Peer] { (0..<peer_count()).compactMap { peer_at($0).map { Peer($0.pointee) } } }

    private init(_ operations: peer) {
        self.operations = operations
        name = String(cString: operations.name)
        exact = operations.exact != 0
        borrowedBytes = operations.borrowed_bytes
    }

    /// Builds it; nil when it failed.
    func build(_ points: PeerPoints) -> PeerIndex? {
        var input = points.points
        guard let index = operations.build(&input) else { return nil }
        return PeerIndex(index: index, points: points, operations: operations)
    }
}

/// A built peer, released with its last reference.
final class PeerIndex {
    private let index: UnsafeMutableRawPointer
    private let points: PeerPoints
    private let operations: peer

    fileprivate init(index: UnsafeMutableRawPointer, points: PeerPoints, operations: peer) {
        self.index = index
        self.points = points
        self.operations = operations
    }

    deinit { operations.release(index) }

    var contender: Contender {
        var made = Contender(
            name: String(cString: operations.name), version: String(cString: operations.version).replacing("_", with: "."),
            note: String(cString: operations.note), exact: operations.exact != 0)
        let operations = operations
        if let window = operations.window {
            made.window = { [self] box, out in
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4) { edges in
                    edges[0] = box.minX
                    edges[1] = box.minY
                    edges[2] = box.maxX
                    edges[3] = box.maxY
                    return window(index, edges.baseAddress, out.ids)
                }
            }
        }
        if let radius = operations.radius {
            made.radius = { [self] query, out in radius(index, query.longitude, query.latitude, query.meters, out.ids, out.distances) }
        }
        if let nearest = operations.nearest {
            made.nearest = { [self] at, k, out in nearest(index, at.longitude, at.latitude, k, out.ids, out.distances) }
        }
        return made
    }
}
