/**
 * Sanitises a reply's HTML.
 *
 * A short list of harmless elements; links to the web or to mail, opened elsewhere without a
 * referrer; no image, style, form, script, id or name. The result is a fragment, never a string:
 * nothing on this page assigns innerHTML.
 */

import DOMPurify from "dompurify";

const TAGS = [
  "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "kbd", "li", "ol",
  "p", "pre", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
];
const HARMLESS_CLASS = /^(?:language-[\w+#.-]{1,40}|hljs-[\w-]+(?: (?:hljs-[\w-]+|[a-z]+_+))*)$/;

const purifier = DOMPurify(window);

const CONFIG = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["align", "class", "href", "start", "title"],
  // These two are checked as addresses unless they are named here.
  ADD_URI_SAFE_ATTR: ["align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOW_UNKNOWN_PROTOCOLS: false,
  ALLOW_SELF_CLOSE_IN_ATTR: false,
  SAFE_FOR_XML: true,
  RETURN_DOM_FRAGMENT: true,
};

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.hasAttribute("class") && !HARMLESS_CLASS.test(node.getAttribute("class"))) {
    node.removeAttribute("class");
  }
  if (node.nodeName !== "A") {
    node.removeAttribute("href");
  } else if (node.hasAttribute("href")) {
    openElsewhere(node);
  }
});

/**
 * @param {string} html Hostile.
 * @returns {DocumentFragment} Safe to insert.
 */
export function sanitise(html) {
  return purifier.sanitize(html, CONFIG);
}

/**
 * The address if a link may go there, else null.
 * @param {unknown} url
 * @returns {string | null}
 */
export function webAddress(url) {
  const parsed = URL.parse(String(url));
  return parsed && ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
}

/**
 * Makes a link leave in a tab of its own that knows nothing of this one.
 * @param {Element} link
 */
export function openElsewhere(link) {
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer nofollow");
}
