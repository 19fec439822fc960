// TileJSON.swift: the description of a tile set that map clients read first, TileJSON 3.0.0.

/// A tile set's description. Fields that are nil do not stand in the JSON.
public struct TileJSON: Hashable, Sendable, Codable {
    /// A layer of the tiles and its attributes.
    public struct VectorLayer: Hashable, Sendable, Codable {
        /// The layer's name in the tiles.
        public var id: String
        /// Attribute name → what it is, by custom a type and a sentence. Must be there, empty for no attributes.
        public var fields: [String: String]
        public var description: String?
        public var minzoom: Int?
        public var maxzoom: Int?

        public init(id: String, fields: [String: String], description: String? = nil, minzoom: Int? = nil, maxzoom: Int? = nil) {
            self.id = id
            self.fields = fields
            self.description = description
            self.minzoom = minzoom
            self.maxzoom = maxzoom
        }
    }

    /// The specification's version.
    public var tilejson = "3.0.0"
    /// Addresses with `{z}`, `{x}` and `{y}`; at least one.
    public var tiles: [String]
    public var vectorLayers: [VectorLayer]
    public var name: String?
    public var description: String?
    public var attribution: String?
    /// The tile set's own version, as in semantic versioning.
    public var version: String?
    /// `xyz`: y counts from the north; `tms`: from the south.
    public var scheme: String?
    /// The first and last zoom with tiles, 0 to 30.
    public var minzoom: Int?
    public var maxzoom: Int?
    /// West, south, east, north in degrees, WGS 84.
    public var bounds: [Double]?
    /// Longitude, latitude, zoom to start at.
    public var center: [Double]?
    public var fillzoom: Int?
    public var legend: String?
    public var template: String?
    public var data: [String]?
    public var grids: [String]?

    private enum CodingKeys: String, CodingKey {
        case tilejson, tiles, name, description, attribution, version, scheme, minzoom, maxzoom, bounds, center, fillzoom, legend
        case template, data, grids
        case vectorLayers = "vector_layers"
    }

    public init(
        tiles: [String], vectorLayers: [VectorLayer], name: String? = nil, description: String? = nil, attribution: String? = nil,
        version: String? = nil, scheme: String? = "xyz", minzoom: Int? = nil, maxzoom: Int? = nil, bounds: [Double]? = nil,
        center: [Double]? = nil
    ) {
        self.tiles = tiles
        self.vectorLayers = vectorLayers
        self.name = name
        self.description = description
        self.attribution = attribution
        self.version = version
        self.scheme = scheme
        self.minzoom = minzoom
        self.maxzoom = maxzoom
        self.bounds = bounds
        self.center = center
    }
}
