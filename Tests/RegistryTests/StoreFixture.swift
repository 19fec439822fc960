// StoreFixture.swift: a registry in a temporary folder, and drafts in a few words.

import Foundation
import Registry
import Testing

/// A folder of its own, removed at the end of the test.
final class StoreFixture: Sendable {
    let folder: String
    let path: String
    let store: RegistryStore

    init() throws {
        folder = NSTemporaryDirectory() + "registry-tests-" + UUID().uuidString
        path = folder + "/registry.db"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try RegistryStore(path: path, mode: .readWrite)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

func factory(
    _ id: String?, _ name: String? = "某厂", code: String? = nil, county: Int32? = nil, address: String? = nil,
    at position: (Double, Double) = (121, 31)
) -> FactoryDraft {
    var draft = FactoryDraft(
        line: 2, longitude: position.0, latitude: position.1, sourceX: position.0, sourceY: position.1, sourceDatum: "wgs84")
    draft.id = id
    draft.nameZH = name
    draft.creditCode = code
    draft.countyCode = county
    draft.address = address
    return draft
}

func record(_ id: String?, of factory: FactoryReference, _ published: String = "2026-01-02", supersedes: String? = nil) -> RecordDraft {
    var draft = RecordDraft(line: 2, kind: .penalty, published: Day(iso: published) ?? Day(daysSince1970: 0), category: .water)
    draft.id = id
    draft.factory = factory
    draft.supersedes = supersedes
    return draft
}

func brand(_ id: String) -> BrandDraft {
    var draft = BrandDraft(line: 2, id: id)
    draft.nameEN = "Brand \(id)"
    return draft
}

func link(_ brand: String, to factory: FactoryReference, published: Bool = true, kind: LinkKind = .materials) -> LinkDraft {
    var draft = LinkDraft(line: 2, brandID: brand, kind: kind)
    draft.factory = factory
    draft.published = published
    return draft
}

extension RowOutcome {
    /// Field and reason of a rejected row.
    var refusal: (field: String, reason: String)? {
        if case .rejected(let field, _, let reason) = self { (field, reason) } else { nil }
    }
}

/// What the action throws, if it is a registry error.
func registryError(_ action: () throws -> Void) -> RegistryError? {
    do { try action() } catch { return error as? RegistryError }
    return nil
}
