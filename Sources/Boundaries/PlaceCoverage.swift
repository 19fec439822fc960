// PlaceCoverage.swift: makes a coverage of places that overlap and leave gaps, as files do whose borders were thinned one by one:
// afterwards each spot belongs to one county at most, neighbours share their border corner by corner, and every prefecture and
// province is exactly the union of what lies in it.
//
// All borders of all levels are cut where they meet (GEOS, snap rounding to 10⁻⁷ degrees); each face between them goes to the
// first county, prefecture and province (by code) that contains it, a county deciding its prefecture and province. Slivers, thin faces that
// no county contains, go to the neighbour they share most border with. Then the faces of a place are joined.

/// A clean set of places of all levels.
public struct PlaceCoverage: Sendable {
    /// By level, then by code.
    public var places: [PlaceOutline]
    /// What cleaning did.
    public var report: Report

    public struct Report: Hashable, Sendable, Encodable {
        public var faces = 0
        /// Thin faces given to a neighbour.
        public var slivers = 0
        /// Places of which nothing is left, by code.
        public var vanished: [Int32] = []
        /// Places that lost a noticeable part of their area to others that they overlap, by level and code.
        public var smaller: [Loss] = []
        /// Prefectures and provinces made of the places below them.
        public var derived = 0
    }

    /// A place that is smaller than its file said.
    public struct Loss: Hashable, Sendable, Encodable {
        public var code: Int32
        /// The part of its area that it lost, 0 to 1.
        public var share: Double
    }

    /// The least share of a place's area whose loss is told: borders thinned one by one overlap by less.
    static let toldLoss = 0.02

    /// A face is thin when twice its area over its perimeter, its mean width, is less than this: 0.004°, about 400 m.
    static let sliverWidth = 0.004 * Corner.perDegree

    /// - Parameters:
    ///   - given: places as imported, of any levels; derived ones are passed over and made anew.
    ///   - names: by code, for places that are derived or have no name.
    /// - Throws: `BoundaryError.geometry`.
    ///
    /// Cost: O(n log n) in the number of corners; about 2 s for 150,000.
    public init(_ given: [PlaceOutline], names: [Int32: (zh: String, en: String)] = [:]) throws(BoundaryError) {
        let given = given.filter { !$0.isDerived }.sorted { ($0.level, $0.code) < ($1.level, $1.code) }
        guard !given.isEmpty else {
            places = []
            report = Report()
            return
        }
        guard let engine = GeosEngine() else { throw .geometry(reason: "GEOS could not start") }
        var faces = try FaceMap(given, engine: engine)
        faces.label(given)
        faces.absorbSlivers()
        report = faces.report
        places = []
        try dissolve(faces, given, names, engine)
    }

    private mutating func dissolve(
        _ faces: FaceMap, _ given: [PlaceOutline], _ names: [Int32: (zh: String, en: String)], _ engine: GeosEngine
    ) throws(BoundaryError) {
        let known = Dictionary(given.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
        for level in PlaceLevel.allCases {
            var members: [Int32: [Int]] = [:]
            for (index, face) in faces.faces.enumerated() {
                if let code = face.code(level) { members[code, default: []].append(index) }
            }
            for (code, indices) in members.sorted(by: { $0.key < $1.key }) {
                guard let union = engine.coverageUnion(indices.map { faces.faces[$0].shape }) else {
                    throw .geometry(reason: "the faces of \(code) cannot be joined")
                }
                let outline = engine.outline(union)
                let name = names[code]
                if var place = known[code] {
                    let before = place.outline.squareDegrees
                    let lost = before > 0 ? 1 - outline.squareDegrees / before : 0
                    if lost > PlaceCoverage.toldLoss { report.smaller.append(Loss(code: code, share: lost)) }
                    place.outline = outline
                    if place.nameZH.isEmpty { place.nameZH = name?.zh ?? String(code) }
                    if place.nameEN.isEmpty { place.nameEN = name?.en ?? "" }
                    places.append(place)
                } else {
                    // Its source is that of the first place in it.
                    let part = faces.faces[indices[0]].source.map { given[$0].source } ?? given[0].source
                    places.append(
                        PlaceOutline(
                            code: code, level: level, nameZH: name?.zh ?? String(code), nameEN: name?.en ?? "",
                            parent: level == .prefecture ? PlaceCode.province(of: code) : 0, outline: outline, source: part,
                            isDerived: true))
                    report.derived += 1
                }
            }
        }
        let left = Set(places.map(\.code))
        report.vanished = given.map(\.code).filter { !left.contains($0) }
    }
}

/// The faces between all borders, and what they belong to.
struct FaceMap {
    struct Face {
        var shape: GeosEngine.Geometry
        var county: Int32?
        var prefecture: Int32?
        var province: Int32?
        /// The given place that decided, for its source.
        var source: Int?

        func code(_ level: PlaceLevel) -> Int32? {
            switch level {
            case .county: county
            case .prefecture: prefecture
            case .province: province
            }
        }

        mutating func take(_ other: Face) {
            (county, prefecture, province, source) = (other.county, other.prefecture, other.province, other.source)
        }
    }

    private(set) var faces: [Face]
    private(set) var report = PlaceCoverage.Report()
    private let engine: GeosEngine

    init(_ places: [PlaceOutline], engine: GeosEngine) throws(BoundaryError) {
        self.engine = engine
        var lines: [GeosEngine.Geometry] = []
        for place in places {
            for ring in place.outline.polygons.joined() {
                if let line = engine.line(ring.map { (Double($0.x), Double($0.y)) }, closed: true) { lines.append(line) }
            }
        }
        guard let all = engine.collection(lines, type: 5), let noded = engine.noded(all) else {
            throw .geometry(reason: "GEOS cannot cut the borders where they meet")
        }
        faces = engine.polygonized(noded).map { Face(shape: $0) }
        report.faces = faces.count
    }

    mutating func label(_ places: [PlaceOutline]) {
        let indexes = PlaceLevel.allCases.map { level in
            let numbers = places.indices.filter { places[$0].level == level }
            let index = PlaceIndex(numbers.map { Place(code: places[$0].code, name: "", rings: places[$0].outline.rings) })
            return (level: level, numbers: numbers, index: index)
        }
        for at in faces.indices {
            guard let point = engine.pointOnSurface(faces[at].shape) else { continue }
            let (longitude, latitude) = (point.x / Corner.perDegree, point.y / Corner.perDegree)
            for (level, numbers, index) in indexes.reversed() {
                guard let first = index.index(containing: longitude, latitude) else { continue }
                let place = places[numbers[first]]
                switch level {
                case .county:
                    faces[at].county = place.code
                    faces[at].prefecture = PlaceCode.level(of: place.parent) == .prefecture ? place.parent : nil
                    faces[at].province = PlaceCode.province(of: place.code)
                case .prefecture where faces[at].province == nil:
                    faces[at].prefecture = place.code
                    faces[at].province = PlaceCode.province(of: place.code)
                case .province where faces[at].province == nil: faces[at].province = place.code
                case .prefecture, .province: continue
                }
                faces[at].source = faces[at].source ?? numbers[first]
            }
        }
    }

    /// Gives thin faces of no county, or of nothing at all, to a neighbour that has one; several in a row from the edge inwards.
    mutating func absorbSlivers() {
        let finest = PlaceLevel.allCases.last { level in faces.contains { $0.code(level) != nil } }
        guard let finest else { return }
        var open = faces.indices.filter { at in
            let shape = faces[at].shape
            return faces[at].code(finest) == nil && 2 * engine.area(shape) < PlaceCoverage.sliverWidth * engine.length(shape)
        }
        guard !open.isEmpty else { return }
        let neighbours = sharedBorders(of: Set(open))
        while true {
            var taken: [(face: Int, from: Int)] = []
            for at in open {
                // Within its own province where it can be; ties by number, so that the outcome is the same every time.
                let best = (neighbours[at] ?? [:]).filter { faces[$0.key].code(finest) != nil }.max { a, b in
                    let isHome = [a, b].map { faces[at].province == nil || faces[$0.key].province == faces[at].province }
                    if isHome[0] != isHome[1] { return isHome[1] }
                    return a.value != b.value ? a.value < b.value : a.key > b.key
                }
                if let best { taken.append((at, best.key)) }
            }
            if taken.isEmpty { return }
            for (face, from) in taken { faces[face].take(faces[from]) }
            report.slivers += taken.count
            let done = Set(taken.map(\.face))
            open.removeAll { done.contains($0) }
        }
    }

    /// For each wanted face: the faces beside it and how long the common border is.
    private func sharedBorders(of wanted: Set<Int>) -> [Int: [Int: Double]] {
        struct Side {
            var low: UInt64
            var high: UInt64
            var face: Int32
            var length: Double
        }
        var sides: [Side] = []
        for (number, face) in faces.enumerated() {
            for ring in engine.outline(face.shape).polygons.joined() {
                guard var previous = ring.last else { continue }
                for corner in ring {
                    let (a, b) = previous < corner ? (previous, corner) : (corner, previous)
                    let (dx, dy) = (Double(a.x) - Double(b.x), Double(a.y) - Double(b.y))
                    sides.append(Side(low: a.key, high: b.key, face: Int32(number), length: (dx * dx + dy * dy).squareRoot()))
                    previous = corner
                }
            }
        }
        sides.sort { ($0.low, $0.high, $0.face) < ($1.low, $1.high, $1.face) }
        var shared: [Int: [Int: Double]] = [:]
        for index in sides.indices.dropLast() where sides[index].low == sides[index + 1].low && sides[index].high == sides[index + 1].high {
            let (a, b) = (Int(sides[index].face), Int(sides[index + 1].face))
            guard a != b else { continue }
            if wanted.contains(a) { shared[a, default: [:]][b, default: 0] += sides[index].length }
            if wanted.contains(b) { shared[b, default: [:]][a, default: 0] += sides[index].length }
        }
        return shared
    }
}
