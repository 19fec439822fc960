// BrandEndpoints.swift: the queries under /v1/brands: all brands on the map, one with what it has published, its logo. Only published links count:
// a brand without any is not here, as if it did not exist.

import Atlas
import Boundaries
import HTTPTypes
import MapArt
import Registry

struct BrandEndpoints: Sendable {
    let snapshots: SnapshotHolder
    let fonts: MapFonts?
    let art: ArtCache

    static let defaultLimit = 100
    static let largestLimit = 1_000
    static let defaultSuppliers = 50
    /// Pixels of a drawn monogram.
    private static let monogramPixels = 128

    // MARK: All

    /// All brands, or those whose names or id hold `q`; most suppliers first.
    func list(_ call: FactoryEndpoints.Call) throws -> [UInt8] {
        let query = try QueryParameters(call.parameters, known: ["q", "limit", "after"])
        let limit = try query.integer("limit", in: 1...BrandEndpoints.largestLimit, default: BrandEndpoints.defaultLimit)
        let start = try query.integer("after", in: 0...1_000_000, default: 0)
        let words = try BrandEndpoints.words(query)
        let loaded = try snapshots.required()
        let brands = try loaded.registry?.brands() ?? []
        let known = Dictionary(brands.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let logos = Set(try loaded.registry?.logos().map(\.brandID) ?? [])
        let found = loaded.atlas.brandFigures.filter { figures in
            guard !words.isEmpty else { return true }
            let brand = known[figures.id]
            let texts = [figures.id, brand?.nameZH, brand?.nameEN].compactMap { $0.map(NameKey.normalized) }
            return words.allSatisfy { word in texts.contains { $0.contains(word) } }
        }.map { (figures: $0, suppliers: $0.suppliers) }.sorted { ($1.suppliers, $0.figures.id) < ($0.suppliers, $1.figures.id) }
        let page = found.dropFirst(start).prefix(limit)
        var json = JSONWriter()
        json.object { json in
            BrandEndpoints.about(loaded, &json)
            json.field("numberMatched", found.count)
            json.field("numberReturned", page.count)
            json.array("brands") { json in
                for item in page {
                    json.object { json in
                        BrandEndpoints.write(
                            item.figures.id, known[item.figures.id], hasLogo: logos.contains(item.figures.id), base: call.base, &json)
                        json.field("suppliers", item.suppliers)
                        BrandEndpoints.statuses(item.figures.statuses, &json)
                    }
                }
            }
            BrandEndpoints.next(start + page.count < found.count ? start + page.count : nil, call, &json)
        }
        return json.bytes
    }

    private static func words(_ query: QueryParameters) throws(Problem) -> [String] {
        guard let text = query.text("q") else { return [] }
        guard text.unicodeScalars.count <= 100 else {
            throw Problem(parameter: "q", value: text, mustBe: "a part of a brand's name, at most 100 characters")
        }
        return text.split(whereSeparator: \.isWhitespace).map { NameKey.normalized(String($0)) }
    }

    // MARK: One

    /// What a brand has published: figures, and its suppliers, the worst first.
    ///
    /// - Returns: nil when no such brand has a published supplier.
    func detail(id: String, _ call: FactoryEndpoints.Call) throws -> [UInt8]? {
        let query = try QueryParameters(call.parameters, known: ["limit", "after"])
        let limit = try query.integer("limit", in: 1...BrandEndpoints.largestLimit, default: BrandEndpoints.defaultSuppliers)
        let start = try query.integer("after", in: 0...1_000_000, default: 0)
        let loaded = try snapshots.required()
        guard loaded.atlas.publishedBrands.contains(where: { $0.id == id && $0.suppliers > 0 }) else { return nil }
        let suppliers = try loaded.atlas.suppliers(brand: id)
        let brand = try loaded.registry?.brands().first { $0.id == id }
        let links = try loaded.registry?.publishedLinkCounts(brandID: id)
        let hasLogo = try loaded.registry?.logos().contains { $0.brandID == id } ?? false
        let page = suppliers.dropFirst(start).prefix(limit)
        var json = JSONWriter()
        json.object { json in
            BrandEndpoints.about(loaded, &json)
            BrandEndpoints.write(id, brand, hasLogo: hasLogo, base: call.base, &json)
            json.field(optional: "sector", brand?.sector)
            json.field(optional: "website", brand?.website)
            json.field(optional: "source", brand?.source)
            json.field("suppliers", suppliers.count)
            BrandEndpoints.statuses(Dictionary(suppliers.map { ($0.status, 1) }, uniquingKeysWith: +), &json)
            BrandEndpoints.counted("industries", suppliers.map { String($0.industry.prefix(3)) }, &json)
            BrandEndpoints.places(suppliers, loaded.snapshot, &json)
            if let links { BrandEndpoints.links(links, &json) }
            BrandEndpoints.box(suppliers, &json)
            json.field("numberReturned", page.count)
            json.array("factories") { json in for supplier in page { json.object { BrandEndpoints.supplier(supplier, &$0) } } }
            BrandEndpoints.next(start + page.count < suppliers.count ? start + page.count : nil, call, &json)
        }
        return json.bytes
    }

    /// The logo, or the drawn monogram.
    ///
    /// - Throws: `Problem` 404 for a brand that is not on the map.
    func logo(id: String, coding: ContentCoding, ifNoneMatch: String?) async throws -> Reply {
        let loaded = try snapshots.required()
        let signs = try await art.run { try BrandSigns(loaded) }
        guard let sign = signs.sign(id) else { throw BrandEndpoints.unknown(id) }
        let (fonts, gzip) = (fonts, art.gzip)
        let key = "logos/\(sign.logoHash ?? "\(sign.id)/\(sign.monogram.letters)")"
        let file = try await art.file(key) {
            let kept = try signs.logo(sign)
            let drawn = SpriteIcon(name: "", size: SpriteIcons.logoSize, picture: .monogram(sign.monogram))
            return ReadyFile(type: "image/png", kept ?? drawn.png(pixels: BrandEndpoints.monogramPixels, fonts: fonts), gzip: gzip)
        }
        var reply = file.reply(coding: coding, ifNoneMatch: ifNoneMatch, cacheControl: "no-cache")
        // A picture and nothing else, whoever opens it by itself.
        reply.headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        return reply
    }

    static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, kind: .notFound, detail: "no brand with the id '\(Problem.excerpt(id))' publishes suppliers on this map",
            parameter: "id")
    }

    // MARK: Parts of the answers

    private static func about(_ loaded: LoadedSnapshot, _ json: inout JSONWriter) {
        let info = loaded.atlas.info
        json.field("as_of", info.asOf)
        if info.synthetic { json.field("synthetic_data", info.label.isEmpty ? "SYNTHETIC DATA" : info.label) }
    }

    private static func write(_ id: String, _ brand: Brand?, hasLogo: Bool, base: String, _ json: inout JSONWriter) {
        json.field("id", id)
        json.field(optional: "name_zh", brand?.nameZH)
        json.field(optional: "name_en", brand?.nameEN)
        if let brand { json.field("synthetic", brand.synthetic) }
        json.field("logo", "\(base)/v1/brands/\(RequestTarget.encode(id))/logo.png")
        json.field("logo_is_drawn", !hasLogo)
    }

    private static func statuses(_ counts: [FactoryStatus: Int], _ json: inout JSONWriter) {
        json.object("statuses") { json in for status in FactoryStatus.allCases { json.field(status.name, counts[status] ?? 0) } }
    }

    /// Values and how often each occurs, the most frequent first; empty ones are left out.
    private static func counted(_ name: String, _ values: [String], _ json: inout JSONWriter) {
        let counts = Dictionary(values.filter { !$0.isEmpty }.map { ($0, 1) }, uniquingKeysWith: +)
        json.array(name) { json in
            for (code, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                json.object { json in
                    json.field("code", code)
                    json.field("suppliers", count)
                }
            }
        }
    }

    /// Provinces and prefectures of the suppliers, the most frequent first.
    private static func places(_ suppliers: [FactoryHit], _ snapshot: Snapshot, _ json: inout JSONWriter) {
        // The code that the source gives; where it gives none, where the position lies.
        let counties = suppliers.compactMap { supplier in
            supplier.countyCode.flatMap { Int32($0) }
                ?? snapshot.places(longitude: supplier.longitude, latitude: supplier.latitude).last?.code
        }
        let levels = [("provinces", PlaceCode.province(of:)), ("prefectures", PlaceCode.prefecture(of:))]
        for (name, code) in levels {
            let counts = Dictionary(counties.map { (code($0), 1) }, uniquingKeysWith: +)
            json.array(name) { json in
                // 0: nothing is known of the prefecture.
                for (code, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) where code != 0 {
                    let place = snapshot.placeIndex(code: code).flatMap { snapshot.place($0) }
                    json.object { json in
                        json.field("code", String(code))
                        json.field(optional: "name_zh", place?.nameZH)
                        json.field(optional: "name_en", place?.nameEN)
                        json.field("suppliers", count)
                    }
                }
            }
        }
    }

    private static func links(_ links: PublishedLinkCounts, _ json: inout JSONWriter) {
        json.object("kinds") { json in
            for kind in LinkKind.allCases where links.kinds[kind] != nil { json.field(kind.name, links.kinds[kind] ?? 0) }
        }
        json.object("tiers") { json in for (tier, count) in links.tiers.sorted(by: { $0.key < $1.key }) { json.field(String(tier), count) }
        }
    }

    /// West, south, east, north of the suppliers.
    private static func box(_ suppliers: [FactoryHit], _ json: inout JSONWriter) {
        guard let first = suppliers.first else { return }
        var (west, south, east, north) = (first.longitude, first.latitude, first.longitude, first.latitude)
        for supplier in suppliers {
            west = min(west, supplier.longitude)
            east = max(east, supplier.longitude)
            south = min(south, supplier.latitude)
            north = max(north, supplier.latitude)
        }
        json.array("bbox") { json in for edge in [west, south, east, north] { json.number((edge * 1e6).rounded() / 1e6) } }
    }

    private static func supplier(_ factory: FactoryHit, _ json: inout JSONWriter) {
        FactoryJSON.identity(factory, &json)
        json.field("records", factory.records)
        json.field("worst_severity", factory.worstSeverity)
        json.field(optional: "county_code", factory.countyCode)
        json.field("lon", factory.longitude)
        json.field("lat", factory.latitude)
    }

    private static func next(_ start: Int?, _ call: FactoryEndpoints.Call, _ json: inout JSONWriter) {
        guard let start else { return }
        json.array("links") { json in
            json.object { json in
                json.field("rel", "next")
                json.field("href", call.address(after: String(start)))
            }
        }
    }
}
