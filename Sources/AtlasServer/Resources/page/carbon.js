// carbon.js: the carbon map beside its map: the legend, places and enterprises as lists, the panel of a place, and the emissions in the
// panel of an enterprise. Amounts come in base units (t, tce, persons, CNY) and are written here as people read them.

import { byId, el } from "./dom.js";
import { forget, get } from "./api.js";
import { filterQuery, state } from "./state.js";
import { count, named, scopeText, t, term } from "./text.js";
import { industryName } from "./names.js";
import { position, windowText } from "./map.js";

const energies = ["coal", "oil", "gas", "electricity", "heat"];
let facts = {};
let open = { place: () => {}, factory: () => {} };

/** `on` has: place(code), factory(id). */
export function startCarbon(on) {
  open = on;
}

/** What a style says of its map. */
export function setCarbon(style) {
  facts = style?.metadata ?? {};
}

const metric = () => state.metric || "co2";
const locale = () => (state.lang === "en" ? "en-GB" : "zh-CN");
const digits = (value, options) => new Intl.NumberFormat(locale(), options).format(value);
const inChinese = () => state.lang !== "en";

/** A number of tonnes, or of another unit that is counted in thousands and millions. */
function weight(value, unit) {
  const name = inChinese() ? { t: "吨", tce: "吨标准煤", tCO2e: "吨" }[unit] : unit.replace("CO2e", " CO₂e");
  const steps = inChinese() ? [[1e8, "亿"], [1e4, "万"], [1, ""]] : [[1e6, "M"], [1e3, "k"], [1, ""]];
  const [size, prefix] = steps.find(([step]) => value >= step) ?? steps.at(-1);
  return `${digits(value / size, { maximumSignificantDigits: value / size >= 1000 ? 5 : 3 })} ${prefix}${name}`;
}

/** The value of a metric with its unit. */
export function amount(value, name = metric()) {
  if (value === undefined || value === null) return t("noFigure");
  if (name === "co2") return weight(value, "t");
  if (name === "energy") return weight(value, "tce");
  if (name === "coal_share") return `${digits(value, { maximumFractionDigits: 1 })} %`;
  return `${digits(value, { maximumSignificantDigits: 3 })} ${t(`unit_${name}`)}`;
}

function money(value) {
  const [size, name] = inChinese() ? (value >= 1e12 ? [1e12, "万亿元"] : [1e8, "亿元"]) : (value >= 1e12 ? [1e12, "trillion"] : [1e9, "billion"]);
  const text = digits(value / size, { maximumSignificantDigits: 4 });
  return inChinese() ? `${text} ${name}` : `CNY ${text} ${name}`;
}

export const tonnes = (value) => weight(value, "tCO2e");

/** The level that the map shows now. */
function level() {
  const levels = facts["blueatlas:levels"] ?? [];
  const zoom = Math.floor(position().zoom);
  return levels.filter((item) => item.from_zoom <= zoom).at(-1) ?? levels[0] ?? { level: "province" };
}

// --- The legend

/** The rows of the legend: classes of the level that is shown, and circles of round amounts. */
export function carbonLegend() {
  const shown = level();
  const entries = (facts["blueatlas:legend"] ?? []).filter((item) => item.level === shown.level);
  const unit = inChinese() ? shown.unit_zh : shown.unit_en;
  const title = [t(`level_${shown.level}`), term(metric()), shown.year].filter(Boolean).join(" · ");
  const rows = entries.map((item) => {
    const colour = el("span", { class: "colour", "aria-hidden": "true" });
    colour.style.backgroundColor = item.color;
    return el("p", {}, colour, inChinese() ? item.label_zh : item.label_en);
  });
  return [el("p", { class: "legend-title", text: unit ? `${title} (${unit})` : title }), ...rows, ...circles()];
}

function circles() {
  const known = facts["blueatlas:circles"];
  if (!known) return [];
  const zoom = position().zoom;
  const stops = known.radius_px_per_root_tonne;
  const next = stops.findIndex(([stop]) => stop >= zoom);
  const [high, low] = [stops[next < 0 ? stops.length - 1 : next], stops[Math.max(0, (next < 0 ? stops.length : next) - 1)]];
  const part = high[0] > low[0] ? Math.min(1, Math.max(0, (zoom - low[0]) / (high[0] - low[0]))) : 0;
  const scale = low[1] + (high[1] - low[1]) * part;
  // Round amounts whose circles are about 18 and 8 pixels in radius.
  const shown = [18, 8].map((pixels) => {
    const value = (pixels / scale) ** 2;
    const power = 10 ** Math.floor(Math.log10(value));
    return [5, 2, 1].map((factor) => factor * power).find((round) => round <= value) ?? power;
  });
  return [
    el("p", { class: "legend-title", text: `${t("enterprises")} · ${scopeText(known.scope)} · ${known.year}` }),
    ...[...new Set(shown)].map((value) => {
      const ring = el("span", { class: "ring", "aria-hidden": "true" });
      ring.style.width = ring.style.height = `${2 * scale * Math.sqrt(value)}px`;
      return el("p", {}, el("span", { class: "ring-room" }, ring), tonnes(value));
    }),
  ];
}

// --- The lists

const colourOf = (value, shown) => {
  const entries = (facts["blueatlas:legend"] ?? []).filter((item) => item.level === shown.level);
  const known = entries.filter((item) => item.from !== undefined);
  return (value === undefined ? null : known.filter((item, index) => index === 0 || value >= item.from).at(-1)?.color) ?? entries.at(-1)?.color;
};

/** Places of the level that is shown, largest first; enterprises of the window, largest first. */
export async function showCarbonList() {
  forget("window");
  const shown = level();
  // Places know no scopes, enterprises no metric.
  const [ofPlaces, ofEnterprises] = ["scope", "metric"].map((name) => {
    const query = new URLSearchParams(filterQuery());
    query.delete(name);
    return query;
  });
  ofPlaces.set("level", shown.level);
  ofEnterprises.set("limit", 8);
  try {
    const [places, enterprises] = await Promise.all([
      get(`/v1/carbon/places?${ofPlaces}`, "list"),
      get(`/v1/carbon/enterprises?bbox=${windowText()}&${ofEnterprises}`, "window"),
    ]);
    if (state.map !== "carbon") return;
    const title = [term(places.metric), t(`level_${places.level}`), places.year].filter(Boolean).join(" · ");
    // Said once where it holds for all, else of each.
    const areInvented = places.places.every((item) => item.value === undefined || item.synthetic);
    byId("list").replaceChildren(
      el("h2", {}, title, " ", invented({ synthetic: areInvented && places.places.length > 0 })),
      places.places.length
        ? el("ol", { class: "entries ranked" }, places.places.map((item) => placeEntry(item, shown, !areInvented)))
        : el("p", { class: "said", text: t("noFigures") }),
      places.places_without_value ? el("p", { class: "said", text: t("withoutFigure", count(places.places_without_value)) }) : "",
      el("h2", { text: [t("largestEnterprises"), scopeText(enterprises.scope), enterprises.year].filter(Boolean).join(" · ") }),
      enterprises.features.length ? el("ol", { class: "entries" }, enterprises.features.map(enterpriseEntry))
        : el("p", { class: "said", text: t("noEnterprises") }));
    byId("announce").textContent = enterprises.numberMatched
      ? t("enterprisesInView", count(enterprises.numberMatched), tonnes(enterprises.co2e_t)) : t("noEnterprises");
  } catch (problem) {
    if (problem.name === "AbortError") return;
    const text = problem.kind === "offline" ? t("offline") : t("failed", problem.message);
    byId("list").replaceChildren(el("p", { class: "note", text }));
    byId("announce").textContent = text;
  }
}

const invented = (item) => (item.synthetic === true ? el("span", { class: "tag", text: t("synthetic") }) : null);

function placeEntry(item, shown, isMixed) {
  const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.backgroundColor = colourOf(item.value, shown);
  return el("li", {}, el("button", { type: "button", class: "entry", "data-place": item.code, onclick: () => open.place(item.code) },
    swatch, el("span", { class: "name", text: named(item) }),
    el("span", { class: "detail" }, isMixed && item.value !== undefined ? invented(item) : null, amount(item.value))));
}

function enterpriseEntry({ properties: values }) {
  const details = [tonnes(values.co2e_t), industryName(values.industry ?? ""), verifiedText(values.verified)];
  return el("li", {}, el("button", { type: "button", class: "entry", "data-id": values.id, onclick: () => open.factory(String(values.id)) },
    el("span", { class: "mark enterprise", "aria-hidden": "true" }), el("span", { class: "name", text: named(values) }),
    el("span", { class: "detail", text: details.filter(Boolean).join(" · ") })));
}

const verifiedText = (verified) => (verified === undefined ? "" : t(verified ? "verifiedYes" : "verifiedNo"));

// --- The panel of a place

/** Shows a place in the panel. `on` has: close(), show(bbox). */
export async function showPlace(code, on) {
  const article = byId("factory");
  const back = el("button", { type: "button", class: "quiet back", text: `← ${t("back")}`, onclick: on.close });
  let place;
  try {
    place = await get(`/v1/carbon/places/${encodeURIComponent(code)}${state.metric ? `?metric=${state.metric}` : ""}`, "factory");
  } catch (problem) {
    if (problem.name === "AbortError") return;
    const text = problem.status === 404 ? t("placeNotFound", code) : problem.kind === "offline" ? t("offline") : t("failed", problem.message);
    article.replaceChildren(back, el("p", { class: "note", role: "alert", text }));
    return;
  }
  const other = inChinese() ? place.name_en : place.name_zh;
  const known = place.years.filter((item) => item.value !== undefined);
  const shown = place.years.find((item) => String(item.year) === state.year) ?? known.at(-1) ?? place.years.at(-1);
  article.replaceChildren(
    back, el("h2", { text: named(place) }),
    other && other !== named(place) ? el("p", { class: "other-name", text: other, lang: inChinese() ? "en" : "zh" }) : "",
    shown ? headline(shown) : el("p", { class: "said", text: t("noFigures") }),
    el("div", { class: "tools" }, el("button", { type: "button", text: t("onMap"), onclick: () => on.show(place.bbox) })),
    shown ? figures(shown) : "", shown?.energy_tce ? mix(shown) : "", known.length > 1 ? series(known) : "",
    shown ? sources(place, shown) : "");
}

const headline = (shown) =>
  el("section", { class: "headline" }, el("p", { class: "said", text: `${term(metric())} · ${shown.year}` }),
    el("p", { class: "figure", text: amount(shown.value) }), shown.value === undefined ? null : invented(shown));

function figures(shown) {
  const rows = [];
  const add = (label, text) => rows.push(el("dt", { text: label }), el("dd", { text }));
  for (const name of ["co2", "co2_per_head", "co2_per_gdp"]) {
    const value = shown[name === "co2" ? "co2_t" : name];
    if (value !== undefined) add(term(name), amount(value, name));
  }
  if (shown.energy_tce?.total !== undefined) add(term("energy"), amount(shown.energy_tce.total, "energy"));
  if (shown.population !== undefined) add(t("population"), count(shown.population));
  if (shown.gdp_cny !== undefined) add(t("gdp"), money(shown.gdp_cny));
  return el("dl", { class: "figures" }, rows);
}

function mix(shown) {
  const known = energies.filter((kind) => shown.energy_tce[kind] !== undefined);
  const total = known.reduce((sum, kind) => sum + shown.energy_tce[kind], 0);
  if (!total) return "";
  const bar = el("div", { class: "mix", "aria-hidden": "true" }, known.map((kind) => {
    const part = el("span", { class: `energy ${kind}` });
    part.style.width = `${(shown.energy_tce[kind] / total) * 100}%`;
    return part;
  }));
  return el("section", {}, el("h3", { text: `${t("energyMix")} · ${shown.year}` }), bar, el("dl", { class: "figures" }, known.flatMap((kind) => [
    el("dt", {}, el("span", { class: `energy dot ${kind}`, "aria-hidden": "true" }), term(kind)),
    el("dd", { text: `${digits((shown.energy_tce[kind] / total) * 100, { maximumFractionDigits: 1 })} % · ${weight(shown.energy_tce[kind], "tce")}` }),
  ])));
}

function series(known) {
  const most = Math.max(...known.map((item) => item.value)) || 1;
  return el("section", {}, el("h3", { text: t("byYear", term(metric())) }),
    el("table", { class: "series" }, el("tbody", {}, known.map((item) => {
      const bar = el("span", { class: item.synthetic ? "bar invented" : "bar" });
      bar.style.width = `${(item.value / most) * 100}%`;
      return el("tr", {}, el("th", { scope: "row", text: item.year }), el("td", { class: "wide", "aria-hidden": "true" }, bar),
        el("td", { class: "number" }, amount(item.value)), el("td", {}, invented(item)));
    }))));
}

function sources(place, shown) {
  const lines = new Map();
  for (const [name, from] of Object.entries(shown.sources)) {
    const key = [from.source, from.edition].filter(Boolean).join(", ");
    const line = lines.get(key) ?? { names: [], synthetic: from.synthetic };
    line.names.push(name === "co2" || energies.includes(name) ? term(name) : t(name));
    lines.set(key, line);
  }
  const others = place.other_sources.filter((item) => item.year === shown.year);
  return el("section", {}, el("h3", { text: `${t("sources")} · ${shown.year}` }),
    el("ul", { class: "sources" }, [...lines].map(([key, line]) =>
      el("li", {}, line.names.join(inChinese() ? "、" : ", "), inChinese() ? "：" : ": ", key, " ", invented(line)))),
    others.length ? el("p", { class: "said", text: t("otherSources") }) : null,
    others.length ? el("ul", { class: "sources" }, others.map((item) => el("li", {},
      `${item.metric === "co2" || energies.includes(item.metric) ? term(item.metric) : t(item.metric)} ${otherAmount(item)} · ${[item.source, item.edition].filter(Boolean).join(", ")} `,
      invented(item)))) : null);
}

const otherAmount = ({ metric: name, value }) =>
  name === "co2" ? weight(value, "t") : energies.includes(name) ? weight(value, "tce") : count(value);

// --- The panel of an enterprise

/** What an enterprise emitted, by year and scope. */
export function emissions(list) {
  if (!list?.length) return "";
  const shown = list.filter((item) => item.on_map).sort((a, b) => b.year - a.year);
  const cell = (value) => el("td", { class: "number", text: value === undefined ? "–" : count(Math.round(value)) });
  const methods = [...new Set(shown.map((item) => item.method).filter(Boolean))];
  const named = [...new Map(list.map((item) => [[item.source, item.edition].filter(Boolean).join(", "), item])).entries()];
  return el("section", { id: "emissions" }, el("h3", { text: t("emissions") }),
    el("table", {},
      el("thead", {}, el("tr", {}, [t("year"), t("scope1"), t("scope2"), t("scope3"), t("verification")].map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, shown.map((item) => el("tr", {}, el("th", { scope: "row", text: item.year }), cell(item.scope1_t), cell(item.scope2_t),
        cell(item.scope3_t), el("td", { text: verifiedText(item.verified) || "–" }))))),
    methods.length ? el("p", { class: "detail", text: `${t("method")}: ${methods.join("; ")}` }) : null,
    named.map(([key, item]) => el("p", { class: "detail" }, `${t("source")}: ${key} `, invented(item))));
}
