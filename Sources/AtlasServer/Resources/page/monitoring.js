// monitoring.js: a factory's latest readings with their limits, two days of one item as a chart with its table, and the factories that exceed a
// limit now on the map. A server without a live registry has none of it; then nothing is shown.

import { byId, el } from "./dom.js";
import { get } from "./api.js";
import { libraryMap } from "./map.js";
import { state } from "./state.js";
import { t } from "./text.js";

const itemName = (item) => (state.lang === "en" ? item.name : item.name_zh);
const unitOf = (item) => (item.unit === "-" ? "" : item.unit.replace("m3", "m³").replace("ug", "µg"));
const hourText = (hour) => hour.slice(5, 16).replace("T", " ");
const limitText = (item) => (item.lower_limit !== undefined ? `${item.lower_limit}–${item.limit}` : item.limit !== undefined ? `≤ ${item.limit}` : "");

/** What stands beside a value: its flag, or by how much it is over. */
function remark(item) {
  if (item.flag) return t(item.flag);
  if (!item.exceeds) return "";
  return item.multiple === undefined ? t("exceeds") : t("exceedsBy", item.multiple.toFixed(2));
}

/** A section that fills itself; it stays empty where there are no readings. */
export function monitoring(id) {
  const section = el("section", { class: "monitoring", hidden: true });
  get(`/v1/factories/${encodeURIComponent(id)}/monitoring`, "monitoring").then((found) => {
    if (!found.outlets.some((outlet) => outlet.items.some((item) => item.hour))) return;
    const chart = el("div", { class: "chart", "aria-live": "polite" });
    section.append(
      el("h3", { text: t("readings") }),
      el("p", { class: "detail", text: found.exceeding ? t("exceedingSince", hourText(found.since)) : found.fresh ? t("compliesNow") : t("staleReadings") }),
      ...found.outlets.map((outlet) => table(id, outlet, chart)), chart);
    section.hidden = false;
  }).catch(() => {});
  return section;
}

function table(id, outlet, chart) {
  const head = ["item", "value", "limit", "hour"].map((name) => el("th", { scope: "col", text: t(name) }));
  return el("table", { class: "readings" }, el("caption", { text: outlet.name ?? outlet.id }), el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, outlet.items.filter((item) => item.hour).map((item) =>
      el("tr", { class: item.exceeds ? "over" : null },
        el("th", { scope: "row" }, el("button", { type: "button", class: "link", text: itemName(item), onclick: () => show(id, outlet.id, item, chart) })),
        el("td", {}, `${item.value ?? "–"} ${unitOf(item)}`, remark(item) ? el("span", { class: "tag", text: remark(item) }) : null),
        el("td", { text: limitText(item) }), el("td", {}, el("time", { datetime: item.hour, text: hourText(item.hour) }))))));
}

async function show(id, outlet, item, chart) {
  const query = new URLSearchParams({ outlet, pollutant: item.pollutant, to: item.hour });
  try {
    const series = await get(`/v1/factories/${encodeURIComponent(id)}/series?${query}`, "series");
    const title = t("chartOf", itemName(item), unitOf(item));
    const rows = series.hours.map((hour) => el("tr", {}, el("th", { scope: "row", text: hourText(hour.hour) }),
      el("td", { text: hour.value ?? "–" }), el("td", { text: limitText(hour) }), el("td", { text: remark(hour) })));
    chart.replaceChildren(el("figure", {}, el("figcaption", { text: title }), drawing(series.hours, title)),
      el("details", {}, el("summary", { text: t("asTable") }), el("table", { class: "readings" }, el("tbody", {}, rows))));
  } catch (problem) {
    if (problem.name !== "AbortError") chart.replaceChildren(el("p", { class: "note", text: t("failed", problem.message) }));
  }
}

const svg = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

/** The hours as a line that breaks at gaps, the limit dashed, what exceeds or is flagged as marks. */
function drawing(hours, title) {
  const [width, height] = [320, 110];
  const times = hours.map((hour) => Date.parse(hour.hour) / 3.6e6);
  const top = Math.max(...hours.flatMap((hour) => [hour.value ?? 0, hour.limit ?? 0]), 1e-9) * 1.1;
  const [first, last] = [times[0], times[times.length - 1]];
  const x = (time) => 4 + ((time - first) / Math.max(last - first, 1)) * (width - 8);
  const y = (value) => height - 4 - (Math.max(value, 0) / top) * (height - 12);
  let path = "";
  hours.forEach((hour, index) => {
    if (hour.value === null) return;
    const joins = index > 0 && hours[index - 1].value !== null && times[index] - times[index - 1] <= 1;
    path += `${joins ? "L" : "M"}${x(times[index]).toFixed(1)} ${y(hour.value).toFixed(1)}`;
  });
  const limits = [hours.at(-1)?.limit, hours.at(-1)?.lower_limit].filter((limit) => limit !== undefined);
  const marks = hours.map((hour, index) => (hour.value === null || !(hour.exceeds || hour.flag) ? null
    : svg("circle", { cx: x(times[index]).toFixed(1), cy: y(hour.value).toFixed(1), r: 3, class: hour.flag ? "flagged" : "over" })));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    ...limits.map((limit) => svg("path", { class: "limit", d: `M0 ${y(limit).toFixed(1)}H${width}` })),
    svg("path", { class: "values", d: path || "M0 0" }), ...marks.filter(Boolean));
}

// --- Who exceeds now, on the map

let description = null;

/** Asks whether the server knows the monitored factories, and then offers to show those that exceed a limit. */
export async function startExceeding(on) {
  try {
    description = await get("/tiles/monitoring.json");
  } catch {
    return;
  }
  const map = libraryMap();
  if (!map) return;
  map.on("styledata", applyExceeding);
  map.on("click", "page-exceeding", (event) => on.factory(String(event.features[0].properties.id)));
  on.ready();
  applyExceeding();
}

/** The legend's entry; null where there is nothing to show. */
export function exceedingEntry(changed) {
  if (!description) return null;
  const box = el("input", { type: "checkbox", id: "exceeding", checked: state.exceeding !== "" });
  box.addEventListener("change", () => {
    state.exceeding = box.checked ? "1" : "";
    changed();
  });
  return el("p", {}, el("label", {}, box, el("span", { class: "pulse", "aria-hidden": "true" }), t("exceedingNow")));
}

/** Draws them, or takes them away. */
export function applyExceeding() {
  const map = libraryMap();
  if (!map || !description || !map.getSource("page-selected")) return;
  const isShown = Boolean(map.getLayer("page-exceeding"));
  if (isShown === (state.exceeding !== "")) return;
  if (isShown) {
    for (const layer of rings()) map.removeLayer(layer.id);
    map.removeSource("page-monitoring");
    return;
  }
  map.addSource("page-monitoring", { type: "vector", tiles: description.tiles, maxzoom: description.maxzoom });
  for (const layer of rings()) map.addLayer(layer);
}

/** Rings around those that exceed, on a white one that parts them from whatever lies below: what is within shows its status still. */
function rings() {
  const kinds = [
    ["page-exceeding-many", "monitoring_clusters", [">", ["get", "exceeding"], 0], ["interpolate", ["linear"], ["sqrt", ["get", "exceeding"]], 1, 7, 10, 20]],
    ["page-exceeding", "monitoring", ["==", ["get", "exceeding"], true], 11],
  ];
  const ring = (id, sourceLayer, filter, radius, color, width) => ({
    id, type: "circle", source: "page-monitoring", "source-layer": sourceLayer, filter,
    paint: { "circle-opacity": 0, "circle-radius": radius, "circle-stroke-color": color, "circle-stroke-width": width },
  });
  return kinds.flatMap(([id, sourceLayer, filter, radius]) => [
    ring(`${id}-casing`, sourceLayer, filter, radius, "#fff", 4),
    ring(id, sourceLayer, filter, radius, "#b3123f", 2.5),
  ]);
}
