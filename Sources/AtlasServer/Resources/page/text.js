// text.js: every word of the page in Chinese and English. Elements name theirs by data-text (content), data-label (aria-label) and
// data-placeholder; scripts ask by `t`.

import { state } from "./state.js";

const words = {
  tagline: ["蔚蓝地图集", "pollution maps of China"],
  skipToList: ["跳到列表", "Skip to the list"],
  maps: ["地图", "Maps"],
  mapBlue: ["蔚蓝地图", "Blue Map"],
  mapSupplyChain: ["绿色供应链", "Green Supply Chain"],
  mapCarbon: ["蔚蓝碳图", "Blue Carbon"],
  otherLanguage: ["English", "中文"],
  search: ["搜索", "Search"],
  searchHint: ["企业、信用代码、地名、品牌、拼音首字母", "Factory, credit code, place or brand"],
  searchResults: ["搜索结果", "Search results"],
  searching: ["正在搜索…", "Searching…"],
  noResults: ["没有找到“{0}”", "Nothing found for “{0}”"],
  resultsFound: ["找到 {0} 家企业、{1} 个地点、{2} 个品牌", "{0} factories, {1} places, {2} brands found"],
  moreMatches: ["共 {0} 家企业，请输入更多文字", "{0} factories match; type more to narrow"],
  andMore: ["{0} 以上", "{0} or more"],
  places: ["地点", "Places"],
  brands: ["品牌", "Brands"],
  factories: ["企业", "Factories"],
  factoriesHere: ["{0} 家企业", "{0} factory|{0} factories"],
  suppliers: ["{0} 家供应商", "{0} supplier|{0} suppliers"],
  matchedFormer: ["曾用名", "former name"],
  matchedCode: ["信用代码", "credit code"],
  nearMe: ["我附近", "Near me"],
  nearPick: ["在地图上选点", "Pick a point"],
  pickHint: ["请在地图上点一个位置", "Click a point on the map"],
  radius: ["半径", "Radius"],
  locating: ["正在定位…", "Finding your position…"],
  locationDenied: ["无法取得您的位置。请在地图上点一个位置。", "Your position is not available. Click a point on the map instead."],
  nearTitle: ["{0} 以内", "Within {0}"],
  nearFound: ["{1} 以内有 {0} 家企业，由近及远", "{0} factory within {1}|{0} factories within {1}, nearest first"],
  nearNone: ["{0} 以内没有符合条件的企业", "No factory within {0} passes the filters"],
  nearStop: ["关闭附近列表", "Leave the nearby list"],
  showMore: ["更多", "Show more"],
  filters: ["筛选", "Filters"],
  filtersSet: ["（{0} 项）", "({0} set)"],
  industry: ["行业", "Industry"],
  allIndustries: ["全部行业", "All industries"],
  category: ["违规类别", "Kind of pollution"],
  allCategories: ["全部类别", "All kinds"],
  published: ["记录发布日期", "Record published"],
  from: ["从", "From"],
  to: ["至", "To"],
  brand: ["品牌的供应商", "Suppliers of a brand"],
  brandHint: ["品牌名称", "Name of a brand"],
  removeBrand: ["去掉品牌 {0}", "Remove the brand {0}"],
  clearFilters: ["清除筛选", "Clear filters"],
  metric: ["指标", "Metric"],
  year: ["年份", "Year"],
  latestYear: ["最新", "Latest"],
  status: ["状态", "Status"],
  statusFilter: ["按状态筛选", "Filter by status"],
  list: ["列表", "List"],
  centreTitle: ["离地图中心最近", "Nearest to the centre of the map"],
  inView: ["当前范围内有 {0} 家企业", "{0} factory in this view|{0} factories in this view"],
  inViewFiltered: ["当前范围内有 {0} 家企业符合筛选条件", "{0} factory in this view passes the filters|{0} factories in this view pass the filters"],
  noneInView: ["当前范围内没有符合条件的企业。可放大范围或清除筛选。", "No factory in this view passes the filters. Zoom out or clear filters."],
  pileTitle: ["此处有 {0} 家企业", "{0} factories at this point"],
  back: ["返回列表", "Back to the list"],
  close: ["关闭", "Close"],
  onMap: ["在地图上显示", "Show on the map"],
  copyLink: ["复制链接", "Copy link"],
  copied: ["链接已复制", "Link copied"],
  readings: ["在线监测", "Online monitoring"],
  exceedingNow: ["当前超标", "Exceeding a limit now"],
  exceedingSince: ["自 {0} 起超标", "Exceeding a limit since {0}"],
  compliesNow: ["当前未超标", "No limit is exceeded now"],
  staleReadings: ["近三小时没有数据", "No reading within the last three hours"],
  item: ["项目", "Item"],
  value: ["数值", "Value"],
  limit: ["限值", "Limit"],
  hour: ["时间", "Hour"],
  exceeds: ["超标", "over"],
  exceedsBy: ["超标 {0} 倍", "{0}× over"],
  outage: ["停运", "outage"],
  calibration: ["校准", "calibration"],
  maintenance: ["维护", "maintenance"],
  chartOf: ["{0}（{1}），近48小时", "{0}, {1}, last 48 hours"],
  asTable: ["以表格查看", "As a table"],
  why: ["为什么", "Why"],
  statusOnMap: ["地图上（{1}）的状态为：{0}", "On the map, as of {1}: {0}"],
  creditCode: ["统一社会信用代码", "Credit code"],
  address: ["地址", "Address"],
  formerName: ["曾用名", "Former name"],
  place: ["所在地", "Place"],
  agency: ["主管部门", "Responsible agency"],
  agencyOf: ["{0}生态环境部门", "Ecology and environment bureau, {0}"],
  hotline: ["举报热线 {0}", "Hotline {0}"],
  hotlines: ["12369（环保）、12345（政务）", "12369 (environment), 12345 (government)"],
  position: ["位置精度", "Position"],
  accuracy: ["可能偏差 {0}", "may be off by {0}"],
  keyMonitored: ["重点排污单位", "Key monitored facility"],
  records: ["记录（{0}）", "Records ({0})"],
  noRecords: ["没有记录", "No records"],
  decides: ["决定当前状态", "decides the status"],
  notCounted: ["不再计入", "no longer counts"],
  superseded: ["已被更正", "superseded by a correction"],
  history: ["整改经过（{0} 步）", "Corrective action ({0} step)|Corrective action ({0} steps)"],
  relapsed: ["核实后一年内再次违规", "relapsed within a year"],
  objectionsUntil: ["核实公示期至 {0}，期间可提出异议", "Objections to the verification until {0}"],
  waitingFor: ["等待：{0}，期限 {1}", "Waiting for: {0}, by {1}"],
  overdue: ["等待：{0}，已过期限 {1}", "Waiting for: {0}, which was due by {1}"],
  severity: ["严重程度 {0}/5", "severity {0} of 5"],
  fineOf: ["罚款 {0} 元", "fine of CNY {0}"],
  authority: ["机关", "Authority"],
  document: ["文号", "Document"],
  regulation: ["依据", "Regulation"],
  source: ["来源", "Source"],
  noSource: ["未注明来源", "no source given"],
  brandsOf: ["公布其为供应商的品牌（{0}）", "Brands that publish it as a supplier ({0})"],
  noBrand: ["没有公布供应商的品牌“{0}”", "No brand with the id “{0}” publishes suppliers"],
  publishedOnly: ["只计品牌已公布的供应商", "only those that the brand publishes"],
  showSuppliers: ["在地图上显示全部", "Show all on the map"],
  sector: ["行业类别", "Sector"],
  kinds: ["供应内容", "What they supply"],
  tiers: ["层级", "Tiers"],
  tier: ["第 {0} 级", "tier {0}"],
  website: ["网站", "Website"],
  byProvince: ["按省份", "By province"],
  byIndustry: ["按行业", "By industry"],
  worstFirst: ["供应商（问题严重者在前）", "Suppliers, the worst first"],
  ringLegend: ["圆环：供应商的状态；标志：公布它的品牌", "Ring: status of the supplier; logo: the brand that publishes it"],
  moreLegend: ["还有更多品牌", "more brands"],
  since: ["自 {0}", "since {0}"],
  until: ["至 {0}", "until {0}"],
  noDetails: ["服务器未接入登记库，无法显示记录。", "This server has no registry, so records cannot be shown."],
  recordCount: ["{0} 条记录", "{0} record|{0} records"],
  latest: ["最近 {0}", "latest {0}"],
  synthetic: ["合成数据", "Synthetic data"],
  syntheticNote: [
    "企业、名称和记录均为虚构，不代表任何真实企业。", "Factories, names and records are invented; nothing here is a fact about a real firm."],
  liveChanged: ["地图已更新", "The map has just changed"],
  liveStatus: ["{0}的状态现在是：{1}", "{0} is now: {1}"],
  asOf: ["状态截至 {0}。", "Statuses as of {0}."],
  noApproval: [
    "本地图没有审图号，不得作为中国地图公开使用。", "This map has no map approval number (审图号) and must not be published as a map of China."],
  interface: ["数据接口", "Data interface"],
  cluster: ["{0} 家企业，其中 {1} 家违规", "{0} factories, {1} violating"],
  clusterLegend: ["圆圈：多家企业，颜色为其中最差的状态；点击展开", "A circle is several factories in the colour of the worst; click to open"],
  mapMissing: ["服务器尚未提供“{0}”。请选择其他地图。", "“{0}” is not available on this server yet. Choose another map."],
  mapWaiting: ["服务器正在等待数据，请稍后再试。", "The server waits for its data. Try again soon."],
  mapFailed: ["地图无法加载：{0}", "The map cannot be loaded: {0}"],
  libraryMissing: [
    "缺少地图库：请在服务器上运行 tools/setup 后重启。列表和搜索仍可使用。",
    "The map library is missing: run tools/setup on the server and restart it. List and search work without it."],
  noWebGL: ["此浏览器无法绘制地图（需要 WebGL）。列表和搜索仍可使用。", "This browser cannot draw the map (it needs WebGL). List and search work without it."],
  offline: ["无法连接服务器", "The server cannot be reached"],
  failed: ["请求失败：{0}", "The request failed: {0}"],
  notFound: ["没有编号为“{0}”的企业", "No factory has the id “{0}”"],
  noFigure: ["无数据", "no figure"],
  noFigures: ["没有数据", "No figures"],
  withoutFigure: ["{0} 个地区没有数据", "{0} place without a figure|{0} places without a figure"],
  level_province: ["省级", "Provinces"],
  level_prefecture: ["地级", "Prefectures"],
  level_county: ["县级", "Counties"],
  unit_co2_per_head: ["吨/人", "t per person"],
  unit_co2_per_gdp: ["吨/万元", "t per CNY 10,000"],
  unit_energy_per_head: ["吨标准煤/人", "tce per person"],
  enterprises: ["企业", "Enterprises"],
  scope: ["范围", "Scope"],
  largestEnterprises: ["当前范围内排放最多的企业", "Largest emitters in this view"],
  enterprisesHere: ["{0} 家企业；点击放大", "{0} enterprise|{0} enterprises; click to zoom in"],
  enterprisesInView: ["当前范围内 {0} 家企业共排放 {1} 二氧化碳当量", "{0} enterprise in this view, {1}|{0} enterprises in this view, together {1}"],
  noEnterprises: ["当前范围内没有披露排放的企业", "No enterprise in this view discloses emissions"],
  placeNotFound: ["没有代码为“{0}”的地区", "No place has the code “{0}”"],
  population: ["人口", "Population"],
  gdp: ["地区生产总值", "GDP"],
  energyMix: ["能源结构", "Energy mix"],
  byYear: ["{0}（按年）", "{0} by year"],
  sources: ["数据来源", "Sources"],
  otherSources: ["其他来源的数值（未在地图上显示）：", "What other sources say (not on the map):"],
  emissions: ["温室气体排放（吨二氧化碳当量）", "Greenhouse gases (t CO₂e)"],
  scope1: ["范围一", "Scope 1"],
  scope2: ["范围二", "Scope 2"],
  scope3: ["范围三", "Scope 3"],
  verification: ["核查", "Verification"],
  verifiedYes: ["已核查", "verified"],
  verifiedNo: ["未核查", "not verified"],
  method: ["方法", "Method"],
  legend: ["图例", "Legend"],
};

const terms = {
  violating: ["违规中", "Violating"], unresolved: ["未整改", "Unresolved"], explained: ["已说明", "Explained"],
  corrected: ["已整改", "Corrected"], clean: ["无违规", "Clean"], unknown: ["未知", "Unknown"],
  penalty: ["行政处罚", "Administrative penalty"], order_to_correct: ["责令改正", "Order to correct"],
  exceedance_list: ["超标名单", "Exceedance list"], complaint: ["投诉属实", "Complaint upheld"], inspection: ["督察发现", "Inspection finding"],
  online_exceedance: ["在线监测超标", "Online-monitoring exceedance"], credit_rating: ["环境信用评价", "Environmental credit rating"],
  air: ["大气", "Air"], water: ["水", "Water"], solid_waste: ["固体废物", "Solid waste"], hazardous_waste: ["危险废物", "Hazardous waste"],
  noise: ["噪声", "Noise"], radiation: ["辐射", "Radiation"], procedure: ["程序（环评）", "Procedure (EIA)"],
  data_falsification: ["数据造假", "Data falsification"], other: ["其他", "Other"],
  warning: ["警告", "Warning"], fine: ["罚款", "Fine"], limit_production: ["限制生产", "Production limited"],
  stop_production: ["停产", "Production stopped"], seizure: ["查封扣押", "Seizure"], detention: ["拘留", "Detention"],
  standing: ["未处理", "Standing"], correction_reported: ["已报告整改", "Correction reported"], verified: ["整改已核实", "Verified"],
  withdrawn: ["已撤销", "Withdrawn"],
  explain: ["企业说明", "Explanation"], "report-correction": ["报告整改完成", "Correction reported"], verify: ["核实通过，进入公示", "Found corrected"],
  return: ["退回", "Sent back"], object: ["提出异议", "Objection"], "settle-objection": ["答复异议", "Objection answered"],
  "retract-objection": ["撤回异议", "Objection retracted"], withdraw: ["机关撤销", "Withdrawn"], complete: ["公示期满，整改已核实", "Verified: nobody objects"],
  relapse: ["再次违规", "Relapse"],
  factory: ["企业", "Factory"], brand: ["品牌", "Brand"], auditor: ["审核员", "Auditor"], analyst: ["机构", "Analyst or NGO"],
  feed: ["机关", "Authority"], admin: ["管理员", "Administrator"], server: ["系统", "System"],
  cause: ["原因", "Cause"], plan: ["措施", "Plan"], planned_completion: ["计划完成", "Planned for"], summary: ["情况", "Summary"],
  completed_on: ["完成日期", "Completed"], method: ["核实方式", "Method"], audited_on: ["审核日期", "Audited"], reason: ["理由", "Reason"],
  answer: ["答复", "Answer"], objection: ["异议步骤", "Objection, step"], reference: ["文号", "Decision"],
  gca_audit: ["绿色选择审核", "Green Choice Audit"], document_review: ["文件审核", "Document review"],
  green: ["绿", "Green"], blue: ["蓝", "Blue"], yellow: ["黄", "Yellow"], red: ["红", "Red"], black: ["黑", "Black"],
  materials: ["原材料", "Materials"], finished_goods: ["成品", "Finished goods"], waste_handling: ["废物处理", "Waste handling"],
  logistics: ["物流", "Logistics"],
  co2: ["二氧化碳排放量", "CO₂"], co2_per_head: ["人均二氧化碳", "CO₂ per head"], co2_per_gdp: ["单位GDP二氧化碳", "CO₂ per GDP"],
  energy: ["能源消费", "Energy use"], energy_per_head: ["人均能源消费", "Energy per head"], coal_share: ["煤炭占比", "Share of coal"],
  coal: ["煤炭", "Coal"], oil: ["石油", "Oil"], gas: ["天然气", "Gas"], electricity: ["电力", "Electricity"], heat: ["热力", "Heat"],
};

const column = () => (state.lang === "en" ? 1 : 0);

/** The words for a key, with {0}, {1} … filled in; of two forms, the first is for one of {0}. */
export function t(key, ...values) {
  const forms = (words[key]?.[column()] ?? key).split("|");
  const text = forms.length > 1 && String(values[0]) === "1" ? forms[0] : forms.at(-1);
  return text.replace(/\{(\d)\}/g, (_, index) => values[index] ?? "");
}

/** The word for a term of the domain, such as a status; the term itself where there is none. */
export const term = (name) => terms[name]?.[column()] ?? String(name).replaceAll("_", " ");

/** A name in the language of the page, else in the other. */
export const named = (item) => (state.lang === "en" ? item.name_en || item.name_zh : item.name_zh || item.name_en) || item.id || "";

/** `1,2` as people read it: Scope 1 + 2. */
export const scopeText = (list) => (state.lang === "en" ? `Scope ${list.replaceAll(",", " + ")}` : list.split(",").map((one) => t(`scope${one}`)).join("＋"));

const locale = () => (state.lang === "en" ? "en-GB" : "zh-CN");
export const count = (value) => new Intl.NumberFormat(locale()).format(value);

/** A distance in metres or kilometres. */
export function distance(metres) {
  const [value, unit, digits] = metres < 995 ? [metres, "m", 0] : [metres / 1000, "km", metres < 9950 ? 1 : 0];
  const text = new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
  return `${text} ${unit}`;
}

/** Puts the words into all elements that name theirs. */
export function fillIn(root = document) {
  document.documentElement.lang = state.lang === "en" ? "en" : "zh-CN";
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}

/** The language of a first visit: what the browser asks for. */
export const preferredLanguage = () =>
  (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2)).find((tag) => tag === "zh" || tag === "en") ?? "zh";
