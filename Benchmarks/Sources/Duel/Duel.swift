// Duel.swift: the command line of the comparison of spatial indexes.

import ArgumentParser

@main
struct Duel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Duel", abstract: "Compares BlueAtlas' index with others: speed, memory and exactness.",
        discussion: """
            Export first, then run; peers outside this process read the same folder and write their results beside ours.

              Duel export --snapshot atlas.snapshot --output W
              Duel run --work W --snapshot atlas.snapshot
              Duel exactness --work W
              Duel scale --work W
              Duel limits --work W
              Duel tiles --work W --snapshot atlas.snapshot
            """,
        subcommands: [ExportCommand.self, RunCommand.self, ExactnessCommand.self, ScaleCommand.self, LimitsCommand.self, TilesCommand.self])
}
