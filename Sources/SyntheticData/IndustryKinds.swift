// IndustryKinds.swift: what the factories make: a kind of industry with its share, its classes of GB/T 4754, the product words of
// its names, how much it breaches the rules and which ones.
//
// Shares: metal products, non-metallic minerals, general machinery, rubber and plastics, clothing together 44.14 % (source:
// 2017 census; the split is assumed); the others are assumptions of the specification. Codes are of the 2011 edition, the only one
// with a free licence; its divisions agree with the 2017 edition for every kind named here.

/// How a kind's records spread over the categories; weights in the order of `RecordCategory`.
enum BreachProfile: Int, CaseIterable, Sendable {
    case general, water, air, chemical, plating, light, waste

    /// air, water, solid_waste, hazardous_waste, noise, radiation, procedure, data_falsification, other
    var weights: [Double] {
        switch self {
        case .general: [34, 18, 7, 6, 8, 0.2, 20, 0.6, 6.2]
        case .water: [15, 50, 6, 5, 4, 0.1, 14, 2, 4]
        case .air: [55, 10, 9, 4, 4, 0.3, 13, 2, 3]
        case .chemical: [30, 24, 6, 20, 2, 0.2, 13, 2, 2.8]
        case .plating: [18, 34, 5, 22, 3, 0.3, 14, 1.5, 2.2]
        case .light: [40, 8, 6, 3, 14, 0.1, 23, 0.3, 5.7]
        case .waste: [18, 28, 18, 20, 2, 0.2, 9, 2.5, 2.3]
        }
    }
}

struct IndustryKind: Sendable {
    var name: String
    /// Prefixes of GB/T 4754 codes without the section's letter; the classes under them belong to the kind.
    var prefixes: [String]
    var percent: Double
    /// How many records the kind draws in comparison with others (assumption of the specification).
    var multiplier: Double
    var profile: BreachProfile
    var productEN: String
    var products: [String]

    init(
        _ name: String, _ prefixes: String, _ percent: Double, _ multiplier: Double = 1, _ profile: BreachProfile, _ productEN: String,
        _ products: String
    ) {
        self.name = name
        self.prefixes = prefixes.split(separator: " ").map(String.init)
        self.percent = percent
        self.multiplier = multiplier
        self.profile = profile
        self.productEN = productEN
        self.products = products.split(separator: " ").map(String.init)
    }

    static let all: [IndustryKind] = [
        // The five largest: 44.14 %.
        .init(
            "metal products", "331 332 333 334 335 337 338 339", 9.0, 1, .general, "Metal Products", "金属制品 五金制品 精密五金 钢结构 紧固件 金属容器 不锈钢制品 铸锻件"
        ),
        .init("metal surface", "3360", 1.5, 3, .plating, "Surface Treatment", "电镀 表面处理 热处理 阳极氧化 金属涂装 镀锌 精饰"),
        .init("non-metallic minerals", "30", 10, 1, .air, "Building Materials", "建材 水泥 陶瓷 玻璃制品 混凝土 新型墙材 耐火材料 石材"),
        .init("general machinery", "34", 9, 1, .general, "Machinery", "机械 泵业 阀门 轴承 通用设备 机床 风机 液压件"),
        .init("rubber and plastics", "29", 8, 1, .light, "Rubber and Plastics", "塑料制品 橡胶制品 塑胶 塑业 包装材料 薄膜 橡塑 管材"),
        .init("clothing", "18", 6.64, 0.4, .light, "Garments", "服装 服饰 制衣 针织服装 羽绒制品 内衣 时装 童装"),
        // The rest.
        .init(
            "textiles", "1711 1712 1721 1722 173 1741 1742 1751 1761 1763 177 178", 4.6, 1, .water, "Textiles", "纺织 棉纺 织造 家纺 化纤织造 无纺布 毛纺 丝绸"
        ),
        .init("dyeing", "1713 1723 1743 1752 1762", 1.4, 3, .water, "Dyeing and Finishing", "印染 染整 漂染 印花 水洗 染织 后整理"),
        .init("chemicals", "26", 5, 3, .chemical, "Chemicals", "化工 精细化工 涂料 颜料 助剂 农药化工 树脂 化学试剂"),
        .init("food", "13 14 15", 6, 1, .water, "Foods", "食品 粮油 饲料 肉类加工 乳业 酿造 调味品 饮料"),
        .init("wood and furniture", "20 21", 6, 1, .light, "Furniture", "木业 家具 板材 竹制品 家居用品 木制品 办公家具 地板"),
        .init("paper", "22", 2.6, 1, .water, "Paper", "纸业 纸制品 造纸 包装纸箱 特种纸 瓦楞纸板 纸浆模塑"),
        .init("printing", "23", 2.4, 1, .light, "Printing", "印刷 彩印 包装印刷 印务 标签印制 制版 印刷器材"),
        .init("electrical", "38", 4, 1, .general, "Electric", "电气 电缆 电机 照明电器 变压器 家用电器 电池 开关"),
        .init("electronics", "39", 4, 1, .plating, "Electronics", "电子 电路板 光电 半导体材料 通讯设备 电子元件 精密电子 连接器"),
        .init("special machinery", "35", 4, 1, .general, "Special Equipment", "专用设备 模具 农机 工程机械 环保设备 医疗器械 食品机械 包装机械"),
        .init("leather and shoes", "19", 3, 1, .water, "Leather and Shoes", "鞋业 皮革 皮具 箱包 制革 鞋材 皮件"),
        .init("vehicles", "36", 2.4, 1, .general, "Auto Parts", "汽车配件 汽车零部件 车辆制造 车桥 车业 汽车内饰"),
        .init("rail, ships, motorcycles", "37", 0.6, 1, .general, "Transport Equipment", "摩托车配件 轨道装备 船舶配件 电动车配件"),
        .init("steel", "31", 1.1, 1, .air, "Steel", "钢铁 特钢 炼铁 铁合金 轧钢 金属材料 钢管"),
        .init("non-ferrous metals", "32", 0.9, 1, .air, "Nonferrous Metals", "铝业 铜业 有色金属 合金材料 再生铝 稀有金属 锌业"),
        .init("coal power", "4411", 0.5, 3, .air, "Power Generation", "发电 热电 电力 煤电 能源发电"),
        .init("other power and heat", "4412 4414 4415 4419 4420 4430", 1.0, 3, .air, "Heat and Power", "热力 供热 新能源 供电 生物质能源 光伏能源"),
        .init("coal mining", "06", 0.5, 1, .air, "Coal", "煤业 煤矿 洗煤 煤炭"),
        .init("other mining", "08 09 10", 1.5, 1, .air, "Mining", "矿业 采石 选矿 砂石 石料 萤石矿"),
        .init("water and waste treatment", "4620 772", 1.2, 3, .waste, "Environmental Services", "污水处理 环保科技 固废处置 水务 危废处置 环境服务"),
        .init("waste recycling", "42", 0.5, 3, .waste, "Resource Recycling", "再生资源 废旧物资 资源循环 废金属回收"),
        .init("pharmaceuticals", "27", 0.8, 1, .chemical, "Pharmaceuticals", "制药 药业 生物科技 医药原料 中药饮片"),
        .init("refining and coking", "25", 0.3, 1, .air, "Petrochemicals", "石化 焦化 沥青 油品"),
        .init("man-made fibres", "28", 0.4, 1, .chemical, "Fibres", "化纤 纤维材料 氨纶 长丝"),
        .init("toys and crafts", "24", 0.76, 1, .light, "Crafts", "工艺品 文具 玩具 体育用品 乐器"),
        .init("instruments", "40", 0.2, 1, .light, "Instruments", "仪表 光学仪器 测控设备 衡器"),
        .init("repair and other", "41 43", 0.2, 1, .general, "Industrial Services", "设备维修 日用杂品 船舶修理"),
    ]
}
