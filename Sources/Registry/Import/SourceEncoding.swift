// SourceEncoding.swift: the encodings that source files come in, and how one is recognised: by a byte order mark; else valid UTF-8 is
// UTF-8 (text in another encoding practically never is by chance); else valid GB18030 is taken for that if what comes out is Chinese.

import Glibc

/// The encoding of a text file.
public enum SourceEncoding: String, CaseIterable, Sendable {
    case utf8 = "utf-8"
    case gb18030
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    case big5

    public static let names = "utf-8, gb18030, gbk, gb2312, utf-16, utf-16le, utf-16be, big5"

    /// Reads a name in any case; `gbk` and `gb2312` are parts of GB18030 and read as it.
    public init(parsing name: String) throws(ImportError) {
        switch name.lowercased().filter({ $0 != "-" && $0 != "_" }) {
        case "utf8", "utf8bom": self = .utf8
        case "gb18030", "gbk", "gb2312", "cp936": self = .gb18030
        case "utf16", "utf16le", "ucs2": self = .utf16LittleEndian
        case "utf16be": self = .utf16BigEndian
        case "big5", "cp950": self = .big5
        default: throw .unknownEncoding(name: name)
        }
    }

    /// What the C library calls it.
    var iconvName: String {
        switch self {
        case .utf8: "UTF-8"
        case .gb18030: "GB18030"
        case .utf16LittleEndian: "UTF-16LE"
        case .utf16BigEndian: "UTF-16BE"
        case .big5: "BIG5-HKSCS"
        }
    }

    public var displayName: String {
        switch self {
        case .utf8: "UTF-8"
        case .gb18030: "GB18030"
        case .utf16LittleEndian: "UTF-16LE"
        case .utf16BigEndian: "UTF-16BE"
        case .big5: "Big5"
        }
    }

    /// An encoding and the reason why it was taken.
    struct Finding: Equatable {
        var encoding: SourceEncoding
        /// Bytes to skip.
        var markBytes: Int
        var reason: String
    }

    /// - Parameters:
    ///   - sample: the file's beginning.
    ///   - asked: what the user says it is; a byte order mark that contradicts is an error later, at its first byte.
    static func find(sample: [UInt8], asked: SourceEncoding?) -> Finding {
        let mark = byteOrderMark(sample)
        if let asked {
            let skip = mark?.encoding == asked ? mark?.markBytes ?? 0 : 0
            return Finding(encoding: asked, markBytes: skip, reason: "as asked")
        }
        if let mark { return mark }
        let verdict = sample.withUnsafeBufferPointer { UTF8Scanner.scan($0) }
        guard case .invalid = verdict else { return Finding(encoding: .utf8, markBytes: 0, reason: "valid UTF-8") }
        if looksLikeChineseGB18030(sample) {
            return Finding(encoding: .gb18030, markBytes: 0, reason: "not UTF-8, and Chinese text when read as GB18030")
        }
        return Finding(encoding: .utf8, markBytes: 0, reason: "nothing else fits")
    }

    private static func byteOrderMark(_ sample: [UInt8]) -> Finding? {
        if sample.starts(with: [0xEF, 0xBB, 0xBF]) { return Finding(encoding: .utf8, markBytes: 3, reason: "byte order mark") }
        if sample.starts(with: [0xFF, 0xFE]) { return Finding(encoding: .utf16LittleEndian, markBytes: 2, reason: "byte order mark") }
        if sample.starts(with: [0xFE, 0xFF]) { return Finding(encoding: .utf16BigEndian, markBytes: 2, reason: "byte order mark") }
        return nil
    }

    /// Whether at least nine of ten characters beyond ASCII are Han characters or Chinese punctuation: Latin text with accents,
    /// read as GB18030, gives Han characters too, but few, between letters; so the share of whole words of Han counts as well.
    private static func looksLikeChineseGB18030(_ sample: [UInt8]) -> Bool {
        guard let converter = try? Converter(from: .gb18030) else { return false }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: sample.count * 4 + 16, alignment: 16)
        defer { buffer.deallocate() }
        let result = sample.withUnsafeBytes { converter.convert($0, into: buffer) }
        if case .invalid = result.status { return false }
        var han = 0
        var other = 0
        var afterHan = false
        var runs = 0
        for scalar in String(decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<result.written]), as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0..<0x80: afterHan = false
            case 0x4E00...0x9FFF, 0x3000...0x303F, 0xFF00...0xFFEF, 0x2010...0x2027:
                han += 1
                if !afterHan { runs += 1 }
                afterHan = true
            default:
                other += 1
                afterHan = false
            }
        }
        return han > 0 && han >= 9 * other && (han >= 2 * runs || other == 0 && han > runs)
    }
}

/// iconv of the C library, one direction. One thread at a time.
final class Converter {
    private let handle: iconv_t
    private let encoding: SourceEncoding

    init(from encoding: SourceEncoding) throws(ImportError) {
        self.encoding = encoding
        guard let handle = iconv_open("UTF-8", encoding.iconvName), Int(bitPattern: handle) != -1 else {
            throw .encodingUnavailable(name: encoding.displayName)
        }
        self.handle = handle
    }

    deinit { iconv_close(handle) }

    enum Status: Equatable {
        /// All input was used.
        case complete
        /// The output is full.
        case outputFull
        /// The input ends in the middle of a character.
        case incomplete
        /// The input at the place where reading stopped is no character.
        case invalid
    }

    func convert(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> (read: Int, written: Int, status: Status) {
        // iconv does not write through its input pointer; its signature only lacks the word const.
        var source = UnsafeMutablePointer<CChar>(mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
        var target = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        var sourceLeft = input.count
        var targetLeft = output.count
        let code = iconv(handle, &source, &sourceLeft, &target, &targetLeft)
        let failure = errno
        let status: Status =
            if code != -1 { .complete } else if failure == E2BIG { .outputFull } else if failure == EINVAL { .incomplete } else { .invalid }
        return (input.count - sourceLeft, output.count - targetLeft, status)
    }
}
