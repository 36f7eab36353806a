/** Draws the list of threads, and renames one in place. */

import { el, iconButton } from "./dom.js";
import { dayGroup, moment } from "./words.js";

/** @typedef {{ id: string, title: string, created_at: string, updated_at: string }} Thread */

/**
 * @param {Thread[]} threads The latest first.
 * @param {string | null} current
 * @param {{ rename: (thread: Thread, title: string) => void, remove: (thread: Thread) => void }} actions
 * @returns {HTMLElement[]} One section for each group of days.
 */
export function threadSections(threads, current, actions) {
  /** @type {Map<string, HTMLElement[]>} */
  const groups = new Map();
  const now = new Date();
  for (const thread of threads) {
    const group = dayGroup(thread.updated_at, now);
    groups.set(group, [...(groups.get(group) ?? []), threadRow(thread, thread.id === current, actions)]);
  }
  return [...groups].map(([group, rows]) =>
    el("section", { class: "thread-group" }, el("h3", {}, group), el("ul", {}, ...rows)),
  );
}

/**
 * @param {Thread} thread
 * @param {boolean} isCurrent
 * @param {{ rename: (thread: Thread, title: string) => void, remove: (thread: Thread) => void }} actions
 */
function threadRow(thread, isCurrent, actions) {
  const title = thread.title || "New chat";
  const link = el(
    "a",
    {
      class: "thread-link",
      href: `/threads/${thread.id}/`,
      "data-thread": thread.id,
      "aria-current": isCurrent ? "page" : null,
      title: `${title}\n${moment(thread.updated_at)}`,
      dir: "auto",
    },
    title,
  );
  const row = el(
    "li",
    { class: "thread-row" },
    link,
    iconButton("edit", `Rename ${title}`, () => editTitle(row, thread, actions.rename)),
    iconButton("delete", `Delete ${title}`, () => actions.remove(thread)),
  );
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Thread} thread
 * @param {(thread: Thread, title: string) => void} rename
 */
function editTitle(row, thread, rename) {
  const before = [...row.childNodes];
  const input = el("input", { class: "thread-title-input", maxlength: "120", "aria-label": "Name of the chat" });
  input.value = thread.title;
  const end = (/** @type {boolean} */ save) => {
    if (!input.isConnected) return;
    const title = input.value.trim();
    row.replaceChildren(...before);
    row.querySelector("a").focus();
    if (save && title && title !== thread.title) rename(thread, title);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) end(true);
    if (event.key === "Escape") {
      event.stopPropagation();
      end(false);
    }
  });
  input.addEventListener("blur", () => end(true));
  row.replaceChildren(input);
  input.focus();
  input.select();
}
