/** One place of the conversation: its exchange and its earlier versions. */

import { hasEnded } from "./conversation.js";
import { el, iconButton } from "./dom.js";
import { PromptView } from "./view_prompt.js";
import { ReplyView } from "./view_reply.js";

/** @typedef {import("./conversation.js").Turn} Turn */

export class PlaceView {
  /** @type {Turn | null} */
  #shown = null;
  /** @type {Turn[]} */
  #versions = [];

  /** @param {import("./view_conversation.js").Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.earlier = iconButton("left", "Earlier version", () => this.#turnPage(-1));
    this.later = iconButton("right", "Later version", () => this.#turnPage(1));
    this.position = el("span", { class: "version-position" });
    this.pages = el("div", { class: "versions" }, this.earlier, this.position, this.later);
    this.root = el("li", { class: "place" });
  }

  /**
   * @param {Turn[]} versions The newest last; a new one is shown at once.
   * @param {boolean} isLastPlace
   */
  update(versions, isLastPlace) {
    const newest = versions.at(-1);
    const isNew = newest !== this.#versions.at(-1);
    this.#versions = versions;
    this.isLastPlace = isLastPlace;
    if (isNew || !versions.includes(this.#shown)) this.#show(newest);
    this.refresh();
  }

  /** Shows what has changed in the turn. */
  refresh() {
    const isLast = this.isLastPlace && this.#shown === this.#versions.at(-1);
    const at = this.#versions.indexOf(this.#shown);
    this.prompt.update(isLast && hasEnded(this.#shown));
    this.reply.update(isLast);
    this.pages.hidden = this.#versions.length < 2;
    this.position.textContent = `${at + 1} of ${this.#versions.length}`;
    this.earlier.disabled = at === 0;
    this.later.disabled = at === this.#versions.length - 1;
  }

  /** @param {Turn} turn */
  #show(turn) {
    this.#shown = turn;
    this.prompt = new PromptView(turn, (text) => this.actions.edit(turn, text));
    this.reply = new ReplyView(turn, this.actions);
    this.reply.tools.append(this.pages);
    this.root.replaceChildren(this.prompt.root, this.reply.root);
  }

  /** @param {number} step */
  #turnPage(step) {
    const next = this.#versions[this.#versions.indexOf(this.#shown) + step];
    if (!next) return;
    this.#show(next);
    this.refresh();
    (step < 0 ? this.earlier : this.later).focus();
  }
}
