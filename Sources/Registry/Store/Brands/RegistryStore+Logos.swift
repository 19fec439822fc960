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

/// A picture drawn by this program, never a file as somebody sent it.
public struct DrawnLogo: Hashable, Sendable {
    public var png: [UInt8]
    /// SHA-256 of `png`, in hexadecimal digits.
    public var hash: String
    /// Pixels.
    public var width: Int
    public var height: Int

    public init(png: [UInt8], hash: String, width: Int, height: Int) {
        self.png = png
        self.hash = hash
        self.width = width
        self.height = height
    }
}

extension RegistryStore {
    fileprivate static func setLogo(_ logo: DrawnLogo, ofBrand pk: Int64, _ db: Database, _ path: String) throws {
        let picture = try RawStatement(
            db, path: path, sql: "INSERT INTO logos (hash, png, width, height) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
        picture.bind(1, logo.hash)
        picture.bind(2, blob: logo.png)
        picture.bind(3, Int64(logo.width))
        picture.bind(4, Int64(logo.height))
        try picture.run()
        let link = try RawStatement(
            db, path: path,
            sql: """
                INSERT INTO brand_logos (brand_pk, hash, set_at) VALUES (?1, ?2, ?3)
                ON CONFLICT (brand_pk) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at
                """)
        link.bind(1, pk)
        link.bind(2, logo.hash)
        link.bind(3, Timestamp.now())
        try link.run()
        try dropUnused(db)
    }

    static func removeLogo(ofBrand pk: Int64, _ db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM brand_logos WHERE brand_pk = ?", arguments: [pk])
        let had = db.changesCount > 0
        try dropUnused(db)
        return had
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

    /// Whether a brand is there and may be changed: asked before a picture is drawn.
    ///
    /// - Throws: `WriteRefusal`, as the write itself.
    public func check(brand id: String, onlyBrand: Int64?) throws {
        _ = try read { db in Result { try RegistryStore.brandToChange(id, onlyBrand: onlyBrand, db, path: path) } }.get()
    }

    private static func dropUnused(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM logos WHERE hash NOT IN (SELECT hash FROM brand_logos)")
    }
}

extension WriteContext {
    /// Gives a brand a logo, or takes it away. The logo is part of the brand: it gets a new version.
    ///
    /// - Parameters:
    ///   - logo: nil: none any more.
    ///   - version: the change that wrote the brand last, as the client knows it; nil: any.
    ///   - onlyBrand: the only brand that may be changed; nil: any.
    /// - Throws: `WriteRefusal`; `RegistryError`.
    public func set(logo: DrawnLogo?, ofBrand id: String, version: Int64?, onlyBrand: Int64?) throws -> WriteReceipt {
        let stored = try RegistryStore.brandToChange(id, onlyBrand: onlyBrand, db, path: path)
        try check(version, of: stored)
        if let logo {
            let row = try statement("SELECT 1 FROM brand_logos WHERE brand_pk = ?1 AND hash = ?2")
            row.bind(1, stored.pk)
            row.bind(2, logo.hash)
            if try row.step() { return WriteReceipt(outcome: .unchanged, id: id, sequence: stored.sequence) }
            try RegistryStore.setLogo(logo, ofBrand: stored.pk, db, path)
        } else if try !RegistryStore.removeLogo(ofBrand: stored.pk, db) {
            throw WriteRefusal(.notFound, field: "id", value: id, reason: "this brand has no logo")
        }
        let row = try statement("UPDATE brands SET changed_seq = ?2 WHERE pk = ?1")
        row.bind(1, stored.pk)
        row.bind(2, nextSequence)
        try row.run()
        let sequence = try change(kind: "brand.changed", subject: id, detail: #"{"logo":\#(logo.map { "\"\($0.hash)\"" } ?? "null")}"#)
        return WriteReceipt(outcome: .changed, id: id, sequence: sequence)
    }
}
