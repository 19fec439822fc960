// MapFonts.swift: the fonts that maps are lettered with: two names that styles use, and behind each the open fonts that are installed here.
// A character comes from the first of them that has it.

import Foundation
import Synchronization

/// The names of fonts that styles may use. The raw value is the name.
public enum FontName: String, CaseIterable, Sendable {
    case regular = "BlueAtlas Regular"
    case bold = "BlueAtlas Bold"
}

/// Installed fonts.
///
/// All methods may be called from any thread; one works at a time.
public final class MapFonts: Sendable {
    /// A font file, and the face in it for a collection.
    private struct Candidate {
        var file: String
        var family: String?
    }

    /// From the best: Noto Sans CJK has Latin letters of its own and a true bold; the others serve where it is not installed.
    private static let candidates: [FontName: [Candidate]] = [
        .regular: [
            Candidate(file: "opentype/noto/NotoSansCJK-Regular.ttc", family: "Noto Sans CJK SC"),
            Candidate(file: "truetype/wqy/wqy-microhei.ttc", family: "WenQuanYi Micro Hei"),
            Candidate(file: "truetype/droid/DroidSansFallbackFull.ttf"),
            Candidate(file: "truetype/dejavu/DejaVuSans.ttf"),
        ],
        .bold: [
            Candidate(file: "opentype/noto/NotoSansCJK-Bold.ttc", family: "Noto Sans CJK SC"),
            Candidate(file: "truetype/wqy/wqy-microhei.ttc", family: "WenQuanYi Micro Hei"),
            Candidate(file: "truetype/droid/DroidSansFallbackFull.ttf"),
            Candidate(file: "truetype/dejavu/DejaVuSans-Bold.ttf"),
        ],
    ]

    /// Where Debian's packages put fonts.
    public static let folder = "/usr/share/fonts"
    /// What to install when there are none.
    public static let package = "fonts-noto-cjk"

    /// FreeType's faces.
    ///
    /// `@unchecked Sendable`: only the holder of the lock below ever uses them.
    private final class Faces: @unchecked Sendable {
        let faces: [FontName: [Typeface]]

        init(_ faces: [FontName: [Typeface]]) { self.faces = faces }
    }

    private let faces: Mutex<Faces>
    /// The fonts' own names, best first, for logs.
    public let names: [String]

    /// - Parameter folder: another folder than Debian's, in tests.
    /// - Returns: nil when not one font is installed.
    public init?(folder: String = MapFonts.folder) {
        var found: [FontName: [Typeface]] = [:]
        for (name, candidates) in MapFonts.candidates {
            found[name] = candidates.compactMap { Typeface(path: "\(folder)/\($0.file)", family: $0.family) }
        }
        guard let regular = found[.regular], !regular.isEmpty else { return nil }
        if found[.bold]?.isEmpty ?? true { found[.bold] = regular }
        names = FontName.allCases.flatMap { found[$0]?.prefix(1).map(\.name) ?? [] }
        faces = Mutex(Faces(found))
    }

    /// The glyph file of a range (`GlyphRange`). Up to 0.1 s of work.
    ///
    /// - Parameter stack: fonts in the order in which they are asked for a character; one at least.
    public func file(_ range: GlyphRange, of stack: [FontName]) -> [UInt8] {
        faces.withLock { faces in
            let order = stack.flatMap { faces.faces[$0] ?? [] }
            return range.file(name: stack.map(\.rawValue).joined(separator: ",")) { character in
                // Controls have no picture, whatever a font says.
                guard character >= 0x20, !(0x7F..<0xA0).contains(character) else { return nil }
                for face in order { if let shape = face.shape(of: character) { return shape } }
                return nil
            }
        }
    }

    /// The glyphs of a text, one a character that some font has.
    func shapes(of text: String, in name: FontName) -> [GlyphShape] {
        faces.withLock { faces in
            text.unicodeScalars.compactMap { scalar in
                for face in faces.faces[name] ?? [] { if let shape = face.shape(of: scalar.value) { return shape } }
                return nil
            }
        }
    }
}
