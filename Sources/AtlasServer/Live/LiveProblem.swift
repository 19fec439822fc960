// LiveProblem.swift: errors of the store and its writer as clients see them: what is refused, what cannot be stored now, and for how long.

import HTTPTypes
import Registry

enum LiveProblem {
    /// Any error of a write as a problem.
    static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let refusal as WriteRefusal: Problem(refusal)
        case let error as RegistryError: problem(error)
        case is GroupWriter.Stopped: later("the server is ending; send the request again")
        default: Problem(.internalServerError, kind: .internalError, detail: "the error was logged")
        }
    }

    private static func problem(_ error: RegistryError) -> Problem {
        switch error {
        case .diskFull:
            // RFC 4918 section 11.5.
            let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
            var problem = Problem(
                insufficientStorage, kind: .noRoom, detail: "there is no room left to store it; nothing of this request was kept")
            problem.headers[.retryAfter] = "60"
            return problem
        case .busy: return later("the registry is being written by another process; nothing of this request was kept")
        default: return later("the registry cannot be written now; nothing of this request was kept")
        }
    }

    private static func later(_ detail: String) -> Problem {
        var problem = Problem(.serviceUnavailable, kind: .registryUnavailable, detail: detail)
        problem.headers[.retryAfter] = "5"
        return problem
    }
}
