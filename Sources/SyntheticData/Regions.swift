// Regions.swift: the places that factories are put in, read from the committed tables: provinces, cities (prefectures), counties,
// their outlines and their shares of the whole.

import Boundaries

/// A county, with the cell that its factories lie in.
struct County: Sendable {
    var code: Int32
    var name: String
    var city: Int
    /// Number of the province in the province index.
    var province: Int
    var seatLongitude: Double
    var seatLatitude: Double
}

/// A prefecture-level city, the four municipalities included.
struct City: Sendable {
    var code: Int32
    /// `深圳市`; the province's name for a municipality.
    var name: String
    /// `Shenzhen`: the GeoNames name of its largest place, else empty.
    var nameEN: String
    var provinceCode: Int32
    var provinceName: String
    var counties: Range<Int>
    var population: Int
    /// Share of all factories; all cities together 1.
    var share = 0.0
}

struct Regions: Sendable {
    /// Sorted by code, so that a city's counties are neighbours.
    let counties: [County]
    let cities: [City]
    /// Cells of counties, in the order of `counties`.
    let countyIndex: PlaceIndex
    let provinceIndex: PlaceIndex

    /// Loads the tables of `folder` (`data/places`) and shares the factories out.
    static func load(folder: String) throws -> Regions {
        let cells = try places(folder + "/synthetic-county-cells.geojson.gz").sorted { $0.code < $1.code }
        let provinces = try places(folder + "/provinces-dcw.geojson.gz")
        let provinceIndex = PlaceIndex(provinces)
        let countyIndex = PlaceIndex(cells)
        let divisions = try Table(path: folder + "/admin-divisions.csv", columns: ["code", "name_zh"])
        var divisionNames: [Int32: String] = [:]
        for row in divisions.rows { if let code = Int32(row[0]) { divisionNames[code] = row[1] } }

        var counties: [County] = []
        var cities: [City] = []
        for cell in cells {
            let provinceCode = cell.provinceCode
            guard let province = provinces.firstIndex(where: { $0.code == provinceCode }),
                let cityCode = cell.text("prefecture_code").flatMap({ Int32($0) }),
                let longitude = cell.number("seat_lon"), let latitude = cell.number("seat_lat")
            else {
                throw GeneratorError.table(
                    path: folder + "/synthetic-county-cells.geojson.gz", line: nil,
                    reason: "county \(cell.code) lacks prefecture_code, seat_lon or seat_lat, or its province is unknown")
            }
            // The two placeholder prefectures of Chongqing are one city.
            let key = isMunicipality(provinceCode) ? provinceCode + 100 : cityCode
            if cities.last?.code != key {
                let provinceName = provinces[province].name
                var name = isMunicipality(provinceCode) ? provinceName : divisionNames[key] ?? cell.name
                if name.hasPrefix("省直辖") || name.hasPrefix("自治区直辖") { name = cell.name }
                cities.append(
                    City(
                        code: key, name: name, nameEN: "", provinceCode: provinceCode, provinceName: provinceName,
                        counties: counties.count..<counties.count, population: 0))
            }
            counties.append(
                County(
                    code: cell.code, name: cell.name, city: cities.count - 1, province: province, seatLongitude: longitude,
                    seatLatitude: latitude))
            cities[cities.count - 1].counties = cities[cities.count - 1].counties.lowerBound..<counties.count
        }
        try addPopulations(to: &cities, counties: counties, index: countyIndex, path: folder + "/cities-china.csv")
        shareOut(&cities)
        return Regions(counties: counties, cities: cities, countyIndex: countyIndex, provinceIndex: provinceIndex)
    }

    private static func isMunicipality(_ provinceCode: Int32) -> Bool {
        [110_000, 120_000, 310_000, 500_000].contains(provinceCode)
    }

    private static func places(_ path: String) throws -> [Place] {
        do { return try BoundaryFile.places(path: path) } catch {
            throw GeneratorError.table(path: path, line: nil, reason: "\(error)")
        }
    }

    private static func addPopulations(to cities: inout [City], counties: [County], index: PlaceIndex, path: String) throws {
        let table = try Table(path: path, columns: ["name", "lon", "lat", "population"])
        var largest = [Int](repeating: 0, count: cities.count)
        for (line, row) in table.rows.enumerated() {
            guard let longitude = Double(row[1]), let latitude = Double(row[2]), let population = Int(row[3]) else {
                throw GeneratorError.table(path: path, line: line + 2, reason: "lon, lat and population must be numbers")
            }
            guard let county = index.index(containing: longitude, latitude) else { continue }
            let city = counties[county].city
            cities[city].population += population
            if population > largest[city] {
                largest[city] = population
                cities[city].nameEN = row[0]
            }
        }
    }

    /// Within a province, city sizes are log-normal: rank r of n gets the normal score of (r − ½)/n.
    private static func shareOut(_ cities: inout [City]) {
        let total = ProvinceShares.percent.reduce(0) { $0 + $1.share }
        for (provinceCode, percent) in ProvinceShares.percent {
            let leading = ProvinceShares.leadingCities[provinceCode] ?? []
            func rank(_ city: Int) -> Int { leading.firstIndex(of: cities[city].code) ?? Int.max }
            let order = cities.indices.filter { cities[$0].provinceCode == provinceCode }.sorted {
                (rank($0), -cities[$0].population, cities[$0].code) < (rank($1), -cities[$1].population, cities[$1].code)
            }
            let weights = order.indices.map { position -> Double in
                let score = PortableMath.normalQuantile(1 - (Double(position) + 0.5) / Double(order.count))
                return PortableMath.exp(ProvinceShares.citySigma * score)
            }
            let sum = weights.reduce(0, +)
            for (position, city) in order.enumerated() { cities[city].share = percent / total * weights[position] / sum }
        }
    }
}

/// A small comma-separated table, held whole. Only the named columns are kept, in the order asked for.
struct Table {
    private(set) var rows: [[String]] = []

    init(path: String, columns: [String]) throws {
        let bytes: [UInt8]
        do { bytes = try BoundaryFile.contents(path: path) } catch {
            throw GeneratorError.table(path: path, line: nil, reason: "\(error)")
        }
        // Line by line over bytes: "\r\n" is one Character, so splitting the String would miss it.
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: true).makeIterator()
        let header = Self.fields(lines.next() ?? [])
        let positions = try columns.map { column in
            guard let position = header.firstIndex(of: column) else {
                throw GeneratorError.table(path: path, line: 1, reason: "column \(column) is missing")
            }
            return position
        }
        var line = 1
        while let text = lines.next() {
            line += 1
            let fields = Self.fields(text)
            guard fields.count == header.count else {
                throw GeneratorError.table(path: path, line: line, reason: "\(fields.count) fields instead of \(header.count)")
            }
            rows.append(positions.map { fields[$0] })
        }
    }

    private static func fields(_ line: some Collection<UInt8>) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var quoted = false
        for byte in line where byte != 0x0D {
            switch byte {
            case 0x22: quoted.toggle()
            case 0x2C where !quoted:
                fields.append(String(decoding: field, as: UTF8.self))
                field = []
            default: field.append(byte)
            }
        }
        fields.append(String(decoding: field, as: UTF8.self))
        return fields
    }
}
