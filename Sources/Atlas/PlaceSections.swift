// PlaceSections.swift: places and their borders on the way into a snapshot: arcs of the three levels, simplified for every zoom, and the
// rings made of them.

import Boundaries
import Foundation
import Geodesy
import SpatialIndex

/// What a border separates. The raw value stands in the file.
enum BorderKind: UInt8 {
    /// Never drawn: a coarser level draws it.
    case hidden = 0
    /// Coasts and borders with abroad.
    case outline = 1
    case province = 2
    case prefecture = 3
    case county = 4

    var name: String {
        switch self {
        case .hidden: ""
        case .outline: "outline"
        case .province: "province"
        case .prefecture: "prefecture"
        case .county: "county"
        }
    }
}

/// Columns of places under construction.
struct PlaceSections {
    private var codes: [Int32] = []
    private var levels: [UInt8] = []
    private var parents: [Int32] = []
    private var sourceNumbers: [UInt16] = []
    private var names = StringHeap()
    private var englishNames = StringHeap()
    private var boxes: [GridBox] = []
    private var labels: [GridPoint] = []
    private var placePolygons: [UInt32] = [0]
    private var polygonRings: [UInt32] = [0]
    private var ringArcs: [UInt32] = [0]
    private var placeArcs: [Int32] = []
    private var kinds: [UInt8] = []
    private var arcBoxes: [GridBox] = []
    private var corners: [UInt32] = [0]
    private var longitudes: [Int32] = []
    private var latitudes: [Int32] = []
    /// Per zoom, per arc of all levels.
    private var starts: [[UInt32]] = BorderSimplifier.zooms.map { _ in [] }
    private var counts: [[UInt32]] = BorderSimplifier.zooms.map { _ in [] }
    private var x: [UInt32] = []
    private var y: [UInt32] = []
    private var sources: [PlaceSource] = []

    /// - Parameter places: by level, then code, as the registry gives them.
    init(_ places: [PlaceOutline]) {
        let positions = Dictionary(zip(places.map(\.code), places.indices), uniquingKeysWith: { first, _ in first })
        for place in places {
            codes.append(place.code)
            levels.append(place.level.rawValue)
            // A county without a prefecture of its own in the table belongs to the province.
            let above = positions[place.parent] ?? (place.level == .province ? nil : positions[PlaceCode.province(of: place.code)])
            parents.append(above.map { Int32($0) } ?? -1)
            names.append(place.nameZH)
            englishNames.append(place.nameEN)
            let known = sources.firstIndex(of: place.source)
            if known == nil { sources.append(place.source) }
            sourceNumbers.append(UInt16(known ?? sources.count - 1))
            boxes.append(PlaceSections.box(place.outline.polygons.flatMap { $0.first ?? [] }))
        }
        labels = PlaceSections.labels(of: places, boxes: boxes)
        for level in PlaceLevel.allCases {
            let members = places.indices.filter { places[$0].level == level }
            if !members.isEmpty { add(BorderNetwork(members.map { places[$0].outline }), members: members, level: level) }
        }
    }

    /// Where the places' names are written: for a place without a shape to speak of, the middle of its box.
    private static func labels(of places: [PlaceOutline], boxes: [GridBox]) -> [GridPoint] {
        // Every second one, so that the large outlines of provinces, which come first, are shared out.
        let halves = inParallel(
            (0..<2).map { half in
                { @Sendable in LabelPoint.of(places.indices.filter { $0 % 2 == half }.map { places[$0].outline }) }
            })
        return places.indices.map { index in
            if let point = halves[index % 2][index / 2] {
                return MercatorGrid.project(longitude: point.longitude, latitude: point.latitude)
            }
            let box = boxes[index]
            guard box.minX <= box.maxX, box.minY <= box.maxY else { return GridPoint(x: 0, y: 0) }
            return GridPoint(x: box.minX + (box.maxX - box.minX) / 2, y: box.minY + (box.maxY - box.minY) / 2)
        }
    }

    private static func box(_ corners: [Corner]) -> GridBox {
        var box = GridBox(minX: .max, minY: .max, maxX: 0, maxY: 0)
        for corner in corners {
            let point = MercatorGrid.project(longitude: corner.longitude, latitude: corner.latitude)
            box = GridBox(
                minX: min(box.minX, point.x), minY: min(box.minY, point.y), maxX: max(box.maxX, point.x), maxY: max(box.maxY, point.y))
        }
        return box
    }

    /// - Parameter members: positions of the level's places, which follow each other.
    private mutating func add(_ network: BorderNetwork, members: [Int], level: PlaceLevel) {
        let firstArc = Int32(kinds.count)
        for polygons in network.polygons {
            for rings in polygons {
                for ring in rings {
                    placeArcs += ring.map { $0 < 0 ? ~(~$0 + firstArc) : $0 + firstArc }
                    ringArcs.append(UInt32(placeArcs.count))
                }
                polygonRings.append(UInt32(ringArcs.count - 1))
            }
            placePolygons.append(UInt32(polygonRings.count - 1))
        }
        for arc in network.arcs {
            kinds.append(kind(members[arc.left], arc.right.map { members[$0] }, level).rawValue)
            arcBoxes.append(PlaceSections.box(arc.corners))
            longitudes += arc.corners.map(\.x)
            latitudes += arc.corners.map(\.y)
            corners.append(UInt32(longitudes.count))
        }
        let simplifier = BorderSimplifier(network)
        var finer: [[GridPoint]] = []
        // From the closest zoom outwards: an arc that loses nothing shares its points.
        for zoom in BorderSimplifier.zooms.reversed() {
            let points = simplifier.points(zoom: zoom)
            for (arc, line) in points.enumerated() {
                if !finer.isEmpty, finer[arc].count == line.count, finer[arc] == line {
                    starts[zoom].append(starts[zoom + 1][Int(firstArc) + arc])
                } else {
                    starts[zoom].append(UInt32(x.count))
                    x += line.map(\.x)
                    y += line.map(\.y)
                }
                counts[zoom].append(UInt32(line.count))
            }
            finer = points
        }
    }

    private func kind(_ left: Int, _ right: Int?, _ level: PlaceLevel) -> BorderKind {
        guard let right else { return level == .province ? .outline : .hidden }
        func province(_ place: Int) -> Int32 { PlaceCode.province(of: codes[place]) }
        switch level {
        case .province: return .province
        case .prefecture: return province(left) == province(right) ? .prefecture : .hidden
        case .county: return parents[left] == parents[right] ? .county : .hidden
        }
    }

    /// Positions of places by their codes.
    func indices(of wanted: [Int32]) -> [UInt32] {
        var positions = Dictionary(zip(codes, codes.indices.map { UInt32($0) }), uniquingKeysWith: { first, _ in first })
        positions[0] = PlaceColumns.none
        return wanted.map { positions[$0] ?? PlaceColumns.none }
    }

    func write(to writer: inout SnapshotWriter) throws(SnapshotError) {
        try writer.append(.placeCode, codes)
        try writer.append(.placeLevel, levels)
        try writer.append(.placeParent, parents)
        try writer.append(.placeSource, sourceNumbers)
        try writer.append(.placeNameOffsets, names.offsets)
        try writer.append(.placeNameHeap, names.heap)
        try writer.append(.placeEnglishOffsets, englishNames.offsets)
        try writer.append(.placeEnglishHeap, englishNames.heap)
        try writer.append(.placeMinX, boxes.map(\.minX))
        try writer.append(.placeMinY, boxes.map(\.minY))
        try writer.append(.placeMaxX, boxes.map(\.maxX))
        try writer.append(.placeMaxY, boxes.map(\.maxY))
        try writer.append(.placeLabelX, labels.map(\.x))
        try writer.append(.placeLabelY, labels.map(\.y))
        try writer.append(.placePolygons, placePolygons)
        try writer.append(.polygonRings, polygonRings)
        try writer.append(.ringArcs, ringArcs)
        try writer.append(.placeArcs, placeArcs)
        try writer.append(.borderKind, kinds)
        try writer.append(.borderMinX, arcBoxes.map(\.minX))
        try writer.append(.borderMinY, arcBoxes.map(\.minY))
        try writer.append(.borderMaxX, arcBoxes.map(\.maxX))
        try writer.append(.borderMaxY, arcBoxes.map(\.maxY))
        try writer.append(.borderCorners, corners)
        try writer.append(.borderLongitude, longitudes)
        try writer.append(.borderLatitude, latitudes)
        try writer.append(.borderStart, starts.flatMap { $0 })
        try writer.append(.borderCount, counts.flatMap { $0 })
        try writer.append(.borderX, x)
        try writer.append(.borderY, y)
        // Moved here once rather than in every tile: the formulas cost more than all else in a tile.
        let (x, y) = (x, y)
        let moves = [TileDatum.gcj02, .bd09].map { datum -> @Sendable () -> [GridPoint] in
            { zip(x, y).map { datum.moved(GridPoint(x: $0, y: $1)) } }
        }
        let moved = inParallel(moves)
        try writer.append(.borderGCJ02X, moved[0].map(\.x))
        try writer.append(.borderGCJ02Y, moved[0].map(\.y))
        try writer.append(.borderBD09X, moved[1].map(\.x))
        try writer.append(.borderBD09Y, moved[1].map(\.y))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try writer.append(.placeSources, Array(encoder.encode(sources)))
        } catch let error as SnapshotError {
            throw error
        } catch {
            throw .cannotWrite(path: "", reason: "\(error)")
        }
    }
}
