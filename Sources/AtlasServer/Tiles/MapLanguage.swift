// MapLanguage.swift: the languages that maps are lettered in.

/// A language of labels and legends. The raw value is the one of `lang`.
enum MapLanguage: String, CaseIterable, Sendable {
    case zh, en

    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    /// - Throws: `Problem` 400.
    static func parse(_ query: QueryParameters) throws(Problem) -> MapLanguage {
        guard let name = query.text("lang") else { return .zh }
        guard let language = MapLanguage(rawValue: name) else {
            throw Problem(parameter: "lang", value: name, mustBe: "one of \(names)")
        }
        return language
    }
}
