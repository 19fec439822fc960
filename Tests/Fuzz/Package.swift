// swift-tools-version: 6.1
// Fuzzers, a package of their own, since everything in it is built with instrumentation: see tools/fuzz, which builds and runs it.
import PackageDescription

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "BlueAtlas", path: "../.."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        // Those files of the server that read requests and make answers; Answers is a link to its sources. The rest of it, connections and TLS,
        // is what libraries parse, and would take most of the build.
        .target(
            name: "Answers",
            dependencies: ["Atlas", "Boundaries", "MapArt", "Registry", "SpatialIndex", "VectorTile"].map {
                .product(name: $0, package: "BlueAtlas")
            } + [
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["Resources"],
            sources: [
                "Art/BrandSigns.swift", "Art/SpriteIcons.swift", "Carbon", "Factories", "HTTP/EntityTag.swift", "HTTP/Negotiation.swift",
                "HTTP/Problem.swift", "HTTP/QueryParameters.swift", "HTTP/RequestTarget.swift", "HTTP/Route.swift",
                "Live/CorrectionJSON.swift", "Search", "ServerLimits.swift",
                "Snapshots/SnapshotHolder.swift", "Tiles/MapDescription.swift", "Tiles/MapLanguage.swift", "Tiles/MapStyle.swift",
                "Tiles/StyleIcons.swift", "Tiles/StyleLabels.swift", "Tiles/StyleLegend.swift", "Tiles/TileKey.swift",
                "Tiles/TileRequest.swift",
            ]),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Answers", "CFuzzer"]
                + ["Atlas", "Boundaries", "Registry", "SpatialIndex", "VectorTile"].map { .product(name: $0, package: "BlueAtlas") }),
    ],
    swiftLanguageModes: [.v6]
)
