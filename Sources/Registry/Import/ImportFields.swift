// ImportFields.swift: what a row of each kind can say: the canonical column names, and the other names under which strangers' files have
// the same thing. A name is compared without case, spaces, underscores, hyphens and what stands in brackets.

/// The kinds of rows that files hold.
public enum ImportEntity: String, CaseIterable, Sendable {
    case factories, records, brands, links
    /// Figures of places, and emissions of enterprises, by year.
    case figures, emissions
    /// Emission factors of electricity, heat and fuels.
    case factors
    /// A brand's watch list. Private: it goes into the registry by `blueatlas watch` and /v1/watchlists, never by an import.
    case suppliers

    /// What `blueatlas import` takes.
    public static let imported: [ImportEntity] = allCases.filter { $0 != .suppliers }
}

/// A field of one kind of row. Raw values count from 0 without gaps: they index the plan's sources.
protocol ImportField: CaseIterable, RawRepresentable, Sendable where RawValue == Int {
    /// The canonical column name.
    var name: String { get }
    /// Other names, the better first.
    var synonyms: [String] { get }
}

enum FactoryField: Int, ImportField {
    case id, nameZH, nameEN, name, formerName, creditCode, address, lon, lat, easting, northing, datum, industry, countyCode, keyMonitored
    case disclosed, synthetic, approximate

    var name: String {
        switch self {
        case .id: "id"
        case .nameZH: "name_zh"
        case .nameEN: "name_en"
        case .name: "name"
        case .formerName: "former_name"
        case .creditCode: "credit_code"
        case .address: "address"
        case .lon: "lon"
        case .lat: "lat"
        case .easting: "easting"
        case .northing: "northing"
        case .datum: "datum"
        case .industry: "industry"
        case .countyCode: "county_code"
        case .keyMonitored: "key_monitored"
        case .disclosed: "disclosed"
        case .synthetic: "synthetic"
        case .approximate: "approximate"
        }
    }

    var synonyms: [String] {
        switch self {
        case .id:
            [
                "factoryid", "facilityid", "plantid", "companyid", "enterpriseid", "siteid", "osid", "uid", "gid", "企业id", "工厂id", "企业编号",
                "编号", "污染源编码",
            ]
        case .nameZH:
            [
                "namecn", "chinesename", "namechinese", "namelocal", "plantnamezh", "factorynamezh", "facilitynamezh", "companynamezh",
                "企业名称", "单位名称", "公司名称", "工厂名称", "企业全称", "公司全称", "单位详细名称", "污染源名称", "企业中文名称",
                "中文名称", "企业名", "公司名", "名称", "企业", "公司", "单位",
            ]
        case .nameEN: ["nameenglish", "englishname", "企业英文名称", "英文名称", "英文名"]
        case .name:
            [
                "factoryname", "facilityname", "facility", "factory", "companyname", "company", "plantname", "plant", "enterprisename",
                "suppliername", "sitename", "title",
            ]
        case .formerName: ["previousname", "oldname", "曾用名", "原名称", "原名", "企业曾用名"]
        case .creditCode:
            [
                "uscc", "usci", "usc", "unifiedsocialcreditcode", "socialcreditcode", "统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "企业信用代码",
                "统一社会信用代码证号",
            ]
        case .address:
            ["addr", "fulladdress", "streetaddress", "地址", "详细地址", "企业地址", "单位地址", "生产地址", "经营地址", "厂址", "通讯地址", "注册地址", "企业详细地址"]
        case .lon:
            [
                "lng", "long", "longitude", "lont", "londeg", "longitudedeg", "经度", "东经", "中心经度", "企业经度", "经度坐标", "坐标经度", "lonx", "pointx",
                "xcoord",
            ]
        case .lat: ["latitude", "latdeg", "latitudedeg", "纬度", "北纬", "中心纬度", "企业纬度", "纬度坐标", "坐标纬度", "laty", "pointy", "ycoord"]
        case .easting: ["east", "东坐标", "横坐标"]
        case .northing: ["north", "北坐标", "纵坐标"]
        case .datum:
            ["crs", "srs", "coordinatesystem", "coordsys", "coordtype", "epsg", "geodeticdatum", "坐标系", "坐标系统", "坐标系类型", "坐标类型", "大地基准"]
        case .industry:
            ["industrycode", "gbt4754", "行业代码", "行业类别代码", "国民经济行业代码", "行业分类代码", "行业", "行业类别", "所属行业", "行业类型", "国民经济行业"]
        case .countyCode: ["adcode", "divisioncode", "regioncode", "districtcode", "行政区划代码", "行政区代码", "区县代码", "区划代码", "行政区划"]
        case .keyMonitored: ["keymonitoring", "重点排污单位", "是否重点排污单位", "重点监控企业", "是否重点"]
        case .disclosed: ["disclosure", "信息公开", "是否公开", "是否披露"]
        case .synthetic: []
        case .approximate: []
        }
    }
}

enum RecordField: Int, ImportField {
    case id, factoryID, creditCode, factoryName, place, kind, rating, published, actDate, authority, documentNumber, regulation, category
    case text, fineCNY, measure, sourceURL, retrievedAt, state, supersedes

    var name: String {
        switch self {
        case .id: "id"
        case .factoryID: "factory_id"
        case .creditCode: "credit_code"
        case .factoryName: "factory_name"
        case .place: "place"
        case .kind: "kind"
        case .rating: "rating"
        case .published: "published"
        case .actDate: "act_date"
        case .authority: "authority"
        case .documentNumber: "document_number"
        case .regulation: "regulation"
        case .category: "category"
        case .text: "text"
        case .fineCNY: "fine_cny"
        case .measure: "measure"
        case .sourceURL: "source_url"
        case .retrievedAt: "retrieved_at"
        case .state: "state"
        case .supersedes: "supersedes"
        }
    }

    var synonyms: [String] {
        switch self {
        case .id: ["recordid", "penaltyid", "记录编号", "记录id", "编号"]
        case .factoryID: ["facilityid", "companyid", "enterpriseid", "企业id", "企业编号"]
        case .creditCode: FactoryField.creditCode.synonyms + ["行政相对人代码", "行政相对人代码1"]
        case .factoryName:
            ["companyname", "company", "facilityname", "enterprisename", "行政相对人名称", "被处罚单位", "被处罚人", "当事人", "当事人名称", "处罚对象"]
                + FactoryField.nameZH.synonyms
        case .place: ["city", "prefecture", "district", "地区", "所在地", "所属地区", "城市", "所在城市"]
        case .kind: ["recordkind", "recordtype", "记录类型", "类型"]
        case .rating: ["creditrating", "信用等级", "评价等级", "评价结果"]
        case .published:
            ["publishdate", "publisheddate", "publicationdate", "datepublished", "公开日期", "发布日期", "公示日期", "公开时间", "发布时间", "公示时间"]
        case .actDate: ["decisiondate", "penaltydate", "actiondate", "处罚日期", "处罚决定日期", "决定日期", "处罚时间", "作出处罚决定日期"]
        case .authority: ["agency", "issuingauthority", "处罚机关", "处罚部门", "执法机关", "处罚单位", "作出处罚机关", "发布机关", "发布单位"]
        case .documentNumber: ["docnumber", "docno", "documentno", "处罚文号", "文号", "行政处罚决定书文号", "决定书文号", "处罚决定书文号"]
        case .regulation: ["law", "legalbasis", "处罚依据", "违反法规", "违法依据", "法律依据"]
        case .category: ["pollutioncategory", "违法类别", "污染类别", "污染类型", "类别"]
        case .text: ["description", "violation", "facts", "违法事实", "违法行为", "主要违法事实", "处罚事由", "违法内容", "内容"]
        case .fineCNY: ["fine", "fineamount", "penaltyamount", "罚款金额", "罚款数额", "罚款", "处罚金额"]
        case .measure: ["penaltytype", "处罚措施", "处罚方式", "处罚种类", "处罚类别"]
        case .sourceURL: ["url", "link", "来源链接", "来源网址", "链接", "网址"]
        case .retrievedAt: ["retrieved", "crawledat", "采集时间", "抓取时间"]
        case .state: ["recordstate", "status", "状态"]
        case .supersedes: ["corrects", "replaces"]
        }
    }
}

enum BrandField: Int, ImportField {
    case id, nameZH, nameEN, name, sector, website, source, synthetic

    var name: String {
        switch self {
        case .id: "id"
        case .nameZH: "name_zh"
        case .nameEN: "name_en"
        case .name: "name"
        case .sector: "sector"
        case .website: "website"
        case .source: "source"
        case .synthetic: "synthetic"
        }
    }

    var synonyms: [String] {
        switch self {
        case .id: ["brandid", "品牌id", "品牌编号", "编号"]
        case .nameZH: ["namecn", "chinesename", "品牌名称", "品牌中文名", "中文名称", "品牌", "名称"]
        case .nameEN: ["englishname", "品牌英文名", "英文名称", "英文名"]
        case .name: ["brandname", "brand"]
        case .sector: ["industry", "行业", "所属行业"]
        case .website: ["url", "homepage", "官网", "网站", "网址"]
        case .source: ["来源", "数据来源"]
        case .synthetic: []
        }
    }
}

enum LinkField: Int, ImportField {
    case brandID, factoryID, creditCode, factoryName, place, since, until, tier, kind, source, published

    var name: String {
        switch self {
        case .brandID: "brand_id"
        case .factoryID: "factory_id"
        case .creditCode: "credit_code"
        case .factoryName: "factory_name"
        case .place: "place"
        case .since: "since"
        case .until: "until"
        case .tier: "tier"
        case .kind: "kind"
        case .source: "source"
        case .published: "published"
        }
    }

    var synonyms: [String] {
        switch self {
        case .brandID: ["brand", "品牌id", "品牌编号"]
        case .factoryID: ["facilityid", "supplierid", "企业id", "供应商编号"]
        case .creditCode: FactoryField.creditCode.synonyms
        case .factoryName:
            ["suppliername", "supplier", "facilityname", "companyname", "name", "namezh", "nameen", "供应商名称", "供应商"]
                + FactoryField.nameZH.synonyms
        case .place: ["city", "prefecture", "地区", "城市", "所在地"]
        case .since: ["from", "start", "startdate", "开始日期"]
        case .until: ["to", "end", "enddate", "结束日期"]
        case .tier: ["级别", "层级"]
        case .kind: ["linkkind", "type", "供应类型", "类型"]
        case .source: ["来源", "数据来源"]
        case .published: ["public", "是否公开"]
        }
    }
}

enum SupplierField: Int, ImportField {
    case reference, factoryID, creditCode, name, place, tier, tags

    var name: String {
        switch self {
        case .reference: "ref"
        case .factoryID: "factory_id"
        case .creditCode: "credit_code"
        case .name: "name"
        case .place: "place"
        case .tier: "tier"
        case .tags: "tags"
        }
    }

    var synonyms: [String] {
        switch self {
        case .reference:
            ["reference", "supplierid", "suppliernumber", "supplierno", "suppliercode", "vendorid", "vendorcode", "供应商编号", "供应商代码", "编号"]
        case .factoryID: ["blueatlasid", "facilityid", "企业id"]
        case .creditCode: FactoryField.creditCode.synonyms
        case .name:
            ["factoryname", "suppliername", "supplier", "facilityname", "companyname", "namezh", "nameen", "供应商名称", "供应商", "供应商全称"]
                + FactoryField.nameZH.synonyms
        case .place:
            ["city", "prefecture", "location", "region", "地区", "城市", "所在地", "所在城市", "所属地区", "地级市"] + FactoryField.countyCode.synonyms
        case .tier: ["level", "级别", "层级", "供应商层级"]
        case .tags: ["tag", "labels", "label", "标签", "分类"]
        }
    }
}

extension ImportEntity {
    /// Whether several rows can make one.
    var canBeGrouped: Bool { self == .factories || self == .figures || self == .emissions }

    /// Canonical names and their synonyms, by the fields' numbers.
    var fields: [(name: String, synonyms: [String])] {
        func all<Field: ImportField>(_: Field.Type) -> [(name: String, synonyms: [String])] {
            Field.allCases.map { ($0.name, $0.synonyms) }
        }
        return switch self {
        case .factories: all(FactoryField.self)
        case .records: all(RecordField.self)
        case .brands: all(BrandField.self)
        case .links: all(LinkField.self)
        case .figures: all(FigureField.self)
        case .emissions: all(EmissionField.self)
        case .factors: all(FactorField.self)
        case .suppliers: all(SupplierField.self)
        }
    }

    /// What kind of rows a file holds, by its columns; nil when they do not say. The file's name settles what columns leave open.
    static func detect(columns: [String], fileName: String, hasGeometry: Bool) -> ImportEntity? {
        let keys = Set(columns.map { ColumnKey($0).key })
        func has(_ field: some ImportField) -> Bool {
            keys.contains(ColumnKey(field.name).key) || field.synonyms.contains { keys.contains($0) }
        }
        let hasBrand = keys.contains("brandid") || keys.contains("品牌id") || keys.contains("品牌编号")
        let hasReference = has(LinkField.factoryID) || has(LinkField.creditCode) || has(LinkField.factoryName)
        let hasPosition =
            hasGeometry || (keys.contains { ColumnKey.isLongitude($0) } && keys.contains { ColumnKey.isLatitude($0) })
            || (has(FactoryField.easting) && has(FactoryField.northing)) || (keys.contains("x") && keys.contains("y"))
        if has(FigureField.metric), has(FigureField.value), keys.contains("year") || keys.contains("年份") { return .figures }
        if has(EmissionField.scope1) || has(EmissionField.scope2), has(EmissionField.year), hasReference { return .emissions }
        if has(FactorField.value), has(FactorField.kind) { return .factors }
        if hasPosition { return .factories }
        if hasBrand, hasReference { return .links }
        let isRecord =
            (has(RecordField.published) || has(RecordField.actDate)) && hasReference
            && (has(RecordField.kind) || has(RecordField.documentNumber) || has(RecordField.fineCNY) || has(RecordField.authority))
        if isRecord { return .records }
        let name = fileName.lowercased()
        for (entity, words) in [
            (ImportEntity.brands, ["brand", "品牌"]), (.links, ["link"]), (.records, ["record", "penalt", "处罚"]),
            (.factories, ["factor", "企业"]),
        ] where words.contains(where: { name.contains($0) }) {
            return entity
        }
        return nil
    }
}

/// A column's name as it is compared, and what else the name says.
struct ColumnKey {
    /// Lower case, without spaces, underscores, hyphens, points and brackets.
    var key: String
    /// What stands in brackets: `罚款金额（万元）` has 万元.
    var bracketed: String?

    init(_ name: String) {
        var plain = ""
        var inside = ""
        var depth = 0
        for character in name.lowercased() {
            switch character {
            case "(", "（", "[", "【": depth += 1
            case ")", "）", "]", "】": depth = max(0, depth - 1)
            case " ", "_", "-", ".", "\u{3000}", "\u{FEFF}", ":", "/", "*", "#": break
            default: if depth > 0 { inside.append(character) } else { plain.append(character) }
            }
        }
        key = plain.isEmpty ? inside : plain
        bracketed = inside.isEmpty ? nil : inside
    }

    private static let datumWords: [(word: String, datum: String)] = [
        ("wgs84", "wgs84"), ("wgs1984", "wgs84"), ("cgcs2000", "cgcs2000"), ("gcj02", "gcj02"), ("bd09", "bd09"), ("gcj", "gcj02"),
        ("wgs", "wgs84"),
        ("百度", "bd09"), ("高德", "gcj02"), ("火星", "gcj02"), ("baidu", "bd09"), ("amap", "gcj02"), ("gaode", "gcj02"),
    ]

    /// A datum that the name itself tells: `lng_gcj02`, `经度(百度)`; and the name without it.
    var datum: (name: String, rest: String)? {
        for (word, datum) in ColumnKey.datumWords {
            if let range = key.firstRange(of: word) { return (datum, key.replacingCharacters(in: range)) }
            if let bracketed, bracketed.contains(word) { return (datum, key) }
        }
        return nil
    }

    private static let longitudes = Set(["lon"] + FactoryField.lon.synonyms)
    private static let latitudes = Set(["lat"] + FactoryField.lat.synonyms)

    static func isLongitude(_ key: String) -> Bool { longitudes.contains(ColumnKey(key).datum?.rest ?? key) }
    static func isLatitude(_ key: String) -> Bool { latitudes.contains(ColumnKey(key).datum?.rest ?? key) }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>) -> String {
        String(self[..<range.lowerBound] + self[range.upperBound...])
    }
}
