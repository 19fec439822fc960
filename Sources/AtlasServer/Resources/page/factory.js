// factory.js: everything about one factory: its status and why, who is responsible, its brands, its records with their sources.

import { byId, el, outsideLink } from "./dom.js";
import { get } from "./api.js";
import { state } from "./state.js";
import { count, distance, named, t, term } from "./text.js";
import { industryName } from "./names.js";
import { emissions } from "./carbon.js";
import { monitoring } from "./monitoring.js";
import { history } from "./history.js";

/**
 * Shows a factory in the panel. `on` has: loaded(coordinates, { name, status }), close(), show(coordinates), brand(id).
 * Returns whether there is such a factory.
 */
export async function showFactory(id, on) {
  const article = byId("factory");
  const back = el("button", { type: "button", class: "quiet back", text: `← ${t("back")}`, onclick: on.close });
  let feature;
  try {
    feature = await get(`/v1/factories/${encodeURIComponent(id)}`, "factory");
  } catch (problem) {
    if (problem.name === "AbortError") return false;
    const text = problem.status === 404 ? t("notFound", id) : problem.kind === "offline" ? t("offline") : t("failed", problem.message);
    article.replaceChildren(back, el("p", { class: "note", role: "alert", text }));
    return false;
  }
  const values = feature.properties;
  const other = state.lang === "en" ? values.name_zh : values.name_en;
  const name = named(values);
  const coordinates = feature.geometry.coordinates;
  article.replaceChildren(
    back,
    el("h2", { id: "factory-name", text: name }),
    other && other !== name ? el("p", { class: "other-name", text: other, lang: state.lang === "en" ? "zh" : "en" }) : "",
    status(values, feature.as_of),
    el("div", { class: "tools" },
      el("button", { type: "button", text: t("onMap"), onclick: () => on.show(coordinates) }), copyButton()),
    facts(values),
    emissions(values.emissions),
    values.key_monitored ? monitoring(id) : "",
    brands(values.brands ?? [], on.brand),
    records(values.records),
  );
  on.loaded(coordinates, { name, status: values.status });
  return true;
}

function status(values, asOf) {
  const reason = values.reason?.[state.lang === "en" ? "en" : "zh"];
  const differs = values.map_status && values.map_status !== values.status;
  return el("section", { class: `status ${values.status}`, "aria-label": t("status") },
    el("p", { class: "badge" }, el("span", { class: `mark ${values.status}`, "aria-hidden": "true" }), term(values.status)),
    reason ? el("p", { class: "why", text: reason }) : null,
    differs ? el("p", { class: "detail", text: t("statusOnMap", term(values.map_status), asOf) }) : null);
}

function copyButton() {
  const button = el("button", { type: "button", class: "quiet", text: t("copyLink") });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      byId("announce").textContent = t("copied");
      button.textContent = t("copied");
    } catch {
      prompt(t("copyLink"), location.href);
    }
  });
  return button;
}

function facts(values) {
  const rows = [];
  const add = (label, ...content) => rows.push(el("dt", { text: label }), el("dd", {}, content));
  if (values.industry) add(t("industry"), `${industryName(values.industry)} (${values.industry})`);
  if (values.key_monitored) add(t("keyMonitored"), "✓");
  if (values.credit_code) add(t("creditCode"), el("code", { text: values.credit_code }));
  if (values.former_name) add(t("formerName"), values.former_name);
  if (values.address) add(t("address"), values.address);
  if (values.county_code) {
    const place = el("span", { text: values.county_code });
    const agency = el("span", { text: t("agencyOf", values.county_code) });
    add(t("place"), place);
    add(t("agency"), agency, el("br"), el("span", { class: "detail", text: t("hotline", t("hotlines")) }));
    nameCounty(values, place, agency);
  }
  const accuracy = values.accuracy_m;
  if (accuracy >= 1) add(t("position"), t("accuracy", distance(accuracy)));
  return el("dl", {}, rows);
}

/** Puts the names of county, prefecture and province in place of the code. */
async function nameCounty(values, place, agency) {
  const known = values.agency?.[state.lang] ?? values.agency?.name_zh;
  if (typeof known === "string") agency.textContent = known;
  try {
    const ask = async (code) => (await get(`/v1/search?kind=place&limit=1&q=${encodeURIComponent(code)}`)).places[0];
    const code = String(values.county_code);
    const exact = await ask(code);
    // Codes change: a county that the table does not know is at least in a prefecture that it knows.
    const county = exact ?? (await ask(`${code.slice(0, 4)}00`));
    if (!county) return;
    const whole = [...county.within, county.name_zh].join(" ");
    place.textContent = exact ? whole : `${whole} (${code})`;
    if (typeof known !== "string") agency.textContent = t("agencyOf", [...county.within.slice(-1), county.name_zh].join(""));
  } catch {
    // The code stays.
  }
}

function brands(list, open) {
  if (!list.length) return "";
  return el("section", {}, el("h3", { text: t("brandsOf", count(list.length)) }),
    el("ul", { class: "brands" }, list.map((brand) => {
      if (typeof brand === "string") return el("li", { text: brand });
      const detail = [term(brand.kind), brand.since ? t("since", brand.since) : "", brand.until ? t("until", brand.until) : ""];
      return el("li", {}, el("button", { type: "button", class: "quiet", text: named(brand), onclick: () => open(brand.id) }), " ", el("span", { class: "detail", text: detail.filter(Boolean).join(" · ") }));
    })));
}

function records(list) {
  if (!list) return el("p", { class: "note", text: t("noDetails") });
  const newestFirst = [...list].sort((a, b) => (a.published < b.published ? 1 : -1));
  return el("section", {}, el("h3", { text: t("records", count(list.length)) }),
    list.length ? el("ol", { class: "records" }, newestFirst.map(record)) : el("p", { class: "said", text: t("noRecords") }));
}

function record(item) {
  const head = [term(item.kind), term(item.category), item.rating ? term(item.rating) : ""].filter(Boolean).join(" · ");
  const measures = [item.measure ? term(item.measure) : "", item.fine_cny ? t("fineOf", count(item.fine_cny)) : "", t("severity", item.severity)];
  const tags = [el("span", { class: `tag ${item.state}`, text: term(item.state) })];
  if (item.decides_status) tags.push(el("span", { class: "tag decides", text: t("decides") }));
  if (item.superseded) tags.push(el("span", { class: "tag", text: t("superseded") }));
  else if (item.counts === false) tags.push(el("span", { class: "tag", text: t("notCounted") }));
  if (item.correction?.relapsed) tags.push(el("span", { class: "tag standing", text: t("relapsed") }));
  const rows = [];
  const add = (label, content) => { if (content) rows.push(el("dt", { text: label }), el("dd", {}, content)); };
  add(t("authority"), item.authority);
  add(t("document"), item.document_number);
  add(t("regulation"), item.regulation);
  add(t("source"), item.source_url ? outsideLink(item.source_url) : t("noSource"));
  return el("li", { class: item.counts === false || item.superseded ? "past" : null },
    el("p", { class: "head" }, el("time", { datetime: item.published, text: item.published }), " ", el("strong", { text: head })),
    el("p", {}, tags),
    el("p", { class: "detail", text: measures.filter(Boolean).join(" · ") }),
    item.text ? el("p", { class: "said-in-record", text: item.text }) : null,
    el("dl", {}, rows),
    history(item));
}
