// style.js: the server's style of a map, with this page's filters on its tiles. The first is asked for before the map library has come.

import { filterQuery, state } from "./state.js";
import { get } from "./api.js";

/** Parameters that this page sets on tiles; others in a style's own addresses stay. */
const ours = ["status", "industry", "category", "brand", "from", "to", "min_severity", "metric", "year", "scope"];
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
export const getStyle = () => get(styleAddress(), "style");

function styleAddress() {
  const query = state.map === "carbon" ? filterQuery() : "";
  return `/styles/${state.map}.json?lang=${state.lang}${query && `&${query}`}`;
}

/** The style with the filters set, and with what its TileJSONs say in it: the map then asks for tiles at once. */
async function getFilteredStyle() {
  const style = setFilters(await getStyle());
  await Promise.all(Object.entries(style.sources).map(async ([name, source]) => {
    if (source.type !== "vector" || !source.url) return;
    try {
      const tileJSON = await get(source.url, `style ${name}`);
      for (const key of told) if (tileJSON[key] !== undefined) source[key] = tileJSON[key];
      delete source.url;
    } catch (problem) {
      // The map asks again itself, draws what else there is, and says what went wrong.
      if (problem.name === "AbortError") throw problem;
    }
  }));
  return style;
}

/** Sets the filters as they are now: they may have been changed while the style was on its way. */
export function setFilters(style) {
  const filtered = (address) => (isFiltered(address) ? withFilters(address) : address);
  for (const source of Object.values(style.sources)) {
    if (source.tiles) source.tiles = source.tiles.map(filtered);
    if (source.url) source.url = filtered(source.url);
  }
  return style;
}

let first = null;

/** Asks for the style of the first map. */
export function prefetchStyle() {
  const asked = { address: styleAddress(), style: null, coming: getFilteredStyle() };
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

/** What was asked for first, once, if it is still what the state names. */
function takeFirst() {
  const asked = first?.address === styleAddress() ? first : null;
  first = null;
  return asked;
}

/** The first style when it is there. */
export function takeReadyStyle() {
  if (!first?.style) return null;
  const style = takeFirst()?.style;
  return style ? setFilters(style) : null;
}

/** The first style, when it was not taken; any other is asked for. */
export const takeStyle = () => takeFirst()?.coming ?? getFilteredStyle();
