// Route.swift: the addresses of the server. The raw value is the template that metrics and logs show, so that a million addresses make
// a dozen labels.

/// An address of the contract.
enum Route: String, CaseIterable, Sendable {
    case start = "/"
    case asset = "/assets/{file}"
    case tile = "/tiles/{map}/{z}/{x}/{y}.mvt"
    case tileJSON = "/tiles/{map}.json"
    case style = "/styles/{map}.json"
    case font = "/fonts/{fontstack}/{range}.pbf"
    case sprite = "/sprites/{map}"
    case service = "/v1"
    case window = "/v1/factories"
    case near = "/v1/factories/near"
    case nearest = "/v1/factories/nearest"
    case factory = "/v1/factories/{id}"
    case search = "/v1/search"
    case brands = "/v1/brands"
    case brand = "/v1/brands/{id}"
    case brandLogo = "/v1/brands/{id}/logo.png"
    case places = "/v1/places"
    case placesAt = "/v1/places/at"
    case place = "/v1/places/{code}"
    case carbonPlaces = "/v1/carbon/places"
    case carbonPlace = "/v1/carbon/places/{code}"
    case carbonEnterprises = "/v1/carbon/enterprises"
    case carbonFactors = "/v1/carbon/factors"
    case health = "/healthz"
    case ready = "/readyz"
    case metrics = "/metrics"
    /// Anything else.
    case unknown = "unknown"

    /// - Parameter segments: decoded segments of the path.
    init(segments: [String]) {
        switch segments.count {
        case 0: self = .start
        case 1:
            switch segments[0] {
            case "v1": self = .service
            case "healthz": self = .health
            case "readyz": self = .ready
            case "metrics": self = .metrics
            default: self = .unknown
            }
        case 2:
            switch segments[0] {
            case "tiles" where segments[1].hasSuffix(".json"): self = .tileJSON
            case "styles" where segments[1].hasSuffix(".json"): self = .style
            case "assets" where !segments[1].isEmpty: self = .asset
            case "v1" where segments[1] == "factories": self = .window
            case "sprites" where !segments[1].isEmpty: self = .sprite
            case "v1" where segments[1] == "search": self = .search
            case "v1" where segments[1] == "brands": self = .brands
            case "v1" where segments[1] == "places": self = .places
            default: self = .unknown
            }
        case 3 where segments[0] == "fonts": self = .font
        case 3 where segments[0] == "v1" && segments[1] == "factories" && !segments[2].isEmpty:
            switch segments[2] {
            case "near": self = .near
            case "nearest": self = .nearest
            default: self = .factory
            }
        case 3 where segments[0] == "v1" && segments[1] == "places" && !segments[2].isEmpty:
            self = segments[2] == "at" ? .placesAt : .place
        case 3 where segments[0] == "v1" && segments[1] == "carbon":
            switch segments[2] {
            case "places": self = .carbonPlaces
            case "enterprises": self = .carbonEnterprises
            case "factors": self = .carbonFactors
            default: self = .unknown
            }
        case 4 where segments[0] == "v1" && segments[1] == "carbon" && segments[2] == "places" && !segments[3].isEmpty:
            self = .carbonPlace
        case 3 where segments[0] == "v1" && segments[1] == "brands" && !segments[2].isEmpty: self = .brand
        case 4 where segments[0] == "v1" && segments[1] == "brands" && !segments[2].isEmpty && segments[3] == "logo.png": self = .brandLogo
        case 5 where segments[0] == "tiles": self = .tile
        default: self = .unknown
        }
    }
}
