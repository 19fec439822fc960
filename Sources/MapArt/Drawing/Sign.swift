// Sign.swift: the small signs of a map, each of a shape of its own, so that none is told by its colour alone.

import Foundation

/// The shape of a sign. The raw value is the word in legends.
public enum SignShape: String, CaseIterable, Sendable {
    case octagon, triangle, diamond, square, circle, ring
}

/// A sign on a map: a shape in a colour with a thin white rim, which keeps it apart from what lies under it.
public struct Sign: Hashable, Sendable {
    public var shape: SignShape
    public var colour: Colour

    public init(shape: SignShape, colour: Colour) {
        self.shape = shape
        self.colour = colour
    }

    /// Draws the sign into a square of a size at a place.
    func draw(on canvas: Canvas, x: Double, y: Double, size: Double) {
        let middle = (x: x + size / 2, y: y + size / 2)
        // Room for the rim.
        let radius = size / 2 - 1.5
        func corners(_ angles: [Double], _ scale: Double = 1, dy: Double = 0) -> [(x: Double, y: Double)] {
            angles.map { degrees in
                let angle = degrees * .pi / 180
                return (middle.x + cos(angle) * radius * scale, middle.y + sin(angle) * radius * scale + dy)
            }
        }
        switch shape {
        case .octagon: canvas.polygon(corners(stride(from: 22.5, to: 360, by: 45).map { $0 }))
        case .triangle: canvas.polygon(corners([-90, 30, 150], 1.12, dy: radius * 0.18))
        case .diamond: canvas.polygon(corners([0, 90, 180, 270]))
        case .square: canvas.polygon(corners([45, 135, 225, 315], 1.12))
        case .circle: canvas.circle(x: middle.x, y: middle.y, radius: radius * 0.9)
        case .ring:
            canvas.circle(x: middle.x, y: middle.y, radius: radius * 0.9)
            canvas.fill(colour, edge: .white, edgeWidth: 1.25)
            canvas.circle(x: middle.x, y: middle.y, radius: radius * 0.42)
            canvas.setColour(.white)
            canvas.fill()
            return
        }
        canvas.fill(colour, edge: .white, edgeWidth: 1.25)
    }
}
