// DecodedTile+Inspect.swift: a tile in words and as JSON, for people and for tests.

extension DecodedTile {
    /// The tile in words: a line per layer, then per feature its id, geometry and attributes.
    ///
    /// - Parameter featureLimit: How many features of each layer are shown; the count of the rest is said.
    public func inspectText(featureLimit: Int = .max) -> String {
        if layers.isEmpty { return "empty tile: no layers" }
        var lines: [String] = []
        for layer in layers {
            let name = Self.quoted(layer.name)
            lines.append(
                "layer \(name): version \(layer.version), extent \(layer.extent), \(Self.counted(layer.features.count, "feature")), "
                    + "\(Self.counted(layer.keys.count, "key")), \(Self.counted(layer.values.count, "value"))")
            let shown = layer.features.prefix(max(featureLimit, 0))
            for feature in shown {
                let id = feature.id.map { " \($0)" } ?? ""
                lines.append("  feature\(id): \(feature.geometry.words)")
                for property in feature.properties {
                    lines.append("    \(Self.quoted(property.key)) = \(property.value.words)")
                }
            }
            if shown.count < layer.features.count { lines.append("  … and \(layer.features.count - shown.count) more") }
        }
        return lines.joined(separator: "\n")
    }

    /// The tile as JSON: its layers, each with GeoJSON-like features in tile coordinates (y points south, rings are closed).
    ///
    /// Numbers that JSON has no form for are null. One feature a line.
    public func inspectJSON() -> String {
        var json = JSONText()
        json.object { json in
            json.key("layers")
            json.array { json in
                for layer in layers {
                    json.newline()
                    layer.write(to: &json)
                }
            }
        }
        return json.text
    }

    fileprivate static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// Text in quotes with control characters escaped, so that a name cannot steer a terminal.
    fileprivate static func quoted(_ text: String) -> String {
        var json = JSONText()
        json.string(text)
        return json.text
    }
}

extension DecodedLayer {
    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            json.key("name")
            json.string(name)
            json.key("version")
            json.literal(version)
            json.key("extent")
            json.literal(extent)
            json.key("features")
            json.array { json in
                for feature in features {
                    json.newline()
                    feature.write(to: &json)
                }
            }
        }
    }
}

extension DecodedFeature {
    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            json.key("type")
            json.string("Feature")
            if let id {
                json.key("id")
                json.literal(id)
            }
            json.key("geometry")
            geometry.write(to: &json)
            json.key("properties")
            json.object { json in
                for property in properties {
                    json.key(property.key)
                    property.value.write(to: &json)
                }
            }
        }
    }
}

extension TileValue {
    fileprivate func write(to json: inout JSONText) {
        switch self {
        case .string(let value): json.string(value)
        case .float(let value): json.number(Double(value))
        case .double(let value): json.number(value)
        case .int(let value), .sint(let value): json.literal(value)
        case .uint(let value): json.literal(value)
        case .bool(let value): json.literal(value)
        }
    }

    fileprivate var words: String {
        switch self {
        case .string(let value): DecodedTile.quoted(value)
        case .float(let value): "\(value) (float)"
        case .double(let value): "\(value) (double)"
        case .int(let value): "\(value) (int)"
        case .uint(let value): "\(value)"
        case .sint(let value): "\(value)"
        case .bool(let value): "\(value)"
        }
    }
}

extension TileGeometry {
    fileprivate var words: String {
        switch self {
        case .unknown(let integers): "unknown geometry, \(DecodedTile.counted(integers.count, "number"))"
        case .points(let points):
            points.count == 1
                ? "point \(points[0].words)" : "\(points.count) points " + points.map(\.words).joined(separator: " ")
        case .lines(let lines):
            "\(DecodedTile.counted(lines.count, "line")) "
                + lines.map { $0.map(\.words).joined(separator: " ") }.joined(separator: " | ")
        case .polygons(let polygons):
            "\(DecodedTile.counted(polygons.count, "polygon")) "
                + polygons.map { rings in
                    rings.map { "(" + $0.map(\.words).joined(separator: " ") + ")" }.joined(separator: " without ")
                }.joined(separator: " | ")
        }
    }

    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            json.key("type")
            switch self {
            case .unknown(let integers):
                json.string("Unknown")
                json.key("commands")
                json.array { json in
                    for integer in integers { json.literal(integer) }
                }
            case .points(let points):
                json.string(points.count == 1 ? "Point" : "MultiPoint")
                json.key("coordinates")
                if points.count == 1 { points[0].write(to: &json) } else { json.path(points) }
            case .lines(let lines):
                json.string(lines.count == 1 ? "LineString" : "MultiLineString")
                json.key("coordinates")
                if lines.count == 1 { json.path(lines[0]) } else { json.paths(lines) }
            case .polygons(let polygons):
                let closed = polygons.map { $0.map { $0 + $0.prefix(1) } }
                json.string(closed.count == 1 ? "Polygon" : "MultiPolygon")
                json.key("coordinates")
                if closed.count == 1 {
                    json.paths(closed[0])
                } else {
                    json.array { json in
                        for rings in closed { json.paths(rings) }
                    }
                }
            }
        }
    }
}

extension TilePoint {
    fileprivate var words: String { "\(x),\(y)" }

    fileprivate func write(to json: inout JSONText) {
        json.array { json in
            json.literal(x)
            json.literal(y)
        }
    }
}

extension JSONText {
    fileprivate mutating func path(_ points: [TilePoint]) {
        array { json in
            for point in points { point.write(to: &json) }
        }
    }

    fileprivate mutating func paths(_ paths: [[TilePoint]]) {
        array { json in
            for path in paths { json.path(path) }
        }
    }
}
