// GlyphTests.swift: the letters of maps, against FreeType's own rendering of the same font, sixteen times as large.

import CFreeType
import Testing

@testable import MapArt

/// A glyph as FreeType renders it: pixels that are set, at a number of pixels to the em.
private struct Rendering {
    let width: Int
    let height: Int
    /// Of the top left pixel, from the pen and the baseline.
    let left: Int
    let top: Int
    let advance: Double
    private let pixels: [Bool]

    init?(_ character: Unicode.Scalar, pixelsPerEm: UInt32, bold: Bool = false) {
        var library: FT_Library?
        guard FT_Init_FreeType(&library) == 0 else { return nil }
        defer { FT_Done_FreeType(library) }
        var face: FT_Face?
        // The simplified Chinese face is the third of the collection.
        let path = "/usr/share/fonts/opentype/noto/NotoSansCJK-\(bold ? "Bold" : "Regular").ttc"
        guard FT_New_Face(library, path, 2, &face) == 0, let face, FT_Set_Pixel_Sizes(face, 0, pixelsPerEm) == 0,
            FT_Load_Char(face, FT_ULong(character.value), FT_Int32(FT_LOAD_NO_HINTING | FT_LOAD_RENDER)) == 0, let slot = face.pointee.glyph
        else { return nil }
        let bitmap = slot.pointee.bitmap
        let (columns, rows, pitch) = (Int(bitmap.width), Int(bitmap.rows), Int(bitmap.pitch))
        width = columns
        height = rows
        left = Int(slot.pointee.bitmap_left)
        top = Int(slot.pointee.bitmap_top)
        advance = Double(slot.pointee.linearHoriAdvance) / 65536
        pixels = (0..<columns * rows).map { at in bitmap.buffer[at / columns * pitch + at % columns] >= 128 }
    }

    /// Whether a pixel is set; y upwards from the baseline.
    func isSet(_ x: Int, _ y: Int) -> Bool {
        let (column, row) = (x - left, top - 1 - y)
        return column >= 0 && column < width && row >= 0 && row < height && pixels[row * width + column]
    }
}

@Suite("Glyphs")
struct GlyphTests {
    let fonts: MapFonts

    init() throws { fonts = try #require(MapFonts(), "tools/setup installs \(MapFonts.package)") }

    private func file(_ range: String, _ stack: [FontName] = [.regular]) throws -> GlyphFile {
        let wanted = try #require(GlyphRange(range))
        return try #require(GlyphFile(fonts.file(wanted, of: stack)))
    }

    @Test("A range has its characters, Latin and Chinese, each with a picture of its size and three pixels around it")
    func ranges() throws {
        let latin = try file("0-255")
        #expect(latin.name == "BlueAtlas Regular")
        #expect(latin.range == "0-255")
        for character in 0x21...0x7E { #expect(latin.glyphs[character]?.bitmap.isEmpty == false, "\(character)") }
        // A space moves the pen and shows nothing; a control is none.
        #expect(latin.glyphs[0x20]?.bitmap.isEmpty == true)
        #expect((latin.glyphs[0x20]?.advance ?? 0) > 3)
        #expect(latin.glyphs[0x0A] == nil)
        // 江 of 江苏 is U+6C5F.
        let chinese = try file("27648-27903")
        #expect(chinese.glyphs.count > 250)
        for glyph in Array(latin.glyphs.values) + Array(chinese.glyphs.values) where !glyph.bitmap.isEmpty {
            #expect(glyph.bitmap.count == (glyph.width + 6) * (glyph.height + 6))
        }
        #expect(chinese.glyphs[0x6C5F]?.advance == 24)
    }

    @Test(
        "Box, advance and distances are those of FreeType's own rendering",
        arguments: [("A", false), ("g", false), ("%", true), ("i", false), ("江", false), ("蘭", true), ("0", true)])
    func againstRendering(text: String, bold: Bool) throws {
        let scalar = try #require(text.unicodeScalars.first)
        let scale = 16
        let large = try #require(Rendering(scalar, pixelsPerEm: UInt32(24 * scale), bold: bold))
        let range = Int(scalar.value) / 256 * 256
        let file = try file("\(range)-\(range + 255)", [bold ? .bold : .regular])
        let glyph = try #require(file.glyphs[Int(scalar.value)])
        func near(_ value: Int, _ exact: Int) -> Bool { abs(Double(value) - Double(exact) / Double(scale)) <= 0.57 }
        #expect(near(glyph.left, large.left))
        #expect(near(glyph.left + glyph.width, large.left + large.width))
        #expect(near(glyph.top + 27, large.top))
        #expect(near(glyph.top + 27 - glyph.height, large.top - large.height))
        #expect(abs(Double(glyph.advance) - large.advance / Double(scale)) <= 0.51)

        // The distance at each pixel's centre, by looking at every pixel of the large rendering around it.
        let rowBytes = glyph.width + 6
        for (at, value) in glyph.bitmap.enumerated() where at % 7 == 0 {
            let (column, row) = (at % rowBytes, at / rowBytes)
            // The centre of the pixel, in pixels of the large rendering.
            let x = (glyph.left - 3 + column) * scale + scale / 2
            let y = (glyph.top + 27 + 3 - row) * scale - scale / 2
            let inside = large.isSet(x, y)
            var nearest = 9.0 * Double(scale)
            let reach = 3 * scale
            for dy in -reach...reach {
                for dx in -reach...reach where large.isSet(x + dx, y + dy) != inside {
                    nearest = min(nearest, Double(dx * dx + dy * dy).squareRoot())
                }
            }
            let distance = (1 - Double(value) / 255 - 0.25) * 8
            guard nearest <= Double(reach) else { continue }
            let expected = (inside ? -1 : 1) * (nearest - 0.5) / Double(scale)
            // Inside the scale ends two pixels from the outline.
            #expect(abs(distance - max(expected, -2)) < 0.13, "\(text) at \(column), \(row): \(distance), not \(expected)")
        }
    }

    @Test("Bold is bolder, and a stack takes each letter from its first font")
    func stacks() throws {
        func ink(_ stack: [FontName]) throws -> Int {
            let file = try file("0-255", stack)
            let glyph = try #require(file.glyphs[0x48])
            return glyph.bitmap.count { $0 >= 191 }
        }
        let (regular, bold) = (try ink([.regular]), try ink([.bold]))
        #expect(bold > regular * 5 / 4)
        #expect(try ink([.bold, .regular]) == bold)
        #expect(try file("0-255", [.bold, .regular]).name == "BlueAtlas Bold,BlueAtlas Regular")
    }

    @Test("Ranges are the 256 of the basic plane and nothing else")
    func rangeNames() {
        #expect(GlyphRange("0-255")?.number == 0)
        #expect(GlyphRange("65280-65535")?.number == 255)
        for bad in ["", "0", "0-256", "1-256", "256-256", "65536-65791", "-256--1", "0-255 ", "00-255", "+0-255", "0-255-", "a-b", "0–255"]
        {
            #expect(GlyphRange(bad) == nil, "\(bad)")
        }
    }

    @Test("Without an installed font there are no map fonts")
    func noFonts() { #expect(MapFonts(folder: "/nonexistent") == nil) }
}
