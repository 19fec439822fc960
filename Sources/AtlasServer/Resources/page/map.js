// map.js: the map itself: takes the server's style as it is, hands the filters to its tiles, and says what was clicked.

import { byId, el } from "./dom.js";
import { listQuery, state } from "./state.js";
import { count, named, t, term } from "./text.js";
import { get } from "./api.js";
import { amount, tonnes } from "./carbon.js";
import { getStyle, isFiltered, setFilters, takeReadyStyle, takeStyle, withFilters } from "./style.js";

/** All of China, for a first visit. */
const china = [[73.5, 17.5], [135.2, 53.8]];
const empty = { type: "FeatureCollection", features: [] };

let map = null;
let handlers = {};
let styleName = null;
let popup = null;
let overlay = { near: empty, selected: empty };
let filterStart = 0;
/** The style that the map was made with, until it has been told of. */
let initial = null;
/** The sprite of the first style, where nothing of it is in the first view. */
let laterSprite = null;
/** Below this zoom no map draws an icon. */
const firstZoomOfIcons = 9.5;

/** Whether there is a map that can be moved. */
export const hasMap = () => map !== null;
export const libraryMap = () => map;

function showMessage(text) {
  const message = byId("map-message");
  message.hidden = !text;
  message.textContent = text ?? "";
}

/**
 * Starts the map. `on` has: moved(), picked(position), factory(id), pile(features), place(code), styled(style), recoloured(style).
 * Nothing happens without the library or WebGL but a word about it.
 */
export function startMap(on) {
  handlers = on;
  if (!window.maplibregl) return showMessage(t("libraryMissing"));
  initial = takeReadyStyle();
  if (initial) {
    styleName = state.map;
    // Decoding a picture takes a tenth of a second where there is no graphics processor.
    if ((state.at?.zoom ?? 0) < firstZoomOfIcons && !state.near && !state.factory) {
      laterSprite = initial.sprite ?? null;
      delete initial.sprite;
    }
  }
  try {
    map = new maplibregl.Map({
      container: "map", style: initial ? withOwnMarks(initial) : { version: 8, sources: {}, layers: [] },
      ...(state.at ? { center: [state.at.longitude, state.at.latitude], zoom: state.at.zoom } : { bounds: china }),
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19, fadeDuration: 0,
      localIdeographFontFamily: "sans-serif", validateStyle: false,
    });
  } catch (error) {
    map = null;
    return showMessage(t("noWebGL"));
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl(), "bottom-left");
  const isNarrow = innerWidth <= 760;
  map.addControl(new maplibregl.AttributionControl({ compact: isNarrow }), "bottom-right");
  // It takes a third of a phone's map: shown for a while, then behind its button, as moving the map does at once.
  if (isNarrow) setTimeout(() => map.getContainer().querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show"), 6000);
  popup = new maplibregl.Popup({ closeButton: false, closeOnClick: false, maxWidth: "280px", className: "tip", offset: 10 });
  map.on("moveend", () => on.moved());
  map.on("click", clicked);
  map.on("mousemove", hovered);
  map.on("mouseout", () => popup.remove());
  map.on("error", failed);
  map.on("styledata", applyOverlays);
  map.on("idle", idle);
  addEventListener("resize", () => map.resize());
}

/** When all is drawn: for tests and measurements. */
function idle() {
  if (!styleName || styleName !== state.map) return;
  document.documentElement.dataset.idle = String(Number(document.documentElement.dataset.idle ?? 0) + 1);
  if (filterStart) {
    performance.measure("filter", { start: filterStart });
    filterStart = 0;
  }
  if (!performance.getEntriesByName("first view").length) performance.measure("first view", { start: 0 });
  if (laterSprite) map.setSprite(laterSprite);
  laterSprite = null;
}

function failed(event) {
  const error = event.error ?? {};
  if (error.name === "AbortError" || error.status === 404) return;
  showMessage(t("mapFailed", error.message ?? ""));
}

/** Shows the map that the state names, with its filters; says so when the server does not have it. */
export async function showMap() {
  if (!map) return undefined;
  const name = state.map;
  const title = { blue: "mapBlue", "supply-chain": "mapSupplyChain", carbon: "mapCarbon" }[name];
  if (initial) {
    const style = initial;
    initial = null;
    return handlers.styled(style);
  }
  let style;
  try {
    style = await takeStyle();
    if (name !== state.map) return undefined;
  } catch (problem) {
    if (problem.name === "AbortError" || name !== state.map) return undefined;
    styleName = null;
    map.setStyle({ version: 8, sources: {}, layers: [] });
    handlers.styled(null);
    const text = problem.status === 404 ? t("mapMissing", t(title)) : problem.status === 503 ? t("mapWaiting")
      : problem.kind === "offline" ? t("offline") : t("mapFailed", problem.message);
    return showMessage(text);
  }
  showMessage(null);
  styleName = name;
  laterSprite = null;
  map.setStyle(withOwnMarks(setFilters(style)), { diff: false });
  return handlers.styled(style);
}

/** Adds what this page draws: the circle around a place, the ring of what is selected. Other colours come at once, not by a fade. */
function withOwnMarks(style) {
  style.transition = { duration: 0, delay: 0 };
  Object.assign(style.sources, { "page-near": geojson(overlay.near), "page-selected": geojson(overlay.selected) });
  style.layers.push(
    { id: "page-near-area", type: "fill", source: "page-near", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": "#0b4f8a", "fill-opacity": 0.07 } },
    { id: "page-near-rim", type: "line", source: "page-near", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "line-color": "#0b4f8a", "line-width": 2, "line-dasharray": [3, 2] } },
    { id: "page-near-centre", type: "circle", source: "page-near", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 6, "circle-color": "#0b4f8a", "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
    { id: "page-selected", type: "circle", source: "page-selected",
      paint: { "circle-radius": 14, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#10202e", "circle-stroke-width": 3 } });
  return style;
}

const geojson = (data) => ({ type: "geojson", data });

/** Hands changed filters to the tiles: what is drawn stays until the new tiles are there. */
export async function applyFilters() {
  if (!map || styleName !== state.map) return;
  filterStart = performance.now();
  // Another metric or year has other colours: with the tiles in one step, or all would be laid out twice.
  if (styleName === "carbon" && !(await recolour())) return;
  for (const [name, description] of Object.entries(map.getStyle()?.sources ?? {})) {
    if (description.type !== "vector") continue;
    const source = map.getSource(name);
    const tiles = source?.tiles;
    if (tiles?.some(isFiltered)) source.setTiles(tiles.map(withFilters));
    else if (description.url && isFiltered(description.url)) source.setUrl(withFilters(description.url));
  }
  showMessage(null);
}

/** The colours and sizes of another metric or year, on the layers that are there. False: they did not come, or another map is shown by now. */
async function recolour() {
  try {
    const style = await getStyle();
    if (styleName !== "carbon" || state.map !== "carbon") return false;
    for (const layer of style.layers) {
      if (layer.source !== "blueatlas" || !map.getLayer(layer.id)) continue;
      for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
    }
    handlers.recoloured(style);
    return true;
  } catch (problem) {
    if (problem.name !== "AbortError") showMessage(t("mapFailed", problem.message));
    return false;
  }
}

/** Asks for the tiles in view again, after their contents have changed: what is drawn stays until they are there. */
export function refreshTiles() {
  if (!map || styleName !== state.map) return;
  for (const [name, description] of Object.entries(map.getStyle()?.sources ?? {})) {
    const source = description.type === "vector" ? map.getSource(name) : null;
    if (source?.tiles?.some((address) => isFiltered(address) || address.includes("/tiles/monitoring/"))) source.setTiles(source.tiles);
  }
}

// --- Where the map looks

export function position() {
  if (!map) return { longitude: 104, latitude: 35.5, zoom: 3.5 };
  const centre = map.getCenter().wrap();
  return { longitude: centre.lng, latitude: Math.max(-85.05, Math.min(85.05, centre.lat)), zoom: map.getZoom() };
}

/** The window that is seen: west, south, east, north. */
export function windowText() {
  if (!map) return "73.5,17.5,135.2,53.8";
  const bounds = map.getBounds();
  const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value));
  const wide = bounds.getEast() - bounds.getWest() >= 360;
  const west = wide ? -180 : clamp(bounds.getWest(), 180);
  const east = wide ? 180 : clamp(bounds.getEast(), 180);
  return [west, clamp(bounds.getSouth(), 90), east, clamp(bounds.getNorth(), 90)].map((value) => value.toFixed(5)).join(",");
}

export function goTo(longitude, latitude, zoom) {
  if (!map) return;
  map.flyTo({ center: [longitude, latitude], zoom: Math.max(zoom, map.getZoom()), duration: 700 });
}

export function jumpTo(at) {
  if (!map) return;
  if (at) map.jumpTo({ center: [at.longitude, at.latitude], zoom: at.zoom });
  else map.fitBounds(china, { animate: false });
}

export function goToBox([west, south, east, north], maxZoom = 13) {
  map?.fitBounds([[west, south], [east, north]], { padding: 30, maxZoom, duration: 700 });
}

// --- Own marks

function setOverlay(name, data) {
  overlay[name] = data;
  applyOverlays();
}

/** What was set while a style was still on its way is set again when it is there. */
function applyOverlays() {
  for (const [name, data] of Object.entries(overlay)) {
    const source = map?.getSource(`page-${name}`);
    if (!source || source.pageData === data) continue;
    source.pageData = data;
    source.setData(data);
  }
}

/** Draws the circle of a radius; null takes it away. */
export function showNear(near) {
  if (!near) return setOverlay("near", empty);
  const rim = circle(near);
  setOverlay("near", {
    type: "FeatureCollection",
    features: [
      { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [rim] } },
      { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [near.longitude, near.latitude] } },
    ],
  });
}

export function fitNear(near) {
  const rim = circle(near);
  const [longitudes, latitudes] = [rim.map((point) => point[0]), rim.map((point) => point[1])];
  goToBox([Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)], 17);
}

/** Points at a distance around a position, on a sphere: within half a percent of the geodesic, which decides what is listed. */
function circle({ longitude, latitude, radius }) {
  const radians = Math.PI / 180;
  const angle = radius / 6371008.8;
  const sine = Math.sin(latitude * radians);
  const cosine = Math.cos(latitude * radians);
  return Array.from({ length: 97 }, (_, index) => {
    const bearing = (index / 96) * 2 * Math.PI;
    const there = Math.asin(sine * Math.cos(angle) + cosine * Math.sin(angle) * Math.cos(bearing));
    const across = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * cosine, Math.cos(angle) - sine * Math.sin(there));
    return [longitude + across / radians, there / radians];
  });
}

/** Rings the factory that is open; null takes the ring away. */
export function showSelected(coordinates) {
  setOverlay("selected", coordinates ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates } } : empty);
}

/** Lets the next click pick a position. */
export function setPicking(isPicking) {
  byId("map").classList.toggle("picking", isPicking);
}

// --- Clicks

/** Layers of the map's own tiles, not of the base map under them. */
const layersOf = (name) =>
  map.getStyle().layers.filter((layer) => layer["source-layer"] === name && layer.source !== "base").map((layer) => layer.id);

function featuresAt(point, margin) {
  const layers = ["factories", "clusters", "enterprises", "places"].flatMap(layersOf);
  if (!layers.length) return [];
  const exact = map.queryRenderedFeatures(point, { layers });
  if (exact.some((feature) => feature.sourceLayer !== "places")) return exact;
  const box = [[point.x - margin, point.y - margin], [point.x + margin, point.y + margin]];
  const around = map.queryRenderedFeatures(box, { layers }).filter((feature) => feature.sourceLayer !== "places");
  return around.length ? around : exact;
}

/** One of each, since a feature is drawn by several layers. */
function distinct(features, layer) {
  const found = new Map();
  for (const feature of features) {
    if (feature.sourceLayer === layer) found.set(String(feature.properties.id ?? feature.id), feature);
  }
  return [...found.values()];
}

function clicked(event) {
  popup.remove();
  if (byId("map").classList.contains("picking")) {
    const position = event.lngLat.wrap();
    return handlers.picked({ longitude: position.lng, latitude: position.lat });
  }
  const features = featuresAt(event.point, 6);
  const factories = distinct(features, "factories");
  if (factories.length === 1) return handlers.factory(String(factories[0].properties.id));
  if (factories.length > 1) return handlers.pile(factories);
  const first = features[0];
  if (!first) return undefined;
  if (first.sourceLayer === "clusters") return openCluster(first);
  if (first.sourceLayer === "enterprises" && first.properties.count) {
    return map.easeTo({ center: first.geometry.coordinates, zoom: map.getZoom() + 2, duration: 500 });
  }
  if (first.sourceLayer === "enterprises") return handlers.factory(String(first.properties.id));
  return handlers.place(String(first.properties.code));
}

/**
 * Goes as near as a cluster needs to fall apart: to the window of its members. They lie in one cell of the grid of zoom + 5, which
 * holds the cluster's own position.
 */
async function openCluster(feature) {
  const [longitude, latitude] = feature.geometry.coordinates;
  const zoom = map.getZoom();
  const cells = 2 ** (Math.min(Math.floor(zoom), 14) + 5);
  const x = Math.floor(((longitude + 180) / 360) * cells);
  const mercator = Math.asinh(Math.tan((latitude * Math.PI) / 180));
  const y = Math.floor(((1 - mercator / Math.PI) / 2) * cells);
  const east = (column) => (column / cells) * 360 - 180;
  const north = (row) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / cells))) * 180) / Math.PI;
  const cell = [east(x), north(y + 1), east(x + 1), north(y)];
  let box = cell;
  try {
    const query = listQuery();
    const page = await get(`/v1/factories?bbox=${cell.map((value) => value.toFixed(7)).join(",")}&limit=500${query && `&${query}`}`, "cluster");
    const points = page.features.map((item) => item.geometry.coordinates);
    if (points.length > 1) {
      const [longitudes, latitudes] = [points.map((point) => point[0]), points.map((point) => point[1])];
      box = [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
    }
  } catch (problem) {
    if (problem.name === "AbortError") return;
  }
  const camera = map.cameraForBounds([[box[0], box[1]], [box[2], box[3]]], { padding: 60, maxZoom: 16 });
  map.easeTo({ center: camera?.center ?? [longitude, latitude], zoom: Math.max(camera?.zoom ?? 0, zoom + 1), duration: 500 });
}

function hovered(event) {
  if (matchMedia("(hover: none)").matches) return;
  const feature = featuresAt(event.point, 3)[0];
  map.getCanvas().style.cursor = feature ? "pointer" : "";
  if (!feature) return popup.remove();
  const values = feature.properties;
  let lines;
  if (feature.sourceLayer === "clusters") {
    lines = [values.violating === undefined ? t("factoriesHere", count(values.count)) : t("cluster", count(values.count), count(values.violating))];
  } else if (feature.sourceLayer === "enterprises" && values.count) {
    lines = [t("enterprisesHere", count(values.count)), tonnes(values.co2e_t)];
  } else {
    lines = [named({ name_zh: values.name_zh ?? values.name, name_en: values.name_en, id: String(values.id ?? "") })];
    if (feature.sourceLayer === "places") lines.push([amount(values.value), values.year].filter(Boolean).join(" · "));
    else if (feature.sourceLayer === "enterprises") lines.push(tonnes(values.co2e_t));
    else if (values.status) lines.push(term(values.status));
  }
  popup.setLngLat(event.lngLat).setDOMContent(el("div", {}, lines.map((line) => el("div", { text: line })))).addTo(map);
  return undefined;
}

