// TileJSONTests.swift: the tile set's description in the form of TileJSON 3.0.0.

import Foundation
import Testing
import VectorTile

@Suite struct TileJSONTests {
    @Test func theDescriptionHasTheSpecifiedFieldNamesAndNoEmptyOnes() throws {
        let description = TileJSON(
            tiles: ["http://127.0.0.1:8080/tiles/blue/{z}/{x}/{y}.mvt"],
            vectorLayers: [.init(id: "factories", fields: ["status": "String"], description: "Single factories", minzoom: 0, maxzoom: 16)],
            name: "blue", minzoom: 0, maxzoom: 16, bounds: [73, 18, 135, 54], center: [104, 36, 4])
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(description)) as? NSDictionary
        #expect(
            json == [
                "tilejson": "3.0.0", "tiles": ["http://127.0.0.1:8080/tiles/blue/{z}/{x}/{y}.mvt"], "name": "blue", "scheme": "xyz",
                "minzoom": 0, "maxzoom": 16, "bounds": [73, 18, 135, 54], "center": [104, 36, 4],
                "vector_layers": [
                    ["id": "factories", "fields": ["status": "String"], "description": "Single factories", "minzoom": 0, "maxzoom": 16]
                ],
            ] as NSDictionary)
    }

    @Test func anExampleOfTheSpecificationIsRead() throws {
        let text = """
            {"tilejson": "3.0.0", "name": "compositing", "scheme": "tms", "tiles": ["http://localhost/{z}/{x}/{y}.mvt"],
             "vector_layers": [{"id": "telephone", "fields": {"phone_number": "the phone number", "payment": "how to pay"}}],
             "attribution": "<a href='x'>y</a>", "fillzoom": 8, "maxzoom": 11, "something": "unknown fields are allowed"}
            """
        let read = try JSONDecoder().decode(TileJSON.self, from: Data(text.utf8))
        #expect(read.scheme == "tms" && read.fillzoom == 8 && read.maxzoom == 11 && read.minzoom == nil)
        #expect(read.vectorLayers == [.init(id: "telephone", fields: ["phone_number": "the phone number", "payment": "how to pay"])])
        #expect(try JSONDecoder().decode(TileJSON.self, from: JSONEncoder().encode(read)) == read)
    }
}
