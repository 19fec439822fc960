// brand.js: the page of a brand: its logo, its published suppliers by status, place and industry, and the list of them, the worst first.

import { byId, el, outsideLink } from "./dom.js";
import { get } from "./api.js";
import { state } from "./state.js";
import { count, named, t, term } from "./text.js";
import { industryName } from "./names.js";
import { item } from "./list.js";

/**
 * Shows a brand in the panel. `on` has: close(), factory(id), show(bbox), loaded(brand).
 * Returns whether there is such a brand on the map.
 */
export async function showBrand(id, on) {
  const article = byId("brand");
  const back = el("button", { type: "button", class: "quiet back", text: `← ${t("back")}`, onclick: on.close });
  let brand;
  try {
    brand = await get(`/v1/brands/${encodeURIComponent(id)}?limit=50`, "about");
  } catch (problem) {
    if (problem.name === "AbortError") return false;
    const text = problem.status === 404 ? t("noBrand", id) : problem.kind === "offline" ? t("offline") : t("failed", problem.message);
    article.replaceChildren(back, el("p", { class: "note", role: "alert", text }));
    return false;
  }
  const name = named(brand);
  const other = state.lang === "en" ? brand.name_zh : brand.name_en;
  article.replaceChildren(
    back,
    el("div", { class: "brand-head" },
      el("img", { src: `/v1/brands/${encodeURIComponent(id)}/logo.png`, alt: "", width: 64, height: 64 }),
      el("div", {}, el("h2", { text: name }),
        other && other !== name ? el("p", { class: "other-name", text: other, lang: state.lang === "en" ? "zh" : "en" }) : null)),
    el("p", { class: "total" }, el("strong", { text: t("suppliers", count(brand.suppliers)) }), " ", el("span", { class: "detail", text: t("publishedOnly") })),
    statuses(brand),
    el("div", { class: "tools" }, el("button", { type: "button", text: t("showSuppliers"), onclick: () => on.show(brand.bbox) })),
    facts(brand),
    bars(t("byProvince"), brand.provinces.map((place) => [named({ ...place, id: place.code }), place.suppliers]), brand.suppliers),
    bars(t("byIndustry"), brand.industries.map((entry) => [industryName(entry.code), entry.suppliers]), brand.suppliers),
    suppliers(brand, on));
  on.loaded(brand);
  return true;
}

/** How many suppliers have each status: one bar, and the same in words. */
function statuses(brand) {
  const present = Object.entries(brand.statuses).filter(([, number]) => number > 0);
  const bar = el("div", { class: "stack", "aria-hidden": "true" }, present.map(([name, number]) => {
    const part = el("span", { class: name });
    part.style.flexGrow = number;
    return part;
  }));
  return el("section", { "aria-label": t("status") }, bar, el("ul", { class: "counts" }, present.map(([name, number]) =>
    el("li", {}, el("span", { class: `mark ${name}`, "aria-hidden": "true" }), `${term(name)} `, el("strong", { text: count(number) })))));
}

function facts(brand) {
  const rows = [];
  const add = (label, content) => { if (content) rows.push(el("dt", { text: label }), el("dd", {}, content)); };
  const listed = (counts, word) => Object.entries(counts ?? {}).map(([key, number]) => `${word(key)} ${count(number)}`).join(" · ");
  add(t("sector"), brand.sector);
  add(t("kinds"), listed(brand.kinds, term));
  add(t("tiers"), listed(brand.tiers, (tier) => t("tier", tier)));
  add(t("website"), brand.website ? outsideLink(brand.website) : null);
  add(t("source"), brand.source ? outsideLink(brand.source) : null);
  return el("dl", {}, rows);
}

/** The first few of a list of [name, number], as bars. */
function bars(title, entries, total) {
  if (!entries.length) return "";
  const largest = entries[0][1];
  return el("section", {}, el("h3", { text: title }), el("ul", { class: "bars" }, entries.slice(0, 8).map(([name, number]) => {
    const bar = el("i", { "aria-hidden": "true" });
    bar.style.width = `${Math.max((number / largest) * 100, 2)}%`;
    const share = new Intl.NumberFormat("en", { style: "percent" }).format(number / total);
    return el("li", {}, el("span", { class: "name", text: name }), el("span", { class: "detail", text: `${count(number)} · ${share}` }), bar);
  })));
}

function suppliers(brand, on) {
  const entry = (factory) => item({ properties: factory }, on.factory);
  const list = el("ol", { class: "entries" }, brand.factories.map(entry));
  const section = el("section", {}, el("h3", { text: t("worstFirst") }), list);
  const more = (page) => {
    const next = page.links?.find((link) => link.rel === "next");
    if (!next) return;
    const button = el("button", { type: "button", text: t("showMore") });
    button.addEventListener("click", async () => {
      const address = new URL(next.href, location.href);
      const following = await get(address.pathname + address.search, "about").catch(() => null);
      if (!following) return;
      const entries = following.factories.map(entry);
      list.append(...entries);
      button.remove();
      more(following);
      entries[0]?.querySelector("button").focus();
    });
    section.append(button);
  };
  more(brand);
  return section;
}
