// ProjPipeline.swift: from one EPSG system to another in up to three steps, so that each can be named: off the plane to degrees, from
// datum to datum, onto the plane. The first and the last are conversions, exact by definition; the second is chosen for each point,
// the most accurate operation whose area holds it.

import CProj

final class ProjPipeline {
    private let context: ProjContext
    private let source: ProjSystem
    private let target: ProjSystem
    private let zone: GaussKrugerZone?
    private let offPlane: OpaquePointer?
    private let ontoPlane: OpaquePointer?
    private let steps: [DatumStep]
    /// Names of the whole way, by step.
    private let names: [String]
    private let isStepFixed: Bool

    /// - Parameter operation: EPSG's code of the one datum operation to use; nil: the best for each point.
    init(source sourceCode: Int, target targetCode: Int, operation: Int?) throws(GeodesyError) {
        let context = try ProjContext()
        let source = try ProjSystem(code: sourceCode, context)
        let target = try ProjSystem(code: targetCode, context)
        var steps = try DatumStep.all(from: source, to: target, context)
        if let operation {
            let known = steps
            steps = steps.filter { $0.codes.contains(operation) }
            guard !steps.isEmpty else {
                throw .unknownOperation("EPSG:\(operation)", known: known.filter { !$0.codes.isEmpty }.map(\.name))
            }
        }
        offPlane = source.isProjected ? try Self.conversion(from: source.crs, to: source.base, context) : nil
        ontoPlane = target.isProjected ? try Self.conversion(from: target.base, to: target.crs, context) : nil
        let first = source.isProjected ? ["Inverse of " + source.name] : []
        let last = target.isProjected ? [target.name] : []
        names = steps.map { step in
            let parts = first + (step.name.isEmpty ? [] : [step.name]) + last
            return parts.isEmpty ? "none: the same system" : parts.joined(separator: " + ")
        }
        zone = GaussKrugerZone(code: sourceCode)
        isStepFixed = operation != nil
        self.context = context
        self.source = source
        self.target = target
        self.steps = steps
    }

    private static func conversion(from: OpaquePointer, to: OpaquePointer, _ context: ProjContext) throws(GeodesyError) -> OpaquePointer {
        guard let raw = proj_create_crs_to_crs_from_pj(context.pointer, from, to, nil, nil).map(context.own),
            let visual = context.visual(raw)
        else {
            throw .failed(
                ProjSystem.text(proj_context_errno_string(context.pointer, proj_context_errno(context.pointer))) ?? "no conversion")
        }
        return visual
    }

    /// Some microseconds at most.
    func transform(x: Double, y: Double) throws(GeodesyError) -> TransformOutcome {
        var point = (x: x, y: y)
        var note = ""
        if let zone {
            let fitted = try zone.fit(easting: x, northing: y)
            point.x = fitted.easting
            note = fitted.adjustment.note
        }
        if let offPlane {
            try run(offPlane, &point)
            if let area = source.area, !area.contains(longitude: point.x, latitude: point.y, margin: 1) {
                note += " [the position lies outside the area of \(source.name)]"
            }
        } else {
            try checkDegrees(longitude: x, latitude: y)
        }
        // The ballpark stands last and has no area, so there is always one.
        let isInside = { (step: DatumStep) in step.area?.contains(longitude: point.x, latitude: point.y) ?? true }
        let chosen = steps.firstIndex(where: isInside) ?? 0
        let step = steps[chosen]
        var accuracy = step.accuracyMeters
        if isStepFixed, !isInside(step) {
            note += " [outside the operation's area of use: its accuracy does not hold]"
            accuracy = nil
        }
        if let operation = step.operation { try run(operation, &point) }
        if let ontoPlane {
            if let area = target.area, !area.contains(longitude: point.x, latitude: point.y, margin: 1) {
                note += " [the position lies outside the area of \(target.name)]"
            }
            try run(ontoPlane, &point)
        }
        return TransformOutcome(
            x: point.x, y: point.y, accuracyMeters: accuracy, isBallpark: step.isBallpark,
            operation: note.isEmpty ? names[chosen] : names[chosen] + note)
    }

    private func run(_ operation: OpaquePointer, _ point: inout (x: Double, y: Double)) throws(GeodesyError) {
        proj_errno_reset(operation)
        let result = proj_trans(operation, PJ_FWD, proj_coord(point.x, point.y, 0, 0))
        guard result.xy.x.isFinite, result.xy.y.isFinite else {
            let reason = ProjSystem.text(proj_context_errno_string(context.pointer, proj_errno(operation))) ?? "no result"
            throw .outsideSystem(x: point.x, y: point.y, system: "\(source.name) to \(target.name)", expected: reason)
        }
        point = (result.xy.x, result.xy.y)
    }
}
