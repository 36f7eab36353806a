/**
 * Gives a block of code a bar with its language and a Copy button, and colours once it is
 * complete. The highlighter is fetched when the first block needs it.
 */

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { sanitise } from "./safe_html.js";

/** Longer code keeps one colour: highlighting it would hold up the page. */
const LONGEST_HIGHLIGHTED = 60_000;

/**
 * Puts each `pre` of a freshly rendered block into its frame.
 * @param {ParentNode} root
 */
export function frameCode(root) {
  for (const pre of root.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    const bar = el(
      "div",
      { class: "code-bar" },
      el("span", { class: "code-language" }, languageOf(code) || "text"),
      copyButton(() => code.textContent, "Copy code"),
    );
    // A pane that scrolls must be reachable by keyboard.
    pre.setAttribute("tabindex", "0");
    const frame = el("div", { class: "code-frame" }, bar);
    pre.replaceWith(frame);
    frame.append(pre);
  }
}

/**
 * Colours each block of code under `root` whose language is known.
 * @param {ParentNode} root
 */
export async function highlightCode(root) {
  for (const code of root.querySelectorAll("pre > code[class^='language-']")) {
    const text = code.textContent;
    if (text.length > LONGEST_HIGHLIGHTED) continue;
    const { default: hljs } = await import("highlight");
    const language = languageOf(code);
    if (!hljs.getLanguage(language) || code.textContent !== text) continue;
    const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
    code.replaceChildren(sanitise(value));
  }
}

/** @param {Element | null} code */
function languageOf(code) {
  return code?.className.match(/^language-([\w+#.-]+)/)?.[1] ?? "";
}
