/** What message boxes have in common: the key that sends, and growing with the text. */

/**
 * Whether a key press sends: Enter without Shift, and not the Enter that ends the composing of a
 * character (Japanese, Chinese, Korean).
 * @param {KeyboardEvent} event
 */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing;
}

/**
 * Lets a text area grow with its text, up to the height its stylesheet allows.
 * @param {HTMLTextAreaElement} area
 */
export function grows(area) {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };
  area.addEventListener("input", fit);
  fit();
}
