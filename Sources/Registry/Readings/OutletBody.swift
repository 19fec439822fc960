// OutletBody.swift: an outlet as JSON has it:
//
//     {"id":"BO0000001W","factory":"BA0000001","kind":"water","name":"总排口","items":[
//       {"pollutant":"COD","unit":"mg/L","limits":[{"upper":50,"from":"2020-01-01"}]},
//       {"pollutant":"pH","unit":"-","limits":[{"lower":6,"upper":9,"from":"2020-01-01"}]}]}

import Monitoring

package enum OutletBody {
    /// - Throws: `WriteRefusal` that names the field.
    package static func draft(_ body: JSONBody) throws(WriteRefusal) -> OutletDraft {
        try body.allow(only: ["id", "factory", "kind", "name", "lon", "lat", "body", "synthetic", "items"])
        guard let id = try body.text("id", limit: 64) else { throw WriteRefusal(.invalid, field: "id", reason: "is missing") }
        guard let kindName = try body.text("kind", limit: 20) else { throw WriteRefusal(.invalid, field: "kind", reason: "is missing") }
        guard let kind = OutletKind(kindName) else {
            throw WriteRefusal(
                .invalid, field: "kind", value: kindName, reason: "is none of \(OutletKind.allCases.map(\.name).joined(separator: ", "))")
        }
        var water: WaterBody?
        if let text = try body.text("body", limit: 10) {
            water = WaterBody(rawValue: text)
            guard water != nil else { throw WriteRefusal(.invalid, field: "body", value: text, reason: "is neither river nor lake") }
        }
        guard case .array(let elements)? = body["items"] else {
            throw WriteRefusal(.invalid, field: "items", reason: "must be a list of what the outlet reports")
        }
        var items: [OutletDraft.Item] = []
        for element in elements {
            guard case .object(let members) = element else { throw WriteRefusal(.invalid, field: "items", reason: "must be objects") }
            items.append(try item(JSONBody(members: members)))
        }
        var synthetic = false
        switch body["synthetic"] {
        case nil, .null?: break
        case .boolean(let value)?: synthetic = value
        default: throw WriteRefusal(.invalid, field: "synthetic", reason: "must be true or false")
        }
        return OutletDraft(
            line: 1, id: id, factoryID: try body.text("factory", limit: 64), kind: kind, name: try body.text("name", limit: 200),
            longitude: try number(body, "lon"), latitude: try number(body, "lat"), body: water, synthetic: synthetic, items: items)
    }

    private static func item(_ body: JSONBody) throws(WriteRefusal) -> OutletDraft.Item {
        try body.allow(only: ["pollutant", "unit", "limits"])
        let (pollutant, unit) = try what(pollutant: try body.text("pollutant", limit: 40), unit: try body.text("unit", limit: 16))
        var limits: [LimitDraft] = []
        switch body["limits"] {
        case nil, .null?: break
        case .array(let elements)?:
            for element in elements {
                guard case .object(let members) = element else { throw WriteRefusal(.invalid, field: "limits", reason: "must be objects") }
                let given = JSONBody(members: members)
                try given.allow(only: ["lower", "upper", "from", "until"])
                limits.append(
                    try limit(
                        lower: try quantity(given, "lower"), upper: try quantity(given, "upper"), from: try given.text("from", limit: 10),
                        until: try given.text("until", limit: 10)))
            }
        default: throw WriteRefusal(.invalid, field: "limits", reason: "must be a list")
        }
        return OutletDraft.Item(pollutant: pollutant, unit: unit, limits: limits)
    }

    /// What is measured, and in which unit: both must be named.
    static func what(pollutant: String?, unit: String?) throws(WriteRefusal) -> (Pollutant, MeasuringUnit) {
        guard let pollutant else { throw WriteRefusal(.invalid, field: "pollutant", reason: "is missing") }
        guard let item = Pollutant(pollutant) else {
            throw WriteRefusal(
                .invalid, field: "pollutant", value: pollutant, reason: "is no code of HJ 524 or HJ 525 that is known here, such as w01018")
        }
        guard let unit else {
            throw WriteRefusal(.invalid, field: "unit", reason: "is missing; \(item.code) usually comes in \(item.usualUnit.symbol)")
        }
        guard let known = MeasuringUnit(unit) else {
            throw WriteRefusal(
                .invalid, field: "unit", value: unit, reason: "is no unit that is known here, such as \(item.usualUnit.symbol)")
        }
        return (item, known)
    }

    static func limit(lower: Quantity?, upper: Quantity?, from: String?, until: String?) throws(WriteRefusal) -> LimitDraft {
        guard let from else { throw WriteRefusal(.invalid, field: "from", reason: "is missing; a limit holds from a day on") }
        return LimitDraft(
            PermitLimit(lower: lower, upper: upper), from: try day("from", from),
            until: try until.map { text throws(WriteRefusal) in try day("until", text) })
    }

    private static func day(_ field: String, _ text: String) throws(WriteRefusal) -> Day {
        guard let day = Day(iso: text) else {
            throw WriteRefusal(.invalid, field: field, value: text, reason: "is no date; use YYYY-MM-DD")
        }
        return day
    }

    private static func quantity(_ body: JSONBody, _ name: String) throws(WriteRefusal) -> Quantity? {
        switch body[name] {
        case nil, .null?: return nil
        case .number(_, let text)?: return try quantity(text, name)
        case .string(let text)?: return try quantity(text, name)
        default: throw WriteRefusal(.invalid, field: name, reason: "must be a number")
        }
    }

    static func quantity(_ text: String, _ field: String) throws(WriteRefusal) -> Quantity {
        do throws(Quantity.Problem) { return try Quantity(text) } catch {
            throw WriteRefusal(.invalid, field: field, value: String(text.prefix(64)), reason: error.description)
        }
    }

    private static func number(_ body: JSONBody, _ name: String) throws(WriteRefusal) -> Double? {
        switch body[name] {
        case nil, .null?: return nil
        case .number(let number, _)? where number.isFinite: return number
        default: throw WriteRefusal(.invalid, field: name, reason: "must be a number")
        }
    }
}
