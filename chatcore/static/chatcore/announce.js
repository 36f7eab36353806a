/** Reads finished replies out to people who cannot see the page; never single words. */

const LONGEST_CHARACTERS = 600;

/**
 * @param {HTMLElement} region An aria-live region.
 * @param {import("./conversation.js").Turn} turn
 */
export function announceEnd(region, turn) {
  region.textContent = sentence(turn);
}

/** @param {import("./conversation.js").Turn} turn */
function sentence({ status, reply, message }) {
  const text = reply.length > LONGEST_CHARACTERS ? `${reply.slice(0, LONGEST_CHARACTERS)}…` : reply;
  if (status === "complete") return `Reply: ${text}`;
  if (status === "stopped") return `Reply stopped. ${text}`;
  return message || "The reply did not come to its end.";
}
