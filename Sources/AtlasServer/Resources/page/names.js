// names.js: names of industries, GB/T 4754: all sections, and the divisions of those that pollute. Chinese names are those of the 2011
// edition (data/places/gbt4754-2011.csv; the sections and nearly all divisions are the same in 2017), English ones are ours.

import { state } from "./state.js";

const table = `
A|农、林、牧、渔业|Farming, forestry and fishing
B|采矿业|Mining
06|煤炭开采和洗选业|Coal mining
07|石油和天然气开采业|Oil and gas extraction
08|黑色金属矿采选业|Ferrous metal ores
09|有色金属矿采选业|Non-ferrous metal ores
10|非金属矿采选业|Non-metal minerals mining
11|开采辅助活动|Mining support
12|其他采矿业|Other mining
C|制造业|Manufacturing
13|农副食品加工业|Farm products processing
14|食品制造业|Food
15|酒、饮料和精制茶制造业|Drinks and tea
16|烟草制品业|Tobacco
17|纺织业|Textiles
18|纺织服装、服饰业|Clothing
19|皮革、毛皮、羽毛及其制品和制鞋业|Leather, fur, feathers and shoes
20|木材加工和木、竹、藤、棕、草制品业|Wood and bamboo products
21|家具制造业|Furniture
22|造纸和纸制品业|Paper
23|印刷和记录媒介复制业|Printing
24|文教、工美、体育和娱乐用品制造业|Cultural, sports and craft goods
25|石油加工、炼焦和核燃料加工业|Petroleum refining and coking
26|化学原料和化学制品制造业|Chemicals
27|医药制造业|Pharmaceuticals
28|化学纤维制造业|Chemical fibres
29|橡胶和塑料制品业|Rubber and plastics
30|非金属矿物制品业|Non-metallic mineral products
31|黑色金属冶炼和压延加工业|Iron and steel
32|有色金属冶炼和压延加工业|Non-ferrous metals
33|金属制品业|Metal products
34|通用设备制造业|General machinery
35|专用设备制造业|Special machinery
36|汽车制造业|Motor vehicles
37|铁路、船舶、航空航天和其他运输设备制造业|Railway, ships, aircraft
38|电气机械和器材制造业|Electrical equipment
39|计算机、通信和其他电子设备制造业|Computers and electronics
40|仪器仪表制造业|Instruments
41|其他制造业|Other manufacturing
42|废弃资源综合利用业|Waste recycling
43|金属制品、机械和设备修理业|Repair of metal products and machinery
D|电力、热力、燃气及水生产和供应业|Power, heat, gas and water
44|电力、热力生产和供应业|Power and heat
45|燃气生产和供应业|Gas supply
46|水的生产和供应业|Water supply
E|建筑业|Construction
F|批发和零售业|Wholesale and retail
G|交通运输、仓储和邮政业|Transport and storage
H|住宿和餐饮业|Hotels and catering
I|信息传输、软件和信息技术服务业|Information and software
J|金融业|Finance
K|房地产业|Real estate
L|租赁和商务服务业|Leasing and business services
M|科学研究和技术服务业|Research and technical services
N|水利、环境和公共设施管理业|Water, environment and public facilities
76|水利管理业|Water management
77|生态保护和环境治理业|Ecology and environmental treatment
78|公共设施管理业|Public facilities
O|居民服务、修理和其他服务业|Repair and other services
P|教育|Education
Q|卫生和社会工作|Health and social work
R|文化、体育和娱乐业|Culture, sport and entertainment
S|公共管理、社会保障和社会组织|Public administration
T|国际组织|International organisations`;

const names = new Map();
/** Sections in order: { code, divisions: [code] }, where a division's code has its section's letter. */
export const sections = [];
for (const line of table.trim().split("\n")) {
  const [code, zh, en] = line.split("|");
  if (/[A-T]/.test(code)) sections.push({ code, divisions: [] });
  else sections.at(-1).divisions.push(sections.at(-1).code + code);
  names.set(/[A-T]/.test(code) ? code : sections.at(-1).code + code, [zh, en]);
}

/** The name of an industry by any code of it, such as C, C17 or C1711: that of its division, else of its section. */
export function industryName(code) {
  const name = names.get(code.slice(0, 3)) ?? names.get(code.slice(0, 1));
  return name ? name[state.lang === "en" ? 1 : 0] : code;
}
