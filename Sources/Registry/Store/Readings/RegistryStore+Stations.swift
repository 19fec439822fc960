// RegistryStore+Stations.swift: the hours of a station in the form that the indices want: 24 of each item of the air, in the unit of its
// breakpoints; the values of an hour of a river.

import Monitoring

extension RegistryStore {
    /// The 24 hours that end with `last` of every item of the air quality index that the station reports, for `AirQuality`.
    ///
    /// Values in the other of mg/m³ and µg/m³ are shifted by three decimals; flagged ones count as missing.
    public func airHours(_ station: OutletStatus, endingWith last: Hour) throws(RegistryError) -> [AirItem: [Quantity?]] {
        let first = last.adding(-23)
        var hours: [AirItem: [Quantity?]] = [:]
        for item in AirItem.allCases {
            guard let channel = station.channels.first(where: { $0.pollutant == item.pollutant }),
                let series = try series(outletID: station.id, item.pollutant, from: first, to: last)
            else { continue }
            var values = [Quantity?](repeating: nil, count: 24)
            for entry in series.hours where entry.reading.counts {
                guard let value = entry.reading.value else { continue }
                values[Int(entry.hour.number - first.number)] = value.shifted(from: channel.unit, to: item.unit)
            }
            hours[item] = values
        }
        return hours
    }

    /// The values of an hour of a water station that count, in mg/L and pH.
    public func waterValues(_ station: OutletStatus, of hour: Hour) throws(RegistryError) -> [(pollutant: Pollutant, value: Quantity)] {
        var values: [(pollutant: Pollutant, value: Quantity)] = []
        for channel in station.channels where channel.unit == .milligramPerLitre || channel.unit == .pH {
            guard let entry = try series(outletID: station.id, channel.pollutant, from: hour, to: hour)?.hours.first,
                entry.reading.counts, let value = entry.reading.value
            else { continue }
            values.append((channel.pollutant, value))
        }
        return values
    }
}
