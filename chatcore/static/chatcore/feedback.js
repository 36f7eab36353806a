/** Takes a user's feedback on a reply: a thumb, and a note if they like. */

import { ApiError, api } from "./api.js";
import { el, iconButton } from "./dom.js";

/** @typedef {import("./conversation.js").Turn} Turn */

export class Feedback {
  /**
   * @param {Turn} turn
   * @param {(message: string) => void} onError
   */
  constructor(turn, onError) {
    this.turn = turn;
    this.onError = onError;
    this.up = iconButton("thumb-up", "Good reply", () => this.#press("up"));
    this.down = iconButton("thumb-down", "Bad reply", () => this.#press("down"));
    this.note = el("textarea", { rows: "2", maxlength: "2000", "aria-label": "Your note" });
    this.form = el(
      "form",
      { class: "feedback-note", hidden: true, onsubmit: (event) => this.#saveNote(event) },
      this.note,
      el("button", { class: "button quiet", type: "button", onclick: () => this.#hideNote() }, "No note"),
      el("button", { class: "button", type: "submit" }, "Send note"),
    );
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#hideNote();
    });
    this.update();
  }

  update() {
    const thumb = this.turn.feedback?.thumb;
    this.up.setAttribute("aria-pressed", String(thumb === "up"));
    this.down.setAttribute("aria-pressed", String(thumb === "down"));
  }

  /** @param {"up" | "down"} thumb */
  async #press(thumb) {
    const before = this.turn.feedback ?? null;
    const takenBack = before?.thumb === thumb;
    const after = takenBack ? null : { thumb, note: before?.note ?? "" };
    const saved = await this.#save(after, before);
    if (!saved) return;
    this.form.hidden = takenBack;
    if (takenBack) return;
    this.note.value = after.note;
    this.note.placeholder = thumb === "up" ? "What was good? (optional)" : "What went wrong? (optional)";
    this.note.focus();
  }

  /** @param {Event} event */
  async #saveNote(event) {
    event.preventDefault();
    const before = this.turn.feedback;
    const after = { thumb: before.thumb, note: this.note.value.trim() };
    if (await this.#save(after, before)) this.#hideNote();
  }

  #hideNote() {
    this.form.hidden = true;
    (this.turn.feedback?.thumb === "down" ? this.down : this.up).focus();
  }

  /**
   * Shows the new opinion at once, and the old one again if it could not be stored.
   * @param {Turn["feedback"]} after
   * @param {Turn["feedback"]} before
   * @returns {Promise<boolean>}
   */
  async #save(after, before) {
    this.turn.feedback = after;
    this.update();
    try {
      await (after ? api.putFeedback(this.turn.id, after.thumb, after.note) : api.deleteFeedback(this.turn.id));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.turn.feedback = before;
      this.update();
      this.onError(`${error.message} Your feedback was not saved.`);
      return false;
    }
  }
}
