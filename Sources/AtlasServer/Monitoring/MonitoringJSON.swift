// MonitoringJSON.swift: readings, limits and states as JSON. Values are written as the decimals they are; hours in Beijing time. What an answer's
// words mean by "now" is said in it.

import Atlas
import Monitoring
import Registry

enum MonitoringJSON {
    /// The rule, in every answer that applies it.
    static let rule =
        "exceeding now: the last reading that is not flagged, of the current hour or the \(ExceedingNow.hours - 1) before it, exceeds the limit of its day (BlueAtlas's own rule)"

    static func factory(id: String, _ monitoring: FactoryMonitoring) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("factory", id)
            json.field("now", monitoring.now.iso)
            json.field("exceeding", monitoring.state?.isExceeding ?? false)
            if let state = monitoring.state { write(state, now: monitoring.now, to: &json) }
            json.field("rule", rule)
            json.array("outlets") { json in
                for outlet in monitoring.outlets { json.object { write(outlet, to: &$0) } }
            }
        }
        return json.bytes
    }

    /// The members of a state, but whether it exceeds.
    static func write(_ state: MonitoringState, now: Hour, to json: inout JSONWriter) {
        if state.isExceeding {
            json.field(optional: "since", state.since?.iso)
            json.field(optional: "multiple", state.multiple)
            json.field(optional: "pollutant", state.pollutant?.code)
            json.field(optional: "pollutant_name", state.pollutant?.nameEN)
            json.field(optional: "outlet", state.outletID)
        }
        json.field("last_hour", state.lastHour.iso)
        json.field("fresh", state.lastHour >= ExceedingNow.oldest(at: now))
    }

    /// The members of an outlet or a station.
    static func write(_ outlet: OutletStatus, to json: inout JSONWriter) {
        json.field("id", outlet.id)
        json.field(optional: "factory", outlet.factoryID)
        json.field("kind", outlet.kind.name)
        json.field(optional: "name", outlet.name)
        json.field(optional: "lon", outlet.longitude)
        json.field(optional: "lat", outlet.latitude)
        json.field(optional: "body", outlet.body?.rawValue)
        if outlet.synthetic { json.field("synthetic", true) }
        json.array("items") { json in
            for channel in outlet.channels { json.object { write(channel, to: &$0) } }
        }
    }

    private static func write(_ channel: ChannelStatus, to json: inout JSONWriter) {
        write(channel.pollutant, channel.unit, to: &json)
        write(channel.limit, to: &json)
        json.field(optional: "hour", channel.hour?.iso)
        if let reading = channel.reading { write(reading, to: &json) }
        write(channel.exceedance, to: &json)
        json.field("exceeding_now", channel.exceedsNow)
    }

    static func write(_ pollutant: Pollutant, _ unit: MeasuringUnit, to json: inout JSONWriter) {
        json.field("pollutant", pollutant.code)
        json.field("name", pollutant.nameEN)
        json.field("name_zh", pollutant.nameZH)
        json.field("unit", unit.symbol)
    }

    static func write(_ reading: Reading, to json: inout JSONWriter) {
        json.field("value", reading.value)
        if reading.flag != .none { json.field("flag", reading.flag.name) }
    }

    static func write(_ limit: PermitLimit?, to json: inout JSONWriter) {
        guard let limit else { return }
        if let lower = limit.lower { json.field("lower_limit", lower) }
        if let upper = limit.upper { json.field("limit", upper) }
    }

    private static func write(_ exceedance: Exceedance?, to json: inout JSONWriter) {
        guard let exceedance else { return }
        json.field("exceeds", exceedance.side.rawValue)
        json.field(optional: "multiple", exceedance.multiple)
    }

    // MARK: Series

    static func hours(_ hours: [SeriesHour], outlet: String, _ pollutant: Pollutant, _ unit: MeasuringUnit) -> [UInt8] {
        series(outlet, pollutant, unit, step: "hour", name: "hours") { json in
            for item in hours {
                json.object { json in
                    json.field("hour", item.hour.iso)
                    write(item.reading, to: &json)
                    write(item.limit, to: &json)
                    write(item.limit?.exceedance(of: item.reading), to: &json)
                    if item.earlierVersions > 0 { json.field("earlier_versions", item.earlierVersions) }
                }
            }
        }
    }

    static func days(_ days: [SeriesDay], outlet: String, _ pollutant: Pollutant, _ unit: MeasuringUnit) -> [UInt8] {
        series(outlet, pollutant, unit, step: "day", name: "days") { json in
            for item in days {
                json.object { json in
                    json.field("day", item.day.iso)
                    json.field("count", item.summary.count)
                    json.field("flagged", item.summary.flagged)
                    if let least = item.summary.least { json.field("min", least) }
                    json.field(optional: "mean", item.summary.mean)
                    if let greatest = item.summary.greatest { json.field("max", greatest) }
                    json.field("exceeding_hours", item.summary.exceeding)
                    write(item.limit, to: &json)
                }
            }
        }
    }

    private static func series(
        _ outlet: String, _ pollutant: Pollutant, _ unit: MeasuringUnit, step: String, name: String, _ body: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("outlet", outlet)
            write(pollutant, unit, to: &json)
            json.field("step", step)
            json.array(name) { body(&$0) }
        }
        return json.bytes
    }

    static func versions(
        _ versions: [ReadingVersion], outlet: String, _ pollutant: Pollutant, _ unit: MeasuringUnit, hour: Hour
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("outlet", outlet)
            write(pollutant, unit, to: &json)
            json.field("hour", hour.iso)
            json.array("versions") { json in
                for (number, version) in versions.enumerated() {
                    json.object { json in
                        json.field("version", number + 1)
                        write(version.reading, to: &json)
                        json.field(optional: "arrived", version.arrived.map { LiveTime.iso($0 * 1000) })
                        json.field(optional: "replaced", version.replaced.map { LiveTime.iso($0 * 1000) })
                        json.field("stands", version.replaced == nil)
                    }
                }
            }
        }
        return json.bytes
    }

    // MARK: Exceeding now

    static func exceeding(_ hits: ArraySlice<MonitoringHit>, total: Int, now: Hour) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "FeatureCollection")
            json.field("now", now.iso)
            json.field("rule", rule)
            json.field("numberMatched", total)
            json.field("numberReturned", hits.count)
            json.array("features") { json in
                for hit in hits {
                    json.object { json in
                        json.field("type", "Feature")
                        json.field("id", hit.factory.pk)
                        json.object("geometry") { json in
                            json.field("type", "Point")
                            json.array("coordinates") { json in
                                json.number(hit.factory.longitude)
                                json.number(hit.factory.latitude)
                            }
                        }
                        json.object("properties") { json in
                            json.field("id", hit.factory.id)
                            json.field(optional: "name_zh", hit.factory.nameZH)
                            json.field(optional: "name_en", hit.factory.nameEN)
                            json.field("distance_m", hit.distanceMeters)
                            write(hit.factory.state, now: now, to: &json)
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    // MARK: Stations

    static func write(_ air: AirQuality, to json: inout JSONWriter) {
        json.object("air_quality") { json in
            json.field(optional: "aqi", air.index)
            if air.isBeyond { json.field("beyond_index", true) }
            json.field(optional: "grade", air.grade?.name)
            json.field(optional: "grade_zh", air.grade?.nameZH)
            json.field("primary", air.primary.map(\.rawValue))
            json.field("complete", air.isComplete)
            json.array("parts") { json in
                for part in air.parts {
                    json.object { json in
                        json.field("item", part.item.rawValue)
                        json.field("averaging", part.averaging.rawValue)
                        json.field("mean", part.mean.double)
                        json.field("unit", part.item.unit.symbol)
                        json.field("hours", part.mean.count)
                        json.field("iaqi", part.subIndex.value)
                    }
                }
            }
            if !air.missing.isEmpty {
                json.array("missing") { json in
                    for missing in air.missing {
                        json.object { json in
                            json.field("item", missing.item.rawValue)
                            json.field("averaging", missing.averaging.rawValue)
                            json.field("have", missing.have)
                            json.field("need", missing.need)
                        }
                    }
                }
            }
        }
    }

    static func write(_ water: SurfaceWater, to json: inout JSONWriter) {
        json.object("water_class") { json in
            json.field(optional: "class", water.waterClass?.name)
            json.field(optional: "class_zh", water.waterClass?.nameZH)
            json.field("worst", water.worst.map(\.code))
            json.array("parts") { json in
                for part in water.parts {
                    json.object { json in
                        json.field("pollutant", part.pollutant.code)
                        json.field("value", part.value)
                        json.field("class", part.waterClass.name)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// A quantity as the decimal it is; nil as null.
    mutating func field(_ name: String, _ value: Quantity?) {
        key(name)
        literal(value?.description ?? "null")
    }
}
