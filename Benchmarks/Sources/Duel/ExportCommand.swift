// ExportCommand.swift: `Duel export` writes points, queries, our answers and the tiles of the comparison. Our answers are
// checked against brute force on a sample before anything is compared with them.

import ArgumentParser
import Atlas
import Registry
import SpatialIndex
import VectorTile
import Workloads

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes the folder that all peers read: points, queries, answers, tiles.")

    @Option(help: "The snapshot file.")
    var snapshot: String
    @Option(help: "The folder to write to; made when missing.")
    var output: String
    @Option(help: "Queries of each work whose answers are checked against brute force.")
    var sample = 100
    @Option(help: "Another seed gives other places.")
    var seed: UInt64 = 1

    func run() throws {
        let folder = WorkFolder(output)
        let atlas = try Snapshot.open(path: snapshot)
        let factories = try Self.factories(of: atlas)
        let points = factories.map { Position(longitude: $0.longitude, latitude: $0.latitude) }
        let cells = points.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
        try folder.write(points: points, cells: cells)
        try folder.write(text: Self.table(factories, cells), to: "factories.csv")
        try folder.write(text: Self.attributes(factories), to: "attributes.csv")

        let ours = Contender.ours(OurIndex(degrees: points))
        let truth = BruteForce(points, cells)
        let out = AnswerBuffer(points: points.count)
        for work in Work.all {
            let queries = QuerySet(work, over: points, seed: seed)
            let answer = ours.answering(queries, out)
            let answers = (0..<queries.count).map { Answer(out, count: answer($0), kind: work.kind) }
            let checked = min(sample, queries.count)
            for number in 0..<checked {
                let at = number * queries.count / checked
                guard answers[at].agrees(with: truth.answer(queries, at), kind: work.kind) else {
                    throw DuelError("\(work.name): our answer to query \(at) differs from brute force")
                }
            }
            try folder.write(queries, for: work)
            try folder.write(answers, for: work)
            let found = answers.reduce(0) { $0 + $1.ids.count }
            let mean = Double(found) / Double(max(answers.count, 1))
            print("\(work.name): \(queries.count) queries, \(mean.text(1)) points each, \(checked) equal brute force")
        }
        let tiles = try TileWork.choose(from: atlas, cells: cells)
        let ids = Dictionary(uniqueKeysWithValues: factories.enumerated().map { ($1.pk, $0) })
        try folder.write(json: try tiles.map { try TileFinding($0, in: atlas, ids: ids) }, to: "tiles.json")
        print("\(points.count) points and \(tiles.count) tiles in \(output)")
    }

    /// All factories by ascending registry number.
    private static func factories(of atlas: Snapshot) throws -> [FactoryHit] {
        var found: [FactoryHit] = []
        found.reserveCapacity(atlas.info.factories)
        var pk: Int64 = 0
        while found.count < atlas.info.factories, pk <= Int64(UInt32.max) {
            if let factory = atlas.factory(pk: pk) { found.append(factory) }
            pk += 1
        }
        guard found.count == atlas.info.factories else {
            throw DuelError("the snapshot says \(atlas.info.factories) factories, but only \(found.count) can be looked up")
        }
        return found
    }

    private static func table(_ factories: [FactoryHit], _ cells: [GridPoint]) -> String {
        var text = "id,lon,lat,x,y,status,industry\n"
        for (id, factory) in factories.enumerated() {
            text += "\(id),\(factory.longitude),\(factory.latitude),\(cells[id].x),\(cells[id].y),"
            text += "\(factory.status.rawValue),\(factory.industry)\n"
        }
        return text
    }

    /// What else our tiles say of a factory, so that tiles of others can say as much.
    private static func attributes(_ factories: [FactoryHit]) -> String {
        func quoted(_ text: String?) -> String { text.map { "\"\($0.replacing("\"", with: "\"\""))\"" } ?? "" }
        var text = "id,factory,name,name_en,status,records,worst_severity,latest,key_monitored\n"
        for (id, factory) in factories.enumerated() {
            let name = factory.nameZH.isEmpty ? factory.nameEN : factory.nameZH
            text += "\(id),\(quoted(factory.id)),\(quoted(name)),\(quoted(factory.nameEN)),\(factory.status.name),\(factory.records),"
            text += "\(factory.worstSeverity),\(factory.latestRecord ?? ""),\(factory.keyMonitored ? "true" : "")\n"
        }
        return text
    }
}

extension BruteForce {
    /// What there is to find for a query; of nearest, everything in a circle that holds the k nearest.
    func answer(_ queries: QuerySet, _ number: Int) -> [Found] {
        switch queries {
        case .windows(let boxes): window(boxes[number]).map { Found(distance: 0, id: $0) }
        case .circles(let circles): radius(circles[number])
        case .places(let places, let k): nearest(places[number], k: k)
        }
    }
}
