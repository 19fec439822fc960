// GlyphRange.swift: 256 characters as one file for map renderers: Mapbox's glyph protobuf (glyphs.proto of mapbox/node-fontnik).
//
//     message glyphs { repeated fontstack stacks = 1; }
//     message fontstack { required string name = 1; required string range = 2; repeated glyph glyphs = 3; }
//     message glyph { required uint32 id = 1; optional bytes bitmap = 2; required uint32 width = 3, height = 4;
//                     required sint32 left = 5, top = 6; required uint32 advance = 7; }

/// A range of 256 characters of the basic plane.
public struct GlyphRange: Hashable, Sendable {
    /// 0 ... 255.
    public let number: Int

    /// Reads `0-255`, `256-511` … `65280-65535`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Int(parts[0]), first >= 0, first <= 65_280, first % 256 == 0,
            text == "\(first)-\(first + 255)"
        else { return nil }
        number = first / 256
    }

    public var text: String { "\(number * 256)-\(number * 256 + 255)" }

    var characters: Range<UInt32> { UInt32(number * 256)..<UInt32(number * 256 + 256) }
}

/// Writes the fields of a protobuf message.
private struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func number(_ field: UInt64, _ value: Int) {
        varint(field << 3)
        varint(UInt64(max(value, 0)))
    }

    /// sint32: small numbers of either sign are short.
    mutating func signed(_ field: UInt64, _ value: Int) {
        varint(field << 3)
        varint(UInt64(truncatingIfNeeded: (value << 1) ^ (value >> 63)))
    }

    mutating func bytes(_ field: UInt64, _ value: some Collection<UInt8>) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }
}

extension GlyphRange {
    /// The file of a range.
    ///
    /// - Parameters:
    ///   - name: of the font stack, as the client asked for it.
    ///   - shape: the glyph of a character; nil where no font has one.
    func file(name: String, shape: (UInt32) -> GlyphShape?) -> [UInt8] {
        var stack = MessageWriter()
        stack.bytes(1, name.utf8)
        stack.bytes(2, text.utf8)
        for character in characters {
            guard let field = shape(character).map({ DistanceField($0) }) else { continue }
            var glyph = MessageWriter()
            glyph.number(1, Int(character))
            if !field.pixels.isEmpty { glyph.bytes(2, field.pixels) }
            glyph.number(3, field.width)
            glyph.number(4, field.height)
            glyph.signed(5, field.left)
            glyph.signed(6, field.top)
            glyph.number(7, field.advance)
            stack.bytes(3, glyph.bytes)
        }
        var file = MessageWriter()
        file.bytes(1, stack.bytes)
        return file.bytes
    }
}
