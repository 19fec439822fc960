// QueryParameters.swift: typed access to query parameters. An endpoint names what it takes; everything else in the query is an error
// that names the parameter and the known ones, so that a misspelt filter never silently shows everything.

import Atlas

/// The parameters of one request, checked against those that the endpoint knows.
struct QueryParameters: Sendable {
    private let scalars: [String: String]
    /// The filters of the contract; empty for endpoints that take none.
    let filter: Filter

    /// - Parameters:
    ///   - known: the scalar parameters of the endpoint; each may be given once.
    ///   - filters: whether the filters of the contract are taken as well.
    /// - Throws: `Problem` 400 that names the parameter.
    init(_ parameters: [(name: String, value: String)], known: [String], filters: Bool = false) throws(Problem) {
        var scalars: [String: String] = [:]
        var forFilter: [(name: String, value: String)] = []
        for (name, value) in parameters {
            if filters, Filter.parameterNames.contains(name) {
                forFilter.append((name, value))
            } else if known.contains(name) {
                guard scalars.updateValue(value, forKey: name) == nil else {
                    throw Problem(parameter: name, detail: "\(name): given twice; give it once")
                }
            } else {
                let names = known + (filters ? Filter.parameterNames.sorted() : [])
                let hint = names.isEmpty ? "this address takes none" : "known here are \(names.joined(separator: ", "))"
                throw Problem(
                    .badRequest, kind: .unknownParameter, detail: "'\(Problem.excerpt(name))' is not a parameter; \(hint)",
                    parameter: Problem.excerpt(name))
            }
        }
        self.scalars = scalars
        do { filter = forFilter.isEmpty ? Filter() : try Filter(parameters: forFilter) } catch { throw Problem(error) }
    }

    func text(_ name: String) -> String? { scalars[name] }

    /// A decimal number; nil when absent.
    func number(_ name: String, in range: ClosedRange<Double>, _ meaning: String) throws(Problem) -> Double? {
        guard let text = scalars[name] else { return nil }
        guard let value = QueryParameters.decimal(text), range.contains(value) else {
            throw Problem(parameter: name, value: text, mustBe: meaning)
        }
        return value
    }

    func requiredNumber(_ name: String, in range: ClosedRange<Double>, _ meaning: String) throws(Problem) -> Double {
        guard let value = try number(name, in: range, meaning) else {
            throw Problem(parameter: name, detail: "\(name): missing; give \(meaning)")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int>, default value: Int) throws(Problem) -> Int {
        guard let text = scalars[name] else { return value }
        guard let value = Int(text), range.contains(value) else {
            throw Problem(parameter: name, value: text, mustBe: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A finite number in decimal or exponent notation. Swift's own parser also takes `nan`, `inf` and hexadecimal ones.
    static func decimal(_ text: String) -> Double? {
        let allowed = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard allowed, text.utf8.count <= 40, let value = Double(text), value.isFinite else { return nil }
        return value
    }
}
