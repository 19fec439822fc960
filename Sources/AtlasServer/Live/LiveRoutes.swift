// LiveRoutes.swift: the one table of live routes: each part's routes are listed in its own file and joined here.

extension LiveRouteTable {
    static let all = LiveRouteTable(
        RecordEndpoints.routes
            + FactoryWriteEndpoints.routes
            + BrandWriteEndpoints.routes
            + BulkEndpoints.routes
            + AccountEndpoints.routes
            + LiveMapEndpoints.routes
            + MonitoringEndpoints.routes
            + CorrectionEndpoints.routes
            + DocumentEndpoints.routes
            + WatchListEndpoints.routes
            + RuleEndpoints.routes
            + SubscriptionEndpoints.routes
            + EventEndpoints.routes
    )
}
