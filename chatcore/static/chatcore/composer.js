/** The message box. The draft of each thread outlives the page. */

import { grows, isSendKey } from "./typing.js";

const HAS_KEYBOARD = matchMedia("(hover: hover)");

export class Composer {
  /** @type {string | null} */
  #thread = null;

  /** What was typed before this module was there. */
  #early = "";

  /**
   * @param {HTMLFormElement} form
   * @param {import("./storage.js").Drafts} drafts
   * @param {{ send: (text: string) => Promise<boolean>, stop: () => void }} actions
   *   `send` answers whether the message is in safe hands.
   */
  constructor(form, drafts, actions) {
    this.form = form;
    this.drafts = drafts;
    this.actions = actions;
    this.area = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.sendButton = /** @type {HTMLButtonElement} */ (form.querySelector(".send"));
    this.stopButton = /** @type {HTMLButtonElement} */ (form.querySelector(".stop"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    form.addEventListener("keydown", (event) => {
      if (event.target !== this.area || !isSendKey(event)) return;
      event.preventDefault();
      this.#send();
    });
    this.area.addEventListener("input", () => this.#changed());
    this.stopButton.addEventListener("click", () => actions.stop());
    grows(this.area);
    this.#early = this.area.value.trim();
  }

  /** Takes up the draft of another thread. @param {string | null} thread */
  open(thread) {
    this.#thread = thread;
    const draft = this.drafts.get(thread);
    this.area.value = [draft, this.#early === draft ? "" : this.#early].filter(Boolean).join("\n\n");
    this.#early = "";
    this.#changed();
  }

  /** The new chat has become a thread: the draft goes along. @param {string} thread */
  moveTo(thread) {
    this.drafts.set(this.#thread, "");
    this.#thread = thread;
    this.#changed();
  }

  /** @param {string} text Goes before what is already written. */
  put(text) {
    this.area.value = [text, this.area.value].filter(Boolean).join("\n\n");
    this.#changed();
    this.area.focus();
  }

  /** Where focus opens a keyboard over half the screen, the user asks for it. */
  focus() {
    if (HAS_KEYBOARD.matches) this.area.focus();
  }

  /** @param {boolean} running Whether there is something to stop. */
  setRunning(running) {
    if (!running && document.activeElement === this.stopButton) this.focus();
    this.stopButton.hidden = !running;
  }

  #changed() {
    this.drafts.set(this.#thread, this.area.value);
    this.sendButton.disabled = !this.area.value.trim();
  }

  async #send() {
    const text = this.area.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    const written = this.area.value;
    const safe = await this.actions.send(text);
    this.sending = false;
    if (!safe) return;
    // What was typed while the message was on its way stays.
    if (this.area.value === written) this.area.value = "";
    else if (this.area.value.startsWith(written)) this.area.value = this.area.value.slice(written.length);
    this.#changed();
  }
}
