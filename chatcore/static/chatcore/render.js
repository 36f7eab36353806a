/**
 * Renders the text of a reply.
 *
 * Markdown -> HTML -> sanitised fragment. Raw HTML in a reply is shown as the text it is, images
 * become links to themselves, headings start below the page's own. The sanitiser does not rely on
 * any of that.
 */

import { Marked } from "marked";
import { sanitise } from "./safe_html.js";

/** Raw tags that are typography and nothing else. */
const PLAIN_TAG = /^<(\/?(?:br|kbd|sub|sup))\s*\/?>$/i;

const marked = new Marked({ gfm: true, breaks: true });

marked.use({
  renderer: {
    html({ text, block }) {
      if (block) return `<p>${escape(text.trimEnd()).replaceAll("\n", "<br>")}</p>`;
      const plain = PLAIN_TAG.exec(text);
      return plain ? `<${plain[1].toLowerCase()}>` : escape(text);
    },
    image({ href, text }) {
      return `<a href="${escape(href)}">${escape(text ? `${text} (${href})` : href)}</a>`;
    },
    heading({ tokens, depth }) {
      const level = Math.min(depth + 2, 6);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
  },
});

/** @param {string} text */
function escape(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/**
 * The top-level blocks of a text; joined, their `raw` is the text again.
 * @param {string} text
 * @returns {import("marked").TokensList}
 */
export function blocksOf(text) {
  return marked.lexer(text);
}

/**
 * @param {import("marked").Token} block One of `blocksOf`.
 * @returns {DocumentFragment}
 */
export function renderBlock(block) {
  return sanitise(marked.parser([block]));
}
