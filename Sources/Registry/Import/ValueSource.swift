// ValueSource.swift: how one field's value is made from the current row, compiled from a mapping: mostly a column as it is, sometimes a
// constant, a template, a translation, an item of a list or a converted number.

/// Bytes with an address that stays, overwritten for each row.
final class StableText {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0

    init(_ text: some Collection<UInt8>) {
        capacity = max(text.count, 64)
        base = .allocate(capacity: capacity)
        set(text)
    }

    deinit { base.deallocate() }

    func set(_ text: some Collection<UInt8>) {
        if text.count > capacity {
            base.deallocate()
            capacity = text.count * 2
            base = .allocate(capacity: capacity)
        }
        _ = UnsafeMutableBufferPointer(start: base, count: capacity).update(fromContentsOf: text)
        count = text.count
    }

    var bytes: FieldBytes { FieldBytes(start: base, count: count) }
}

/// Where a value comes from.
enum ValueSource {
    case none
    case column(Int)
    case constant(StableText)
    case expression(Expression)

    var isNone: Bool {
        if case .none = self { true } else { false }
    }
}

/// A value that is more than a column.
final class Expression {
    enum Part {
        case text(String)
        case column(Int)
    }

    private let mapped: MappedValue
    private let columns: [Int]
    private let template: [Part]
    private let scratch = StableText([])

    /// - Parameter column: the number of the column with a name.
    init(_ mapped: MappedValue, source: String, column: (String) throws(ImportError) -> Int) throws(ImportError) {
        self.mapped = mapped
        var numbers: [Int] = []
        for name in mapped.columns { numbers.append(try column(name)) }
        columns = numbers
        var parts: [Part] = []
        if let template = mapped.template {
            var rest = template[...]
            while let open = rest.firstIndex(of: "{") {
                if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
                guard let close = rest[open...].firstIndex(of: "}") else {
                    throw .badMapping(source: source, detail: "template '\(template)': a brace is not closed")
                }
                parts.append(.column(try column(String(rest[rest.index(after: open)..<close]))))
                rest = rest[rest.index(after: close)...]
            }
            if !rest.isEmpty { parts.append(.text(String(rest))) }
        }
        self.template = parts
    }

    /// - Parameter field: the trimmed bytes of a column.
    func evaluate(_ field: (Int) -> FieldBytes) -> FieldBytes {
        if let constant = mapped.constant { return store(constant) }
        var text = ""
        if !template.isEmpty {
            for part in template {
                switch part {
                case .text(let literal): text += literal
                case .column(let number):
                    let bytes = field(number)
                    // Half a key would mix up rows that have nothing to do with each other.
                    if bytes.isEmpty { return mapped.otherwise.map { store($0) } ?? FieldBytes(start: nil, count: 0) }
                    text += FieldText.string(bytes)
                }
            }
        } else {
            for number in columns {
                let bytes = field(number)
                if bytes.isEmpty { continue }
                text = FieldText.string(bytes)
                break
            }
        }
        if let split = mapped.split, !text.isEmpty { text = taken(from: text, split: split) }
        if !mapped.values.isEmpty, let translated = mapped.values[text.lowercased()] { text = translated }
        if text.isEmpty, let otherwise = mapped.otherwise { text = otherwise }
        if let factor = mapped.factor, !text.isEmpty {
            // What is no number stays as it is, and the field's reader says so.
            var copy = text
            if let number = copy.withUTF8({ try? FieldText.number($0) }), (number * factor).isFinite { text = "\(number * factor)" }
        }
        return store(text)
    }

    private func taken(from text: String, split: String) -> String {
        var items: [String] = []
        var rest = text[...]
        while let range = rest.firstRange(of: split) {
            items.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        items.append(String(rest))
        items = items.map { item in
            var copy = item
            return copy.withUTF8 { FieldText.string(FieldText.trimmed($0)) }
        }.filter { !$0.isEmpty }
        switch mapped.take {
        case .first: return items.first ?? ""
        case .last: return items.last ?? ""
        case .rest: return items.dropFirst().joined(separator: split == "," ? ", " : split)
        }
    }

    private func store(_ text: String) -> FieldBytes {
        scratch.set(text.utf8)
        return scratch.bytes
    }
}
