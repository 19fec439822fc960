// search.js: search as one types: a combobox (WAI-ARIA) whose list shows factories, places and brands with what matched.

import { byId, el, marked, settled } from "./dom.js";
import { forget, get } from "./api.js";
import { count, named, t, term } from "./text.js";
import { industryName } from "./names.js";

/**
 * Makes an input and a list into a combobox. `how` has: slot; ask(text), the address of an answer; options(answer, text), its entries,
 * each { content, choose, group }; found(answer), words for screen readers.
 */
export function combobox(input, list, how) {
  let entries = [];
  let active = -1;
  let shown = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const setActive = (index) => {
    active = index;
    [...list.querySelectorAll("[role=option]")].forEach((option, position) => {
      option.setAttribute("aria-selected", String(position === index));
      if (position === index) {
        option.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", option.id);
      }
    });
  };
  const choose = (index) => {
    const entry = entries[index];
    if (!entry) return;
    close();
    entry.choose();
  };
  const say = (text) => {
    entries = [];
    list.replaceChildren(el("p", { class: "said", text }));
    list.hidden = false;
    input.setAttribute("aria-expanded", "false");
  };
  const show = (answer, text) => {
    entries = how.options(answer, text);
    active = -1;
    input.removeAttribute("aria-activedescendant");
    if (!entries.length) return say(t("noResults", text));
    const rows = [];
    let group = null;
    entries.forEach((entry, index) => {
      if (entry.group && entry.group !== group) rows.push(el("div", { class: "group", role: "presentation", text: entry.group }));
      group = entry.group;
      rows.push(el("div", { role: "option", id: `${list.id}-${index}`, "aria-selected": "false",
        onmousedown: (event) => event.preventDefault(), onclick: () => choose(index) }, entry.content));
    });
    if (how.more) rows.push(how.more(answer));
    list.replaceChildren(...rows.filter(Boolean));
    list.hidden = false;
    list.scrollTop = 0;
    input.setAttribute("aria-expanded", "true");
    return how.found?.(answer);
  };
  const ask = async () => {
    const text = input.value.trim();
    shown = text;
    if (!text) {
      forget(how.slot);
      return close();
    }
    try {
      const answer = await get(how.ask(text), how.slot);
      if (shown === text && document.activeElement === input) show(answer, text);
    } catch (problem) {
      if (problem.name !== "AbortError") say(problem.kind === "offline" ? t("offline") : t("failed", problem.message));
    }
    return undefined;
  };
  const soon = settled(90, ask);

  input.addEventListener("input", soon);
  input.addEventListener("focus", () => { if (input.value.trim() && list.hidden) ask(); });
  input.addEventListener("blur", () => setTimeout(close, 0));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!entries.length || list.hidden) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((active + step + entries.length) % entries.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!list.hidden && entries.length) choose(Math.max(active, 0));
      else ask();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
}

/** `on` has: factory(hit), place(hit), brand(hit). */
export function startSearch(on) {
  byId("search").addEventListener("submit", (event) => event.preventDefault());
  combobox(byId("query"), byId("suggestions"), {
    slot: "search",
    ask: (text) => `/v1/search?limit=8&q=${encodeURIComponent(text)}`,
    options: (found) => [
      ...found.places.slice(0, 4).map((place) => ({ group: t("places"), choose: () => on.place(place), content: placeEntry(place) })),
      ...found.brands.slice(0, 4).map((brand) => ({ group: t("brands"), choose: () => on.brand(brand), content: brandEntry(brand) })),
      ...found.factories.map((hit) => ({ group: t("factories"), choose: () => on.factory(hit), content: factoryEntry(hit) })),
    ],
    more: (found) => {
      if (found.numberMatched <= found.factories.length) return null;
      const number = found.numberMatchedIsAtLeast ? t("andMore", count(found.numberMatched)) : count(found.numberMatched);
      return el("p", { class: "said", text: t("moreMatches", number) });
    },
    found: (found) => {
      const number = found.numberMatchedIsAtLeast ? t("andMore", count(found.numberMatched)) : count(found.numberMatched);
      byId("announce").textContent = t("resultsFound", number, found.places.length, found.brands.length);
    },
  });
}

function factoryEntry(hit) {
  const shown = hit.match.text;
  const own = named(hit);
  const detail = [term(hit.status)];
  if (hit.industry) detail.push(industryName(hit.industry));
  const reason = { former_name: t("matchedFormer"), credit_code: t("matchedCode"), id: "ID" }[hit.match.field];
  const match = marked(shown, hit.match.ranges);
  return [
    el("span", { class: `mark ${hit.status}`, "aria-hidden": "true" }),
    el("span", { class: "name" }, own === shown ? match : own),
    el("span", { class: "detail" }, detail.join(" · "), own === shown ? null : [" · ", reason ? `${reason} ` : "", match]),
  ];
}

function placeEntry(place) {
  return [
    el("span", { class: "mark place", "aria-hidden": "true" }),
    el("span", { class: "name" }, marked(place.name_zh, place.match.ranges)),
    el("span", { class: "detail", text: [...place.within, t("factoriesHere", count(place.factories))].join(" · ") }),
  ];
}

function brandEntry(brand) {
  return [
    el("span", { class: "mark brand", "aria-hidden": "true" }),
    el("span", { class: "name", text: named(brand) }),
    el("span", { class: "detail", text: t("suppliers", count(brand.suppliers)) }),
  ];
}
