/**
 * Shows a growing reply at a low cost.
 *
 * The text is cut into top-level Markdown blocks. Only the last blocks can still change; those
 * before them are rendered once and left alone, and their text is not read again. A block of code
 * that is still open only gets its text replaced.
 */

import { blocksOf, renderBlock } from "./render.js";
import { frameCode, highlightCode } from "./code_blocks.js";
import { el } from "./dom.js";

/**
 * Two, since a lone last line may yet join the block before it: "2" after "1. a" becomes an item
 * of that list when its dot arrives.
 */
const OPEN_BLOCKS = 2;

/** A link defined further down changes the blocks above it. */
const LINK_DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/** @typedef {{ raw: string, type: string, node: HTMLElement }} Block */

export class ReplyText {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.#clear();
  }

  /** @type {Block[]} */
  #open = [];
  #text = "";
  #settled = 0;
  #ended = false;

  /**
   * Shows `text`; cheap when it continues what is shown.
   * @param {string} text
   * @param {boolean} ended Nothing more will come.
   */
  show(text, ended) {
    if (text === this.#text && ended === this.#ended) return;
    const restart = this.#ended || !text.startsWith(this.#text);
    if (restart || (ended && LINK_DEFINITION.test(text))) this.#clear();
    this.#text = text;
    this.#ended = ended;
    this.#showBlocks(blocksOf(text.slice(this.#settled)));
    this.#settle(ended ? 0 : OPEN_BLOCKS);
  }

  /** @param {import("marked").TokensList} tokens */
  #showBlocks(tokens) {
    tokens.forEach((token, index) => {
      const shown = this.#open[index];
      if (shown?.raw === token.raw && shown.type === token.type) return;
      if (shown && shown.type === "code" && token.type === "code" && growCode(shown, token)) return;
      const node = renderedBlock(token);
      if (shown) shown.node.replaceWith(node);
      else this.root.append(node);
      this.#open[index] = { raw: token.raw, type: token.type, node };
    });
    for (const surplus of this.#open.splice(tokens.length)) surplus.node.remove();
  }

  /** @param {number} keep How many blocks may still change. */
  #settle(keep) {
    while (this.#open.filter((block) => block.type !== "space").length > keep) {
      const block = this.#open.shift();
      this.#settled += block.raw.length;
      highlightCode(block.node);
    }
  }

  #clear() {
    this.root.replaceChildren();
    this.#open = [];
    this.#text = "";
    this.#settled = 0;
  }
}

/** @param {import("marked").Token} token */
function renderedBlock(token) {
  const node = el("div", { class: "block", dir: "auto" }, renderBlock(token));
  frameCode(node);
  return node;
}

/**
 * @param {Block} shown
 * @param {import("marked").Token} token
 * @returns {boolean} Whether replacing the text was enough.
 */
function growCode(shown, token) {
  const code = shown.node.querySelector("pre > code");
  const opening = (/** @type {string} */ raw) => raw.slice(0, raw.indexOf("\n"));
  if (!code || !shown.raw.includes("\n") || opening(shown.raw) !== opening(token.raw)) return false;
  code.textContent = `${token.text.replace(/\n$/, "")}\n`;
  shown.raw = token.raw;
  return true;
}
