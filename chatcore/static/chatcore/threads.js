/** The list of the user's threads: loading, searching, renaming, deleting. */

import { ApiError, api } from "./api.js";
import { threadSections } from "./view_threads.js";

const SEARCH_PAUSE_MS = 200;

/** @typedef {import("./view_threads.js").Thread} Thread */

export class Threads {
  /** @type {Thread[]} */
  #threads = [];
  /** @type {string | null} */
  #next = null;
  /** @type {string | null} */
  #current = null;
  #asked = 0;
  #timer = 0;

  /**
   * @param {HTMLElement} panel
   * @param {{ onChange: (thread: string) => void, onDeleted: (thread: string) => void,
   *   onTitle: (title: string) => void, onError: (message: string) => void }} listener
   */
  constructor(panel, listener) {
    this.listener = listener;
    this.list = panel.querySelector(".thread-list");
    this.none = /** @type {HTMLElement} */ (panel.querySelector(".thread-none"));
    this.more = /** @type {HTMLElement} */ (panel.querySelector(".thread-more"));
    this.search = /** @type {HTMLInputElement} */ (panel.querySelector("input[type=search]"));
    this.dialog = /** @type {HTMLDialogElement} */ (document.querySelector("#delete-dialog"));
    this.search.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.load(), SEARCH_PAUSE_MS);
    });
    this.more.addEventListener("click", () => this.#loadMore());
  }

  /** Fetches the list anew. Of overlapping answers only the last one counts. */
  async load() {
    const asked = (this.#asked += 1);
    await this.#orSay(async () => {
      const { results, next } = await api.threads(this.search.value.trim());
      if (asked !== this.#asked) return;
      this.#threads = results;
      this.#next = next;
      this.#show();
    });
  }

  /** @param {string | null} thread */
  setCurrent(thread) {
    this.#current = thread;
    this.#show();
  }

  async #loadMore() {
    await this.#orSay(async () => {
      const { results, next } = await api.page(this.#next);
      this.#threads.push(...results);
      this.#next = next;
      this.#show();
    });
  }

  #show() {
    // A name that is being typed is not thrown away; the next load shows what has changed.
    if (this.list.querySelector("input")) return;
    const focused = document.activeElement?.getAttribute("data-thread");
    const actions = {
      rename: (/** @type {Thread} */ thread, /** @type {string} */ title) => this.#rename(thread, title),
      remove: (/** @type {Thread} */ thread) => this.#remove(thread),
    };
    this.list.replaceChildren(...threadSections(this.#threads, this.#current, actions));
    if (focused) this.list.querySelector(`[data-thread="${CSS.escape(focused)}"]`)?.focus();
    this.none.hidden = this.#threads.length > 0;
    this.none.textContent = this.search.value.trim() ? "Nothing found." : "Your chats will be listed here.";
    this.more.hidden = !this.#next;
    const current = this.#threads.find((thread) => thread.id === this.#current);
    if (current) this.listener.onTitle(current.title);
  }

  /** @param {Thread} thread @param {string} title */
  async #rename(thread, title) {
    const before = thread.title;
    thread.title = title;
    this.#show();
    const renamed = await this.#orSay(() => api.renameThread(thread.id, title));
    if (!renamed) thread.title = before;
    this.#show();
    if (renamed) this.listener.onChange(thread.id);
  }

  /** @param {Thread} thread */
  async #remove(thread) {
    if (!(await this.#confirmed(thread))) return;
    if (!(await this.#orSay(() => api.deleteThread(thread.id)))) return;
    this.#threads = this.#threads.filter((other) => other !== thread);
    this.#show();
    this.listener.onDeleted(thread.id);
  }

  /** @param {Thread} thread @returns {Promise<boolean>} */
  #confirmed(thread) {
    this.dialog.querySelector(".dialog-subject").textContent = thread.title || "New chat";
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      const closed = () => resolve(this.dialog.returnValue === "delete");
      this.dialog.addEventListener("close", closed, { once: true });
    });
  }

  /** @param {() => Promise<unknown>} work @returns {Promise<boolean>} Whether it went well. */
  async #orSay(work) {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.listener.onError(error.message);
      return false;
    }
  }
}
