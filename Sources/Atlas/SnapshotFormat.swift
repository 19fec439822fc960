// SnapshotFormat.swift: what a snapshot file looks like, byte by byte.
//
//     0   magic "BLUATLAS" (8 bytes)
//     8   version UInt32 · section count UInt32
//    16   file size UInt64
//    24   checksum of the section table UInt64: it covers every section's checksum, so it is the snapshot's identifier too
//    32   32 bytes of zero
//    64   section table: per section 64 bytes — name (32 bytes, zero-padded), offset UInt64, byte count UInt64,
//         checksum UInt64, element size UInt32, four bytes of zero
//     …   sections, each on a page boundary (4096 bytes), zero-padded
//
// All numbers are little-endian; checksums are XXH3 (64 bit). A section is one column or one heap exactly as memory
// holds it, so opening is mmap, a check, and pointers. The same data give the same bytes.

import CXXHash

/// Why a snapshot cannot be used.
public enum SnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system refused; `reason` is its own word.
    case cannotOpen(path: String, reason: String)
    /// The file does not begin as a snapshot does.
    case notASnapshot(path: String)
    /// The file was made by a program of another format version.
    case otherVersion(path: String, found: UInt32, supported: UInt32)
    /// The file is shorter or longer than its header says.
    case truncated(path: String, expectedBytes: UInt64, foundBytes: UInt64)
    /// A checksum does not match: bits have changed since the file was written.
    case damaged(path: String, section: String)
    /// The sections contradict each other.
    case inconsistent(path: String, detail: String)
    /// The file could not be written in full; nothing was left behind.
    case cannotWrite(path: String, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open snapshot '\(path)': \(reason)"
        case .notASnapshot(let path): "'\(path)' is not a BlueAtlas snapshot; make one with 'blueatlas build'"
        case .otherVersion(let path, let found, let supported):
            "snapshot '\(path)' has format version \(found), this program reads \(supported); run 'blueatlas build' again"
        case .truncated(let path, let expected, let found):
            "snapshot '\(path)' has \(found) bytes, its header says \(expected); it was cut or is still being copied"
        case .damaged(let path, let section):
            "snapshot '\(path)' is damaged in section '\(section)': the checksum does not match; build or copy it again"
        case .inconsistent(let path, let detail): "snapshot '\(path)' contradicts itself: \(detail); build it again"
        case .cannotWrite(let path, let reason): "cannot write snapshot '\(path)': \(reason); nothing was left behind"
        }
    }
}

enum SnapshotFormat {
    static let magic: [UInt8] = Array("BLUATLAS".utf8)
    /// Raised with every change that an older program would misread.
    static let version: UInt32 = 5
    static let headerBytes = 64
    static let tableEntryBytes = 64
    static let nameBytes = 32
    static let alignment = 4096
    /// More sections than any version writes: a bound for a hostile header.
    static let maximumSections = 256

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        XXH3_64bits(bytes.baseAddress, bytes.count)
    }
}

/// The names of the sections. Raw values are at most 31 bytes of ASCII.
enum SectionName: String, CaseIterable {
    // One element per factory, in Hilbert order.
    case gridX = "factory.grid_x"
    case gridY = "factory.grid_y"
    case longitude = "factory.longitude"
    case latitude = "factory.latitude"
    case ecefX = "factory.ecef_x"
    case ecefY = "factory.ecef_y"
    case ecefZ = "factory.ecef_z"
    case primaryKey = "factory.pk"
    case status = "factory.status"
    case worstSeverity = "factory.worst_severity"
    case categoryMask = "factory.category_mask"
    case latestDay = "factory.latest_day"
    case industry = "factory.industry"
    case county = "factory.county"
    case flags = "factory.flags"
    case accuracy = "factory.accuracy_m"
    /// Index of the most exact place that the position lies in; UInt32.max: none.
    case place = "factory.place"
    // The packed R-tree above them.
    case boxMinX = "tree.min_x"
    case boxMinY = "tree.min_y"
    case boxMaxX = "tree.max_x"
    case boxMaxY = "tree.max_y"
    // Records in the order of their factories: element i's are offsets[i] ..< offsets[i + 1].
    case recordOffsets = "record.offsets"
    case recordDay = "record.day"
    case recordCategory = "record.category"
    case recordSeverity = "record.severity"
    // Published supplier links, both ways round.
    case linkOffsets = "link.offsets"
    case linkBrand = "link.brand"
    case supplierOffsets = "brand.supplier_offsets"
    case supplierFactory = "brand.supplier"
    // Strings: offsets into a heap of UTF-8.
    case idOffsets = "id.offsets"
    case idHeap = "id.heap"
    case nameOffsets = "name_zh.offsets"
    case nameHeap = "name_zh.heap"
    case englishOffsets = "name_en.offsets"
    case englishHeap = "name_en.heap"
    case industryOffsets = "industry.offsets"
    case industryHeap = "industry.heap"
    case brandOffsets = "brand.id.offsets"
    case brandHeap = "brand.id.heap"
    case formerOffsets = "name_former.offsets"
    case formerHeap = "name_former.heap"
    // Credit codes, ascending, and the factory of each.
    case creditOffsets = "credit_code.offsets"
    case creditHeap = "credit_code.heap"
    case creditFactory = "credit_code.factory"
    // Search (SearchIndexBuilder, PlaceTable).
    case searchOrder = "search.order"
    case searchKeys = "search.keys"
    case searchCounts = "search.counts"
    case searchOffsets = "search.offsets"
    case searchPostings = "search.postings"
    case searchCharacters = "search.characters"
    case searchLetters = "search.letters"
    case searchPlaceCode = "search.place.code"
    case searchPlaceFactories = "search.place.factories"
    case searchPlaceBounds = "search.place.bounds"
    case searchPlaceOffsets = "search.place.name.offsets"
    case searchPlaceHeap = "search.place.name.heap"
    case searchPlaceReadingOffsets = "search.place.latin.offsets"
    case searchPlaceReadingHeap = "search.place.latin.heap"
    // Provinces, prefectures, counties, by level, then code.
    case placeCode = "place.code"
    case placeLevel = "place.level"
    /// Index of the place above; -1: none.
    case placeParent = "place.parent"
    /// Index into the sources of `places.json`.
    case placeSource = "place.source"
    case placeNameOffsets = "place.name_zh.offsets"
    case placeNameHeap = "place.name_zh.heap"
    case placeEnglishOffsets = "place.name_en.offsets"
    case placeEnglishHeap = "place.name_en.heap"
    // Their box in the grid.
    case placeMinX = "place.min_x"
    case placeMinY = "place.min_y"
    case placeMaxX = "place.max_x"
    case placeMaxY = "place.max_y"
    // Where on the grid its name is written.
    case placeLabelX = "place.label_x"
    case placeLabelY = "place.label_y"
    // Place i has the polygons placePolygons[i] ..< [i + 1], polygon j the rings polygonRings[j] ..< [j + 1], the first its exterior;
    // ring k the arcs ringArcs[k] ..< [k + 1] of `placeArcs`: a number, or its complement where the ring runs against the arc.
    case placePolygons = "place.polygons"
    case polygonRings = "place.polygon_rings"
    case ringArcs = "place.ring_arcs"
    case placeArcs = "place.arcs"
    // Arcs: what kind of border, where in the grid, and the corners as imported, in 10⁻⁷ degrees.
    case borderKind = "border.kind"
    case borderMinX = "border.min_x"
    case borderMinY = "border.min_y"
    case borderMaxX = "border.max_x"
    case borderMaxY = "border.max_y"
    case borderCorners = "border.corners"
    case borderLongitude = "border.lon"
    case borderLatitude = "border.lat"
    // Arc a at zoom z has the points start[z × arcs + a] ..+ count[z × arcs + a].
    case borderStart = "border.start"
    case borderCount = "border.count"
    case borderX = "border.x"
    case borderY = "border.y"
    // The same points as they lie on base maps in GCJ-02 and BD-09.
    case borderGCJ02X = "border.gcj02_x"
    case borderGCJ02Y = "border.gcj02_y"
    case borderBD09X = "border.bd09_x"
    case borderBD09Y = "border.bd09_y"
    /// JSON: where the borders come from.
    case placeSources = "places.json"
    // Figures of places, ascending by year, metric (PlaceMetric), place; emissions of enterprises (CarbonDraft).
    case figurePlace = "figure.place"
    case figureYear = "figure.year"
    case figureMetric = "figure.metric"
    case figureValue = "figure.value"
    case figureSource = "figure.source"
    case enterprise = "emission.factory"
    case emissionOffsets = "emission.offsets"
    case emissionYear = "emission.year"
    case emissionScope1 = "emission.scope1_t"
    case emissionScope2 = "emission.scope2_t"
    case emissionScope3 = "emission.scope3_t"
    case emissionSource = "emission.source"
    case emissionVerified = "emission.verified"
    /// JSON: who says the figures and emissions.
    case carbonSources = "carbon.json"
    // Look-ups: factory positions sorted by primary key and by id.
    case orderByKey = "lookup.by_pk"
    case orderByID = "lookup.by_id"
    /// JSON: label, dates, counts.
    case metadata = "metadata.json"
}
