// AddressTests.swift: which addresses a webhook may have. The lists here are IANA's examples and the notations that have fooled other guards.

import NIOPosix
import Testing

@testable import Delivery

@Test(arguments: [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "0.0.0.0", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.0.192", "198.18.0.1", "192.0.2.1",
    "168.63.129.16", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1",
    "64:ff9b:1::1", "100::1", "fec0::1", "::ffff:8.8.8.8",
])
func anAddressThatIsNotOfThePublicInternetIsRefused(_ text: String) throws {
    let address = try #require(NetworkAddress(text))
    #expect(AddressGuard().refusal(of: address) != nil)
}

@Test(arguments: ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "223.5.5.5", "2606:4700::1111", "2400:3200::1"])
func aPublicAddressIsAllowed(_ text: String) throws {
    #expect(AddressGuard().refusal(of: try #require(NetworkAddress(text))) == nil)
}

@Test func anOperatorOpensOneNetworkAndNoOther() throws {
    let addressGuard = AddressGuard(allowing: [try #require(NetworkBlock("127.0.0.0/8")), try #require(NetworkBlock("fd00:1::/32"))])
    func isAllowed(_ text: String) throws -> Bool { addressGuard.refusal(of: try #require(NetworkAddress(text))) == nil }
    #expect(try isAllowed("127.0.0.1") && isAllowed("127.9.9.9") && isAllowed("::ffff:127.0.0.1") && isAllowed("fd00:1::7"))
    #expect(try !isAllowed("10.0.0.1") && !isAllowed("169.254.169.254") && !isAllowed("::1") && !isAllowed("fd00:2::7"))
}

@Test func onlyTheOneNotationOfAnAddressIsRead() {
    for text in [
        "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1 ", "127.0.0.01", "1.2.3", "fe80::1%eth0", "", "::ffff:0x7f.1",
        "１.1.1.1",
    ] {
        #expect(NetworkAddress(text) == nil, "\(text)")
    }
    for text in ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "ten/8", "10.0.0.0/8/8"] {
        #expect(NetworkBlock(text) == nil, "\(text)")
    }
}

@Test func aBlockHoldsExactlyItsAddresses() throws {
    let block = try #require(NetworkBlock("100.64.0.0/10"))
    for (text, isInside) in [
        ("100.63.255.255", false), ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false), ("::1", false),
    ] {
        #expect(block.contains(try #require(NetworkAddress(text))) == isInside, "\(text)")
    }
}

@Test(arguments: [
    "ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_", "https://", "https:///x", "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/", "http://127.1/", "http://0x7f.0.0.1/", "http://[::1/", "http://[127.0.0.1]/", "http://[fe80::1%25eth0]/",
    "http://user@example.org/", "http://example.org@127.0.0.1/", "http://example.org:0/", "http://example.org:65536/",
    "http://example.org:22/", "http://example.org:25/", "http://example.org/#x", "http://exa mple.org/", "http://example.org\\@127.0.0.1/",
    "http://example.org/\r\nHost: x", "http://ex%61mple.org/", "http://例子.测试/", "//example.org/", "http://-a.example.org/", "http://a..b/",
    "https://example.org/" + String(repeating: "x", count: 2000),
])
func anUnusualAddressIsNoWebhook(_ text: String) { #expect(throws: WebhookURL.Invalid.self) { try WebhookURL(text) } }

@Test func anAddressIsTakenApartAsItWillBeUsed() throws {
    let url = try WebhookURL("HTTPS://Hooks.Example.org./in?x=1&y=%20")
    #expect(url.isSecure && url.host == "hooks.example.org" && url.port == 443 && url.target == "/in?x=1&y=%20")
    #expect(url.hostHeader == "hooks.example.org" && url.description == "https://hooks.example.org/in?x=1&y=%20")
    let v6 = try WebhookURL("http://[2001:DB8:0:0::1]:8080?q")
    #expect(v6.host == "2001:db8::1" && v6.hostHeader == "[2001:db8::1]:8080" && v6.target == "/?q")
    #expect(try WebhookURL("http://192.0.2.1").description == "http://192.0.2.1/")
}

@Test func aNameWithAnInnerAddressIsRefusedAndSoIsOneThatIsUnknown() async throws {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let resolver = NameResolver(addressGuard: AddressGuard(), threads: threads)
    await #expect(throws: ResolutionError.self) { try await resolver.address(of: "localhost") }
    await #expect(throws: ResolutionError.self) { try await resolver.address(of: "no-such-host.invalid") }
    await #expect(throws: ResolutionError.self) { try await resolver.address(of: "169.254.169.254") }
    let open = NameResolver(
        addressGuard: AddressGuard(allowing: [NetworkBlock("127.0.0.0/8"), NetworkBlock("::1")].compactMap(\.self)), threads: threads)
    let address = try await open.address(of: "localhost")
    #expect(["127.0.0.1", "::1"].contains(address.description))
    try await threads.shutdownGracefully()
}
