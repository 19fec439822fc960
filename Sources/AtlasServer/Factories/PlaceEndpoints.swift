// PlaceEndpoints.swift: the queries under /v1/places: list, one by code, those at a position. Every answer names the edition and the source
// of the borders, and what must be known of them.

import Atlas
import Boundaries
import Registry

/// The queries about places. On the work pool, as they build text.
struct PlaceEndpoints: Sendable {
    let snapshots: SnapshotHolder

    func list(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["level", "parent"])
        var level: PlaceLevel?
        if let text = query.text("level") {
            level = PlaceLevel(name: text)
            if level == nil { throw Problem(parameter: "level", value: text, mustBe: "one of \(PlaceLevel.names)") }
        }
        let parent = try query.text("parent").map { try PlaceEndpoints.code($0, parameter: "parent") }
        let snapshot = try snapshots.required().snapshot
        if let parent, snapshot.placeIndex(code: parent) == nil {
            throw Problem(parameter: "parent", detail: "parent: no place has the code \(parent) in the borders loaded")
        }
        return PlaceEndpoints.collection(snapshot.places(level: level, parent: parent), snapshot)
    }

    /// - Returns: nil when there is no such place.
    func place(code text: String, _ parameters: [(name: String, value: String)]) throws -> [UInt8]? {
        _ = try QueryParameters(parameters, known: [])
        let code = try PlaceEndpoints.code(text, parameter: "code")
        let snapshot = try snapshots.required().snapshot
        guard let place = snapshot.placeIndex(code: code).flatMap({ snapshot.place($0) }) else { return nil }
        var json = JSONWriter()
        PlaceEndpoints.write(place, &json)
        return json.bytes
    }

    /// Province, prefecture and county of a position; an empty list and a word at sea and abroad.
    func at(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["lon", "lat", "crs"])
        let (_, position) = try FactoryEndpoints.position(query)
        let snapshot = try snapshots.required().snapshot
        return PlaceEndpoints.collection(
            snapshot.places(longitude: position.longitude, latitude: position.latitude), snapshot,
            whenNone: "the position lies in no place: at sea or abroad")
    }

    static func code(_ text: String, parameter: String) throws(Problem) -> Int32 {
        guard let code = PlaceCode.parse(text), text.utf8.count <= 6 else {
            throw Problem(parameter: parameter, value: text, mustBe: "a code of GB/T 2260, such as 330000 or 330106")
        }
        return code
    }

    private static func collection(_ places: [PlaceHit], _ snapshot: Snapshot, whenNone: String? = nil) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("count", places.count)
            json.array("places") { json in for place in places { write(place, &json) } }
            if snapshot.placeCount == 0 {
                json.field("note", "no borders are loaded; 'blueatlas boundaries import' and 'blueatlas build' bring some")
            } else if places.isEmpty, let whenNone {
                json.field("note", whenNone)
            }
        }
        return json.bytes
    }

    private static func write(_ place: PlaceHit, _ json: inout JSONWriter) {
        json.object { json in
            json.field("code", String(place.code))
            json.field("level", place.level.name)
            json.field("name_zh", place.nameZH)
            json.field(optional: "name_en", place.nameEN)
            json.field(optional: "parent", place.parent.map { String($0) })
            json.array("bbox") { json in
                for edge in [place.west, place.south, place.east, place.north] { json.number((edge * 1e6).rounded() / 1e6) }
            }
            json.field("edition", place.source.edition)
            json.field("source", place.source.source)
            if !place.source.licence.isEmpty { json.field("licence", place.source.licence) }
            json.field("synthetic", place.source.synthetic)
            json.field("note", place.source.note)
        }
    }
}
