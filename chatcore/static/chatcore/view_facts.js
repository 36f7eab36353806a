/** The facts under a reply: who answered, why, what it took, and what was special about it. */

import { el } from "./dom.js";
import { cost, cutShort, duration, tokens } from "./words.js";

/** @typedef {import("./conversation.js").Turn} Turn */

/**
 * Who answers and why; known as soon as the route is.
 * @param {Turn} turn
 * @returns {(Node | string)[]}
 */
export function routeLine(turn) {
  if (!turn.model) return [];
  const name = el("span", { class: "model", title: `${turn.provider}/${turn.model}` }, turn.label || turn.model);
  return turn.reason ? [name, el("span", { class: "reason" }, turn.reason)] : [name];
}

/**
 * What the reply took; known at its end.
 * @param {Turn} turn
 * @returns {HTMLElement[]}
 */
export function factsOf(turn) {
  if (turn.status !== "complete" && turn.status !== "stopped") return [];
  const facts = [tokens(turn), cost(turn), duration(turn.latency_ms)].filter(Boolean);
  const nodes = facts.map((fact) => el("span", { class: "fact" }, fact));
  if (turn.cache_hit) nodes.unshift(badge("cached", "An earlier reply to the same message"));
  if (turn.usage?.truncated) nodes.unshift(badge(cutShort(turn.truncated_reason), null, "warn"));
  return nodes;
}

/**
 * @param {string} text
 * @param {string | null} title
 * @param {string} [kind]
 */
function badge(text, title, kind = "") {
  return el("span", { class: `badge ${kind}`.trim(), title }, text);
}
