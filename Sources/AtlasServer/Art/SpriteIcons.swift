// SpriteIcons.swift: the icons of the maps and their names, which styles and sprites share.

import Atlas
import MapArt
import Registry

enum SpriteIcons {
    /// Points a side.
    static let signSize = 18
    static let logoSize = 26
    /// The icon of a brand that the sprite does not have: of a snapshot that came after it.
    static let unknownBrand = "brand-unknown"
    static let brandPrefix = "brand:"
    /// Raised when the signs of statuses change.
    static let signVersion = "1"

    static func name(of status: FactoryStatus) -> String { "status-\(status.name)" }

    /// A sign for each status.
    static func signs() -> [SpriteIcon] {
        FactoryStatus.allCases.compactMap { status in
            guard let shape = SignShape(rawValue: StyleLegend.shape(status)), let colour = Colour(hex: MapStyle.color(status)) else {
                return nil
            }
            return SpriteIcon(name: name(of: status), size: signSize, picture: .sign(Sign(shape: shape, colour: colour)))
        }
    }

    /// Those of the supply chain map, with a sign or logo for each brand; without brands those of the Blue Map.
    static func all(_ brands: BrandSigns?) throws -> [SpriteIcon] {
        guard let brands else { return signs() }
        let unknown = SpriteIcon(name: unknownBrand, size: logoSize, picture: .monogram(Monogram(id: "", names: [])))
        return try signs() + [unknown] + brands.signs.map { try brands.icon($0, name: brandPrefix + $0.id, size: logoSize) }
    }
}
