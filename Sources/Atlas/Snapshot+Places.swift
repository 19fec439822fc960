// Snapshot+Places.swift: places as queries return them: by code, by level and parent, by position.

import Boundaries
import SpatialIndex

/// A province, prefecture or county as queries return it.
public struct PlaceHit: Hashable, Sendable {
    /// Its number in the snapshot, as `attributes` of `placeTile` get it.
    public var index: Int
    /// Six digits of GB/T 2260.
    public var code: Int32
    public var level: PlaceLevel
    public var nameZH: String
    public var nameEN: String?
    /// The place above.
    public var parent: Int32?
    /// Degrees, WGS 84.
    public var west: Double, south: Double, east: Double, north: Double
    public var source: PlaceSource
}

extension Snapshot {
    /// Number of places; 0 when the registry had no borders. Their numbers run from 0, by level, then code.
    public var placeCount: Int { placeColumns.count }

    /// Where the borders come from, in the order of their first place.
    public var placeSources: [PlaceSource] { placeColumns.sources }

    /// The number of the place with a code.
    public func placeIndex(code: Int32) -> Int? { placeColumns.positions[code] }

    /// The number of the most exact place that a factory lies in, by its position in Hilbert order; nil at sea and abroad.
    public func placeIndex(ofFactory index: Int) -> Int? {
        guard place.indices.contains(index), place[index] != PlaceColumns.none else { return nil }
        return Int(place[index])
    }

    /// The number of the place above; nil for a province, and for what is no number of a place.
    public func parentPlace(_ index: Int) -> Int? {
        guard (0..<placeCount).contains(index), placeColumns.parent[index] >= 0 else { return nil }
        return Int(placeColumns.parent[index])
    }

    /// The place with a number of 0 ..< placeCount.
    public func place(_ index: Int) -> PlaceHit? {
        guard (0..<placeCount).contains(index) else { return nil }
        let box = placeColumns.box(index)
        let northWest = MercatorGrid.unproject(GridPoint(x: box.minX, y: box.minY))
        let southEast = MercatorGrid.unproject(GridPoint(x: box.maxX, y: box.maxY))
        let english = placeColumns.englishNames[index]
        return PlaceHit(
            index: index, code: placeColumns.code[index], level: PlaceLevel(rawValue: placeColumns.level[index]) ?? .county,
            nameZH: placeColumns.names[index], nameEN: english.isEmpty ? nil : english,
            parent: parentPlace(index).map { placeColumns.code[$0] }, west: northWest.longitude, south: southEast.latitude,
            east: southEast.longitude, north: northWest.latitude, source: placeColumns.sources[Int(placeColumns.source[index])])
    }

    /// Places of a level, or of all; below a place, or all. By level, then code.
    public func places(level: PlaceLevel? = nil, parent: Int32? = nil) -> [PlaceHit] {
        (0..<placeCount).compactMap { index in
            if let level, placeColumns.level[index] != level.rawValue { return nil }
            if let parent {
                // Directly below, or below what is directly below.
                let above = parentPlace(index)
                let codes = [above, above.flatMap(parentPlace)].compactMap { $0.map { placeColumns.code[$0] } }
                guard codes.contains(parent) else { return nil }
            }
            return place(index)
        }
    }

    /// The places at a position in degrees, WGS 84: province, prefecture, county, as far as there are any. None at sea and abroad.
    ///
    /// The answer of the registry's own locator, from the same corners. The first call takes about 0.1 s, others microseconds.
    public func places(longitude: Double, latitude: Double) -> [PlaceHit] {
        let locator = lazyLocator.locator {
            (0..<placeCount).compactMap { index in
                place(index).map {
                    PlaceOutline(
                        code: $0.code, level: $0.level, nameZH: "", parent: $0.parent ?? 0, outline: placeColumns.outline(index),
                        source: $0.source)
                }
            }
        }
        guard let finest = locator.place(longitude: longitude, latitude: latitude) else { return [] }
        var chain = [finest]
        while let last = chain.last, let above = parentPlace(last), chain.count < PlaceLevel.allCases.count { chain.append(above) }
        return chain.reversed().compactMap { place($0) }
    }
}
