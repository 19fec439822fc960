// swift-tools-version: 6.1
// BlueAtlas: a geospatial query engine and tile server for China's environmental map.
// The targets stand in the order of their arrows: each imports only targets above it (docs/architecture.md).
import PackageDescription

let package = Package(
    name: "BlueAtlas",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "blueatlas", targets: ["blueatlas"]),
        .library(name: "SpatialIndex", targets: ["SpatialIndex"]),
        .library(name: "VectorTile", targets: ["VectorTile"]),
        .library(name: "Geodesy", targets: ["Geodesy"]),
        .library(name: "Boundaries", targets: ["Boundaries"]),
        .library(name: "Atlas", targets: ["Atlas"]),
        .library(name: "Registry", targets: ["Registry"]),
        // For the fuzzers in Tests/Fuzz.
        .library(name: "MapArt", targets: ["MapArt"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries: module maps only.
        .systemLibrary(name: "CProj", pkgConfig: "proj", providers: [.apt(["libproj-dev"])]),
        .systemLibrary(name: "CGeos", pkgConfig: "geos", providers: [.apt(["libgeos-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CVector"),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
        .systemLibrary(name: "CCairo", pkgConfig: "librsvg-2.0", providers: [.apt(["librsvg2-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // The hot core: no I/O, no Foundation.
        .target(name: "SpatialIndex", dependencies: ["CVector"]),
        .target(name: "VectorTile", dependencies: ["CVector"]),
        // Readings, limits, indices: pure rules.
        .target(name: "Monitoring"),
        // SHA-256 and the codes made of it.
        .target(name: "Digests", dependencies: ["COpenSSL"]),
        .target(name: "Geodesy", dependencies: ["CProj"]),
        .target(name: "Boundaries", dependencies: ["CGeos", "CZlib", "Geodesy", "SpatialIndex"]),

        // Letters, signs and logos as pictures.
        .target(name: "MapArt", dependencies: ["CFreeType", "CCairo", "Digests"]),
        // Calls of webhooks and mails: knows nothing of what they say.
        .target(
            name: "Delivery",
            dependencies: [
                "Digests",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),

        // The domain and its store.
        .target(
            name: "Registry",
            dependencies: [
                "Geodesy", "Boundaries", "Monitoring", "Digests", "CSQLite", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(name: "SyntheticData", dependencies: ["Geodesy", "Boundaries", "Registry"]),

        // Watch lists, rules and pushes.
        .target(
            name: "EcoChain",
            dependencies: [
                "Registry", "Delivery",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),

        // Snapshot, queries, tiles.
        .target(
            name: "Atlas",
            dependencies: [
                "SpatialIndex", "VectorTile", "Geodesy", "Boundaries", "Monitoring", "Registry", "CXXHash",
                .product(name: "HashTreeCollections", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        .target(
            name: "AtlasServer",
            dependencies: [
                "Atlas", "MapArt", "Registry", "Monitoring", "EcoChain", "Delivery", "Boundaries", "Geodesy", "VectorTile", "SpatialIndex",
                "CDeflate", "CMalloc",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Resources/page")]),
        .executableTarget(
            name: "blueatlas",
            dependencies: [
                "AtlasServer", "EcoChain", "Delivery", "Atlas", "MapArt", "Registry", "Monitoring", "SyntheticData", "Boundaries",
                "Geodesy",
                "VectorTile", "SpatialIndex",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        .testTarget(name: "SpatialIndexTests", dependencies: ["SpatialIndex", "CProj", "CVector"]),
        .testTarget(name: "VectorTileTests", dependencies: ["VectorTile"], exclude: ["peers"]),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
        .testTarget(name: "MonitoringTests", dependencies: ["Monitoring"], exclude: ["peers"]),
        .testTarget(name: "GeodesyTests", dependencies: ["Geodesy"], exclude: ["Fixtures"]),
        .testTarget(name: "BoundariesTests", dependencies: ["Boundaries", "CGeos", "Geodesy", "SpatialIndex"]),
        .testTarget(name: "MapArtTests", dependencies: ["MapArt", "CFreeType", "CCairo"]),
        // A receiver that misbehaves, for both tests.
        .target(
            name: "DeliveryTestSupport",
            dependencies: [.product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")],
            path: "Tests/DeliveryTestSupport"),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "DeliveryTestSupport", .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], exclude: ["peers"]),
        .testTarget(
            name: "EcoChainTests",
            dependencies: [
                "EcoChain", "Delivery", "DeliveryTestSupport", "Registry", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "RegistryTests", dependencies: ["Registry", "Monitoring", "Boundaries", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fixtures"]),
        .testTarget(name: "SyntheticDataTests", dependencies: ["SyntheticData", "Boundaries", "Geodesy", "Registry"]),
        .testTarget(name: "AtlasTests", dependencies: ["Atlas", "Boundaries", "Monitoring", "Geodesy", "VectorTile"]),
        .testTarget(
            name: "AtlasServerTests",
            dependencies: [
                "AtlasServer", "EcoChain", "Delivery", "DeliveryTestSupport", "Boundaries", "MapArt", "Monitoring",
            ]),
        .testTarget(
            name: "blueatlasTests",
            dependencies: ["blueatlas", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    ],
    swiftLanguageModes: [.v6]
)

// For .ci/run: what computes most runs ten times as fast in tests, its assertions kept. Not by default: a debugger shows less then, and a change
// takes longer to build.
if Context.environment["BLUEATLAS_OPTIMIZE_TESTS"] != nil {
    for target in package.targets where ["SpatialIndex", "VectorTile", "Boundaries", "SyntheticData"].contains(target.name) {
        target.swiftSettings =
            (target.swiftSettings ?? []) + [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]
    }
}
