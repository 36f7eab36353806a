/** A prompt in the conversation, and editing it. */

import { copyButton } from "./copy.js";
import { el, iconButton } from "./dom.js";
import { grows, isSendKey } from "./typing.js";

/** @typedef {import("./conversation.js").Turn} Turn */

export class PromptView {
  /**
   * @param {Turn} turn
   * @param {(text: string) => void} onEdit
   */
  constructor(turn, onEdit) {
    this.turn = turn;
    this.onEdit = onEdit;
    this.bubble = el("div", { class: "bubble", dir: "auto" }, turn.prompt);
    this.editButton = iconButton("edit", "Edit and send again", () => this.#startEdit());
    this.tools = el(
      "div",
      { class: "prompt-tools" },
      this.editButton,
      copyButton(() => turn.prompt, "Copy message"),
    );
    this.root = el("article", { class: "prompt", "aria-label": "You" }, this.bubble, this.tools);
  }

  /** @param {boolean} canEdit */
  update(canEdit) {
    this.editButton.hidden = !canEdit;
  }

  #startEdit() {
    const area = el("textarea", { class: "edit-text", "aria-label": "Edit message", dir: "auto" });
    area.value = this.turn.prompt;
    const form = el(
      "form",
      { class: "edit-form", onsubmit: (event) => this.#send(event, area.value) },
      area,
      el("button", { class: "button quiet", type: "button", onclick: () => this.#endEdit() }, "Cancel"),
      el("button", { class: "button", type: "submit" }, "Send"),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        this.#endEdit();
      } else if (isSendKey(event)) {
        this.#send(event, area.value);
      }
    });
    this.root.replaceChildren(form);
    grows(area);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  /** @param {Event} event @param {string} text */
  #send(event, text) {
    event.preventDefault();
    if (!text.trim()) return;
    this.#endEdit();
    if (text !== this.turn.prompt) this.onEdit(text);
  }

  #endEdit() {
    this.root.replaceChildren(this.bubble, this.tools);
    this.editButton.focus();
  }
}
