/** Shows short messages that go away by themselves. */

import { el, iconButton } from "./dom.js";

const SHOWN_MS = 7_000;

export class Toasts {
  /** @param {HTMLElement} region An element with role=alert. */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} message */
  show(message) {
    const close = iconButton("close", "Dismiss", () => toast.remove());
    const toast = el("div", { class: "toast" }, el("span", {}, message), close);
    this.region.append(toast);
    setTimeout(() => toast.remove(), SHOWN_MS);
  }
}
