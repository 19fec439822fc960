// BrandSigns.swift: the sign of each brand on the map: its logo, or its drawn monogram; and a version that changes when any of them does, so that
// a picture and its table can be kept for long and still never be of two states.

import Atlas
import MapArt
import NIOCore
import Registry

/// The brands on the map, each with what its sign is made of.
struct BrandSigns: Sendable {
    struct Sign: Sendable {
        var id: String
        var monogram: Monogram
        /// Of the logo, if the brand has one.
        var logoHash: String?
    }

    /// By id.
    let signs: [Sign]
    /// A few hexadecimal digits.
    let version: String
    private let registry: RegistryStore?

    /// Reads the brands' names and logos. Cost: a millisecond for 600 brands.
    init(_ loaded: LoadedSnapshot) throws(RegistryError) {
        registry = loaded.registry
        let brands = try loaded.registry?.brands() ?? []
        let names = Dictionary(brands.map { ($0.id, [$0.nameZH, $0.nameEN].compactMap(\.self)) }, uniquingKeysWith: { first, _ in first })
        let logos = Dictionary(
            try loaded.registry?.logos().map { ($0.brandID, $0.hash) } ?? [], uniquingKeysWith: { first, _ in first })
        var description = ""
        signs = loaded.atlas.publishedBrands.filter { $0.suppliers > 0 }.map(\.id).sorted().map { id in
            let sign = Sign(id: id, monogram: Monogram(id: id, names: names[id] ?? []), logoHash: logos[id])
            description += "\(id)\u{1}\(sign.monogram.letters)\u{1}\(sign.logoHash ?? "")\u{2}"
            return sign
        }
        version = String(EntityTag.of(ByteBuffer(string: description)).filter(\.isHexDigit).prefix(16))
    }

    /// The sign of one brand; nil when it is not on the map.
    func sign(_ id: String) -> Sign? { signs.first { $0.id == id } }

    /// A brand's icon; a logo that is gone meanwhile is a monogram again.
    func icon(_ sign: Sign, name: String, size: Int) throws(RegistryError) -> SpriteIcon {
        if let hash = sign.logoHash, let png = try registry?.logo(hash: hash) {
            return SpriteIcon(name: name, size: size, picture: .logo(png: png))
        }
        return SpriteIcon(name: name, size: size, picture: .monogram(sign.monogram))
    }

    /// The logo itself, if there is one.
    func logo(_ sign: Sign) throws(RegistryError) -> [UInt8]? {
        guard let hash = sign.logoHash else { return nil }
        return try registry?.logo(hash: hash)
    }
}
