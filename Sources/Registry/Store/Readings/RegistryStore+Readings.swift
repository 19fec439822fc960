// RegistryStore+Readings.swift: outlets and readings from the command line, where no group of writers runs: each batch is a transaction of its
// own, by the same rules.

import GRDB
import Monitoring

extension RegistryStore {
    /// Runs one write as the command line, in a transaction of its own.
    ///
    /// - Parameters:
    ///   - durably: as for all writes; a file can be read again after a power cut.
    ///   - time: what the write takes for now, milliseconds since 1970.
    public func writeAlone<Result>(
        durably: Bool = true, atMilliseconds time: Int64 = LiveTime.now(), _ body: (WriteContext) throws -> Result
    ) throws -> Result {
        var bodyError: (any Error)?
        do {
            return try write(durably: durably) { db in
                let context = WriteContext(
                    db: db, store: self, now: time, nextSequence: try RegistryStore.nextSequence(db, path: path), tools: WriteTools())
                do {
                    return try body(context)
                } catch {
                    bodyError = error
                    throw error
                }
            }
        } catch {
            throw bodyError ?? error
        }
    }
}
