// live.js: follows what changes on the map, so that a new record shows without a reload: the server names the tiles that have changed, and only
// what is in view is asked for again. Without a stream it looks now and then; a server that does not take changes is left alone.

import { get } from "./api.js";
import { windowText } from "./map.js";

/** Milliseconds: changes are gathered for so long, two refreshes are so far apart, and a look without a stream comes so often. */
const gathering = 150;
const pause = 750;
const looking = 10_000;

/**
 * Starts following. `on.changed(isTouched)` is called after something has changed in view; `isTouched(longitude, latitude)` says whether
 * a position may be among it.
 */
export async function startLive(on) {
  let known;
  try {
    known = (await get("/v1/live/head")).event;
  } catch {
    return;
  }
  let pending = [];
  let timer = null;
  let telling = null;
  let told = -pause;
  const tell = () => {
    const changes = pending;
    pending = [];
    telling = null;
    told = performance.now();
    const isTouched = (longitude, latitude) => changes.some((change) => !change || touches(change, longitude, latitude));
    if (changes.some((change) => !change || isInView(change))) on.changed(isTouched);
  };
  /** A change; null: anything may have changed. */
  const add = (change) => {
    pending.push(change);
    // Changes that come without a pause must not put it off for ever.
    telling ??= setTimeout(tell, Math.max(gathering, told + pause - performance.now()));
  };
  const look = async () => {
    try {
      const { event } = await get("/v1/live/head");
      if (event !== known) add(null);
      known = event;
    } catch {
      // The next look may succeed.
    }
  };
  const listen = () => {
    const source = new EventSource("/v1/live");
    source.addEventListener("hello", (event) => {
      clearInterval(timer);
      timer = null;
      // Something came between the first look and this.
      if (known !== null && event.lastEventId !== known) add(null);
      known = null;
    });
    source.addEventListener("tiles", (event) => add(JSON.parse(event.data)));
    for (const name of ["reset", "resync"]) source.addEventListener(name, () => add(null));
    source.addEventListener("error", () => {
      // Else it comes back by itself, and is told what it has missed.
      if (source.readyState !== EventSource.CLOSED) return;
      timer ??= setInterval(look, looking);
      setTimeout(listen, 6 * looking);
    });
  };
  listen();
}

const column = (longitude, zoom) => ((longitude + 180) / 360) * 2 ** zoom;
const row = (latitude, zoom) => {
  const limited = Math.max(-85.05, Math.min(85.05, latitude)) * (Math.PI / 180);
  return ((1 - Math.asinh(Math.tan(limited)) / Math.PI) / 2) * 2 ** zoom;
};

/** Tiles as pairs of numbers. */
const tiles = (change) => change.tiles.map((name) => name.split("/").map(Number));

function isInView(change) {
  const [west, south, east, north] = windowText().split(",").map(Number);
  // A point on the edge is drawn half in the next tile.
  const margin = 0.1;
  const [top, bottom] = [row(north, change.zoom) - margin, row(south, change.zoom) + margin];
  const [left, right] = [column(west, change.zoom) - margin, column(east, change.zoom) + margin];
  return tiles(change).some(([x, y]) => {
    const isBetween = west <= east ? x + 1 >= left && x <= right : x + 1 >= left || x <= right;
    return isBetween && y + 1 >= top && y <= bottom;
  });
}

const touches = (change, longitude, latitude) => {
  const [x, y] = [Math.floor(column(longitude, change.zoom)), Math.floor(row(latitude, change.zoom))];
  return tiles(change).some((tile) => tile[0] === x && tile[1] === y);
};
