// TransformRun.swift: one run of `blueatlas transform`: takes positions from where they are, transforms each, counts what went wrong and
// says it on stderr, with the line.

import Foundation
import Geodesy

final class TransformRun {
    private let transformer: CoordinateTransformer
    private let isLatLon: Bool
    private var format: TransformFormat
    private var failures = 0
    private var warnings = 0
    private var done = 0
    private var ballparks = 0
    private var firstBallpark: String?
    private let started = ContinuousClock.now
    private let showsProgress = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0
    private var hasProgress = false
    /// More lines on stderr than this help nobody.
    private static let shownMessages = 20

    init(transformer: CoordinateTransformer, isLatLon: Bool, format: TransformFormat) {
        self.transformer = transformer
        self.isLatLon = isLatLon
        self.format = format
        self.format.begin()
    }

    // MARK: Sources

    /// Positions from the command line; pairs of single numbers count as positions too.
    func positions(_ arguments: [String]) {
        var texts = arguments
        if arguments.count % 2 == 0, arguments.allSatisfy({ PositionText.numbers(in: $0).count == 1 }) {
            texts = stride(from: 0, to: arguments.count, by: 2).map { arguments[$0] + "," + arguments[$0 + 1] }
        }
        for text in texts { point(text, place: "position '\(text)'", line: nil) }
    }

    /// Lines of stdin: two numbers each; empty lines and such that begin with # are passed over.
    func lines() throws {
        let reader = try RecordReader(path: "-", delimiter: UInt8(ascii: ","), quotes: false)
        while let record = try reader.next() {
            var text = String(decoding: record.content, as: UTF8.self)
            if record.line == 1, text.hasPrefix("\u{FEFF}") { text.removeFirst() }
            guard let first = text.first(where: { !$0.isWhitespace }), first != "#" else { continue }
            point(text, place: "line \(record.line)", line: record.line)
        }
    }

    /// A CSV file, record by record.
    func csv(path: String, x: String?, y: String?, outX: String, outY: String, delimiter: UInt8?) throws {
        let separator = delimiter ?? UInt8(ascii: path.lowercased().hasSuffix(".tsv") ? "\t" : ",")
        let reader = try RecordReader(path: path, delimiter: separator, quotes: true)
        guard let header = try reader.next() else {
            throw CommandFailure(message: "\(reader.name): the file is empty; it needs a header row")
        }
        if header.content.contains(0) {
            throw CommandFailure(message: "\(reader.name): not text in UTF-8 (it holds zero bytes); convert it first")
        }
        // Rows pass through as bytes whatever they hold, but columns are found by name.
        guard String(validating: header.content, as: UTF8.self) != nil else {
            throw CommandFailure(
                message: "\(reader.name): the header is not UTF-8; convert the file first, such as by iconv -f gb18030 -t utf-8")
        }
        // A byte order mark belongs to the file, not to the first column's name.
        let names = header.fields.map { field in
            let bytes = field.starts(with: [0xEF, 0xBB, 0xBF]) ? field.dropFirst(3) : field[...]
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        }
        let columns = try CSVColumns(names: names, x: x, y: y, file: reader.name, isProjected: transformer.from.isProjected)
        for name in [outX, outY, "accuracy_m", "operation"] where names.contains(name) {
            throw CommandFailure(
                message: "\(reader.name): a column '\(name)' is there already; name the new ones by --out-x and --out-y, or rename that one"
            )
        }
        format.csvHeader(header, adding: [outX, outY, "accuracy_m", "operation"], separator: separator)
        while let record = try reader.next() {
            if record.content.isEmpty { continue }
            var result: Result<TransformOutcome, TransformProblem>
            if record.isUnclosed {
                result = .failure(TransformProblem("a quote is opened and never closed"))
            } else if record.fields.count != names.count {
                result = .failure(TransformProblem("\(record.fields.count) fields where the header has \(names.count)"))
            } else {
                result = transform(
                    x: PositionText.number(record.fields[columns.x], names[columns.x]),
                    y: PositionText.number(record.fields[columns.y], names[columns.y]), place: "\(reader.name), line \(record.line)")
            }
            note(result, place: "\(reader.name), line \(record.line)")
            format.csvRow(record, fieldCount: names.count, result, separator: separator)
        }
    }

    // MARK: One position

    private func point(_ text: String, place: @autoclosure () -> String, line: Int?) {
        let parts = PositionText.numbers(in: text)
        var result: Result<TransformOutcome, TransformProblem>
        if parts.count == 2 {
            let first = PositionText.number(Array(parts[0].utf8), isLatLon ? "latitude" : "longitude")
            let second = PositionText.number(Array(parts[1].utf8), isLatLon ? "longitude" : "latitude")
            result = transform(x: isLatLon ? second : first, y: isLatLon ? first : second, place: place())
        } else {
            result = .failure(TransformProblem("'\(text)' is not two numbers such as 116.404,39.915"))
        }
        note(result, place: place())
        format.point(result, input: text, line: line)
    }

    private func transform(
        x: Result<Double, TransformProblem>, y: Result<Double, TransformProblem>, place: @autoclosure () -> String
    ) -> Result<TransformOutcome, TransformProblem> {
        do throws(TransformProblem) {
            let position = (x: try x.get(), y: try y.get())
            let outcome: TransformOutcome
            do throws(GeodesyError) { outcome = try transformer.transform(x: position.x, y: position.y) } catch {
                throw TransformProblem("\(error)")
            }
            if abs(position.x) <= 90, ChinaOutline.looksSwapped(longitude: position.x, latitude: position.y) {
                let advice = "as longitude, latitude it is not in China, the other way round it is; --lat-lon exchanges them"
                warn("\(place()): latitude and longitude look swapped in \(position.x), \(position.y): \(advice)")
            }
            return .success(outcome)
        } catch {
            return .failure(error)
        }
    }

    // MARK: Messages

    private func note(_ result: Result<TransformOutcome, TransformProblem>, place: @autoclosure () -> String) {
        switch result {
        case .success(let outcome):
            done += 1
            if outcome.isBallpark {
                ballparks += 1
                if firstBallpark == nil { firstBallpark = outcome.operation }
            }
        case .failure(let problem):
            failures += 1
            if failures <= Self.shownMessages { say("error: \(place()): \(problem)") }
        }
        showProgress()
    }

    private func warn(_ message: String) {
        warnings += 1
        if warnings <= Self.shownMessages { say("warning: \(message)") }
    }

    private func say(_ message: String) {
        // What was written before stands before the message, also where both go to one terminal.
        if isatty(STDOUT_FILENO) == 1 { format.flush() }
        clearProgress()
        try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
    }

    /// A count on a terminal, for runs of over a second whose results go elsewhere.
    private func showProgress() {
        guard showsProgress, (done + failures) & 0x7FFF == 0, started.duration(to: .now) > .seconds(1) else { return }
        hasProgress = true
        try? FileHandle.standardError.write(contentsOf: Data("\r\(done + failures) positions".utf8))
    }

    private func clearProgress() {
        guard hasProgress else { return }
        hasProgress = false
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
    }

    /// Writes what is left and the sums. False if a position failed.
    func finish() -> Bool {
        format.end()
        clearProgress()
        if failures > Self.shownMessages { say("error: … and \(failures - Self.shownMessages) more") }
        if warnings > Self.shownMessages { say("warning: … and \(warnings - Self.shownMessages) more") }
        if let firstBallpark {
            say("warning: \(ballparks) of \(done) positions without an operation of EPSG, accuracy not known: \(firstBallpark)")
        }
        if failures > 0 { say("error: \(failures) of \(failures + done) positions could not be transformed") }
        return failures == 0
    }
}

/// Why a position has no result.
struct TransformProblem: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Which columns hold the position.
struct CSVColumns {
    var x: Int
    var y: Int

    private static let degreeNames = (["lon", "longitude", "lng", "long", "经度"], ["lat", "latitude", "纬度"])
    private static let metreNames = (["easting", "x", "east", "东坐标"], ["northing", "y", "north", "北坐标"])

    /// Columns by name, or by usual names if none are given.
    init(names: [String], x: String?, y: String?, file: String, isProjected: Bool) throws {
        let lists = isProjected ? [Self.metreNames, Self.degreeNames] : [Self.degreeNames, Self.metreNames]
        func find(_ wanted: String?, _ option: String, _ usual: [[String]]) throws -> Int {
            let known = names.joined(separator: ", ")
            if let wanted {
                if let exact = names.firstIndex(of: wanted) ?? names.firstIndex(where: { $0.lowercased() == wanted.lowercased() }) {
                    return exact
                }
                throw CommandFailure(message: "\(option): \(file) has no column '\(wanted)'; it has \(known)")
            }
            for list in usual {
                if let at = names.firstIndex(where: { list.contains($0.lowercased()) }) { return at }
            }
            throw CommandFailure(message: "\(file): which column is it? Name it by \(option); it has \(known)")
        }
        self.x = try find(x, "--x", lists.map(\.0))
        self.y = try find(y, "--y", lists.map(\.1))
    }
}
