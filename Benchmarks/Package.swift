// swift-tools-version: 6.1
// Measurements of BlueAtlas, a package of its own, so that what they need is not the product's.
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "BlueAtlas", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Other indexes, compiled as well as they can be; Debian packages as `packages.txt` lists them.
        .target(
            name: "CPeers",
            cxxSettings: [.unsafeFlags(["-O3", "-DNDEBUG", "-march=x86-64-v2"])],
            linkerSettings: ["geos_c", "s2", "sqlite3", "proj"].map { .linkedLibrary($0) }),
        .executableTarget(
            name: "Duel",
            dependencies: [
                "CPeers", .product(name: "Atlas", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
                .product(name: "Geodesy", package: "BlueAtlas"), .product(name: "VectorTile", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "Figures",
            dependencies: [
                .product(name: "Atlas", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
