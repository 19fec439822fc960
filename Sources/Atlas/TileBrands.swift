// TileBrands.swift: a supplier's brands as attributes of its feature: the first few one by one, for their logos, and how many more there are.

import VectorTile

/// Lists brands for one layer. A brand's text is written once a tile.
struct TileBrands {
    /// The most attributes of a feature.
    static let mostAttributes = 2 + TileRules.brandsDrawn + 1

    /// Brands of the filter: a person who asks for a brand sees its logo first.
    private let wanted: Set<String>
    private let listed: AttributeKey
    private let count: AttributeKey
    private let drawn: [AttributeKey]
    private let more: AttributeKey
    private var references: [String: AttributeValueRef] = [:]

    init(first: [String], layer: inout LayerEncoder) {
        wanted = Set(first)
        listed = layer.key("brands")
        count = layer.key("brand_count")
        var keys: [AttributeKey] = []
        for place in 0..<TileRules.brandsDrawn { keys.append(layer.key("brand_\(place)")) }
        drawn = keys
        more = layer.key("more")
    }

    /// - Parameter all: of one supplier, in the order of the brand table.
    mutating func list(_ all: [String], in layer: inout LayerEncoder, to list: inout AttributeList) {
        var brands = all
        if !wanted.isEmpty, brands.count > 1 { brands = brands.filter(wanted.contains) + brands.filter { !wanted.contains($0) } }
        list.append(layer.attribute(listed, brands.prefix(TileRules.brandsListed).joined(separator: ",")))
        list.append(layer.attribute(count, UInt64(brands.count)))
        for (key, brand) in zip(drawn, brands) { list.append(layer.attribute(key, reference(brand, &layer))) }
        if brands.count > drawn.count { list.append(layer.attribute(more, UInt64(brands.count - drawn.count))) }
    }

    private mutating func reference(_ brand: String, _ layer: inout LayerEncoder) -> AttributeValueRef {
        if let known = references[brand] { return known }
        let made = layer.value(brand)
        references[brand] = made
        return made
    }
}
