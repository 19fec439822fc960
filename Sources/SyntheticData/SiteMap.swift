// SiteMap.swift: the positions. A site is one position with one or more factories: most have one; 12 % of the factories share
// theirs (plants with several entries, parks geocoded to the gate). Every site lies inside its county's cell and its province.
// Positions are kept in units of 10⁻⁷ degree, the precision they are written with.

import Boundaries

/// The datum a source gives a position in.
enum SourceDatum: UInt8, CaseIterable, Sendable {
    case gcj02, bd09, wgs84, cgcs2000
    /// Said to be unknown; in truth WGS 84 or GCJ-02.
    case unknownWGS84, unknownGCJ02
    /// Plane coordinates of a Gauss-Krüger zone.
    case plane

    /// Shares at source (assumption of the specification): 45, 25, 20 (in two parts), 8 (in two parts), 2 %.
    private static let sampler = AliasTable([45, 25, 12, 8, 4, 4, 2])

    static func draw(_ random: inout RandomStream) -> SourceDatum { allCases[sampler.sample(&random)] }
}

struct Site: Sendable {
    var county: UInt16
    var datum: SourceDatum
    var inPark: Bool
    /// 10⁻⁷ degrees, WGS 84.
    var longitude: Int32
    var latitude: Int32
}

/// How the factories spread over sites.
struct SiteSizes: Sendable {
    /// Number of factories per site: gates first, then groups, then single ones.
    var sizes: [Int32] = []
    var gates = 0
    var sharedFactories = 0

    /// Share of the factories on a position held by at least one other (assumption of the specification).
    static let sharedShare = 0.12
    /// Relative number of groups of 2, 3 … 15, as coal units group on positions (measured; data/samples).
    private static let groupWeights: [Double] = [906, 125, 387, 52, 136, 26, 66, 17, 18, 3, 4, 2, 1, 2]

    /// A few park gates hold 200–2,000, one of them exactly 2,000, from 1.2 million factories on; in smaller sets gates shrink in
    /// proportion, so that one gate never outweighs a province. Below 12,000 factories there are none.
    init(factories: Int, random: inout RandomStream) {
        let budget = Int((Double(factories) * Self.sharedShare).rounded())
        var left = budget
        let largest = min(2_000, factories / 600)
        if largest >= 20 {
            gates = max(1, factories / 50_000)
            let smallest = Double(largest) / 10
            for gate in 0..<gates {
                // Log-uniform over the decade below the largest.
                let size = gate == 0 ? largest : Int(smallest * PortableMath.power(10, random.unit()))
                sizes.append(Int32(size))
                left -= size
            }
        }
        let groups = AliasTable(Self.groupWeights)
        while left >= 2 {
            let size = min(left, groups.sample(&random) + 2)
            sizes.append(Int32(size))
            left -= size
        }
        sharedFactories = budget - left
        sizes += [Int32](repeating: 1, count: factories - sharedFactories)
    }
}

/// Where in a county the factories gather: its industrial parks and its town.
struct SiteMap: Sendable {
    struct Park: Sendable {
        var longitude: Double
        var latitude: Double
        var sigmaKilometers: Double
        /// Cumulated weight within the county, the last is 1.
        var cumulative: Double
    }

    let regions: Regions
    /// Which county a site falls in.
    let counties: AliasTable
    /// Share of all sites per county.
    let countyShare: [Double]
    private let parks: [Park]
    private let parkStart: [Int]
    /// A point surely inside each cell.
    private let anchors: [(longitude: Double, latitude: Double)]

    /// Share of the sites in industrial parks (assumption of the specification).
    static let parkShare = 0.60
    static let scale = 1e7
    private static let kilometersPerDegree = 111.2

    init(regions: Regions, seed: UInt64) {
        self.regions = regions
        var random = RandomStream(seed: seed, stage: .counties)
        var shares = [Double](repeating: 0, count: regions.counties.count)
        for city in regions.cities {
            var sum = 0.0
            for county in city.counties {
                shares[county] = PortableMath.exp(ProvinceShares.countySigma * random.gaussian())
                sum += shares[county]
            }
            for county in city.counties { shares[county] *= city.share / sum }
        }
        countyShare = shares
        counties = AliasTable(shares)

        random = RandomStream(seed: seed, stage: .parks)
        var parks: [Park] = []
        var starts: [Int] = [0]
        var anchors: [(longitude: Double, latitude: Double)] = []
        for (number, county) in regions.counties.enumerated() {
            let anchor = Self.anchor(of: number, county, regions, &random)
            anchors.append(anchor)
            // 1 to 12 parks: about one per 100 factories of the full-scale set.
            let count = min(12, 1 + Int(shares[number] * 1_200_000 / 100))
            var cumulative = 0.0
            let first = parks.count
            for _ in 0..<count {
                let distance = 5 * random.exponential()
                let place = Self.near(anchor, county: number, regions, &random) { _ in distance }
                cumulative += random.exponential() + 0.05
                parks.append(
                    Park(
                        longitude: Double(place.longitude) / Self.scale, latitude: Double(place.latitude) / Self.scale,
                        sigmaKilometers: random.uniform(0.8, 2), cumulative: cumulative))
            }
            for park in first..<parks.count { parks[park].cumulative /= cumulative }
            starts.append(parks.count)
        }
        self.parks = parks
        parkStart = starts
        self.anchors = anchors
    }

    /// A new site. Gates lie in parks, and map services geocoded them: their datum is GCJ-02 or BD-09.
    func site(isGate: Bool, _ random: inout RandomStream) -> Site {
        let county = counties.sample(&random)
        let datum: SourceDatum = isGate ? (random.chance(0.64) ? .gcj02 : .bd09) : SourceDatum.draw(&random)
        let inPark = isGate || random.chance(Self.parkShare)
        let position: (longitude: Int32, latitude: Int32)
        if inPark {
            let draw = random.unit()
            var park = parkStart[county]
            while park + 1 < parkStart[county + 1], parks[park].cumulative <= draw { park += 1 }
            let centre = (longitude: parks[park].longitude, latitude: parks[park].latitude)
            let sigma = parks[park].sigmaKilometers
            // Gaussian in both axes: the distance is Rayleigh distributed.
            position = Self.near(centre, county: county, regions, &random) { $0.exponentialRoot() * sigma }
        } else {
            // Median 6 km, 95 % within 25 km of the town.
            position = Self.near(anchors[county], county: county, regions, &random) { $0.logNormal(median: 6, sigma: 0.8676) }
        }
        return Site(county: UInt16(county), datum: datum, inPark: inPark, longitude: position.longitude, latitude: position.latitude)
    }

    /// A random position at a random distance from a centre that lies in the county's cell and in its province. The distance is
    /// halved after every eight misses, so that it ends at the centre, which is inside.
    private static func near(
        _ centre: (longitude: Double, latitude: Double), county: Int, _ regions: Regions, _ random: inout RandomStream,
        distanceKilometers: (inout RandomStream) -> Double
    ) -> (longitude: Int32, latitude: Int32) {
        let perLongitude = kilometersPerDegree * PortableMath.cosine(degrees: centre.latitude)
        var shrink = 1.0
        for attempt in 1...200 {
            let direction = random.direction()
            let distance = distanceKilometers(&random) * shrink
            let longitude = ((centre.longitude + direction.x * distance / perLongitude) * scale).rounded()
            let latitude = ((centre.latitude + direction.y * distance / kilometersPerDegree) * scale).rounded()
            if liesWithin(county, regions, longitude / scale, latitude / scale) { return (Int32(longitude), Int32(latitude)) }
            if attempt % 8 == 0 { shrink /= 2 }
        }
        return (Int32((centre.longitude * scale).rounded()), Int32((centre.latitude * scale).rounded()))
    }

    /// Inside the county's cell and the province, and so are the points 5 cm around: rounding and a datum's inverse move a position
    /// by a centimetre, which must not carry it over a border.
    private static func liesWithin(_ county: Int, _ regions: Regions, _ longitude: Double, _ latitude: Double) -> Bool {
        let margin = 5e-7
        let province = regions.counties[county].province
        for (x, y) in [
            (longitude - margin, latitude - margin), (longitude + margin, latitude + margin), (longitude - margin, latitude + margin),
            (longitude + margin, latitude - margin),
        ] {
            guard regions.countyIndex.index(containing: x, y) == county, regions.provinceIndex.index(containing: x, y) == province else {
                return false
            }
        }
        return true
    }

    /// The county's seat, or, where that lies outside the cell, a random point of the cell.
    private static func anchor(
        of number: Int, _ county: County, _ regions: Regions, _ random: inout RandomStream
    ) -> (longitude: Double, latitude: Double) {
        if liesWithin(number, regions, county.seatLongitude, county.seatLatitude) { return (county.seatLongitude, county.seatLatitude) }
        let vertices = regions.countyIndex.places[number].rings.max { $0.count < $1.count } ?? []
        let west = vertices.reduce(180) { min($0, $1.longitude) }
        let east = vertices.reduce(-180) { max($0, $1.longitude) }
        let south = vertices.reduce(90) { min($0, $1.latitude) }
        let north = vertices.reduce(-90) { max($0, $1.latitude) }
        for _ in 0..<100_000 {
            let longitude = random.uniform(west, east)
            let latitude = random.uniform(south, north)
            if liesWithin(number, regions, longitude, latitude) { return (longitude, latitude) }
        }
        return (county.seatLongitude, county.seatLatitude)
    }
}

extension RandomStream {
    /// √(2·exponential): the distance from the centre of a plane Gaussian with σ = 1.
    fileprivate mutating func exponentialRoot() -> Double { (2 * exponential()).squareRoot() }
}
