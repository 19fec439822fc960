// ProvinceShares.swift: how many of the factories lie in which province, and which cities lead there.
//
// Source: enterprises above designated size, May 2014 (355,965): eight provinces are given, the first ten hold 72.74 %. Changes
// (assumptions): Hebei and Hubei fill the ten; the others follow the first pollution source census where it names them, else
// their rank in industry; Liaoning's share is halved, as it has fallen since, and goes to Guangdong and Zhejiang in equal parts.
// Check (second pollution source census, 2017): Guangdong, Zhejiang, Jiangsu, Shandong and Hebei hold 52.94 % (here 52.3).

enum ProvinceShares {
    /// Percent of all factories by province code. The first ten of the source come first.
    static let percent: [(code: Int32, share: Double)] = [
        (320_000, 13.15), (440_000, 11.10 + 1.1675), (370_000, 10.79), (330_000, 10.74 + 1.1675), (410_000, 5.59), (210_000, 4.67 - 2.335),
        (340_000, 4.48), (350_000, 4.44), (130_000, 4.20), (420_000, 3.58),
        // The other 27.26 %.
        (430_000, 3.45), (510_000, 3.40), (310_000, 2.65), (360_000, 2.25), (500_000, 1.60), (220_000, 1.45), (450_000, 1.50),
        (610_000, 1.40), (120_000, 1.30), (140_000, 1.25), (230_000, 1.15), (110_000, 1.10), (530_000, 1.05), (520_000, 1.00),
        (150_000, 1.00), (650_000, 0.70), (620_000, 0.50), (640_000, 0.25), (460_000, 0.13), (630_000, 0.10), (540_000, 0.03),
    ]

    /// The ten provinces of the source's "first ten" and the five of the census check.
    static let firstTen: [Int32] = percent.prefix(10).map(\.code)
    static let censusFive: [Int32] = [440_000, 330_000, 320_000, 370_000, 130_000]

    /// Cities that lead their province in industry, in order; population ranks the rest. General knowledge: industry is more
    /// concentrated than people and sits elsewhere. Dongguan and Zhongshan have no counties, so the boundary data lack them.
    static let leadingCities: [Int32: [Int32]] = [
        440_000: [440_300, 440_600, 440_100, 441_300, 440_700, 440_400, 440_500],
        320_000: [320_500, 320_200, 320_400, 320_600, 320_100, 320_300],
        330_000: [330_200, 330_100, 330_300, 330_600, 330_400, 331_000, 330_700],
        370_000: [370_200, 370_600, 370_700, 370_100, 371_300, 370_300],
        350_000: [350_500, 350_100, 350_200],
        130_000: [130_200, 130_100, 130_600, 130_900, 130_400],
        410_000: [410_100, 410_300, 410_700, 411_000],
        340_000: [340_100, 340_200],
        210_000: [210_200, 210_100],
        420_000: [420_100, 420_500],
    ]

    /// σ of the logarithm of the cities' sizes. The yearbook's 1.18 over 21 cities; 1.20 gives its rank–size slope of −1.39 for the
    /// 19 cities that the boundary data know.
    static let citySigma = 1.20
    /// σ of the logarithm of the counties' sizes within a city (assumption of the specification).
    static let countySigma = 0.9
}
