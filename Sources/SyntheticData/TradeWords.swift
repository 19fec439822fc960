// TradeWords.swift: the invented heart of every name. A Chinese company name is place + trade word + product + form; the trade word
// (字号) is what tells firms apart. Ours is an auspicious character, as real firms choose, followed by one that none would:
// 虚 (void), 谬 (absurd), 妄 (presumptuous), 赝 (counterfeit), 讹 (erroneous). So a name reads like a company's and says by itself that
// it is none: a synthetic name is one that matches `[auspicious][虚谬妄赝讹]`. Combinations that are words (清虚, 太虚, 狂妄, 玉虚)
// are left out. No name in the repository's real samples holds any of the five (a test).

enum TradeWords {
    /// The five characters that mark a name as made up, with their reading.
    static let markers: [(character: String, pinyin: String)] = [("虚", "xu"), ("谬", "miu"), ("妄", "wang"), ("赝", "yan"), ("讹", "e")]

    static let auspicious: [(character: String, pinyin: String)] = [
        ("华", "Hua"), ("宏", "Hong"), ("恒", "Heng"), ("盛", "Sheng"), ("鑫", "Xin"), ("瑞", "Rui"), ("泰", "Tai"), ("昌", "Chang"),
        ("隆", "Long"), ("兴", "Xing"), ("旺", "Wang"), ("达", "Da"), ("通", "Tong"), ("顺", "Shun"), ("利", "Li"), ("丰", "Feng"),
        ("源", "Yuan"), ("德", "De"), ("信", "Xin"), ("诚", "Cheng"), ("安", "An"), ("康", "Kang"), ("福", "Fu"), ("禄", "Lu"),
        ("祥", "Xiang"), ("和", "He"), ("美", "Mei"), ("佳", "Jia"), ("嘉", "Jia"), ("金", "Jin"), ("银", "Yin"), ("宝", "Bao"),
        ("珠", "Zhu"), ("星", "Xing"), ("辰", "Chen"), ("辉", "Hui"), ("光", "Guang"), ("明", "Ming"), ("亮", "Liang"), ("晨", "Chen"),
        ("曦", "Xi"), ("阳", "Yang"), ("东", "Dong"), ("南", "Nan"), ("西", "Xi"), ("北", "Bei"), ("海", "Hai"), ("江", "Jiang"),
        ("河", "He"), ("湖", "Hu"), ("川", "Chuan"), ("山", "Shan"), ("峰", "Feng"), ("岭", "Ling"), ("岳", "Yue"), ("林", "Lin"),
        ("森", "Sen"), ("松", "Song"), ("柏", "Bai"), ("梅", "Mei"), ("兰", "Lan"), ("竹", "Zhu"), ("菊", "Ju"), ("春", "Chun"),
        ("夏", "Xia"), ("秋", "Qiu"), ("冬", "Dong"), ("龙", "Long"), ("凤", "Feng"), ("麟", "Lin"), ("鹏", "Peng"), ("鹰", "Ying"),
        ("虎", "Hu"), ("骏", "Jun"), ("驰", "Chi"), ("飞", "Fei"), ("翔", "Xiang"), ("腾", "Teng"), ("跃", "Yue"), ("远", "Yuan"),
        ("航", "Hang"), ("帆", "Fan"), ("舟", "Zhou"), ("锦", "Jin"), ("绣", "Xiu"), ("彩", "Cai"), ("丹", "Dan"), ("青", "Qing"),
        ("蓝", "Lan"), ("紫", "Zi"), ("宇", "Yu"), ("宙", "Zhou"), ("坤", "Kun"), ("健", "Jian"), ("强", "Qiang"), ("力", "Li"),
        ("威", "Wei"), ("雄", "Xiong"), ("建", "Jian"), ("业", "Ye"), ("创", "Chuang"), ("新", "Xin"), ("进", "Jin"), ("升", "Sheng"),
        ("登", "Deng"), ("凯", "Kai"), ("旋", "Xuan"), ("捷", "Jie"), ("速", "Su"), ("联", "Lian"), ("合", "He"), ("众", "Zhong"),
        ("友", "You"), ("邦", "Bang"), ("民", "Min"), ("仁", "Ren"), ("义", "Yi"), ("礼", "Li"), ("智", "Zhi"), ("贤", "Xian"),
        ("良", "Liang"), ("善", "Shan"), ("正", "Zheng"), ("方", "Fang"), ("圆", "Yuan"), ("广", "Guang"), ("永", "Yong"), ("久", "Jiu"),
        ("长", "Chang"), ("荣", "Rong"), ("富", "Fu"), ("贵", "Gui"), ("裕", "Yu"), ("茂", "Mao"), ("聚", "Ju"), ("汇", "Hui"),
        ("万", "Wan"), ("千", "Qian"), ("百", "Bai"), ("双", "Shuang"), ("三", "San"), ("九", "Jiu"), ("一", "Yi"), ("亨", "Heng"),
        ("吉", "Ji"), ("庆", "Qing"), ("喜", "Xi"), ("乐", "Le"), ("欢", "Huan"), ("颐", "Yi"), ("怡", "Yi"), ("悦", "Yue"),
        ("朗", "Lang"), ("润", "Run"), ("泽", "Ze"), ("霖", "Lin"), ("雨", "Yu"), ("露", "Lu"), ("霞", "Xia"), ("雪", "Xue"),
        ("冰", "Bing"), ("雷", "Lei"), ("石", "Shi"), ("钛", "Tai"), ("锐", "Rui"), ("铭", "Ming"), ("钧", "Jun"), ("钰", "Yu"),
        ("铂", "Bo"), ("琳", "Lin"), ("琪", "Qi"), ("瑶", "Yao"), ("璟", "Jing"), ("晟", "Sheng"), ("昊", "Hao"), ("晖", "Hui"),
    ]

    static var count: Int { auspicious.count * markers.count }

    static func word(_ index: Int) -> String {
        auspicious[index / markers.count].character + markers[index % markers.count].character
    }

    /// The reading as one word: `Huaxu`.
    static func pinyin(_ index: Int) -> String { auspicious[index / markers.count].pinyin + markers[index % markers.count].pinyin }

    /// Whether a text holds a synthetic trade word: how to recognise a made-up name anywhere.
    static func isSynthetic(_ name: String) -> Bool {
        let characters = Array(name)
        let firsts = Set(auspicious.map { Character($0.character) })
        let seconds = Set(markers.map { Character($0.character) })
        return zip(characters, characters.dropFirst()).contains { firsts.contains($0) && seconds.contains($1) }
    }
}

/// How names end, with their measured shares (404 steel names).
enum CompanyForm {
    static let forms: [(text: String, percent: Double)] = [
        ("有限公司", 74), ("有限责任公司", 11), ("股份有限公司", 6), ("公司", 3), ("厂", 1), ("集团", 1),
        ("集团有限公司", 1), ("有限公司分公司", 1), ("加工厂", 1), ("专业合作社", 0.5), ("经营部", 0.5),
    ]
    static let table = TextTable(forms.map(\.text))
    static let sampler = AliasTable(forms.map(\.percent))
}
