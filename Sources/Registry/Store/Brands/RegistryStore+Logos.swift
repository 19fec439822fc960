// RegistryStore+Logos.swift: brands' logos, as pictures that were checked and drawn anew before (MapArt.LogoImage). A picture is stored once under
// the hash of its bytes, however many brands have it.

import GRDB

/// Which logo a brand has.
public struct BrandLogo: Hashable, Sendable {
    public var brandID: String
    /// SHA-256 of the PNG, in hexadecimal digits.
    public var hash: String
    /// Pixels.
    public var width: Int
    public var height: Int
    /// Bytes of the PNG.
    public var bytes: Int
    /// UTC, ISO 8601.
    public var setAt: String
}

extension RegistryStore {
    /// Gives a brand a logo, in place of one that it may have.
    ///
    /// - Parameters:
    ///   - png: a picture drawn by this program, never a file as somebody sent it.
    ///   - hash: of `png`.
    /// - Returns: false when there is no such brand.
    public func setLogo(brandID: String, png: [UInt8], hash: String, width: Int, height: Int) throws(RegistryError) -> Bool {
        try write(durably: true) { db in
            guard let brand = try RegistryStore.brand(brandID, db, path) else { return false }
            let picture = try RawStatement(
                db, path: path, sql: "INSERT INTO logos (hash, png, width, height) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
            picture.bind(1, hash)
            picture.bind(2, blob: png)
            picture.bind(3, Int64(width))
            picture.bind(4, Int64(height))
            try picture.run()
            let link = try RawStatement(
                db, path: path,
                sql: """
                    INSERT INTO brand_logos (brand_pk, hash, set_at) VALUES (?1, ?2, ?3)
                    ON CONFLICT (brand_pk) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at
                    """)
            link.bind(1, brand)
            link.bind(2, hash)
            link.bind(3, Timestamp.now())
            try link.run()
            try RegistryStore.dropUnused(db)
            return true
        }
    }

    /// Takes a brand's logo away.
    ///
    /// - Returns: whether it had one.
    public func removeLogo(brandID: String) throws(RegistryError) -> Bool {
        try write(durably: true) { db in
            guard let brand = try RegistryStore.brand(brandID, db, path) else { return false }
            try db.execute(sql: "DELETE FROM brand_logos WHERE brand_pk = ?", arguments: [brand])
            let had = db.changesCount > 0
            try RegistryStore.dropUnused(db)
            return had
        }
    }

    /// All logos, by brand id. Cost: O(logos); the pictures are not read.
    public func logos() throws(RegistryError) -> [BrandLogo] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT brands.id, logos.hash, logos.width, logos.height, length(logos.png), brand_logos.set_at
                    FROM brand_logos JOIN brands ON brands.pk = brand_logos.brand_pk JOIN logos ON logos.hash = brand_logos.hash
                    ORDER BY brands.id
                    """)
            var logos: [BrandLogo] = []
            while try row.step() {
                logos.append(
                    BrandLogo(
                        brandID: row.text(0) ?? "", hash: row.text(1) ?? "", width: Int(row.int(2)), height: Int(row.int(3)),
                        bytes: Int(row.int(4)), setAt: row.text(5) ?? ""))
            }
            return logos
        }
    }

    /// The picture with a hash; nil when no brand has it any more.
    public func logo(hash: String) throws(RegistryError) -> [UInt8]? {
        try read { db -> [UInt8]? in
            let row = try RawStatement(db, path: path, sql: "SELECT png FROM logos WHERE hash = ?1")
            row.bind(1, hash)
            return try row.step() ? Array(row.utf8(0)) : nil
        }
    }

    private static func brand(_ id: String, _ db: Database, _ path: String) throws(RegistryError) -> Int64? {
        let row = try RawStatement(db, path: path, sql: "SELECT pk FROM brands WHERE id = ?1")
        row.bind(1, id)
        return try row.step() ? row.int(0) : nil
    }

    private static func dropUnused(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM logos WHERE hash NOT IN (SELECT hash FROM brand_logos)")
    }
}
