// LogoTests.swift: what is taken as a logo, what is refused and in which words, and that nothing of the file but its picture is kept.

import Foundation
import Testing

@testable import MapArt

@Suite("Logos")
struct LogoTests {
    /// A red picture with a blue lower half.
    private static func png(_ width: Int, _ height: Int) throws -> [UInt8] {
        let canvas = try #require(Canvas(width: width, height: height))
        for (colour, top) in [("#ff0000", 0.0), ("#0000ff", Double(height / 2))] {
            canvas.setColour(try #require(Colour(hex: colour)))
            canvas.polygon([(0, top), (Double(width), top), (Double(width), Double(height)), (0, Double(height))])
            canvas.fill()
        }
        return canvas.png()
    }

    private static func svg(_ body: String, attributes: String = #"viewBox="0 0 40 20""#) -> [UInt8] {
        Array("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \(attributes)>\(body)</svg>".utf8)
    }

    private func refusal(_ bytes: [UInt8]) -> LogoError? {
        do throws(LogoError) {
            _ = try LogoImage(reading: bytes)
            return nil
        } catch { return error }
    }

    @Test("A PNG is drawn anew, at most 256 pixels a side, in its proportions")
    func sizes() throws {
        for (width, height, keptWidth, keptHeight) in [(64, 32, 64, 32), (256, 256, 256, 256), (2048, 1024, 256, 128), (1, 2048, 1, 256)] {
            let image = try LogoImage(reading: LogoTests.png(width, height))
            #expect(image.width == keptWidth && image.height == keptHeight)
            let again = try #require(Canvas.decode(png: image.png))
            #expect(again.width == keptWidth && again.height == keptHeight)
        }
    }

    @Test("Nothing of the file but its picture is kept")
    func onlyThePicture() throws {
        let plain = try LogoTests.png(32, 32)
        let loaded = plain + Array("<script>alert(1)</script>PK\u{3}\u{4}".utf8)
        let image = try LogoImage(reading: loaded)
        #expect(String(decoding: image.png, as: UTF8.self).contains("script") == false)
        // The same picture has the same hash, whatever came with it.
        #expect(try LogoImage(reading: plain).hash == image.hash)
        #expect(image.hash.count == 64)
        #expect(try LogoImage(reading: LogoTests.png(32, 34)).hash != image.hash)
    }

    @Test("An SVG of shapes, gradients, styles and text becomes a picture in its proportions")
    func goodSVG() throws {
        let body = """
            <title>Logo</title><defs><linearGradient id="g"><stop offset="0" stop-color="red"/><stop offset="1" stop-color="#00f"/></linearGradient>
            <clipPath id="c"><circle cx="20" cy="10" r="9"/></clipPath></defs><style>.a { fill: url(#g) }</style>
            <g clip-path="url(#c)"><rect class="a" width="40" height="20"/></g><use xlink:href="#x"/><path id="x" d="M1 1L5 5"/>
            <text x="3" y="12" style="font-size:4px">甲</text>
            """
        for bytes in [
            LogoTests.svg(body), Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- made by hand -->\n".utf8) + LogoTests.svg(body),
        ] {
            let image = try LogoImage(reading: bytes)
            #expect(image.width == 256 && image.height == 128)
        }
        // Width and height alone say it too; however large they are, the picture is small.
        let large = try LogoImage(reading: LogoTests.svg("<rect width='9' height='9'/>", attributes: "width='90000' height='30000'"))
        #expect(large.width == 256 && large.height == 85)
    }

    @Test(
        "What a logo may not hold is named",
        arguments: [
            ("<script>alert(1)</script>", "<script>"), ("<SCRIPT>alert(1)</SCRIPT>", "<SCRIPT>"),
            ("<h:script xmlns:h='http://www.w3.org/1999/xhtml'>1</h:script>", "<script>"),
            ("<foreignObject><p/></foreignObject>", "<foreignObject>"), ("<image href='https://example.org/a.png'/>", "<image>"),
            ("<image href='data:image/png;base64,AAAA'/>", "<image>"), ("<rect onload='alert(1)'/>", "'onload'"),
            ("<rect ev:onClick='x' xmlns:ev='urn:x'/>", "onClick"), ("<use href='https://example.org/a.svg#b'/>", "https://example.org"),
            ("<use xlink:href='file:///etc/passwd#x'/>", "file:///etc/passwd"), ("<rect fill='url(https://example.org/x#y)'/>", "url("),
            ("<rect style='fill: URL( \"//example.org/x\")'/>", "url("), ("<style>@import 'x.css';</style>", "@"),
            ("<style><![CDATA[ rect { fill: url(x.svg#a) } ]]></style>", "url("), ("<style>.a { fill: u\\72l(x) }</style>", "\\"),
            ("<a href='javascript:alert(1)'><rect/></a>", "<a>"), ("<animate attributeName='x'/>", "<animate>"),
            ("<set attributeName='x'/>", "<set>"),
            ("<filter id='f'><feGaussianBlur stdDeviation='9999'/></filter>", "<filter>"), ("<iframe/>", "<iframe>"),
            ("<?xml-stylesheet href='x.css'?>", "processing instruction"),
        ])
    func badSVG(body: String, named: String) {
        guard case .svg(let reason)? = refusal(LogoTests.svg(body)) else { return #expect(Bool(false), "taken: \(body)") }
        #expect(reason.contains(named), "\(reason)")
        #expect(reason.contains("(line "))
    }

    @Test("Entities, encodings, depth and numbers without end are refused before anything is drawn")
    func bombs() throws {
        let laughs = "<!DOCTYPE svg [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
        for text in [laughs, "<!doctype svg>", "<!DOCTYPE svg SYSTEM \"file:///etc/passwd\">"] {
            let error = try #require(refusal(Array(text.utf8) + LogoTests.svg("<text>&b;</text>")))
            #expect("\(error)".contains("document type"))
        }
        let utf7 = Array("<?xml version=\"1.0\" encoding=\"UTF-7\"?>".utf8) + LogoTests.svg("")
        #expect("\(try #require(refusal(utf7)))".contains("UTF-7"))
        #expect("\(try #require(refusal([0x3C, 0xFF, 0xFE] + LogoTests.svg(""))))".contains("UTF-8"))
        let deep = String(repeating: "<g>", count: 100) + String(repeating: "</g>", count: 100)
        #expect("\(try #require(refusal(LogoTests.svg(deep))))".contains("levels deep"))
        let many = String(repeating: "<g/>", count: 20_001)
        #expect("\(try #require(refusal(LogoTests.svg(many))))".contains("elements"))
        let uses = (0..<17).map { "<g id='g\($0)'><use href='#g\($0 + 1)'/></g>" }.joined()
        #expect("\(try #require(refusal(LogoTests.svg(uses))))".contains("<use>"))
        // A shape that refers to itself ends all the same, one way or the other.
        _ = refusal(LogoTests.svg("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"))
    }

    @Test("What is no logo is said to be what it is")
    func notALogo() throws {
        #expect(refusal([]) == .empty)
        #expect(refusal([UInt8](repeating: 0x41, count: 512 * 1024 + 1)) == .tooManyBytes)
        #expect(refusal([0xFF, 0xD8, 0xFF, 0xE0]) == .notAnImage("a JPEG"))
        #expect(refusal(Array("GIF89a".utf8)) == .notAnImage("a GIF"))
        #expect(refusal(Array("just words".utf8)) == .notAnImage("no image"))
        #expect("\(try #require(refusal(Array("<html><body/></html>".utf8))))".contains("<html>"))
        #expect(refusal(Array("<svg".utf8)) != nil)
        #expect("\(try #require(refusal(LogoTests.svg("<g>"))))".contains("well-formed"))
        #expect("\(try #require(refusal(LogoTests.svg("<rect/>", attributes: ""))))".contains("viewBox"))
        #expect("\(try #require(refusal(LogoTests.svg("", attributes: "viewBox='0 0 1000 1'"))))".contains("32 times"))
        #expect(refusal(LogoTests.svg("", attributes: "viewBox='0 0 0 0'")) != nil)
        #expect(refusal(LogoTests.svg("", attributes: "viewBox='0 0 nan inf'")) != nil)
    }

    @Test("A PNG that is cut, damaged or says an enormous size is refused, at every byte")
    func damagedPNG() throws {
        let good = try LogoTests.png(24, 24)
        for length in stride(from: 8, to: good.count - 12, by: 7) { #expect(refusal(Array(good.prefix(length))) == .damaged, "\(length)") }
        var enormous = good
        enormous.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1])
        #expect(refusal(enormous) == .tooLarge(width: 0x7FFF_FFFF, height: 1))
        var wide = good
        wide.replaceSubrange(16..<24, with: [0, 0, 8, 1, 0, 0, 0, 24])
        #expect(refusal(wide) == .tooLarge(width: 2049, height: 24))
        var empty = good
        empty.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 0, 0, 24])
        #expect(refusal(empty) == .tooLarge(width: 0, height: 24))
        // Any byte may be wrong: a picture or an error, never an end of the process.
        for at in stride(from: 8, to: good.count, by: 3) {
            var broken = good
            broken[at] ^= 0x55
            if let image = try? LogoImage(reading: broken) { #expect(image.width <= 2048) }
        }
    }
}
