// list.js: the list beside the map: the factories nearest to its centre, those near a person, or those piled up at one point. It is the
// map for whoever does not see it.

import { byId, el } from "./dom.js";
import { forget, get } from "./api.js";
import { filterCount, listQuery, state } from "./state.js";
import { count, distance, named, t, term } from "./text.js";
import { industryName } from "./names.js";
import { position, windowText } from "./map.js";
import { showCarbonList } from "./carbon.js";

let open = () => {};
let leaveNear = () => {};

/** `on` has: factory(id), leaveNear(). */
export function startList(on) {
  open = on.factory;
  leaveNear = on.leaveNear;
}

const announce = (text) => {
  byId("announce").textContent = text;
};

const query = () => {
  const text = listQuery();
  return text ? `&${text}` : "";
};

/** The entry of a factory in a list; `choose` is called with its id. */
export function item(feature, choose = open) {
  const values = feature.properties;
  const facts = [term(values.status)];
  if (values.industry) facts.push(industryName(values.industry));
  if (values.records) facts.push(t("recordCount", count(values.records)));
  if (values.distance_m !== undefined) facts.unshift(distance(values.distance_m));
  return el("li", {}, el("button", { type: "button", class: "entry", "data-id": values.id, onclick: () => choose(String(values.id)) },
    el("span", { class: `mark ${values.status}`, "aria-hidden": "true" }),
    el("span", { class: "name", text: named({ ...values, name_zh: values.name_zh ?? values.name }) }),
    el("span", { class: "detail", text: facts.join(" · ") })));
}

function show(title, features, ...more) {
  byId("list").replaceChildren(el("h2", { text: title }), el("ol", { class: "entries" }, features.map((feature) => item(feature))), ...more);
}

function fail(problem) {
  if (problem.name === "AbortError") return;
  const text = problem.kind === "offline" ? t("offline") : t("failed", problem.message);
  byId("list").replaceChildren(el("p", { class: "note", text }));
  announce(text);
}

/** Shows the list that belongs to the state. */
export async function showList() {
  if (state.map === "carbon") return showCarbonList();
  return state.near ? showNearby() : showCentre();
}

async function showCentre() {
  const { longitude, latitude } = position();
  try {
    const [window, nearest] = await Promise.all([
      get(`/v1/factories?bbox=${windowText()}&limit=1${query()}`, "window"),
      get(`/v1/factories/nearest?lon=${longitude.toFixed(6)}&lat=${latitude.toFixed(6)}&k=25${query()}`, "list"),
    ]);
    const number = window.numberMatched ?? 0;
    announce(number ? t(filterCount() ? "inViewFiltered" : "inView", count(number)) : t("noneInView"));
    show(t("centreTitle"), nearest.features);
  } catch (problem) {
    fail(problem);
  }
}

async function showNearby() {
  const { longitude, latitude, radius } = state.near;
  const span = distance(radius);
  const stop = el("button", { type: "button", class: "quiet", text: t("nearStop"), onclick: leaveNear });
  forget("window");
  try {
    const page = await get(
      `/v1/factories/near?lon=${longitude.toFixed(6)}&lat=${latitude.toFixed(6)}&radius=${Math.round(radius)}&limit=50${query()}`, "list");
    announce(page.numberMatched ? t("nearFound", count(page.numberMatched), span) : t("nearNone", span));
    show(t("nearTitle", span), page.features, moreButton(page), stop);
  } catch (problem) {
    fail(problem);
    byId("list").append(stop);
  }
}

/** Adds the next page below the last entry. */
function moreButton(page) {
  const next = page.links.find((link) => link.rel === "next");
  if (!next) return null;
  const button = el("button", { type: "button", text: t("showMore") });
  button.addEventListener("click", async () => {
    try {
      const following = await get(new URL(next.href).pathname + new URL(next.href).search, "list");
      const entries = following.features.map((feature) => item(feature));
      byId("list").querySelector("ol").append(...entries);
      button.replaceWith(...[moreButton(following)].filter(Boolean));
      entries[0]?.querySelector("button").focus();
    } catch (problem) {
      fail(problem);
    }
  });
  return button;
}

/** Lists features of the map that lie upon each other. */
export function showPile(features) {
  forget("list");
  forget("window");
  const text = t("pileTitle", count(features.length));
  announce(text);
  show(text, features);
  byId("panel").focus();
}
