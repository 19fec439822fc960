// Answers.swift: what a query found, and when two answers are the same.

import CPeers
import Workloads

/// One query's answer: sets ascending by id, nearest in order.
struct Answer: Equatable {
    var ids: [UInt32]
    /// Metres, in the order of the ids; empty for windows.
    var distances: [Double]

    /// Distances within this are the same: the index promises 1.3 µm beyond 50 km and 60 nm nearer; rims are tested at a millimetre.
    static let tolerance = 2e-6
    /// Points whose distances differ by less have no order: the solver is accurate to 15 nm.
    static let tie = 3e-8

    /// Reads what was delivered.
    init(_ out: AnswerBuffer, count: Int, kind: Work.Kind) {
        let delivered = UnsafeBufferPointer(start: out.ids, count: count)
        switch kind {
        case .window:
            ids = delivered.sorted()
            distances = []
        case .radius:
            let order = (0..<count).sorted { out.ids[$0] < out.ids[$1] }
            ids = order.map { out.ids[$0] }
            distances = order.map { out.distances[$0] }
        case .nearest:
            ids = Array(delivered)
            distances = (0..<count).map { out.distances[$0] }
        }
    }

    /// Replaces distances in a plane or on a sphere by the geodesic's, so that points at one place count as tied.
    mutating func measure(_ queries: QuerySet, _ number: Int, _ points: [Position]) {
        guard case .places(let places, _) = queries else { return }
        let at = places[number]
        distances = ids.map { peer_geodesic(at.longitude, at.latitude, points[Int($0)].longitude, points[Int($0)].latitude) }
    }

    init(ids: [UInt32], distances: [Double]) {
        self.ids = ids
        self.distances = distances
    }

    /// Whether another answer says the same: equal ids, distances equal to two micrometres; of nearest, points in another order only
    /// where their distances are tied.
    func agrees(with other: Answer, kind: Work.Kind) -> Bool {
        zip(distances, other.distances).allSatisfy { abs($0 - $1) <= Answer.tolerance } && hasIDs(of: other, kind: kind)
    }

    /// Whether another answer, whose distances are right, has the same points, of nearest in the same order but for ties.
    func hasIDs(of other: Answer, kind: Work.Kind) -> Bool {
        guard ids.count == other.ids.count else { return false }
        guard case .nearest = kind else { return ids == other.ids }
        return ids.indices.allSatisfy { at in
            if ids[at] == other.ids[at] { return true }
            // As far as the point that the other has here; one that it lacks must be tied with its last, which its distance here tells.
            let distance = other.ids.firstIndex(of: ids[at]).map { other.distances[$0] } ?? distances[at]
            return abs(distance - other.distances[at]) <= Answer.tie
        }
    }

    /// Whether the brute force's answer is the same.
    ///
    /// - Parameter truth: of nearest: everything within a circle around the k nearest.
    func agrees(with truth: [Found], kind: Work.Kind) -> Bool {
        switch kind {
        case .window:
            return ids == truth.map(\.id)
        case .radius:
            let sorted = truth.sorted { $0.id < $1.id }
            return agrees(with: Answer(ids: sorted.map(\.id), distances: sorted.map(\.distance)), kind: kind)
        case .nearest(let k):
            guard ids.count == min(k, truth.count), Set(ids).count == ids.count else { return false }
            // Each delivered point's true distance must be that of its rank, to a tie.
            let trueDistance = Dictionary(uniqueKeysWithValues: truth.map { ($0.id, $0.distance) })
            return ids.indices.allSatisfy { at in
                guard let distance = trueDistance[ids[at]] else { return false }
                return abs(distance - truth[at].distance) <= Answer.tie && abs(distance - distances[at]) <= Answer.tolerance
            }
        }
    }
}
