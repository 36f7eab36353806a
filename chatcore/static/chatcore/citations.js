/** Shows the sources of a reply. */

import { el } from "./dom.js";
import { openElsewhere, webAddress } from "./safe_html.js";

/** @typedef {{ n: number, url: string, title: string }} Citation */

/**
 * @param {Citation[]} citations
 * @returns {HTMLElement | null} null when none of them is an address on the web.
 */
export function citationList(citations) {
  const items = citations.flatMap((citation) => {
    const link = linkTo(citation, citation.title || citation.url);
    if (!link) return [];
    const host = new URL(link.getAttribute("href")).hostname.replace(/^www\./, "");
    const number = el("span", { class: "citation-number" }, String(citation.n));
    return [el("li", {}, number, link, el("span", { class: "citation-host" }, host))];
  });
  if (!items.length) return null;
  return el("section", { class: "citations", "aria-label": "Sources" }, el("ol", {}, ...items));
}

/**
 * Makes the `[1]` marks in a reply's text lead to their sources.
 * @param {HTMLElement} root
 * @param {Citation[]} citations
 */
export function linkMarks(root, citations) {
  const byNumber = new Map(citations.map((citation) => [citation.n, citation]));
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
  for (const text of texts) {
    if (!/\[\d+\]/.test(text.data) || text.parentElement.closest("a, code")) continue;
    const parts = text.data.split(/(\[\d+\])/).map((part) => {
      const citation = byNumber.get(Number(/^\[(\d+)\]$/.exec(part)?.[1]));
      return (citation && linkTo(citation, String(citation.n), "citation-mark")) || part;
    });
    text.replaceWith(...parts);
  }
}

/**
 * @param {Citation} citation
 * @param {string} text
 * @param {string} [className]
 */
function linkTo(citation, text, className) {
  const href = webAddress(citation.url);
  if (!href) return null;
  const link = el("a", { href, class: className, title: citation.title || null }, text);
  openElsewhere(link);
  return link;
}
