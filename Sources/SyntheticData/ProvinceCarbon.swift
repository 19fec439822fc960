// ProvinceCarbon.swift: what the invented figures of energy and CO2 are scaled to: real totals by province.
//
// Sources: CO2 by sector of 2019 and 2020, days summed, Cui et al. 2021 (DOI 10.5281/zenodo.4730175, CC BY 4.0); population of the 2020
// census, Wikidata (CC0); grid factors of 2022, the ministry's announcement (Tibet has none: the nation's 0.5366). The same tables lie in
// data/carbon; a test compares.

/// CO2 of a province by sector, in kt.
struct SectorCarbon: Sendable {
    var power: Int
    var industry: Int
    var transport: Int

    var total: Int { power + industry + transport }
}

struct ProvinceCarbon: Sendable {
    var code: Int32
    var in2019: SectorCarbon
    var in2020: SectorCarbon
    /// Persons, 2020.
    var people: Int
    /// Tonnes of CO2 for a MWh.
    var gridFactor: Double

    private init(_ code: Int32, _ in2019: [Int], _ in2020: [Int], _ people: Int, _ gridFactor: Double) {
        self.code = code
        self.in2019 = SectorCarbon(power: in2019[0], industry: in2019[1], transport: in2019[2])
        self.in2020 = SectorCarbon(power: in2020[0], industry: in2020[1], transport: in2020[2])
        self.people = people
        self.gridFactor = gridFactor
    }

    /// Years that figures are invented for.
    static let years = 2019...2024
    /// From 2021 on, in comparison with 2020 (assumption).
    private static let growth = [1.065, 1.055, 1.095, 1.105]

    /// The province's CO2 of a year.
    func carbon(_ year: Int) -> SectorCarbon {
        if year <= 2019 { return in2019 }
        if year == 2020 { return in2020 }
        let factor = Self.growth[min(year - 2021, Self.growth.count - 1)]
        func grown(_ value: Int) -> Int { Int((Double(value) * factor).rounded()) }
        return SectorCarbon(power: grown(in2020.power), industry: grown(in2020.industry), transport: grown(in2020.transport))
    }

    /// Code; power, industry, ground transport in kt of 2019 and of 2020; persons; t/MWh.
    static let all: [ProvinceCarbon] = [
        .init(110_000, [37_557, 5_608, 22_832], [37_835, 4_944, 19_961], 21_893_095, 0.558),
        .init(120_000, [62_095, 11_809, 11_879], [64_669, 9_466, 10_385], 13_866_009, 0.7041),
        .init(130_000, [243_774, 177_037, 60_853], [240_828, 203_307, 53_202], 74_610_235, 0.7252),
        .init(140_000, [260_830, 85_582, 25_938], [261_331, 91_268, 22_677], 34_915_616, 0.7096),
        .init(150_000, [402_482, 56_016, 21_156], [417_009, 59_378, 18_496], 24_049_155, 0.6849),
        .init(210_000, [131_260, 77_175, 31_675], [130_952, 90_089, 27_692], 42_591_407, 0.5626),
        .init(220_000, [63_600, 29_236, 16_781], [65_936, 32_875, 14_671], 24_073_453, 0.4932),
        .init(230_000, [80_787, 33_535, 18_988], [80_072, 35_505, 16_601], 31_850_088, 0.5368),
        .init(310_000, [70_000, 7_710, 15_646], [70_825, 6_895, 13_678], 24_870_895, 0.5849),
        .init(320_000, [394_936, 282_045, 70_661], [386_331, 272_482, 61_776], 84_748_016, 0.5978),
        .init(330_000, [221_914, 237_148, 60_971], [214_171, 236_140, 53_305], 64_567_588, 0.5153),
        .init(340_000, [233_245, 247_442, 32_384], [222_223, 255_682, 28_312], 61_027_171, 0.6782),
        .init(350_000, [122_963, 169_128, 24_772], [137_431, 177_084, 21_657], 41_540_086, 0.4092),
        .init(360_000, [97_730, 170_443, 21_380], [101_429, 176_095, 18_692], 45_188_635, 0.5752),
        .init(370_000, [457_485, 250_119, 84_650], [445_630, 273_672, 74_006], 101_527_453, 0.641),
        .init(410_000, [224_592, 185_983, 57_659], [217_733, 207_904, 50_409], 99_365_519, 0.6058),
        .init(420_000, [129_690, 204_621, 30_721], [106_257, 176_824, 26_858], 57_752_557, 0.4364),
        .init(430_000, [80_710, 195_942, 31_062], [75_044, 199_165, 27_156], 66_444_864, 0.49),
        .init(440_000, [295_914, 295_990, 84_173], [312_771, 308_233, 73_589], 126_012_510, 0.4403),
        .init(450_000, [89_821, 216_496, 23_404], [93_429, 221_260, 20_461], 50_126_804, 0.4044),
        .init(460_000, [18_700, 35_350, 5_047], [18_011, 32_885, 4_413], 10_081_232, 0.4184),
        .init(500_000, [48_897, 121_350, 16_669], [47_105, 117_931, 14_573], 32_054_159, 0.5227),
        .init(510_000, [44_648, 253_802, 43_678], [45_983, 265_283, 38_186], 83_674_866, 0.1404),
        .init(520_000, [118_852, 192_534, 19_051], [115_596, 194_932, 16_656], 38_562_148, 0.4989),
        .init(530_000, [27_516, 229_824, 26_947], [36_020, 235_083, 23_558], 47_209_277, 0.1073),
        .init(540_000, [295, 18_735, 2_046], [378, 18_223, 1_789], 3_648_100, 0.5366),
        .init(610_000, [156_132, 115_979, 24_533], [175_404, 120_621, 21_448], 39_528_999, 0.6558),
        .init(620_000, [70_182, 75_266, 12_532], [76_135, 79_335, 10_956], 25_019_831, 0.4772),
        .init(630_000, [9_521, 22_918, 4_370], [9_137, 20_541, 3_820], 5_923_957, 0.1567),
        .init(640_000, [125_539, 32_081, 5_758], [134_610, 33_196, 5_034], 7_202_654, 0.6423),
        .init(650_000, [247_349, 64_803, 15_778], [283_557, 65_770, 13_794], 25_852_345, 0.6231),
    ]
}
