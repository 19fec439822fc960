// BlueAtlasCommand.swift: the program's entry and the list of its commands.

import ArgumentParser
import Atlas

@main
struct BlueAtlasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blueatlas",
        abstract: "Geospatial query engine and tile server for China's environmental map.",
        discussion: """
            From a file of factories to tiles and radius queries:
              blueatlas generate --factories 1200000 --records 1900000 --seed 1 --output var/dataset
              blueatlas boundaries import --store var/registry.db --default
              blueatlas import --store var/registry.db var/dataset
              blueatlas build --store var/registry.db --output var/atlas.snapshot
              blueatlas serve --snapshot var/atlas.snapshot --store var/registry.db
            """,
        version: "0.1.0",
        subcommands: [
            GenerateCommand.self, ImportCommand.self, BuildCommand.self, ServeCommand.self, QueryCommand.self, TileCommand.self,
            TransformCommand.self, VerifyCommand.self, BoundariesCommand.self, CarbonCommand.self, BrandsCommand.self, ReadingsCommand.self,
            RecordsCommand.self, WatchCommand.self, AdminCommand.self, BackupCommand.self, RestoreCommand.self,
        ])
}
