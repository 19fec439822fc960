// BrandsCommand.swift: `blueatlas brands`, the brands in the registry and their logos.

import ArgumentParser
import Foundation
import MapArt
import Registry

struct BrandsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brands", abstract: "Brands in the registry and their logos.",
        subcommands: [BrandsList.self, BrandsLogo.self, BrandsRemoveLogo.self])
}

struct BrandsLogo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logo", abstract: "Gives a brand a logo: a PNG or an SVG.",
        discussion: """
            The picture is drawn anew, at most 256 pixels a side, and only what was drawn is kept and served. A PNG may have 2048 pixels a \
            side, a file 512 kB. An SVG may hold shapes, gradients, text and styles; scripts, handlers, references to elsewhere, embedded \
            pictures and document types are refused. A running server shows the new logo with the next style that is loaded.
            """)

    @OptionGroup var store: StoreOption
    @Option(help: "The brand's id.")
    var brand: String
    @Argument(help: "A PNG or an SVG.")
    var file: String

    func run() async throws {
        let image: LogoImage
        do {
            image = try LogoImage(reading: Self.bytes(of: file))
        } catch let error as LogoError {
            throw CommandFailure(message: "\(file): \(error)")
        }
        let logo = DrawnLogo(png: image.png, hash: image.hash, width: image.width, height: image.height)
        try await store.setLogo(logo, ofBrand: brand)
        print("\(brand): \(image.width) × \(image.height) pixels, \(image.png.count) bytes, SHA-256 \(image.hash)")
    }

    /// One byte more than is allowed at most: what is too large is not read in full.
    private static func bytes(of path: String) throws -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            return Array(try handle.read(upToCount: LogoImage.largestFile + 1) ?? Data())
        } catch {
            throw CommandFailure(message: "\(path): \(CommandOutput.reason(error))")
        }
    }
}

struct BrandsRemoveLogo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove-logo", abstract: "Takes a brand's logo away; a drawn monogram stands in its place.")

    @OptionGroup var store: StoreOption
    @Option(help: "The brand's id.")
    var brand: String

    func run() async throws {
        try await store.setLogo(nil, ofBrand: brand)
        print("\(brand): no logo")
    }
}

extension StoreOption {
    fileprivate func setLogo(_ logo: DrawnLogo?, ofBrand brand: String) async throws {
        try await write { context in
            do { _ = try context.set(logo: logo, ofBrand: brand, version: nil, onlyBrand: nil) } catch let refusal as WriteRefusal {
                throw CommandFailure(message: "\(refusal); 'blueatlas brands list' shows the brands, and which have a logo")
            }
        }
    }
}

struct BrandsList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists brands, and which have a logo.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Flag(help: "Only brands with a logo.")
    var withLogo = false
    @Flag(help: "Print the list as JSON.")
    var json = false

    private struct Entry: Encodable {
        var id: String
        var nameZh: String?
        var nameEn: String?
        var synthetic: Bool
        var logo: String?
    }

    func run() throws {
        do {
            let registry = try RegistryStore(path: store, mode: .readOnly)
            let logos = Dictionary(try registry.logos().map { ($0.brandID, $0) }, uniquingKeysWith: { first, _ in first })
            let brands = try registry.brands().filter { !withLogo || logos[$0.id] != nil }
            if json {
                return try CommandOutput.json(
                    brands.map {
                        Entry(id: $0.id, nameZh: $0.nameZH, nameEn: $0.nameEN, synthetic: $0.synthetic, logo: logos[$0.id]?.hash)
                    })
            }
            for brand in brands {
                let names = [brand.nameZH, brand.nameEN].compactMap(\.self).joined(separator: " / ")
                let logo = logos[brand.id].map { "logo \($0.width) × \($0.height), \($0.bytes) bytes, set \($0.setAt)" } ?? "no logo"
                print("\(brand.id)  \(names)  \(logo)\(brand.synthetic ? "  SYNTHETIC" : "")")
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}
