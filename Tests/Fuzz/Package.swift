// swift-tools-version: 6.1
// Fuzzers, a package of their own, since everything in it is built with instrumentation: see tools/fuzz, which builds and runs it.
import PackageDescription

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "BlueAtlas", path: "../..")],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CFuzzer"]
                + ["Atlas", "AtlasServer", "Boundaries", "Registry", "SpatialIndex", "VectorTile"].map {
                    .product(name: $0, package: "BlueAtlas")
                }),
    ],
    swiftLanguageModes: [.v6]
)
