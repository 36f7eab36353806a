/** Starts the page, and handles the keys and links that work everywhere on it. */

import { App } from "./app.js";

const { member, thread } = document.body.dataset;
const app = new App(member);

/** @param {MouseEvent} event */
function opensElsewhere(event) {
  return event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || opensElsewhere(event)) return;
  const link = event.target.closest("a[data-thread], a[data-new-chat]");
  if (link) {
    event.preventDefault();
    app.go(link.getAttribute("data-thread"));
  }
  const example = event.target.closest("[data-example]");
  if (example) app.composer.put(example.textContent.trim());
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) app.stop();
  if (event.key.toLowerCase() === "o" && event.shiftKey && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    app.go(null);
  }
});

addEventListener("popstate", () => {
  app.open(/^\/threads\/([^/]+)\//.exec(location.pathname)?.[1] ?? null);
});

await Promise.all([app.threads.load(), app.open(thread || null)]);
