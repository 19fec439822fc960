// GlyphFile.swift: reads glyph files as a map renderer does, with nothing of ours: a protobuf reader of twenty lines.

/// A decoded glyph file.
struct GlyphFile {
    struct Glyph {
        var id = 0
        var bitmap: [UInt8] = []
        var width = 0
        var height = 0
        var left = 0
        var top = 0
        var advance = 0
    }

    var name = ""
    var range = ""
    var glyphs: [Int: Glyph] = [:]

    private enum Field {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    /// Fields of a message; nil for what is none.
    private static func fields(_ bytes: ArraySlice<UInt8>) -> [(number: Int, field: Field)]? {
        var rest = bytes
        func varint() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst(), shift < 64 {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        var found: [(Int, Field)] = []
        while !rest.isEmpty {
            guard let key = varint(), let value = varint() else { return nil }
            if key & 7 == 0 {
                found.append((Int(key >> 3), .number(value)))
            } else if key & 7 == 2, value <= UInt64(rest.count) {
                found.append((Int(key >> 3), .bytes(rest.prefix(Int(value)))))
                rest = rest.dropFirst(Int(value))
            } else {
                return nil
            }
        }
        return found
    }

    init?(_ bytes: [UInt8]) {
        guard let stacks = GlyphFile.fields(bytes[...]), stacks.count == 1, stacks[0].number == 1, case .bytes(let stack) = stacks[0].field,
            let parts = GlyphFile.fields(stack)
        else { return nil }
        for (number, field) in parts {
            guard case .bytes(let bytes) = field else { return nil }
            switch number {
            case 1: name = String(decoding: bytes, as: UTF8.self)
            case 2: range = String(decoding: bytes, as: UTF8.self)
            case 3:
                guard let glyph = GlyphFile.glyph(bytes) else { return nil }
                glyphs[glyph.id] = glyph
            default: return nil
            }
        }
    }

    private static func glyph(_ bytes: ArraySlice<UInt8>) -> Glyph? {
        var glyph = Glyph()
        guard let fields = fields(bytes) else { return nil }
        func signed(_ value: UInt64) -> Int { Int(bitPattern: UInt(value >> 1)) ^ -Int(value & 1) }
        for (number, field) in fields {
            switch (number, field) {
            case (1, .number(let value)): glyph.id = Int(value)
            case (2, .bytes(let bytes)): glyph.bitmap = Array(bytes)
            case (3, .number(let value)): glyph.width = Int(value)
            case (4, .number(let value)): glyph.height = Int(value)
            case (5, .number(let value)): glyph.left = signed(value)
            case (6, .number(let value)): glyph.top = signed(value)
            case (7, .number(let value)): glyph.advance = Int(value)
            default: return nil
            }
        }
        return glyph
    }
}
