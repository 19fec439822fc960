// app.js: brings the parts together: what a person does changes the state; the state is written into the address bar and shown.

import "./early.js";
import { byId, el, settled } from "./dom.js";
import { filterQuery, maps, radii, readAddress, state, writeAddress } from "./state.js";
import { distance, fillIn, t, term } from "./text.js";
import { get } from "./api.js";
import { firstStyleOrPatience } from "./style.js";
import * as map from "./map.js";
import { rememberBrand, setChoices, showFilters, startFilters } from "./filters.js";
import { startSearch } from "./search.js";
import { showList, showPile, startList } from "./list.js";
import { showLegend, startLegend } from "./legend.js";
import { applyExceeding, startExceeding } from "./monitoring.js";
import { showFactory } from "./factory.js";
import { setCarbon, showPlace, startCarbon } from "./carbon.js";
import { startLive } from "./live.js";
import { showBrand } from "./brand.js";

let service = null;
let focusBefore = null;
/** What the map shows of the state, to know what a change of the address changed. */
let shown = {};
/** The factory in the panel: where it is, its name and status. */
let opened = null;

// --- Showing the state

function showWords() {
  fillIn();
  byId("language").textContent = t("otherLanguage");
  byId("language").lang = state.lang === "en" ? "zh" : "en";
  document.title = `BlueAtlas · ${t({ blue: "mapBlue", "supply-chain": "mapSupplyChain", carbon: "mapCarbon" }[state.map])}`;
  const radius = state.near?.radius ?? Number(byId("radius").value || 5000);
  const all = radii.includes(radius) ? radii : [...radii, radius].sort((a, b) => a - b);
  byId("radius").replaceChildren(...all.map((value) => el("option", { value, text: distance(value) })));
  byId("radius").value = radius;
  showService();
}

function showTabs() {
  for (const name of maps) {
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === state.map));
    tab.tabIndex = name === state.map ? 0 : -1;
  }
  byId("map-area").setAttribute("aria-labelledby", `tab-${state.map}`);
}

function showService() {
  const snapshot = service?.snapshot;
  const note = byId("synthetic");
  note.hidden = !snapshot?.synthetic;
  note.replaceChildren();
  if (snapshot?.synthetic) {
    // The generator's own label in the language of the page; any other as it is.
    const text = snapshot.synthetic.startsWith("SYNTHETIC DATA: invented factories") ? t("syntheticNote") : snapshot.synthetic;
    note.append(el("strong", { text: `${t("synthetic")}${state.lang === "en" ? ". " : "："}` }), el("span", { text }));
  }
  byId("as-of").textContent = snapshot ? t("asOf", snapshot.as_of) : "";
}

/** `isAgain`: the same as before, which has changed, or in another language. */
async function openPanel(isAgain = false) {
  const isPlace = state.place !== "";
  const isBrand = state.about !== "" && state.factory === "";
  byId("list").hidden = state.factory !== "" || isPlace || isBrand;
  byId("factory").hidden = state.factory === "" && !isPlace;
  byId("brand").hidden = !isBrand || isPlace;
  if (isPlace || !state.factory) {
    map.showSelected(null);
    opened = null;
  }
  const bringUp = (id) => {
    // On a phone the panel is below the map.
    if (!isAgain && matchMedia("(max-width: 760px)").matches) byId(id).scrollIntoView();
  };
  if (isPlace) {
    const code = state.place;
    await showPlace(code, { close: closePlace, show: (box) => map.goToBox(box, 8) });
    return state.place === code ? bringUp("factory") : undefined;
  }
  if (isBrand) {
    return showBrand(state.about, {
      close: closeBrand, factory: openFactory, show: (bbox) => map.goToBox(bbox),
      loaded: (brand) => {
        rememberBrand(brand);
        showFilters();
        bringUp("brand");
      },
    });
  }
  if (!state.factory) return false;
  return showFactory(state.factory, {
    loaded: (coordinates, now) => {
      map.showSelected(coordinates);
      const before = opened;
      opened = { coordinates, ...now };
      if (isAgain) {
        if (before && before.status !== now.status) byId("announce").textContent = t("liveStatus", now.name, term(now.status));
        return;
      }
      bringUp("factory");
      // A shared factory without a position of the map: show where it is.
      if (!state.at) map.jumpTo({ longitude: coordinates[0], latitude: coordinates[1], zoom: 13 });
    },
    show: ([longitude, latitude]) => map.goTo(longitude, latitude, 15),
    close: closeFactory, brand: openBrand,
  });
}

/** Shows everything that differs from what is shown. */
function show() {
  const now = {
    map: state.map, filters: filterQuery(), factory: state.factory, place: state.place, about: state.about,
    near: JSON.stringify(state.near), lang: state.lang, exceeding: state.exceeding,
  };
  const before = shown;
  const differs = (...names) => names.some((name) => now[name] !== before[name]);
  shown = now;
  if (differs("lang", "map")) {
    showWords();
    showLegend();
  }
  if (differs("map")) showTabs();
  showFilters();
  if (differs("near")) map.showNear(state.near);
  if (differs("exceeding")) applyExceeding();
  if (differs("map", "lang")) map.showMap();
  else if (differs("filters")) map.applyFilters();
  if (differs("map", "filters", "near", "lang")) showList();
  const isOther = differs("factory", "place", "about");
  if (isOther || (differs("lang") && before.lang) || (state.place && differs("filters"))) openPanel(!isOther);
}

/** After a person changed the state. */
function changed(isNewEntry = false) {
  writeAddress(isNewEntry);
  show();
}

/** After something in view has changed: the map stays where it is, only what it shows is asked for again. */
async function followChange(isTouched) {
  map.refreshTiles();
  if (opened && isTouched(...opened.coordinates)) {
    const hadFocus = byId("factory").contains(document.activeElement);
    await openPanel(true);
    if (hadFocus) byId("factory").focus({ preventScroll: true });
  } else if (!state.factory) {
    await showList();
    byId("announce").textContent = t("liveChanged");
  }
}

// --- What a person does

function openFactory(id) {
  if (!state.factory) focusBefore = document.activeElement;
  Object.assign(state, { factory: id, place: "" });
  changed(true);
  byId("panel").scrollTop = 0;
  byId("factory").focus({ preventScroll: true });
}

function closeFactory() {
  const id = state.factory;
  state.factory = "";
  changed(true);
  const entry = [...document.querySelectorAll(".entry")].find((button) => button.dataset.id === id);
  const target = entry ?? (focusBefore?.isConnected ? focusBefore : byId("panel"));
  target.focus();
}

function openPlace(code) {
  if (!state.place) focusBefore = document.activeElement;
  Object.assign(state, { factory: "", place: code });
  changed(true);
  byId("panel").scrollTop = 0;
  byId("factory").focus({ preventScroll: true });
}

function closePlace() {
  const code = state.place;
  state.place = "";
  changed(true);
  const entry = document.querySelector(`.entry[data-place="${code}"]`);
  (entry ?? (focusBefore?.isConnected ? focusBefore : byId("panel"))).focus();
}

/** Shows the page of a brand, and its suppliers on the map. */
function openBrand(id) {
  Object.assign(state, { brand: [id], map: "supply-chain", about: id, factory: "", place: "" });
  changed(true);
  byId("panel").scrollTop = 0;
  byId("brand").focus({ preventScroll: true });
}

function closeBrand() {
  state.about = "";
  changed(true);
  byId("panel").focus();
}

function setNear(near) {
  state.near = near;
  setPicking(false);
  if (state.map === "carbon") state.map = "blue";
  Object.assign(state, { factory: "", place: "", about: "" });
  changed(true);
  if (near) map.fitNear(near);
}

function setPicking(isPicking) {
  byId("near-pick").setAttribute("aria-pressed", String(isPicking));
  map.setPicking(isPicking);
  if (isPicking) byId("announce").textContent = t("pickHint");
}

function locate() {
  const radius = Number(byId("radius").value);
  const refused = () => {
    byId("announce").textContent = t("locationDenied");
    if (map.hasMap()) setPicking(true);
    byId("announce").textContent = t("locationDenied");
  };
  if (!navigator.geolocation) return refused();
  byId("announce").textContent = t("locating");
  return navigator.geolocation.getCurrentPosition(
    ({ coords }) => setNear({ longitude: coords.longitude, latitude: coords.latitude, radius }), refused,
    { enableHighAccuracy: false, timeout: 15000, maximumAge: 60000 });
}

function chooseMap(name) {
  if (name === state.map) return;
  Object.assign(state, { map: name, factory: "", place: "", about: "" });
  changed(true);
}

function startTabs() {
  byId("tabs").addEventListener("click", (event) => {
    const name = event.target.closest("[role=tab]")?.dataset.map;
    if (name) chooseMap(name);
  });
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const index = event.key === "Home" ? 0 : event.key === "End" ? maps.length - 1
      : step ? (maps.indexOf(state.map) + step + maps.length) % maps.length : -1;
    if (index < 0) return;
    event.preventDefault();
    chooseMap(maps[index]);
    byId(`tab-${maps[index]}`).focus();
  });
}

async function start() {
  startTabs();
  byId("language").addEventListener("click", () => {
    state.lang = state.lang === "en" ? "zh" : "en";
    changed();
  });
  byId("near-me").addEventListener("click", locate);
  byId("near-pick").addEventListener("click", () => setPicking(byId("near-pick").getAttribute("aria-pressed") !== "true"));
  byId("radius").addEventListener("change", () => {
    if (state.near) setNear({ ...state.near, radius: Number(byId("radius").value) });
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (byId("near-pick").getAttribute("aria-pressed") === "true") setPicking(false);
    else if (state.factory) closeFactory();
    else if (state.place) closePlace();
    else if (state.about) closeBrand();
  });
  startFilters(() => changed());
  startList({ factory: openFactory, leaveNear: () => setNear(null) });
  startCarbon({ factory: openFactory, place: openPlace });
  startSearch({
    factory: (hit) => {
      map.goTo(hit.lon, hit.lat, 14);
      if (state.map === "carbon") state.map = "blue";
      openFactory(hit.id);
    },
    place: (place) => map.goToBox(place.bbox),
    brand: (brand) => {
      rememberBrand(brand);
      openBrand(brand.id);
    },
  });
  const moved = settled(200, () => {
    const { longitude, latitude, zoom } = map.position();
    state.at = { longitude, latitude, zoom };
    writeAddress();
    if (!state.near && !state.factory && !state.place) showList();
    if (state.map === "carbon") showLegend();
  });
  map.startMap({
    moved, factory: openFactory,
    picked: (position) => setNear({ ...position, radius: Number(byId("radius").value) }),
    pile: (features) => {
      if (state.factory || state.about) {
        Object.assign(state, { factory: "", about: "" });
        changed(true);
      }
      showPile(features);
    },
    place: openPlace,
    styled: (style) => {
      setChoices(style);
      setCarbon(style);
      showLegend(style);
      if (state.map === "carbon" && style) showList();
    },
    recoloured: (style) => {
      setCarbon(style);
      showLegend(style);
    },
  });
  startLegend(() => changed());
  // With its next frame the map asks for tiles: that goes first, and the words are written while they are on their way.
  const before = JSON.stringify(state.at);
  await Promise.race([new Promise((done) => requestAnimationFrame(() => setTimeout(done))), new Promise((done) => setTimeout(done, 200))]);
  hasStarted = true;
  if (JSON.stringify(state.at) !== before) map.jumpTo(state.at);
  show();
  if (!state.at && state.near) map.fitNear(state.near);
  get("/v1").then((found) => {
    service = found;
    showService();
    if (!found.live) return;
    startLive({ changed: followChange });
    startExceeding({ factory: openFactory, ready: () => showLegend() });
  }).catch(() => {});
}

/** Takes over what the address says; before the page has started there is nothing to show it with. */
function follow() {
  const before = JSON.stringify(state.at);
  const language = state.lang;
  readAddress();
  state.lang ||= language;
  if (!hasStarted) return;
  show();
  if (JSON.stringify(state.at) !== before) map.jumpTo(state.at);
}

let hasStarted = false;
// A shared or edited address, or the back button.
for (const name of ["hashchange", "popstate"]) addEventListener(name, follow);
await firstStyleOrPatience();
await start();
