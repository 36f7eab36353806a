/** Buttons that copy text. */

import { iconButton, icon } from "./dom.js";

const SHOWN_DONE_MS = 1600;

/**
 * @param {() => string} text Asked when the button is pressed.
 * @param {string} label
 * @returns {HTMLElement}
 */
export function copyButton(text, label) {
  const button = iconButton("copy", label, async () => {
    const copied = await copyText(text());
    button.replaceChildren(icon(copied ? "check" : "warning"));
    button.setAttribute("aria-label", copied ? "Copied" : "Copying was not allowed");
    setTimeout(() => {
      button.replaceChildren(icon("copy"));
      button.setAttribute("aria-label", label);
    }, SHOWN_DONE_MS);
  });
  button.classList.add("copy");
  return button;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copyText(text) {
  // Over plain http (other than localhost) there is no navigator.clipboard.
  if (!navigator.clipboard) return copyBySelection(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
