// TileEncoder.swift: writes Mapbox Vector Tiles, version 2.1 of the specification, as small as the format allows.
//
// A tile is a protobuf message of layers. Features are written one after the other into one byte buffer; the tables of
// keys and values are written once behind them. No feature has an array of its own, and buffers are reused by the next layer.

/// Makes one tile.
///
/// ```swift
/// var encoder = TileEncoder()
/// encoder.addLayer("factories") { layer in
///     let status = layer.key("status")
///     let clean = layer.value("clean")
///     layer.addPoint(id: 7, x: 2048, y: 1024)
///     layer.set(status, clean)
/// }
/// let bytes = encoder.finish()
/// ```
public struct TileEncoder: ~Copyable {
    /// All layers but the last.
    private var output = ByteSink(capacity: 1024)
    private var layer = LayerEncoder()
    /// The last layer, which `layer` still holds: most tiles have one large one, and it is copied once instead of twice.
    private var last: (name: String, extent: UInt32, size: Int)?
    private var names: [String] = []

    public init() {}

    /// Adds a layer; one in which no feature was added is not written.
    ///
    /// - Parameters:
    ///   - name: Unique in the tile, compared by its UTF-8 bytes. A second layer of the same name is a mistake of the
    ///     program and traps.
    ///   - extent: Units along one side of the tile, at least 1.
    ///   - body: Adds the features. When it throws, nothing of the layer is written, and the encoder goes on.
    /// - Complexity: O(bytes written).
    public mutating func addLayer(
        _ name: String, extent: UInt32 = 4096, _ body: (inout LayerEncoder) throws -> Void
    ) rethrows {
        precondition(extent > 0, "a layer's extent is at least 1")
        precondition(
            !names.contains { $0.utf8.elementsEqual(name.utf8) }, "a tile has one layer of a name, and '\(name)' is there already")
        if let last {
            var cursor = output.cursor(atMost: last.size)
            layer.write(name: last.name, extent: last.extent, to: &cursor)
            output.end(cursor)
            self.last = nil
        }
        layer.begin()
        try body(&layer)
        let size = layer.closedSize(name: name)
        guard size > 0 else { return }
        last = (name, extent, size)
        names.append(name)
    }

    /// The tile's bytes; none when no layer has a feature.
    public consuming func finish() -> [UInt8] { bytes() }

    private func bytes() -> [UInt8] {
        output.array(adding: last?.size ?? 0) { cursor in
            if let last { layer.write(name: last.name, extent: last.extent, to: &cursor) }
        }
    }

    /// The tile's bytes, and an empty encoder that keeps its memory: for a thread that makes one tile after the other.
    ///
    /// What is kept is as large as the largest tile so far, up to twice its bytes.
    public mutating func finishAndReset() -> [UInt8] {
        let tile = bytes()
        output.removeAll()
        last = nil
        names.removeAll(keepingCapacity: true)
        return tile
    }
}
