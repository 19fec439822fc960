// LogoImage.swift: a brand's logo, from what somebody sent to what is kept: a small PNG that this program has drawn itself. Whatever else the
// file held (scripts, texts, positions, a second file behind the first) is not in it. Used by the command line and by uploads alike.

import CCairo
import Digests

/// Why a file is no logo. The text says what would be right.
public enum LogoError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooManyBytes
    /// The words name what the file looks like.
    case notAnImage(String)
    /// A PNG that cannot be read.
    case damaged
    case tooLarge(width: Int, height: Int)
    /// An SVG that holds what a logo may not, or that cannot be read.
    case svg(String)

    public var description: String {
        switch self {
        case .empty: "the file is empty; a logo is a PNG or an SVG"
        case .tooManyBytes: "the file is too large; a logo has at most \(LogoImage.largestFile) bytes (512 kB)"
        case .notAnImage(let what): "the file is \(what); a logo is a PNG or an SVG"
        case .damaged: "the PNG is damaged or cut; save it again"
        case .tooLarge(let width, let height):
            "the picture has \(width) × \(height) pixels; a logo has 1 to \(LogoImage.largestSide) a side"
        case .svg(let reason): "the SVG \(reason)"
        }
    }
}

/// A logo as it is kept and served.
public struct LogoImage: Hashable, Sendable {
    /// Bytes of a file that is taken.
    public static let largestFile = 512 << 10
    /// Pixels a side of a PNG that is taken.
    public static let largestSide = 2048
    /// Pixels of the longer side of what is kept.
    public static let keptSide = 256

    public var png: [UInt8]
    /// SHA-256 of `png`, in hexadecimal digits.
    public var hash: String
    public var width: Int
    public var height: Int

    /// Reads a PNG or an SVG and draws it anew, no larger than `keptSide`.
    ///
    /// Cost: up to 0.1 s. May be called from any thread.
    /// - Throws: `LogoError`.
    public init(reading bytes: [UInt8]) throws(LogoError) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= LogoImage.largestFile else { throw .tooManyBytes }
        let picture: Canvas
        if bytes.starts(with: PNGHeader.signature) {
            let header = try PNGHeader(bytes)
            guard (1...LogoImage.largestSide).contains(header.width), (1...LogoImage.largestSide).contains(header.height) else {
                throw .tooLarge(width: header.width, height: header.height)
            }
            guard let decoded = Canvas.decode(png: bytes) else { throw .damaged }
            picture = decoded
        } else if let known = LogoImage.otherKind(bytes) {
            throw .notAnImage(known)
        } else {
            picture = try SVGLogo(bytes).drawn(side: LogoImage.keptSide)
        }
        guard let kept = LogoImage.fitted(picture) else { throw .damaged }
        png = kept.png()
        width = kept.width
        height = kept.height
        hash = SHA256.hash(png).hexadecimal
        guard !png.isEmpty else { throw .damaged }
    }

    private static func fitted(_ picture: Canvas) -> Canvas? {
        let longer = max(picture.width, picture.height)
        guard longer > keptSide else { return picture }
        let width = max(picture.width * keptSide / longer, 1)
        let height = max(picture.height * keptSide / longer, 1)
        let smaller = Canvas(width: width, height: height)
        smaller?.draw(picture, x: 0, y: 0, width: Double(width), height: Double(height))
        return smaller
    }

    /// What a file is that is neither PNG nor SVG, as far as its first bytes tell.
    private static func otherKind(_ bytes: [UInt8]) -> String? {
        let kinds: [(start: [UInt8], name: String)] = [
            ([0xFF, 0xD8, 0xFF], "a JPEG"), (Array("GIF8".utf8), "a GIF"), (Array("RIFF".utf8), "a WebP or another RIFF file"),
            (Array("BM".utf8), "a BMP"), (Array("%PDF".utf8), "a PDF"), ([0x1F, 0x8B], "compressed by gzip (SVGZ?)"),
            (Array("PK".utf8), "a ZIP archive"), ([0, 0, 1, 0], "an icon file"),
        ]
        if let kind = kinds.first(where: { bytes.starts(with: $0.start) }) { return kind.name }
        // SVG is text that begins with markup.
        var start = bytes[...]
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { start = start.dropFirst(3) }
        while let byte = start.first, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { start = start.dropFirst() }
        return start.first == UInt8(ascii: "<") ? nil : "no image"
    }
}

/// The first chunk of a PNG (RFC 2083): its size, known before anything is decoded.
private struct PNGHeader {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let width: Int
    let height: Int

    init(_ bytes: [UInt8]) throws(LogoError) {
        guard bytes.count >= 33, bytes[8..<16].elementsEqual([0, 0, 0, 13] + Array("IHDR".utf8)) else { throw .damaged }
        func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        width = number(16)
        height = number(20)
    }
}
