// style.js: the server's style of a map, with this page's filters on its tiles. The first is asked for before the map library has come.

import { filterQuery, state } from "./state.js";
import { get } from "./api.js";

/** Parameters that this page sets on tiles; others in a style's own addresses stay. */
const ours = ["status", "industry", "category", "brand", "from", "to", "min_severity", "metric", "year"];
/** What a vector source may say of a TileJSON. */
const told = ["tiles", "minzoom", "maxzoom", "bounds", "attribution"];

/** The filters as query parameters of a tile's or TileJSON's address. */
export function withFilters(address) {
  const [path, query = ""] = address.split("?");
  const parameters = new URLSearchParams(query);
  for (const name of ours) parameters.delete(name);
  for (const [name, value] of new URLSearchParams(filterQuery())) parameters.set(name, value);
  const text = parameters.toString().replaceAll("%2C", ",");
  return text ? `${path}?${text}` : path;
}

export const isFiltered = (address) => new URL(address, location.href).pathname.startsWith(`/tiles/${state.map}`);

/** The style of the map that the state names, in the language of the page; that of the carbon map with metric and year: its colours follow from them. */
export function getStyle() {
  const query = state.map === "carbon" ? filterQuery() : "";
  return get(`/styles/${state.map}.json?lang=${state.lang}${query && `&${query}`}`, "style");
}

/** The style with the filters set, and with what its TileJSONs say in it: the map then asks for tiles at once. */
export async function getFilteredStyle() {
  const style = await getStyle();
  await Promise.all(Object.entries(style.sources).map(async ([name, source]) => {
    if (source.type !== "vector" || !source.url) return;
    const tileJSON = await get(isFiltered(source.url) ? withFilters(source.url) : source.url, `style ${name}`);
    delete source.url;
    for (const key of told) if (tileJSON[key] !== undefined) source[key] = tileJSON[key];
  }));
  return style;
}

let first = null;

/** Asks for the style of the first map. */
export function prefetchStyle() {
  const asked = { style: null, coming: getFilteredStyle() };
  asked.coming.then((style) => (asked.style = style), () => {});
  first = asked;
}

/**
 * Waits for the first style, but not long: without it the page starts all the same. The library's workers start meanwhile: they need the
 * main thread for it, which the map's making then holds for long.
 */
export async function firstStyleOrPatience() {
  window.maplibregl?.prewarm();
  const patience = (time) => new Promise((done) => setTimeout(done, time));
  await Promise.all([patience(40), Promise.race([first.coming.catch(() => {}), patience(300)])]);
}

/** The first style when it is there, once. */
export function takeReadyStyle() {
  const style = first?.style ?? null;
  if (style) first = null;
  return style;
}

/** The first style, when it was not taken; any other is asked for. */
export function takeStyle() {
  const coming = first?.coming;
  first = null;
  return coming ?? getFilteredStyle();
}
