// filters.js: the controls that narrow what the map and the lists show. Every change acts at once.

import { byId, el } from "./dom.js";
import { categories, filterCount, scopes, state, statuses } from "./state.js";
import { count, named, scopeText, t, term } from "./text.js";
import { industryName, sections } from "./names.js";
import { get } from "./api.js";
import { combobox } from "./search.js";

/** Names of brands that were seen, by id. */
const brandNames = new Map();

export function rememberBrand(brand) {
  brandNames.set(brand.id, brand);
}

/** Looks up the names of brands that are only known by id, from a shared address. */
async function nameBrands() {
  const unknown = state.brand.filter((id) => !brandNames.has(id));
  for (const id of unknown) {
    brandNames.set(id, { id });
    const found = await get(`/v1/search?kind=brand&limit=100&q=${encodeURIComponent(id)}`).catch(() => ({ brands: [] }));
    const brand = found.brands.find((item) => item.id === id);
    if (brand) rememberBrand(brand);
  }
  if (unknown.length) showFilters();
}

/** `changed` is called after every change. */
export function startFilters(changed) {
  const bind = (id) => byId(id).addEventListener("change", () => {
    state[id] = byId(id).value;
    changed();
  });
  for (const id of ["industry", "category", "metric", "year", "scope"]) bind(id);
  for (const id of ["from", "to"]) {
    byId(id).addEventListener("change", () => {
      state[id] = byId(id).value;
      // The other end gives way, so that there is never a span that holds nothing.
      if (state.from && state.to && state.from > state.to) state[id === "from" ? "to" : "from"] = state[id];
      changed();
    });
  }
  byId("clear").addEventListener("click", () => {
    Object.assign(state, { status: [], industry: "", category: "", brand: [], from: "", to: "", metric: "", year: "", scope: "" });
    changed();
  });
  byId("statuses").append(
    ...statuses.map((name) =>
      el("button", { type: "button", class: `chip ${name}`, "data-status": name, onclick: () => toggle(name, changed) },
        el("span", { class: `mark ${name}`, "aria-hidden": "true" }), el("span", { class: "word" }))));
  combobox(byId("brand-query"), byId("brand-suggestions"), {
    slot: "brand",
    ask: (text) => `/v1/search?kind=brand&limit=12&q=${encodeURIComponent(text)}`,
    options: (found) => found.brands.map((brand) => ({
      choose: () => {
        rememberBrand(brand);
        byId("brand-query").value = "";
        if (!state.brand.includes(brand.id)) state.brand = [...state.brand, brand.id];
        changed();
      },
      content: [el("span", { class: "name", text: named(brand) }), el("span", { class: "detail", text: t("suppliers", count(brand.suppliers)) })],
    })),
  });
  startFilters.changed = changed;
}

function toggle(name, changed) {
  state.status = state.status.includes(name) ? state.status.filter((other) => other !== name) : [...state.status, name];
  if (state.status.length === statuses.length) state.status = [];
  changed();
}

function options(select, items, value) {
  select.replaceChildren(...items);
  select.value = value;
}

/** What a style says about its map: which metrics and years there are. */
let choices = { metrics: [], years: [] };

export function setChoices(style) {
  const metadata = style?.metadata ?? {};
  const list = (value) => (Array.isArray(value) ? value.map((item) => (typeof item === "object" ? item : { id: String(item) })) : []);
  choices = { metrics: list(metadata["blueatlas:metrics"]), years: list(metadata["blueatlas:years"]) };
  showFilters();
}

/** Sets all controls to the state, in the state's language. */
export function showFilters() {
  const isCarbon = state.map === "carbon";
  for (const element of document.querySelectorAll(".for-factories")) element.hidden = isCarbon;
  for (const element of document.querySelectorAll(".for-carbon")) element.hidden = !isCarbon;
  for (const button of byId("statuses").children) {
    const name = button.dataset.status;
    button.querySelector(".word").textContent = term(name);
    button.setAttribute("aria-pressed", String(state.status.includes(name)));
    button.classList.toggle("off", state.status.length > 0 && !state.status.includes(name));
  }
  const known = sections.some((section) => section.code === state.industry || section.divisions.includes(state.industry));
  options(byId("industry"), [
    el("option", { value: "", text: t("allIndustries") }),
    ...(known || !state.industry ? [] : [el("option", { value: state.industry, text: `${state.industry} ${industryName(state.industry)}` })]),
    ...sections.map((section) => {
      const own = el("option", { value: section.code, text: `${section.code} ${industryName(section.code)}` });
      const parts = section.divisions.map((code) => el("option", { value: code, text: `${code} ${industryName(code)}` }));
      return parts.length ? el("optgroup", { label: industryName(section.code) }, own, parts) : own;
    }),
  ], state.industry);
  options(byId("category"), [
    el("option", { value: "", text: t("allCategories") }), ...categories.map((name) => el("option", { value: name, text: term(name) })),
  ], state.category);
  const entry = (item) => el("option", { value: item.id, text: named(item) === item.id ? term(item.id) : named(item) });
  const metrics = choices.metrics.length ? choices.metrics : ["co2", "co2_per_head", "co2_per_gdp", "energy", "energy_per_head", "coal_share"].map((id) => ({ id }));
  options(byId("metric"), metrics.map(entry), state.metric || metrics[0].id);
  options(byId("year"), [el("option", { value: "", text: t("latestYear") }), ...choices.years.map(entry)], state.year);
  options(byId("scope"), ["", ...scopes].map((value) => el("option", { value, text: scopeText(value || "1,2") })), state.scope);
  byId("from").value = state.from;
  byId("to").value = state.to;
  byId("brands").replaceChildren(...state.brand.map((id) => {
    const name = named(brandNames.get(id) ?? { id });
    const remove = () => {
      state.brand = state.brand.filter((other) => other !== id);
      startFilters.changed();
    };
    return el("li", {}, el("span", { text: name }),
      el("button", { type: "button", class: "quiet", "aria-label": t("removeBrand", name), text: "✕", onclick: remove }));
  }));
  const set = filterCount();
  byId("filter-count").textContent = set ? t("filtersSet", set) : "";
  byId("clear").hidden = set === 0;
  nameBrands();
}
