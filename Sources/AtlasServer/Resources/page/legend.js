// legend.js: what the map's signs mean. The statuses stand above the map, as buttons; here is the rest: clusters, and the colours of the
// carbon map, which its style lists in its metadata.

import { byId, el } from "./dom.js";
import { state } from "./state.js";
import { t } from "./text.js";
import { carbonLegend } from "./carbon.js";
import { exceedingEntry } from "./monitoring.js";

let entries = [];
let changed = () => {};

/** What to call when a person changes what the legend offers. */
export const startLegend = (action) => { changed = action; };

/** Shows the legend of a style; without one, that of the last in the language of the page. */
export function showLegend(style) {
  if (style !== undefined) {
    const listed = style?.metadata?.["blueatlas:legend"];
    entries = Array.isArray(listed) ? listed.filter((item) => typeof item?.color === "string") : [];
  }
  const legend = byId("legend");
  legend.hidden = state.map === "carbon" && !entries.length;
  legend.setAttribute("aria-label", t("legend"));
  const blueLegend = () => [cluster(), exceedingEntry(changed) ?? ""];
  legend.replaceChildren(...({ carbon: carbonLegend, "supply-chain": () => [ring(), more(), cluster()] }[state.map] ?? blueLegend)());
}

const ring = () => el("p", {}, el("span", { class: "logo-ring", "aria-hidden": "true", text: "B" }), t("ringLegend"));

const more = () => el("p", {}, el("span", { class: "plus", "aria-hidden": "true", text: "+2" }), t("moreLegend"));

const cluster = () =>
  el("p", {}, el("span", { class: "circles", "aria-hidden": "true" }, el("i"), el("i"), el("i")), t("clusterLegend"));
