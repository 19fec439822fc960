// SnapshotBuilder.swift: from the registry to a snapshot file. Reads factories and records once each, at the same time;
// judges every factory by the one status function; sorts by Hilbert position; writes columns.

import Dispatch
import Foundation
import Geodesy
import Registry
import SpatialIndex

/// Builds snapshot files.
public enum SnapshotBuilder {
    /// What a build is doing, for a progress bar.
    public enum Stage: String, Sendable, CaseIterable {
        case reading, judging, sorting, writing
    }

    /// Why a snapshot could not be built.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        case registry(RegistryError)
        case snapshot(SnapshotError)
        /// A number that the format cannot hold.
        case tooLarge(what: String, found: Int64, limit: Int64)

        public var description: String {
            switch self {
            case .registry(let error): "\(error)"
            case .snapshot(let error): "\(error)"
            case .tooLarge(let what, let found, let limit): "\(what) is \(found); a snapshot holds at most \(limit)"
            }
        }
    }

    /// Builds a snapshot of the registry as it is now and puts it at `output`, replacing what stood there in one step.
    ///
    /// - Parameters:
    ///   - asOf: the day statuses refer to; nil: the data set's own day when it is synthetic, else today.
    ///   - placeNames: names of provinces, prefectures and counties, for search; without them search finds no places.
    ///   - progress: called at the begin of each stage.
    /// - Returns: what was written.
    /// - Throws: `SnapshotBuilder.Failure`. On failure `output` is untouched.
    ///
    /// Cost: O(n log n) time for n factories and records, about 400 bytes of memory a factory.
    @discardableResult
    public static func build(
        store: RegistryStore, output: String, asOf: Day? = nil, placeNames: [PlaceName] = [], progress: (Stage) -> Void = { _ in }
    ) throws(Failure) -> SnapshotInfo {
        do {
            let dataset = try store.info
            let day = asOf ?? (dataset.synthetic ? dataset.asOf : nil) ?? Day.today()
            progress(.reading)
            var draft = try readConcurrently(store)
            progress(.judging)
            draft.judge(asOf: day)
            progress(.sorting)
            let columns = SnapshotColumns(draft, placeNames: placeNames)
            progress(.writing)
            return try columns.write(to: output, dataset: dataset, asOf: day)
        } catch let failure as Failure {
            throw failure
        } catch let error as SnapshotError {
            throw .snapshot(error)
        } catch let error as RegistryError {
            throw .registry(error)
        } catch {
            throw .snapshot(.cannotWrite(path: output, reason: "\(error)"))
        }
    }

    /// Factories on this thread, records on another: SQLite serves both from the same file.
    private static func readConcurrently(_ store: RegistryStore) throws -> SnapshotDraft {
        let pieces: [@Sendable () -> Result<SnapshotDraft.Part, any Error>] = [
            { @Sendable in Result { try .factories(SnapshotDraft.Factories(reading: store)) } },
            { @Sendable in Result { try .records(SnapshotDraft.Records(reading: store)) } },
        ]
        let parts = inParallel(pieces)
        var factories: SnapshotDraft.Factories?
        var records: SnapshotDraft.Records?
        for part in parts {
            switch try part.get() {
            case .factories(let read): factories = read
            case .records(let read): records = read
            }
        }
        let read = (factories: factories ?? .init(), records: records ?? .init())
        let links = try SnapshotDraft.Links(reading: store, factories: read.factories.primaryKey)
        let places = try store.places()
        var located = read.factories
        located.fillCounties(from: places)
        var draft = SnapshotDraft(factories: located, records: read.records, links: links, places: places)
        draft.carbon = try CarbonDraft(reading: store, factories: read.factories.primaryKey)
        return draft
    }
}
