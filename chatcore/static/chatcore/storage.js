/**
 * Stores what survives a reload or a closed tab: drafts, and messages that the server has not
 * accepted yet.
 *
 * Kept in this browser, apart for each member. Where the browser allows no storage, they live only
 * as long as the page.
 */

/** @type {Map<string, string>} */
const unstored = new Map();

/** @param {string} key */
function read(key) {
  try {
    return localStorage.getItem(key) ?? unstored.get(key) ?? null;
  } catch {
    return unstored.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value "" forgets it.
 */
function write(key, value) {
  unstored.delete(key);
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    if (value) unstored.set(key, value);
  }
}

/** The unfinished message of each thread. */
export class Drafts {
  /** @param {string} member */
  constructor(member) {
    this.prefix = `chatcore:${member}:draft:`;
  }

  /** @param {string | null} thread null: a chat that has no thread yet. */
  get(thread) {
    return read(this.prefix + (thread ?? "new")) ?? "";
  }

  /**
   * @param {string | null} thread
   * @param {string} text
   */
  set(thread, text) {
    write(this.prefix + (thread ?? "new"), text);
  }
}

/**
 * @typedef {{ type: "ask", id: string, text: string }
 *   | { type: "edit", id: string, turn: string, text: string }
 *   | { type: "retry", id: string, turn: string, model?: string }} Asking
 */

/** One thread's messages that the server has not accepted yet; each is sent until it has. */
export class Outbox {
  /**
   * @param {string} member
   * @param {string} thread
   */
  constructor(member, thread) {
    this.key = `chatcore:${member}:outbox:${thread}`;
  }

  /** @returns {Asking[]} Oldest first. */
  all() {
    try {
      const kept = JSON.parse(read(this.key) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  /** @param {Asking} asking */
  add(asking) {
    this.#keep([...this.all(), asking]);
  }

  /** @param {string} id */
  remove(id) {
    this.#keep(this.all().filter((asking) => asking.id !== id));
  }

  /** @param {Asking[]} askings */
  #keep(askings) {
    write(this.key, askings.length ? JSON.stringify(askings) : "");
  }
}
