// SpriteSheet.swift: all icons of a map in one picture, and the table that says where each stands: what MapLibre's styles call a sprite.
// The table depends on the names and sizes alone, so it fits every picture of the same icons.

/// One icon of a sheet: square.
public struct SpriteIcon: Sendable {
    public enum Picture: Sendable {
        case sign(Sign)
        case monogram(Monogram)
        /// A picture as `LogoImage` keeps them, drawn as large as fits into the circle.
        case logo(png: [UInt8])
    }

    public var name: String
    /// Points a side.
    public var size: Int
    public var picture: Picture

    public init(name: String, size: Int, picture: Picture) {
        self.name = name
        self.size = size
        self.picture = picture
    }

    func draw(on canvas: Canvas, fonts: MapFonts?, x: Double, y: Double) {
        let size = Double(size)
        switch picture {
        case .sign(let sign): sign.draw(on: canvas, x: x, y: y, size: size)
        case .monogram(let monogram): monogram.draw(on: canvas, fonts: fonts, x: x, y: y, size: size)
        case .logo(let png):
            guard let logo = Canvas.decode(png: png) else { return }
            let (width, height) = (Double(logo.width), Double(logo.height))
            // Its corners touch the circle.
            let scale = size / (width * width + height * height).squareRoot()
            canvas.draw(
                logo, x: x + (size - width * scale) / 2, y: y + (size - height * scale) / 2, width: width * scale, height: height * scale)
        }
    }

    /// The icon by itself as PNG; empty when there is no memory for it.
    ///
    /// - Parameter pixels: of its side.
    public func png(pixels: Int, fonts: MapFonts?) -> [UInt8] {
        guard let canvas = Canvas(width: pixels, height: pixels, scale: Double(pixels) / Double(max(size, 1))) else { return [] }
        draw(on: canvas, fonts: fonts, x: 0, y: 0)
        return canvas.png()
    }
}

/// The layout of icons on a sheet.
public struct SpriteSheet: Sendable {
    private struct Placed: Sendable {
        var icon: SpriteIcon
        /// Points.
        var x: Int
        var y: Int
    }

    private var placed: [Placed] = []
    /// Points.
    public private(set) var width = 1
    public private(set) var height = 1

    /// Between icons, so that no smoothing takes in the neighbour.
    private static let gap = 1

    /// Lays the icons out in rows, the largest first, then by name.
    public init(_ icons: [SpriteIcon]) {
        let ordered = icons.sorted { ($1.size, $0.name) < ($0.size, $1.name) }
        let area = ordered.reduce(0) { $0 + ($1.size + SpriteSheet.gap) * ($1.size + SpriteSheet.gap) }
        let wanted = max(Int(Double(area).squareRoot().rounded(.up)), (ordered.first?.size ?? 0) + SpriteSheet.gap)
        var (x, y, row) = (0, 0, 0)
        for icon in ordered {
            if x + icon.size > wanted {
                (x, y, row) = (0, y + row, 0)
            }
            placed.append(Placed(icon: icon, x: x, y: y))
            x += icon.size + SpriteSheet.gap
            row = max(row, icon.size + SpriteSheet.gap)
            width = max(width, x)
            height = max(height, y + row)
        }
    }

    /// The table: name, and x, y, width, height in pixels.
    ///
    /// - Parameter scale: pixels to the point: 1 or 2.
    public func entries(scale: Int) -> [(name: String, x: Int, y: Int, width: Int, height: Int)] {
        placed.map { ($0.icon.name, $0.x * scale, $0.y * scale, $0.icon.size * scale, $0.icon.size * scale) }
    }

    /// The picture; empty when there is no memory for it, or a side would be over 16,384 pixels. Cost: about 0.2 s for 600 brands at 2.
    public func png(scale: Int, fonts: MapFonts?) -> [UInt8] {
        guard let canvas = Canvas(width: width * scale, height: height * scale, scale: Double(scale)) else { return [] }
        for item in placed { item.icon.draw(on: canvas, fonts: fonts, x: Double(item.x), y: Double(item.y)) }
        return canvas.png()
    }
}
