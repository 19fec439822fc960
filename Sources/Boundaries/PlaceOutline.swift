// PlaceOutline.swift: a place as an importer hands it on and the registry keeps it, and where its border comes from.

/// Where borders come from. Shown with every answer that rests on them.
public struct PlaceSource: Hashable, Sendable, Codable {
    /// The year or version that the borders are of, such as `2020`.
    public var edition: String
    /// Who made them, in words.
    public var source: String
    public var licence: String
    /// Whether the borders are invented.
    public var synthetic: Bool
    /// What a reader must know, such as that there is no map approval number.
    public var note: String

    public init(edition: String, source: String, licence: String = "", synthetic: Bool = false, note: String = PlaceSource.noApproval) {
        self.edition = edition
        self.source = source
        self.licence = licence
        self.synthetic = synthetic
        self.note = note
    }

    /// What is said of borders that nobody has approved as a map of China.
    public static let noApproval = "No map approval number (审图号): not to be published as a map of China."
}

/// A province, prefecture or county with its outline.
public struct PlaceOutline: Sendable, Hashable {
    /// Six digits of GB/T 2260.
    public var code: Int32
    public var level: PlaceLevel
    public var nameZH: String
    public var nameEN: String
    /// The code of the place above it; 0 for a province.
    public var parent: Int32
    public var outline: Outline
    public var source: PlaceSource
    /// Whether the outline is the union of places below it, for want of one of its own.
    public var isDerived: Bool

    public init(
        code: Int32, level: PlaceLevel, nameZH: String, nameEN: String = "", parent: Int32, outline: Outline, source: PlaceSource,
        isDerived: Bool = false
    ) {
        self.code = code
        self.level = level
        self.nameZH = nameZH
        self.nameEN = nameEN
        self.parent = parent
        self.outline = outline
        self.source = source
        self.isDerived = isDerived
    }
}
