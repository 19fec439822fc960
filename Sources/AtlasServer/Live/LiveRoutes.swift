// LiveRoutes.swift: the one table of live routes: each part's routes are listed in its own file and joined here.

extension LiveRouteTable {
    static let all = LiveRouteTable(
        RecordEndpoints.routes
    )
}
