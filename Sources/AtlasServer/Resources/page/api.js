// api.js: asks the server. Its errors are problem details (RFC 9457) that name what is wrong; they are shown in its words.

export class Problem extends Error {
  constructor(status, detail, kind) {
    super(detail);
    this.status = status;
    this.kind = kind;
  }
}

const running = new Map();

/**
 * The JSON at an address. With a `slot`, a request that is still running in it is given up: only the last one counts.
 * Rejects with a Problem, or with an AbortError when it was given up.
 */
export async function get(address, slot) {
  let signal;
  if (slot) {
    running.get(slot)?.abort();
    const controller = new AbortController();
    running.set(slot, controller);
    signal = controller.signal;
  }
  let response;
  try {
    response = await fetch(address, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, null, "offline");
  }
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (!response.ok || body === null) {
    throw new Problem(response.status, body?.detail ?? null, String(body?.type ?? "").split(/[:/#]/).pop());
  }
  return body;
}

/** Gives up what runs in a slot. */
export const forget = (slot) => running.get(slot)?.abort();
