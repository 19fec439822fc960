// BrandWriteEndpoints.swift: brands and their supplier links one at a time. A brand's account writes its own; what is not published is shown to
// nobody else, and an answer never tells an unpublished link from none.

import HTTPTypes
import MapArt
import Registry

enum BrandWriteEndpoints {
    private static let logo = "/v1/brands/{id}/logo"
    private static let link = "/v1/links/{brand}/{factory}/{kind}"

    static let routes: [LiveRoute] = [
        LiveRoute(.post, "/v1/brands", right: .administer, body: LiveRoute.usualBody, handler: addBrand),
        LiveRoute(.get, "/v1/brands/{id}/fields", right: .read, handler: readBrand),
        LiveRoute(.patch, "/v1/brands/{id}", right: .writeBrands, body: LiveRoute.usualBody, handler: changeBrand),
        LiveRoute(.delete, "/v1/brands/{id}", right: .administer, handler: removeBrand),
        LiveRoute(.put, logo, right: .writeBrands, body: .whole(limit: LogoImage.largestFile), handler: setLogo),
        LiveRoute(.delete, logo, right: .writeBrands, handler: removeLogo),
        LiveRoute(.post, "/v1/links", right: .writeLinks, body: LiveRoute.usualBody, handler: addLink),
        LiveRoute(.get, link, right: .read, handler: readLink),
        LiveRoute(.patch, link, right: .writeLinks, body: LiveRoute.usualBody, handler: changeLink),
        LiveRoute(.delete, link, right: .writeLinks, handler: removeLink),
    ]

    @Sendable private static func addBrand(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.brand(body) }
        return try await call.write { context in
            let receipt = try context.write(brand: read.draft, policy: .add)
            return WriteReply.reply(receipt, warnings: read.warnings, location: "/v1/brands/\(RequestTarget.encode(receipt.id))/fields")
        }
    }

    @Sendable private static func readBrand(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        return try WriteReply.fields(try call.services.store.brandFields(id: id), noun: "brand", id: id)
    }

    @Sendable private static func changeBrand(_ call: LiveCall) async throws -> Reply {
        let (id, version, body, readers) = (try call.value("id"), try call.requiredVersion(), try call.json(), call.services.drafts)
        let onlyBrand = call.onlyBrand
        return try await call.write { context in
            let (receipt, warnings) = try context.change(
                brand: id, with: body, version: version, onlyBrand: onlyBrand, readers: readers)
            return WriteReply.reply(receipt, warnings: warnings, location: nil)
        }
    }

    @Sendable private static func removeBrand(_ call: LiveCall) async throws -> Reply {
        let (id, version) = (try call.value("id"), try call.requiredVersion())
        return try await call.write { context in
            WriteReply.reply(try context.removeBrand(id: id, version: version), warnings: [], location: nil)
        }
    }

    // MARK: Logos

    /// Takes a PNG or an SVG, whatever its media type says: the bytes decide. Drawing it anew takes up to 0.1 s: one at a time, on a thread of
    /// their own. If-Match is looked at where it is sent: a logo takes nothing from a version that its sender has not seen but a logo.
    @Sendable private static func setLogo(_ call: LiveCall) async throws -> Reply {
        let (id, bytes, onlyBrand) = (try call.value("id"), call.body, call.onlyBrand)
        let version = call.headers[.ifMatch] == nil ? nil : try call.requiredVersion()
        let store = call.services.store
        let image = try await call.services.drawing.run {
            try store.check(brand: id, onlyBrand: onlyBrand)
            do throws(LogoError) { return try LogoImage(reading: bytes) } catch {
                throw Problem(.unprocessableContent, kind: .invalidValue, detail: "\(error)", parameter: "body")
            }
        }
        let drawn = DrawnLogo(png: image.png, hash: image.hash, width: image.width, height: image.height)
        return try await call.write { context in
            WriteReply.reply(try context.set(logo: drawn, ofBrand: id, version: version, onlyBrand: onlyBrand), warnings: [], location: nil)
        }
    }

    @Sendable private static func removeLogo(_ call: LiveCall) async throws -> Reply {
        let (id, version, onlyBrand) = (try call.value("id"), try call.requiredVersion(), call.onlyBrand)
        return try await call.write { context in
            WriteReply.reply(
                try context.set(logo: nil, ofBrand: id, version: version, onlyBrand: onlyBrand), warnings: [], location: nil)
        }
    }

    // MARK: Links

    @Sendable private static func addLink(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.link(body) }
        let onlyBrand = call.onlyBrand
        return try await call.write { context in
            let receipt = try context.write(link: read.draft, policy: .add, onlyBrand: onlyBrand)
            let parts = [read.draft.brandID, receipt.factoryID ?? "", read.draft.kind.name].map { RequestTarget.encode($0) }
            return WriteReply.reply(receipt, warnings: read.warnings, location: "/v1/links/" + parts.joined(separator: "/"))
        }
    }

    @Sendable private static func readLink(_ call: LiveCall) async throws -> Reply {
        let (brand, factory, kind) = (try call.value("brand"), try call.value("factory"), try call.value("kind"))
        var stored = try call.services.store.linkFields(brand: brand, factory: factory, kind: kind)
        let mayRead = { (link: StoredFields) in
            link.isPublic || call.principal.role == .admin || (call.principal.brandPK != nil && call.principal.brandPK == link.brandPK)
        }
        if let link = stored, !mayRead(link) { stored = nil }
        return try WriteReply.fields(stored, noun: "link", id: "\(brand)/\(factory)/\(kind)")
    }

    @Sendable private static func changeLink(_ call: LiveCall) async throws -> Reply {
        let link = (brand: try call.value("brand"), factory: try call.value("factory"), kind: try call.value("kind"))
        let (version, body, readers, onlyBrand) = (try call.requiredVersion(), try call.json(), call.services.drafts, call.onlyBrand)
        return try await call.write { context in
            let (receipt, warnings) = try context.change(
                link: link, with: body, version: version, onlyBrand: onlyBrand, readers: readers)
            return WriteReply.reply(receipt, warnings: warnings, location: nil)
        }
    }

    @Sendable private static func removeLink(_ call: LiveCall) async throws -> Reply {
        let (brand, factory, kind) = (try call.value("brand"), try call.value("factory"), try call.value("kind"))
        let (version, onlyBrand) = (try call.requiredVersion(), call.onlyBrand)
        return try await call.write { context in
            let receipt = try context.removeLink(
                brand: brand, factory: factory, kind: kind, version: version, onlyBrand: onlyBrand)
            return WriteReply.reply(receipt, warnings: [], location: nil)
        }
    }
}
