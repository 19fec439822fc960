// swift-tools-version: 6.1
// Measurements of BlueAtlas, a package of its own, so that what they need is not the product's. What Debian must have is in
// packages.txt.
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "BlueAtlas", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // What the command line promises, over one snapshot.
        .executableTarget(
            name: "Figures",
            dependencies: [
                .product(name: "Atlas", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
            ]),

        // What changes that lie over a snapshot cost.
        .executableTarget(
            name: "LiveFigures",
            dependencies: [
                .product(name: "Atlas", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
            ]),

        // Our index as it is measured, the queries, and a small snapshot: the same for the comparison, the guards and the
        // microbenchmarks.
        .target(
            name: "Workloads",
            dependencies: [
                .product(name: "Atlas", package: "BlueAtlas"), .product(name: "Geodesy", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"), .product(name: "SpatialIndex", package: "BlueAtlas"),
            ]),

        // Programs that count themselves under valgrind: its requests, and how they start and what they read.
        .target(name: "CCallgrind"),
        .target(name: "Callgrind"),

        // Counts of instructions and allocations against stored ones: tools/guard.
        .target(name: "CGuard"),
        .executableTarget(
            name: "Guard",
            dependencies: [
                "CCallgrind", "CGuard", "Callgrind", "Workloads", .product(name: "Atlas", package: "BlueAtlas"),
                .product(name: "SpatialIndex", package: "BlueAtlas"), .product(name: "VectorTile", package: "BlueAtlas"),
            ]),

        // The comparison: other indexes behind a C interface, and ours beside them. Compiled for the best processor that valgrind knows, which counts
        // their instructions.
        .target(
            name: "CPeers",
            cxxSettings: [.unsafeFlags(["-O3", "-DNDEBUG", "-march=x86-64-v3"], .when(configuration: .release))],
            linkerSettings: ["geos_c", "s2", "sqlite3", "proj"].map { .linkedLibrary($0) }),
        .executableTarget(
            name: "Duel",
            dependencies: [
                "CCallgrind", "CPeers", "Callgrind", "Workloads", .product(name: "Atlas", package: "BlueAtlas"),
                .product(name: "SpatialIndex", package: "BlueAtlas"), .product(name: "VectorTile", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Microbenchmarks: swift package benchmark.
        .systemLibrary(name: "CLibdeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .executableTarget(
            name: "AtlasBenchmarks",
            dependencies: [
                "CLibdeflate", "Workloads", .product(name: "Atlas", package: "BlueAtlas"),
                .product(name: "SpatialIndex", package: "BlueAtlas"), .product(name: "VectorTile", package: "BlueAtlas"),
                .product(name: "Registry", package: "BlueAtlas"), .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/AtlasBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
