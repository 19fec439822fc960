// PlaceColumns.swift: the places of an opened snapshot: their columns, checked so that no later access can leave them.

import Boundaries
import Foundation
import SpatialIndex
import Synchronization

/// Places, their rings and the arcs those are made of.
struct PlaceColumns: Sendable {
    static let none = UInt32.max

    let code: Column<Int32>
    let level: Column<UInt8>
    let parent: Column<Int32>
    let source: Column<UInt16>
    let names: StringColumn
    let englishNames: StringColumn
    private let minX: Column<UInt32>
    private let minY: Column<UInt32>
    private let maxX: Column<UInt32>
    private let maxY: Column<UInt32>
    private let labelX: Column<UInt32>
    private let labelY: Column<UInt32>
    let placePolygons: Column<UInt32>
    let polygonRings: Column<UInt32>
    let ringArcs: Column<UInt32>
    let placeArcs: Column<Int32>
    let borderKind: Column<UInt8>
    let borderMinX: Column<UInt32>
    let borderMinY: Column<UInt32>
    let borderMaxX: Column<UInt32>
    let borderMaxY: Column<UInt32>
    private let corners: Column<UInt32>
    private let longitude: Column<Int32>
    private let latitude: Column<Int32>
    private let start: Column<UInt32>
    private let pointCount: Column<UInt32>
    private let x: [TileDatum: Column<UInt32>]
    private let y: [TileDatum: Column<UInt32>]
    let sources: [PlaceSource]
    /// Position by code.
    let positions: [Int32: Int]

    var count: Int { code.count }
    var arcCount: Int { borderKind.count }

    init(file: SnapshotFile) throws(SnapshotError) {
        code = try file.column(.placeCode, of: Int32.self)
        let n = code.count
        level = try file.column(.placeLevel, of: UInt8.self, count: n)
        parent = try file.column(.placeParent, of: Int32.self, count: n)
        source = try file.column(.placeSource, of: UInt16.self, count: n)
        names = StringColumn(
            offsets: try file.column(.placeNameOffsets, of: UInt32.self, count: n + 1),
            heap: try file.column(.placeNameHeap, of: UInt8.self))
        englishNames = StringColumn(
            offsets: try file.column(.placeEnglishOffsets, of: UInt32.self, count: n + 1),
            heap: try file.column(.placeEnglishHeap, of: UInt8.self))
        minX = try file.column(.placeMinX, of: UInt32.self, count: n)
        minY = try file.column(.placeMinY, of: UInt32.self, count: n)
        maxX = try file.column(.placeMaxX, of: UInt32.self, count: n)
        maxY = try file.column(.placeMaxY, of: UInt32.self, count: n)
        labelX = try file.column(.placeLabelX, of: UInt32.self, count: n)
        labelY = try file.column(.placeLabelY, of: UInt32.self, count: n)
        placePolygons = try file.column(.placePolygons, of: UInt32.self, count: n + 1)
        polygonRings = try file.column(.polygonRings, of: UInt32.self)
        ringArcs = try file.column(.ringArcs, of: UInt32.self)
        placeArcs = try file.column(.placeArcs, of: Int32.self)
        borderKind = try file.column(.borderKind, of: UInt8.self)
        let arcs = borderKind.count
        borderMinX = try file.column(.borderMinX, of: UInt32.self, count: arcs)
        borderMinY = try file.column(.borderMinY, of: UInt32.self, count: arcs)
        borderMaxX = try file.column(.borderMaxX, of: UInt32.self, count: arcs)
        borderMaxY = try file.column(.borderMaxY, of: UInt32.self, count: arcs)
        corners = try file.column(.borderCorners, of: UInt32.self, count: arcs + 1)
        longitude = try file.column(.borderLongitude, of: Int32.self)
        latitude = try file.column(.borderLatitude, of: Int32.self, count: longitude.count)
        start = try file.column(.borderStart, of: UInt32.self, count: arcs * BorderSimplifier.zooms.count)
        pointCount = try file.column(.borderCount, of: UInt32.self, count: arcs * BorderSimplifier.zooms.count)
        let points = try file.column(.borderX, of: UInt32.self)
        x = [
            .wgs84: points, .gcj02: try file.column(.borderGCJ02X, of: UInt32.self, count: points.count),
            .bd09: try file.column(.borderBD09X, of: UInt32.self, count: points.count),
        ]
        y = [
            .wgs84: try file.column(.borderY, of: UInt32.self, count: points.count),
            .gcj02: try file.column(.borderGCJ02Y, of: UInt32.self, count: points.count),
            .bd09: try file.column(.borderBD09Y, of: UInt32.self, count: points.count),
        ]
        let json = try file.column(.placeSources, of: UInt8.self)
        guard let sources = try? JSONDecoder().decode([PlaceSource].self, from: Data(json)) else {
            throw .inconsistent(path: file.path, detail: "the sources of the places cannot be read")
        }
        self.sources = sources
        positions = Dictionary(zip(code, 0..<n), uniquingKeysWith: { first, _ in first })

        try file.check(.placeCode, code.allSatisfy(PlaceCode.isPossible), "has a code that no place can have")
        try file.check(.placeLevel, level.allSatisfy { PlaceLevel(rawValue: $0) != nil }, "has a level unknown here")
        // The places of a level are taken for one run (`indices(of:)`).
        try file.check(.placeLevel, zip(level, level.dropFirst()).allSatisfy(<=), "is not in order")
        try file.check(.placeParent, parent.allSatisfy { $0 >= -1 && Int($0) < n }, "points outside the places")
        try file.check(.placeSource, source.allSatisfy { Int($0) < sources.count }, "points outside the sources")
        try file.check(.placePolygons, placePolygons.isAscending(through: polygonRings.count - 1), "does not fit the polygons")
        try file.check(.polygonRings, polygonRings.isAscending(through: ringArcs.count - 1), "does not fit the rings")
        try file.check(.ringArcs, ringArcs.isAscending(through: placeArcs.count), "does not fit the arcs of the rings")
        try file.check(
            .placeArcs,
            placeArcs.withUnsafeBufferPointer { references in
                references.allSatisfy { Int($0 < 0 ? ~$0 : $0) < arcs }
            }, "has an arc that there is not")
        try file.check(.borderKind, borderKind.allSatisfy { BorderKind(rawValue: $0) != nil }, "has a kind unknown here")
        try file.check(.borderCorners, corners.isAscending(through: longitude.count), "does not fit the corners")
        // A locator's raster is as large as what the corners span (`PlaceIndex`): on the globe that has an end.
        try file.check(.borderLongitude, longitude.areWithin(1_800_000_000), "has a corner off the globe")
        try file.check(.borderLatitude, latitude.areWithin(900_000_000), "has a corner off the globe")
        let pointLimit = UInt64(points.count)
        try file.check(
            .borderStart,
            start.withUnsafeBufferPointer { starts in
                pointCount.withUnsafeBufferPointer { counts in
                    starts.indices.allSatisfy { UInt64(starts[$0]) + UInt64(counts[$0]) <= pointLimit }
                }
            }, "and '\(SectionName.borderCount.rawValue)' name points that there are not")
    }

    func box(_ place: Int) -> GridBox { GridBox(minX: minX[place], minY: minY[place], maxX: maxX[place], maxY: maxY[place]) }

    /// Where the name of a place is written.
    func label(_ place: Int) -> GridPoint { GridPoint(x: labelX[place], y: labelY[place]) }

    /// The points of all arcs in the grid, as they lie in a datum.
    func points(_ datum: TileDatum) -> (x: Column<UInt32>, y: Column<UInt32>) {
        let none = Column<UInt32>([])
        return (x[datum] ?? none, y[datum] ?? none)
    }

    /// Where among the points those of an arc at a zoom stand.
    @inline(__always)
    func points(arc: Int, zoom: Int) -> Range<Int> {
        let at = min(zoom, BorderSimplifier.zooms.upperBound) * arcCount + arc
        let first = Int(start[at])
        return first..<first + Int(pointCount[at])
    }

    /// The shape of a place as it was imported.
    func outline(_ place: Int) -> Outline {
        var polygons: [[[Corner]]] = []
        for polygon in Int(placePolygons[place])..<Int(placePolygons[place + 1]) {
            polygons.append(
                (Int(polygonRings[polygon])..<Int(polygonRings[polygon + 1])).map { ring in
                    var line: [Corner] = []
                    for reference in placeArcs[Int(ringArcs[ring])..<Int(ringArcs[ring + 1])] {
                        let arc = Int(reference < 0 ? ~reference : reference)
                        let range = Int(corners[arc])..<Int(corners[arc + 1])
                        let points = range.map { Corner(x: longitude[$0], y: latitude[$0]) }
                        // The last is the next arc's first.
                        if reference < 0 { line += points.dropFirst().reversed() } else { line += points.dropLast() }
                    }
                    return line
                })
        }
        return Outline(polygons: polygons)
    }
}

extension Column where Element == Int32 {
    /// Whether no element lies farther from zero than a limit.
    fileprivate func areWithin(_ limit: UInt32) -> Bool {
        withUnsafeBufferPointer { elements in elements.allSatisfy { $0.magnitude <= limit } }
    }
}

/// The locator over a snapshot's places, made when it is first asked.
final class LazyLocator: Sendable {
    private let made = Mutex<PlaceLocator?>(nil)

    func locator(_ places: () -> [PlaceOutline]) -> PlaceLocator {
        made.withLock { kept in
            if let kept { return kept }
            let locator = PlaceLocator(places())
            kept = locator
            return locator
        }
    }
}
