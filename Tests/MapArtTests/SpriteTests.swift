// SpriteTests.swift: icons on their sheets: none upon another, each where the table says, told apart by shape and readable.

import CCairo
import Testing

@testable import MapArt

/// The pixels of a PNG.
private struct Pixels {
    let width: Int
    let height: Int
    private let bytes: [UInt8]

    init?(png: [UInt8]) {
        guard let canvas = Canvas.decode(png: png) else { return nil }
        cairo_surface_flush(canvas.surface)
        guard let data = cairo_image_surface_get_data(canvas.surface) else { return nil }
        width = canvas.width
        height = canvas.height
        let stride = Int(cairo_image_surface_get_stride(canvas.surface))
        var bytes: [UInt8] = []
        for row in 0..<canvas.height { bytes += UnsafeBufferPointer(start: data + row * stride, count: canvas.width * 4) }
        self.bytes = bytes
    }

    /// Blue, green, red, alpha.
    subscript(x: Int, y: Int) -> (blue: UInt8, green: UInt8, red: UInt8, alpha: UInt8) {
        let at = (y * width + x) * 4
        return (bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3])
    }

    /// Pixels of a square that are mostly opaque.
    func shape(x: Int, y: Int, side: Int) -> [Bool] {
        (0..<side * side).map { self[x + $0 % side, y + $0 / side].alpha > 127 }
    }
}

@Suite("Sprites")
struct SpriteTests {
    private static let signs = SignShape.allCases.map { shape in
        SpriteIcon(name: shape.rawValue, size: 18, picture: .sign(Sign(shape: shape, colour: Colour(red: 0.5, green: 0, blue: 0))))
    }

    private static func brands(_ count: Int) -> [SpriteIcon] {
        (0..<count).map { SpriteIcon(name: "brand:\($0)", size: 26, picture: .monogram(Monogram(id: "B\($0)", names: ["甲乙\($0)"]))) }
    }

    @Test("No icon lies upon another, and all lie on the sheet", arguments: [0, 1, 7, 580])
    func layout(count: Int) {
        let sheet = SpriteSheet(SpriteTests.signs + SpriteTests.brands(count))
        for scale in [1, 2] {
            let entries = sheet.entries(scale: scale)
            #expect(entries.count == count + SignShape.allCases.count)
            var taken = [Bool](repeating: false, count: sheet.width * sheet.height * scale * scale)
            var overlaps = 0
            for entry in entries {
                #expect(entry.x >= 0 && entry.y >= 0 && entry.x + entry.width <= sheet.width * scale)
                #expect(entry.y + entry.height <= sheet.height * scale)
                for x in entry.x..<entry.x + entry.width {
                    for y in entry.y..<entry.y + entry.height {
                        let at = y * sheet.width * scale + x
                        overlaps += taken[at] ? 1 : 0
                        taken[at] = true
                    }
                }
            }
            #expect(overlaps == 0)
        }
        // About a square: textures have a largest side.
        #expect(sheet.width < 1000 && sheet.height < 1000)
    }

    @Test("Each icon stands where the table says, the same at both densities, with nothing between them")
    func pictures() throws {
        let sheet = SpriteSheet(SpriteTests.signs + SpriteTests.brands(5))
        for scale in [1, 2] {
            let pixels = try #require(Pixels(png: sheet.png(scale: scale, fonts: MapFonts())))
            #expect(pixels.width == sheet.width * scale && pixels.height == sheet.height * scale)
            var inside = Set<Int>()
            for entry in sheet.entries(scale: scale) {
                let shape = pixels.shape(x: entry.x, y: entry.y, side: entry.width)
                #expect(shape.count { $0 } > shape.count / 4, "\(entry.name) is empty")
                for x in entry.x..<entry.x + entry.width {
                    for y in entry.y..<entry.y + entry.height { inside.insert(y * pixels.width + x) }
                }
            }
            let strays = (0..<pixels.width * pixels.height).count {
                !inside.contains($0) && pixels[$0 % pixels.width, $0 / pixels.width].alpha > 0
            }
            #expect(strays == 0)
        }
    }

    @Test("Signs are told apart by shape alone")
    func shapes() throws {
        let shapes = try SpriteTests.signs.map { icon in
            let pixels = try #require(Pixels(png: icon.png(pixels: 36, fonts: nil)))
            // A ring has a white middle: what is not of the sign's own colour counts as outside.
            return (0..<36 * 36).map { at in
                let pixel = pixels[at % 36, at / 36]
                return pixel.alpha > 127 && pixel.green < 100
            }
        }
        for (first, a) in shapes.enumerated() {
            for b in shapes[(first + 1)...] {
                let differing = zip(a, b).count { $0 != $1 }
                #expect(differing * 12 > a.count { $0 }, "two signs look alike")
            }
        }
    }

    @Test("A monogram has the first letters of its name, and white letters can be read on every colour")
    func monograms() throws {
        #expect(Monogram(id: "B1", names: ["宏达服饰", "Hongda 1 (fictitious)"]).letters == "宏达")
        #expect(Monogram(id: "B1", names: ["Hongda 1 (fictitious)"]).letters == "H1")
        #expect(Monogram(id: "B1", names: ["acme"]).letters == "A")
        #expect(Monogram(id: "B1", names: ["“宏达”"]).letters == "宏达")
        #expect(Monogram(id: "B1", names: []).letters == "B")
        #expect(Monogram(id: "--", names: ["<>"]).letters == "·")
        #expect(Monogram(id: "x", names: ["A"]).colour == Monogram(id: "x", names: ["Z"]).colour)
        let colours = Set((0..<100).map { Monogram(id: "B\($0)", names: []).colour })
        #expect(colours.count == Monogram.palette.count)
        for colour in Monogram.palette { #expect(1.05 / (colour.luminance + 0.05) >= 4.5) }
        // The letters are there: white pixels on the disc.
        let fonts = try #require(MapFonts())
        let icon = SpriteIcon(name: "", size: 26, picture: .monogram(Monogram(id: "B1", names: ["宏达"])))
        let pixels = try #require(Pixels(png: icon.png(pixels: 52, fonts: fonts)))
        let white = (0..<52 * 52).filter { pixels[$0 % 52, $0 / 52].green > 200 && pixels[$0 % 52, $0 / 52].red > 200 }
        #expect(white.count > 150)
        let middle = white.map { Double($0 / 52) }.reduce(0, +) / Double(white.count)
        #expect(abs(middle - 25.5) < 2.5)
    }

    @Test("A logo keeps its colours and its proportions, and fits into the circle of its ring")
    func logos() throws {
        let wide = try #require(Canvas(width: 200, height: 50))
        wide.setColour(try #require(Colour(hex: "#00ff00")))
        wide.polygon([(0, 0), (200, 0), (200, 50), (0, 50)])
        wide.fill()
        let icon = SpriteIcon(name: "", size: 26, picture: .logo(png: wide.png()))
        let pixels = try #require(Pixels(png: icon.png(pixels: 260, fonts: nil)))
        let set = (0..<260 * 260).filter { pixels[$0 % 260, $0 / 260].alpha > 127 }
        let (xs, ys) = (set.map { $0 % 260 }, set.map { $0 / 260 })
        let (width, height) = ((xs.max() ?? 0) - (xs.min() ?? 0) + 1, (ys.max() ?? 0) - (ys.min() ?? 0) + 1)
        #expect(abs(Double(width) / Double(height) - 4) < 0.1)
        let outside = set.count { at in
            let (dx, dy) = (Double(at % 260) - 129.5, Double(at / 260) - 129.5)
            return dx * dx + dy * dy > 131 * 131
        }
        #expect(outside == 0)
        let whole = set.filter { pixels[$0 % 260, $0 / 260].alpha == 255 }
        #expect(whole.count * 10 > set.count * 9)
        #expect(whole.allSatisfy { pixels[$0 % 260, $0 / 260].green > 200 && pixels[$0 % 260, $0 / 260].red < 60 })
        // A picture that cannot be read leaves its place empty.
        #expect(Pixels(png: SpriteIcon(name: "", size: 8, picture: .logo(png: [1, 2, 3])).png(pixels: 8, fonts: nil)) != nil)
    }
}
