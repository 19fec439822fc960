// PlaceLocator.swift: which county, prefecture and province does a point lie in? The county decides all three; where there is none, the
// prefecture, then the province. Made over a coverage, so that no point has two answers.

/// The codes of a point's places; 0 where there is none.
public struct PlaceCodes: Hashable, Sendable {
    public var county: Int32
    public var prefecture: Int32
    public var province: Int32

    public init(county: Int32 = 0, prefecture: Int32 = 0, province: Int32 = 0) {
        self.county = county
        self.prefecture = prefecture
        self.province = province
    }

    /// At sea or abroad.
    public static let none = PlaceCodes()

    public var isNone: Bool { province == 0 && prefecture == 0 && county == 0 }

    /// The most exact one; 0 at sea and abroad.
    public var finest: Int32 { county != 0 ? county : prefecture != 0 ? prefecture : province }

    /// Whether a county code fits these, as far as the two can be compared.
    ///
    /// - Parameter isKnown: whether the borders have the code; of one they do not have (of another edition, or no county at all) only
    ///   the prefecture is compared.
    public func agrees(withCounty code: Int32, isKnown: Bool = true) -> Bool {
        if county != 0, isKnown { return code == county }
        return prefecture != 0 ? code / 100 == prefecture / 100 : code / 10_000 == province / 10_000
    }
}

/// Answers point-in-place questions. Immutable, for any number of threads.
///
/// A point exactly on a common border belongs to exactly one of the places beside it, the same one every time: an edge counts as
/// crossed by the half-open rule of `Place.contains`, and both places have the same edge, bit by bit.
public struct PlaceLocator: Sendable {
    private let counties: Layer
    private let prefectures: Layer
    private let provinces: Layer
    private let countyCodes: Set<Int32>
    /// Whether borders of counties are invented.
    private let hasInventedCounties: Bool

    private struct Layer: Sendable {
        let index: PlaceIndex
        let codes: [PlaceCodes]
        /// Position in the array the locator was made of.
        let numbers: [Int]

        init(_ places: [PlaceOutline], _ level: PlaceLevel) {
            numbers = places.indices.filter { places[$0].level == level }
            index = PlaceIndex(numbers.map { Place(code: places[$0].code, name: "", rings: places[$0].outline.rings) })
            codes = numbers.map { number in
                let place = places[number]
                let province = PlaceCode.province(of: place.code)
                switch level {
                case .province: return PlaceCodes(province: place.code)
                case .prefecture: return PlaceCodes(prefecture: place.code, province: province)
                case .county:
                    let above = PlaceCode.level(of: place.parent) == .prefecture ? place.parent : 0
                    return PlaceCodes(county: place.code, prefecture: above, province: province)
                }
            }
        }
    }

    /// - Parameter places: a coverage, as `PlaceCoverage` makes it.
    ///
    /// Cost: O(corners), about 0.1 s for 150,000, and some 10 MB.
    public init(_ places: [PlaceOutline]) {
        provinces = Layer(places, .province)
        prefectures = Layer(places, .prefecture)
        counties = Layer(places, .county)
        countyCodes = Set(counties.codes.map(\.county))
        hasInventedCounties = places.contains { $0.level == .county && $0.source.synthetic }
    }

    /// Whether a county code that a source gives fits the codes of a position.
    ///
    /// - Parameter isInvented: whether the thing at the position is invented itself. What is real cannot be held against invented
    ///   counties: then the provinces are compared, which are real.
    public func agree(_ codes: PlaceCodes, withCounty code: Int32, isInvented: Bool) -> Bool {
        if hasInventedCounties, !isInvented { return PlaceCode.province(of: code) == codes.province }
        return codes.agrees(withCounty: code, isKnown: countyCodes.contains(code))
    }

    /// Whether there is any place at all: else every point has none, which says nothing.
    public var isEmpty: Bool { provinces.numbers.isEmpty && prefectures.numbers.isEmpty && counties.numbers.isEmpty }

    /// The codes at a position in degrees, WGS 84; `none` at sea, abroad, and for what is no position. Under a microsecond.
    @inline(__always)
    public func codes(longitude: Double, latitude: Double) -> PlaceCodes {
        guard let (layer, number) = find(longitude, latitude) else { return .none }
        return layer.codes[number]
    }

    /// The most exact place at a position: its index in the array the locator was made of.
    public func place(longitude: Double, latitude: Double) -> Int? {
        find(longitude, latitude).map { $0.0.numbers[$0.1] }
    }

    @inline(__always)
    private func find(_ longitude: Double, _ latitude: Double) -> (Layer, Int)? {
        if let at = counties.index.index(containing: longitude, latitude) { return (counties, at) }
        if let at = prefectures.index.index(containing: longitude, latitude) { return (prefectures, at) }
        if let at = provinces.index.index(containing: longitude, latitude) { return (provinces, at) }
        return nil
    }
}
