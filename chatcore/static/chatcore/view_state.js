/** Shows the state of the connection. */

import { el } from "./dom.js";

/** A connection that opens at once is not worth a word. */
const PATIENCE_MS = 1_200;

export class StateView {
  #timer = 0;

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.bar = bar;
  }

  /** @param {import("./socket.js").State} state */
  show(state) {
    this.bar.dataset.state = state;
    clearTimeout(this.#timer);
    if (state === "open") this.#say();
    else if (state === "connecting") this.#timer = setTimeout(() => this.#say("Connecting…"), PATIENCE_MS);
    else this.#say(...SENTENCES[state]());
  }

  /** @param {string} message @param {() => void} retry */
  failed(message, retry) {
    clearTimeout(this.#timer);
    this.bar.dataset.state = "failed";
    this.#say(message, el("button", { type: "button", class: "button quiet", onclick: retry }, "Retry"));
  }

  /** @param {...(Node | string)} parts */
  #say(...parts) {
    this.bar.hidden = parts.length === 0;
    this.bar.replaceChildren(...parts);
  }
}

/** @type {Record<string, () => (Node | string)[]>} */
const SENTENCES = {
  reconnecting: () => ["Connection lost. Reconnecting…"],
  offline: () => ["You are offline. What you send waits here until you are back."],
  signed_out: () => [
    "You are signed out. Your draft is kept. ",
    el("a", { href: `/login/?next=${encodeURIComponent(location.pathname)}` }, "Sign in"),
  ],
  gone: () => ["This chat is no longer there. ", el("a", { href: "/" }, "Start a new one")],
};
