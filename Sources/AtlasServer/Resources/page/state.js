// state.js: what is shown, and the same in the address bar, so that a view can be shared, kept and gone back to.
//
// It stands behind `#` as name=value pairs: map, at (zoom/latitude/longitude), the filters, factory, place, about (a brand's page), near
// (longitude,latitude,metres), lang. What is not there has its usual value.

export const statuses = ["violating", "unresolved", "explained", "corrected", "clean", "unknown"];
export const categories =
  ["air", "water", "solid_waste", "hazardous_waste", "noise", "radiation", "procedure", "data_falsification", "other"];
export const maps = ["blue", "supply-chain", "carbon"];
/** What is summed for an enterprise, besides the usual scopes 1 and 2. */
export const scopes = ["1", "2", "3", "1,2,3"];
export const radii = [500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];

const usual = () => ({
  map: "blue", at: null, status: [], industry: "", category: "", brand: [], from: "", to: "", metric: "", year: "", scope: "", factory: "", place: "",
  about: "", near: null, lang: "", exceeding: "",
});

export const state = usual();

const number = (text, low, high) => {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
};
const day = (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : "");

/** Reads a text as it stands behind `#`. What cannot be read is left at its usual value. */
export function parse(text) {
  const found = usual();
  const given = new URLSearchParams(text);
  const list = (name) => (given.get(name) ?? "").split(",").filter((part) => part !== "");
  if (maps.includes(given.get("map"))) found.map = given.get("map");
  const at = (given.get("at") ?? "").split("/");
  if (at.length === 3) {
    const [zoom, latitude, longitude] = [number(at[0], 0, 22), number(at[1], -85.06, 85.06), number(at[2], -180, 180)];
    if (zoom !== null && latitude !== null && longitude !== null) found.at = { zoom, latitude, longitude };
  }
  found.status = list("status").filter((name) => statuses.includes(name));
  found.industry = /^[A-T]?\d{0,4}$/.test(given.get("industry") ?? "") ? given.get("industry") ?? "" : "";
  found.category = categories.includes(given.get("category")) ? given.get("category") : "";
  found.brand = list("brand").slice(0, 50);
  found.from = day(given.get("from") ?? "");
  found.to = day(given.get("to") ?? "");
  found.metric = /^[a-z0-9_]{1,40}$/.test(given.get("metric") ?? "") ? given.get("metric") : "";
  found.year = /^\d{4}$/.test(given.get("year") ?? "") ? given.get("year") : "";
  found.scope = scopes.includes(given.get("scope")) ? given.get("scope") : "";
  found.factory = (given.get("factory") ?? "").slice(0, 200);
  found.place = found.map === "carbon" && !found.factory && /^\d{6}$/.test(given.get("place") ?? "") ? given.get("place") : "";
  found.about = (given.get("about") ?? "").slice(0, 200);
  const near = (given.get("near") ?? "").split(",");
  if (near.length === 3) {
    const [longitude, latitude, radius] = [number(near[0], -180, 180), number(near[1], -90, 90), number(near[2], 1, 100000)];
    if (longitude !== null && latitude !== null && radius !== null) found.near = { longitude, latitude, radius };
  }
  found.exceeding = given.get("exceeding") === "1" ? "1" : "";
  if (["zh", "en"].includes(given.get("lang"))) found.lang = given.get("lang");
  return found;
}

/** The text that `parse` reads. */
export function format(values) {
  const parts = [];
  const add = (name, value) => {
    if (value !== "") parts.push(`${name}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%2F", "/")}`);
  };
  add("map", values.map);
  if (values.at) add("at", `${values.at.zoom.toFixed(2)}/${values.at.latitude.toFixed(5)}/${values.at.longitude.toFixed(5)}`);
  add("status", values.status.join(","));
  for (const name of ["industry", "category"]) add(name, values[name]);
  add("brand", values.brand.join(","));
  for (const name of ["from", "to", "metric", "year", "scope", "factory", "place", "about", "exceeding"]) add(name, values[name]);
  if (values.near) {
    add("near", `${values.near.longitude.toFixed(6)},${values.near.latitude.toFixed(6)},${Math.round(values.near.radius)}`);
  }
  add("lang", values.lang);
  return parts.join("&");
}

/** Takes the state from the address bar. */
export function readAddress() {
  Object.assign(state, parse(location.hash.slice(1)));
}

/** Writes the state into the address bar; as a new entry of the history, or in place of the current one. */
export function writeAddress(isNewEntry = false) {
  const address = `#${format(state)}`;
  if (address === location.hash) return;
  history[isNewEntry ? "pushState" : "replaceState"](null, "", address);
}

/** The filters as the query of a request, without `?`. Each map takes its own. */
export function filterQuery(map = state.map) {
  const query = new URLSearchParams();
  if (map === "carbon") {
    for (const name of ["metric", "year", "scope"]) if (state[name]) query.set(name, state[name]);
  } else {
    if (state.status.length) query.set("status", state.status.join(","));
    for (const name of ["industry", "category", "from", "to"]) if (state[name]) query.set(name, state[name]);
    if (state.brand.length) query.set("brand", state.brand.join(","));
  }
  return query.toString().replaceAll("%2C", ",");
}

/** The filters for lists of what the map shows: on the supply chain map, suppliers only. */
export function listQuery() {
  const query = filterQuery();
  if (state.map !== "supply-chain" || state.brand.length) return query;
  return query ? `${query}&brand=*` : "brand=*";
}

/** How many filters are set. */
export function filterCount() {
  if (state.map === "carbon") return ["metric", "year", "scope"].filter((name) => state[name] !== "").length;
  const single = ["industry", "category", "from", "to"].filter((name) => state[name] !== "").length;
  return single + Number(state.status.length > 0) + Number(state.brand.length > 0);
}
