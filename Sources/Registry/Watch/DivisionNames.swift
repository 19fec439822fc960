// DivisionNames.swift: provinces and prefectures by code, as they are called in short, in full and in English, so that a place is known
// in a registry without borders too, and by the names that borders do not carry: 上海, 浙江舟山, Zhoushan.

package enum DivisionNames {
    /// Names that the code list has for what is only a division of it, not of the earth.
    package static let placeholders: Set<String> = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"]

    /// Codes of GB/T 2260, six digits, by each of their names as `PlaceLexicon` compares them.
    static let codes: [String: Set<Int64>] = {
        var codes: [String: Set<Int64>] = [:]
        func add(_ name: String, _ code: Int64) { codes[name, default: []].insert(code) }
        for line in table {
            var province: Int64 = 0
            for (index, entry) in line.split(separator: "|").enumerated() {
                let fields = entry.split(separator: " ").map(String.init)
                guard fields.count >= 3, let digits = Int64(fields[0]) else { continue }
                if index == 0 { province = digits * 10_000 }
                let code = index == 0 ? province : province + digits * 100
                let suffix = fields.count > 3 ? fields[3] : index == 0 ? "省" : "市"
                add(fields[1], code)
                add(fields[1] + suffix, code)
                // 凉山彝族自治州 is 凉山州 for short.
                if suffix.hasSuffix("自治州") { add(fields[1] + "州", code) }
                add(PlaceLexicon.latin(fields[2]), code)
            }
        }
        // Provinces that have several names in Latin letters.
        for (name, code) in [
            ("neimenggu", 150_000), ("neimongol", 150_000), ("tibet", 540_000), ("xianggang", 810_000), ("macao", 820_000),
            ("aomen", 820_000),
        ] as [(String, Int64)] { add(name, code) }
        return codes
    }()

    /// Codes of the provinces.
    static let provinces = Set(codes.values.joined().filter { $0 % 10_000 == 0 })

    /// Provinces, each with its prefectures: digits of the code, short name, English name, and what the full name has more where that is
    /// not 省 or 市. English names that are no reading of the Chinese one are those that maps have.
    private static let table = [
        "11 北京 Beijing 市", "12 天津 Tianjin 市", "31 上海 Shanghai 市", "50 重庆 Chongqing 市",
        "13 河北 Hebei|01 石家庄 Shijiazhuang|02 唐山 Tangshan|03 秦皇岛 Qinhuangdao|04 邯郸 Handan|05 邢台 Xingtai|06 保定 Baoding"
            + "|07 张家口 Zhangjiakou|08 承德 Chengde|09 沧州 Cangzhou|10 廊坊 Langfang|11 衡水 Hengshui",
        "14 山西 Shanxi|01 太原 Taiyuan|02 大同 Datong|03 阳泉 Yangquan|04 长治 Changzhi|05 晋城 Jincheng|06 朔州 Shuozhou|07 晋中 Jinzhong"
            + "|08 运城 Yuncheng|09 忻州 Xinzhou|10 临汾 Linfen|11 吕梁 Lvliang|11 吕梁 Luliang",
        "15 内蒙古 InnerMongolia 自治区|01 呼和浩特 Hohhot|02 包头 Baotou|03 乌海 Wuhai|04 赤峰 Chifeng|05 通辽 Tongliao|06 鄂尔多斯 Ordos"
            + "|07 呼伦贝尔 Hulunbuir|08 巴彦淖尔 Bayannur|09 乌兰察布 Ulanqab|22 兴安 Hinggan 盟|25 锡林郭勒 Xilingol 盟|29 阿拉善 Alxa 盟",
        "21 辽宁 Liaoning|01 沈阳 Shenyang|02 大连 Dalian|03 鞍山 Anshan|04 抚顺 Fushun|05 本溪 Benxi|06 丹东 Dandong|07 锦州 Jinzhou"
            + "|08 营口 Yingkou|09 阜新 Fuxin|10 辽阳 Liaoyang|11 盘锦 Panjin|12 铁岭 Tieling|13 朝阳 Chaoyang|14 葫芦岛 Huludao",
        "22 吉林 Jilin|01 长春 Changchun|02 吉林 Jilin|03 四平 Siping|04 辽源 Liaoyuan|05 通化 Tonghua|06 白山 Baishan|07 松原 Songyuan"
            + "|08 白城 Baicheng|24 延边 Yanbian 朝鲜族自治州",
        "23 黑龙江 Heilongjiang|01 哈尔滨 Harbin|02 齐齐哈尔 Qiqihar|03 鸡西 Jixi|04 鹤岗 Hegang|05 双鸭山 Shuangyashan|06 大庆 Daqing"
            + "|07 伊春 Yichun|08 佳木斯 Jiamusi|09 七台河 Qitaihe|10 牡丹江 Mudanjiang|11 黑河 Heihe|12 绥化 Suihua"
            + "|27 大兴安岭 Daxinganling 地区",
        "32 江苏 Jiangsu|01 南京 Nanjing|02 无锡 Wuxi|03 徐州 Xuzhou|04 常州 Changzhou|05 苏州 Suzhou|06 南通 Nantong|07 连云港 Lianyungang"
            + "|08 淮安 Huaian|09 盐城 Yancheng|10 扬州 Yangzhou|11 镇江 Zhenjiang|12 泰州 Taizhou|13 宿迁 Suqian",
        "33 浙江 Zhejiang|01 杭州 Hangzhou|02 宁波 Ningbo|03 温州 Wenzhou|04 嘉兴 Jiaxing|05 湖州 Huzhou|06 绍兴 Shaoxing|07 金华 Jinhua"
            + "|08 衢州 Quzhou|09 舟山 Zhoushan|10 台州 Taizhou|11 丽水 Lishui",
        "34 安徽 Anhui|01 合肥 Hefei|02 芜湖 Wuhu|03 蚌埠 Bengbu|04 淮南 Huainan|05 马鞍山 Maanshan|06 淮北 Huaibei|07 铜陵 Tongling"
            + "|08 安庆 Anqing|10 黄山 Huangshan|11 滁州 Chuzhou|12 阜阳 Fuyang|13 宿州 Suzhou|15 六安 Luan|16 亳州 Bozhou|17 池州 Chizhou"
            + "|18 宣城 Xuancheng",
        "35 福建 Fujian|01 福州 Fuzhou|02 厦门 Xiamen|03 莆田 Putian|04 三明 Sanming|05 泉州 Quanzhou|06 漳州 Zhangzhou|07 南平 Nanping"
            + "|08 龙岩 Longyan|09 宁德 Ningde",
        "36 江西 Jiangxi|01 南昌 Nanchang|02 景德镇 Jingdezhen|03 萍乡 Pingxiang|04 九江 Jiujiang|05 新余 Xinyu|06 鹰潭 Yingtan"
            + "|07 赣州 Ganzhou|08 吉安 Jian|09 宜春 Yichun|10 抚州 Fuzhou|11 上饶 Shangrao",
        "37 山东 Shandong|01 济南 Jinan|02 青岛 Qingdao|03 淄博 Zibo|04 枣庄 Zaozhuang|05 东营 Dongying|06 烟台 Yantai|07 潍坊 Weifang"
            + "|08 济宁 Jining|09 泰安 Taian|10 威海 Weihai|11 日照 Rizhao|13 临沂 Linyi|14 德州 Dezhou|15 聊城 Liaocheng|16 滨州 Binzhou"
            + "|17 菏泽 Heze",
        "41 河南 Henan|01 郑州 Zhengzhou|02 开封 Kaifeng|03 洛阳 Luoyang|04 平顶山 Pingdingshan|05 安阳 Anyang|06 鹤壁 Hebi|07 新乡 Xinxiang"
            + "|08 焦作 Jiaozuo|09 濮阳 Puyang|10 许昌 Xuchang|11 漯河 Luohe|12 三门峡 Sanmenxia|13 南阳 Nanyang|14 商丘 Shangqiu"
            + "|15 信阳 Xinyang|16 周口 Zhoukou|17 驻马店 Zhumadian",
        "42 湖北 Hubei|01 武汉 Wuhan|02 黄石 Huangshi|03 十堰 Shiyan|05 宜昌 Yichang|06 襄阳 Xiangyang|07 鄂州 Ezhou|08 荆门 Jingmen"
            + "|09 孝感 Xiaogan|10 荆州 Jingzhou|11 黄冈 Huanggang|12 咸宁 Xianning|13 随州 Suizhou|28 恩施 Enshi 土家族苗族自治州",
        "43 湖南 Hunan|01 长沙 Changsha|02 株洲 Zhuzhou|03 湘潭 Xiangtan|04 衡阳 Hengyang|05 邵阳 Shaoyang|06 岳阳 Yueyang|07 常德 Changde"
            + "|08 张家界 Zhangjiajie|09 益阳 Yiyang|10 郴州 Chenzhou|11 永州 Yongzhou|12 怀化 Huaihua|13 娄底 Loudi"
            + "|31 湘西 Xiangxi 土家族苗族自治州",
        "44 广东 Guangdong|01 广州 Guangzhou|02 韶关 Shaoguan|03 深圳 Shenzhen|04 珠海 Zhuhai|05 汕头 Shantou|06 佛山 Foshan|07 江门 Jiangmen"
            + "|08 湛江 Zhanjiang|09 茂名 Maoming|12 肇庆 Zhaoqing|13 惠州 Huizhou|14 梅州 Meizhou|15 汕尾 Shanwei|16 河源 Heyuan"
            + "|17 阳江 Yangjiang|18 清远 Qingyuan|19 东莞 Dongguan|20 中山 Zhongshan|51 潮州 Chaozhou|52 揭阳 Jieyang|53 云浮 Yunfu",
        "45 广西 Guangxi 壮族自治区|01 南宁 Nanning|02 柳州 Liuzhou|03 桂林 Guilin|04 梧州 Wuzhou|05 北海 Beihai|06 防城港 Fangchenggang"
            + "|07 钦州 Qinzhou|08 贵港 Guigang|09 玉林 Yulin|10 百色 Baise|11 贺州 Hezhou|12 河池 Hechi|13 来宾 Laibin|14 崇左 Chongzuo",
        "46 海南 Hainan|01 海口 Haikou|02 三亚 Sanya|03 三沙 Sansha|04 儋州 Danzhou",
        "51 四川 Sichuan|01 成都 Chengdu|03 自贡 Zigong|04 攀枝花 Panzhihua|05 泸州 Luzhou|06 德阳 Deyang|07 绵阳 Mianyang|08 广元 Guangyuan"
            + "|09 遂宁 Suining|10 内江 Neijiang|11 乐山 Leshan|13 南充 Nanchong|14 眉山 Meishan|15 宜宾 Yibin|16 广安 Guangan|17 达州 Dazhou"
            + "|18 雅安 Yaan|19 巴中 Bazhong|20 资阳 Ziyang|32 阿坝 Aba 藏族羌族自治州|33 甘孜 Garze 藏族自治州|34 凉山 Liangshan 彝族自治州",
        "52 贵州 Guizhou|01 贵阳 Guiyang|02 六盘水 Liupanshui|03 遵义 Zunyi|04 安顺 Anshun|05 毕节 Bijie|06 铜仁 Tongren"
            + "|23 黔西南 Qianxinan 布依族苗族自治州|26 黔东南 Qiandongnan 苗族侗族自治州|27 黔南 Qiannan 布依族苗族自治州",
        "53 云南 Yunnan|01 昆明 Kunming|03 曲靖 Qujing|04 玉溪 Yuxi|05 保山 Baoshan|06 昭通 Zhaotong|07 丽江 Lijiang|08 普洱 Puer"
            + "|09 临沧 Lincang|23 楚雄 Chuxiong 彝族自治州|25 红河 Honghe 哈尼族彝族自治州|26 文山 Wenshan 壮族苗族自治州"
            + "|28 西双版纳 Xishuangbanna 傣族自治州|29 大理 Dali 白族自治州|31 德宏 Dehong 傣族景颇族自治州|33 怒江 Nujiang 傈僳族自治州"
            + "|34 迪庆 Diqing 藏族自治州",
        "54 西藏 Xizang 自治区|01 拉萨 Lhasa|02 日喀则 Shigatse|03 昌都 Qamdo|04 林芝 Nyingchi|05 山南 Shannan|06 那曲 Nagqu|25 阿里 Ngari 地区",
        "61 陕西 Shaanxi|01 西安 Xian|02 铜川 Tongchuan|03 宝鸡 Baoji|04 咸阳 Xianyang|05 渭南 Weinan|06 延安 Yanan|07 汉中 Hanzhong"
            + "|08 榆林 Yulin|09 安康 Ankang|10 商洛 Shangluo",
        "62 甘肃 Gansu|01 兰州 Lanzhou|02 嘉峪关 Jiayuguan|03 金昌 Jinchang|04 白银 Baiyin|05 天水 Tianshui|06 武威 Wuwei|07 张掖 Zhangye"
            + "|08 平凉 Pingliang|09 酒泉 Jiuquan|10 庆阳 Qingyang|11 定西 Dingxi|12 陇南 Longnan|29 临夏 Linxia 回族自治州"
            + "|30 甘南 Gannan 藏族自治州",
        "63 青海 Qinghai|01 西宁 Xining|02 海东 Haidong|22 海北 Haibei 藏族自治州|23 黄南 Huangnan 藏族自治州|25 海南 Hainan 藏族自治州"
            + "|26 果洛 Golog 藏族自治州|27 玉树 Yushu 藏族自治州|28 海西 Haixi 蒙古族藏族自治州",
        "64 宁夏 Ningxia 回族自治区|01 银川 Yinchuan|02 石嘴山 Shizuishan|03 吴忠 Wuzhong|04 固原 Guyuan|05 中卫 Zhongwei",
        "65 新疆 Xinjiang 维吾尔自治区|01 乌鲁木齐 Urumqi|02 克拉玛依 Karamay|04 吐鲁番 Turpan|05 哈密 Hami|23 昌吉 Changji 回族自治州"
            + "|27 博尔塔拉 Bortala 蒙古自治州|28 巴音郭楞 Bayingolin 蒙古自治州|29 阿克苏 Aksu 地区|30 克孜勒苏 Kizilsu 柯尔克孜自治州"
            + "|31 喀什 Kashgar 地区|32 和田 Hotan 地区|40 伊犁 Ili 哈萨克自治州|42 塔城 Tacheng 地区|43 阿勒泰 Altay 地区",
        "71 台湾 Taiwan", "81 香港 HongKong 特别行政区", "82 澳门 Macau 特别行政区",
    ]
}
