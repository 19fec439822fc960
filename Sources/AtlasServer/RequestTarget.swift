// RequestTarget.swift: a request's path and query, decoded strictly: what is not valid percent-encoded UTF-8 is an error with a name, not
// a guess.

import Atlas

struct RequestTarget: Sendable {
    /// Decoded path segments.
    let segments: [String]
    /// Decoded parameters, in order.
    let parameters: [(name: String, value: String)]

    /// - Parameter target: the request line's target, such as `/v1/factories?bbox=1,2,3,4`.
    init(_ target: String) throws(Problem) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var segments: [String] = []
        for segment in (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: true) {
            guard let decoded = RequestTarget.decode(segment, plusIsSpace: false) else {
                throw .badParameter("path", String(segment), "not valid percent-encoded UTF-8")
            }
            segments.append(decoded)
        }
        self.segments = segments
        var parameters: [(name: String, value: String)] = []
        if parts.count == 2 {
            for pair in parts[1].split(separator: "&", omittingEmptySubsequences: true) {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let name = RequestTarget.decode(sides[0], plusIsSpace: true) else {
                    throw .badParameter("query", String(pair), "a parameter's name is not valid percent-encoded UTF-8")
                }
                guard let value = sides.count == 2 ? RequestTarget.decode(sides[1], plusIsSpace: true) : "" else {
                    throw .badParameter(name, String(sides[1]), "not valid percent-encoded UTF-8")
                }
                parameters.append((name, value))
            }
        }
        guard parameters.count <= 100 else { throw .badParameter("query", nil, "\(parameters.count) parameters; at most 100 are taken") }
        self.parameters = parameters
    }

    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hex), let low = iterator.next().flatMap(hex) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The parameters of one request, taken one by one; what is left over is an error.
struct Parameters {
    private var scalars: [String: String] = [:]
    private(set) var filter = Filter()

    /// - Parameter known: the scalar parameters of this address; the filters are known everywhere they are `allowed`.
    /// - Throws: for an unknown name, a scalar given twice, or a wrong filter.
    init(_ target: RequestTarget, known: Set<String>, filters: Bool = true) throws(Problem) {
        var filterParameters: [(name: String, value: String)] = []
        for (name, value) in target.parameters {
            if filters, Filter.parameterNames.contains(name) {
                filterParameters.append((name, value))
                continue
            }
            guard known.contains(name) else {
                let all = known.union(filters ? Filter.parameterNames : []).sorted().joined(separator: ", ")
                throw .badParameter(name, value, "unknown parameter; this address knows \(all.isEmpty ? "none" : all)")
            }
            guard scalars.updateValue(value, forKey: name) == nil else { throw .badParameter(name, value, "given twice; give it once") }
        }
        do { filter = try Filter(parameters: filterParameters) } catch { throw Problem(error) }
    }

    func text(_ name: String) -> String? { scalars[name] }

    func number(_ name: String) throws(Problem) -> Double? {
        guard let text = scalars[name] else { return nil }
        guard let number = Double(text), number.isFinite else { throw .badParameter(name, text, "not a number") }
        return number
    }

    func requiredNumber(_ name: String, _ meaning: String) throws(Problem) -> Double {
        guard let number = try number(name) else { throw .badParameter(name, nil, "missing: \(meaning)") }
        return number
    }

    func integer(_ name: String, default fallback: Int) throws(Problem) -> Int {
        guard let text = scalars[name] else { return fallback }
        guard let number = Int(text) else { throw .badParameter(name, text, "not a whole number") }
        return number
    }
}
