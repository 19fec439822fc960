// Monogram.swift: the sign of a brand that has no logo of its own: the first letters of its name on a disc, in a colour that follows from its
// id, so that it is the same in every picture and on every machine.

import Foundation

/// A drawn sign for a brand.
public struct Monogram: Hashable, Sendable {
    /// One or two characters.
    public var letters: String
    public var colour: Colour

    /// - Parameters:
    ///   - id: of the brand; the colour follows from it.
    ///   - names: in order of preference; the first that has letters counts, else the id.
    public init(id: String, names: [String]) {
        letters = (names + [id]).lazy.map(Monogram.letters).first { !$0.isEmpty } ?? "·"
        // FNV-1a.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        colour = Monogram.palette[Int(hash % UInt64(Monogram.palette.count))]
    }

    /// Dark enough for white letters: a contrast of 4.5 and more.
    static let palette: [Colour] = [
        "#8c2d04", "#7a0177", "#4a1486", "#08519c", "#00627a", "#006d4e", "#3f6212", "#7c5a00", "#9f1239", "#3730a3", "#0f5c8c", "#155e59",
        "#5b3a1e", "#6b2149", "#2f4858", "#4d4d4d",
    ].compactMap { Colour(hex: $0) }

    /// The first two ideographs of a name that begins with one; else the first letters of its first two words.
    private static func letters(_ name: String) -> String {
        let characters = name.unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
        guard let first = characters.first else { return "" }
        if first.properties.isIdeographic {
            return String(String.UnicodeScalarView(characters.prefix { $0.properties.isIdeographic }.prefix(2)))
        }
        let words = name.split { !($0.isLetter || $0.isNumber) }
        return String(words.prefix(2).compactMap(\.first)).uppercased()
    }

    /// Draws the disc into a square of a size at a place.
    func draw(on canvas: Canvas, fonts: MapFonts?, x: Double, y: Double, size: Double) {
        canvas.circle(x: x + size / 2, y: y + size / 2, radius: size / 2)
        canvas.setColour(colour)
        canvas.fill()
        guard let shapes = fonts?.shapes(of: letters, in: .bold), !shapes.isEmpty else { return }
        let width = shapes.reduce(0) { $0 + $1.advance }
        // As large as the disc has room for.
        let letterSize = size * min(0.54, 0.8 / max(width, 0.1))
        // The middle of what is drawn, not of the line, stands in the middle of the disc.
        let heights = shapes.flatMap { $0.contours.joined().map(\.y) }
        let middle = ((heights.min() ?? 0) + (heights.max() ?? 0)) / 2
        canvas.setColour(.white)
        canvas.letters(shapes, size: letterSize, centreX: x + size / 2, baseline: y + size / 2 + middle * letterSize)
    }
}
