// ChinaOutline.swift: whether a position lies in mainland China, where GCJ-02 applies, or in China at all. An outline of some 15,000
// corners that reaches 15 km out to sea and is good to some hundred metres at land borders: for datums and for plausibility, never a
// statement about borders, and never to be drawn. tools/make-outline makes it.

/// Outlines for datum rules and plausibility.
public enum ChinaOutline {
    /// Whether GCJ-02 and BD-09 apply: mainland China and its coastal waters, without Hong Kong, Macau and Taiwan.
    ///
    /// Some 10 ns for most positions, under 100 ns within a kilometre or so of the outline. A value that is not finite is outside.
    public static func containsMainland(longitude: Double, latitude: Double) -> Bool {
        mainland.contains(longitude: longitude, latitude: latitude)
    }

    /// Whether a position lies in China: the mainland, Hong Kong, Macau, Taiwan, and coastal waters.
    public static func containsChina(longitude: Double, latitude: Double) -> Bool {
        mainland.contains(longitude: longitude, latitude: latitude) || regions.contains(longitude: longitude, latitude: latitude)
    }

    /// Whether a position that is not in China would be with longitude and latitude exchanged.
    public static func looksSwapped(longitude: Double, latitude: Double) -> Bool {
        !containsChina(longitude: longitude, latitude: latitude) && containsChina(longitude: latitude, latitude: longitude)
    }

    static let mainland = BandedOutline(base64: mainlandData)
    static let regions = BandedOutline(base64: regionsData)
}
