// PageFiles.swift: the files of the map page, read once at the start: HTML, styles and scripts of ours, and the map library, which
// tools/setup fetches. Only what was read then is ever sent, so no address can reach another file.

import Foundation
import HTTPTypes

/// The page's files by name, ready to be sent.
struct PageFiles: Sendable {
    /// The first page.
    static let index = "index.html"
    /// Only this origin, no inline scripts or styles; MapLibre makes its worker from a blob, and draws images through blobs and data.
    static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'",
        "worker-src blob:", "font-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
    ].joined(separator: "; ")

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "json": "application/json", "svg": "image/svg+xml",
    ]
    /// Larger ones are not of a page.
    private static let byteLimit = 8 << 20

    private var files: [String: ReadyFile] = [:]

    /// - Parameter folders: those that exist are read; of two files with one name the first counts.
    init(folders: [String], gzip: Gzip) {
        for folder in folders {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where files[name] == nil {
                guard let ending = name.split(separator: ".").last, let type = PageFiles.types[String(ending)],
                    let data = FileManager.default.contents(atPath: folder + "/" + name), data.count <= PageFiles.byteLimit
                else { continue }
                files[name] = ReadyFile(type: type, data, gzip: gzip)
            }
        }
    }

    var hasPage: Bool { files[PageFiles.index] != nil }

    /// The answer for a file; nil when there is none of that name.
    func reply(_ name: String, coding: ContentCoding, ifNoneMatch: String?) -> Reply? {
        guard let file = files[name] else { return nil }
        // Asked for again each time and mostly answered by 304: the page is never older than the server.
        var reply = file.reply(coding: coding, ifNoneMatch: ifNoneMatch, cacheControl: "no-cache")
        if name == PageFiles.index, reply.status == .ok {
            reply.headers[.contentSecurityPolicy] = PageFiles.contentSecurityPolicy
            reply.headers[.referrerPolicy] = "same-origin"
            reply.headers[.permissionsPolicy] = "geolocation=(self)"
        }
        return reply
    }

    // MARK: Where they are

    /// The page's folder: SwiftPM puts it into a bundle beside the program.
    static var builtIn: String {
        let program = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return program.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "BlueAtlas_AtlasServer.resources/page").path
    }

    /// The folder that tools/setup puts the map library into: `.assets` here, or in a folder above the program.
    static var fetched: String? {
        var candidates = [".assets"]
        var folder = (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for _ in 0..<8 where folder.path != "/" {
            candidates.append(folder.appending(path: ".assets").path)
            folder = folder.deletingLastPathComponent()
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name("referrer-policy") ?? .accept
    static let permissionsPolicy = HTTPField.Name("permissions-policy") ?? .accept
}
