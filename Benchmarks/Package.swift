// swift-tools-version: 6.1
// Measurements of BlueAtlas, a package of its own, so that what they need is not the product's.
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "BlueAtlas", path: "..")],
    targets: [
        .executableTarget(
            name: "Figures",
            dependencies: [
                .product(name: "Atlas", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
