// dom.js: makes elements. Text always goes in as text (textContent), never as HTML, so a name cannot become markup.

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** An element with properties and children; children that are null are left out, strings become text. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** A text with parts of it marked; ranges in UTF-16 code units, ascending. */
export function marked(text, ranges) {
  const parts = [];
  let position = 0;
  for (const [start, end] of ranges) {
    if (start < position || end > text.length) continue;
    parts.push(text.slice(position, start), el("mark", { text: text.slice(start, end) }));
    position = end;
  }
  parts.push(text.slice(position));
  return el("span", {}, parts.filter((part) => part !== ""));
}

/** A link to another site, if it is one of the web: an address from the data may be anything. */
export function outsideLink(address, text) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return el("span", { text: address });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return el("span", { text: address });
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: text ?? url.hostname });
}

/** Calls `action` once, `milliseconds` after the last call. */
export function settled(milliseconds, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}
