/** Draws the conversation's turns, at most once for each painted frame. */

import { PlaceView } from "./view_place.js";

/**
 * @typedef {import("./conversation.js").Turn} Turn
 *
 * @typedef {object} Actions What the user can do with a turn.
 * @property {(text: string) => void} ask
 * @property {(turn: Turn, text: string) => void} edit
 * @property {(turn: Turn, model?: string) => void} retry
 * @property {(turn: Turn) => void} stop
 * @property {(turn: Turn) => void} takeBack
 * @property {() => Promise<{ id: string, label: string }[]>} models
 * @property {(message: string) => void} onError
 */

export class ConversationView {
  /** @type {Map<string, PlaceView>} */
  #views = new Map();
  /** @type {Map<string, string>} A turn's client id -> its place's key. */
  #placeOf = new Map();
  /** @type {Set<string>} */
  #changed = new Set();
  #frame = 0;

  /**
   * @param {HTMLElement} list
   * @param {Actions} actions
   */
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
  }

  /** @param {import("./conversation.js").Conversation} conversation */
  show(conversation) {
    const places = conversation.places();
    this.#placeOf.clear();
    places.forEach(({ key, versions }, index) => {
      for (const turn of versions) this.#placeOf.set(turn.client_id, key);
      const view = this.#views.get(key) ?? new PlaceView(this.actions);
      this.#views.set(key, view);
      view.update(versions, index === places.length - 1);
      if (this.list.children[index] !== view.root) {
        this.list.insertBefore(view.root, this.list.children[index] ?? null);
      }
    });
    const keys = new Set(places.map(({ key }) => key));
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      view.root.remove();
      this.#views.delete(key);
    }
  }

  /** @param {Turn} turn */
  changed(turn) {
    this.#changed.add(turn.client_id);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    for (const clientId of this.#changed) {
      this.#views.get(this.#placeOf.get(clientId))?.refresh();
    }
    this.#changed.clear();
  }
}
