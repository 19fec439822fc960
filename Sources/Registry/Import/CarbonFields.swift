// CarbonFields.swift: what a row of figures or emissions can say.

enum FigureField: Int, ImportField {
    case placeCode, lon, lat, level, placeName, year, metric, value, unit, source, edition, method, priority, synthetic

    var name: String {
        switch self {
        case .placeCode: "place_code"
        case .lon: "lon"
        case .lat: "lat"
        case .level: "level"
        case .placeName: "place_name"
        case .year: "year"
        case .metric: "metric"
        case .value: "value"
        case .unit: "unit"
        case .source: "source"
        case .edition: "edition"
        case .method: "method"
        case .priority: "priority"
        case .synthetic: "synthetic"
        }
    }

    var synonyms: [String] {
        switch self {
        case .placeCode: ["adcode", "divisioncode", "行政区划代码", "行政区代码", "区划代码"]
        case .lon: FactoryField.lon.synonyms
        case .lat: FactoryField.lat.synonyms
        case .level: ["行政级别"]
        case .placeName: ["地名", "地区"]
        case .year: ["年份", "年"]
        case .metric: ["指标", "kind", "能源品种"]
        case .value: ["amount", "数值", "数量"]
        case .unit: ["单位", "计量单位"]
        case .source: ["来源", "数据来源"]
        case .edition: ["version", "版本"]
        case .method: ["方法", "核算方法"]
        case .priority, .synthetic: []
        }
    }
}

enum EmissionField: Int, ImportField {
    case factoryID, creditCode, factoryName, place, year, scope1, scope2, scope3, unit, method, verified, source, edition, priority,
        synthetic

    var name: String {
        switch self {
        case .factoryID: "factory_id"
        case .creditCode: "credit_code"
        case .factoryName: "factory_name"
        case .place: "place"
        case .year: "year"
        case .scope1: "scope1"
        case .scope2: "scope2"
        case .scope3: "scope3"
        case .unit: "unit"
        case .method: "method"
        case .verified: "verified"
        case .source: "source"
        case .edition: "edition"
        case .priority: "priority"
        case .synthetic: "synthetic"
        }
    }

    var synonyms: [String] {
        switch self {
        case .factoryID: RecordField.factoryID.synonyms
        case .creditCode: FactoryField.creditCode.synonyms
        case .factoryName: ["companyname", "company", "facilityname", "enterprisename"] + FactoryField.nameZH.synonyms
        case .place: ["city", "prefecture", "district", "地区", "所在地", "城市"]
        case .year: ["年份", "年", "核算年度", "报告年度"]
        case .scope1: ["scopeone", "direct", "范围一", "范围1", "直接排放"]
        case .scope2: ["scopetwo", "indirect", "范围二", "范围2", "间接排放"]
        case .scope3: ["scopethree", "范围三", "范围3"]
        case .unit: ["单位", "计量单位"]
        case .method: ["方法", "核算方法"]
        case .verified: ["assured", "是否核查", "已核查"]
        case .source: ["来源", "数据来源"]
        case .edition: ["version", "版本"]
        case .priority, .synthetic: []
        }
    }
}
