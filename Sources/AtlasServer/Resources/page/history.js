// history.js: how a record was answered: every accepted step with its day, its author and its documents. Asked for when it is opened.

import { el } from "./dom.js";
import { get } from "./api.js";
import { count, t, term } from "./text.js";

const fields = [
  "cause", "plan", "planned_completion", "summary", "completed_on", "method", "audited_on", "reason", "answer", "objection", "reference",
];

/** The history of a record, closed at first; null where no step was taken. */
export function history(record) {
  if (!record.correction?.steps) return null;
  const body = el("div", {});
  const load = async ({ target }) => {
    if (!target.open || body.childNodes.length) return;
    try {
      const found = await get(`/v1/records/${encodeURIComponent(record.id)}/history`);
      body.replaceChildren(...waiting(found), el("ol", {}, found.steps.map(step)));
    } catch (problem) {
      body.replaceChildren(el("p", { class: "note", role: "alert", text: t("failed", problem.message) }));
    }
  };
  return el("details", { class: "history", ontoggle: load }, el("summary", { text: t("history", count(record.correction.steps)) }), body);
}

function waiting(found) {
  const lines = [];
  if (found.objections_until) lines.push(t("objectionsUntil", found.objections_until.slice(0, 10)));
  const next = found.waiting_for;
  if (next) lines.push(t(next.overdue ? "overdue" : "waitingFor", term(next.step), next.by));
  return lines.map((text) => el("p", { class: "detail", text }));
}

function step(item) {
  const { author } = item;
  const rows = fields.filter((field) => item[field]).flatMap((field) => {
    const value = field === "method" ? term(item[field]) : item[field];
    return [el("dt", { text: term(field) }), el("dd", { text: value })];
  });
  return el("li", {},
    el("p", { class: "head" }, el("time", { datetime: item.at, text: item.at.slice(0, 10) }), " ", el("strong", { text: term(item.step) })),
    el("p", { class: "detail", text: [term(author.role), author.name, author.factory_id ?? author.brand_id].filter(Boolean).join(" · ") }),
    rows.length ? el("dl", {}, rows) : null,
    item.documents ? el("ul", {}, item.documents.map(document)) : null);
}

const document = (item) => el("li", {},
  el("a", { href: `/v1/documents/${item.sha256}`, download: item.name, text: item.name }),
  " ", el("span", { class: "detail", text: `${Math.ceil(item.bytes / 1024)} KiB` }));
