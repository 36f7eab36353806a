/**
 * Keeps the page's copy of a thread the same as the server's.
 *
 * Loads the turns, follows the running ones over the socket, sends what the user asks until the
 * server has accepted it, and fetches the stored turns again whenever there is doubt.
 */

import { Acks } from "./acks.js";
import { ApiError, api } from "./api.js";
import { Conversation, hasEnded, isLocal } from "./conversation.js";
import { ThreadSocket } from "./socket.js";
import { Outbox } from "./storage.js";

const SEND_AGAIN_MS = 2000;

/**
 * @typedef {import("./conversation.js").Turn} Turn
 *
 * @typedef {object} SessionListener
 * @property {() => void} onTurns Turns came, went or changed places.
 * @property {(turn: Turn, change: import("./conversation.js").Change) => void} onTurn
 * @property {(state: import("./socket.js").State) => void} onState
 * @property {(message: string) => void} onError Something that belongs to no turn.
 * @property {() => void} onAsked The server took a message: other tabs should look.
 */

export class ThreadSession {
  conversation = new Conversation();
  /** @type {ThreadSocket | null} */
  #socket = null;
  #closed = false;
  /** @type {Set<string>} Turns to stop as soon as they have an id. */
  #stopWanted = new Set();
  #acks = new Acks((frame) => this.#socket?.send(frame));

  /**
   * @param {string} id
   * @param {string} member
   * @param {SessionListener} listener
   */
  constructor(id, member, listener) {
    this.id = id;
    this.listener = listener;
    this.outbox = new Outbox(member, id);
  }

  /**
   * @param {boolean} isNew Whether the thread was made just now and has no turns.
   * @throws {ApiError} When the turns cannot be loaded; it may be called again.
   */
  async start(isNew) {
    if (!isNew) this.conversation.load(await api.turns(this.id));
    if (this.#closed) return;
    for (const asking of this.outbox.all()) this.#show(asking);
    this.listener.onTurns();
    this.#socket = new ThreadSocket(`/ws/threads/${this.id}/`, {
      onFrame: (frame, characters) => this.#take(frame, characters),
      onState: (state) => this.#stateChanged(state),
      whyRefused: () => this.#whyRefused(),
      isAwaiting: () => this.conversation.turns.some((turn) => !hasEnded(turn)),
    });
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  /** @param {string} text */
  ask(text) {
    this.#give({ type: "ask", id: crypto.randomUUID(), text });
  }

  /** @param {Turn} turn @param {string} text */
  edit(turn, text) {
    this.#give({ type: "edit", id: crypto.randomUUID(), turn: turn.id, text });
  }

  /** @param {Turn} turn @param {string} [model] */
  retry(turn, model) {
    const asking = { type: /** @type {const} */ ("retry"), id: crypto.randomUUID(), turn: turn.id };
    this.#give(model ? { ...asking, model } : asking);
  }

  /** @param {Turn} turn */
  stop(turn) {
    if (turn.status === "unsent") {
      this.takeBack(turn);
    } else if (turn.id === null) {
      this.#stopWanted.add(turn.client_id);
    } else if (!this.#socket?.send({ type: "stop", turn: turn.id })) {
      this.#overHttp(api.stop(turn.id));
    }
  }

  /** Forgets a message that the server has not got. @param {Turn} turn */
  takeBack(turn) {
    this.outbox.remove(turn.client_id);
    this.conversation.remove(turn);
    this.listener.onTurns();
  }

  /** Fetches what the server has stored, and follows what runs. */
  async refresh() {
    try {
      const stored = await api.turns(this.id);
      if (this.#closed) return;
      const running = new Set(this.conversation.unended());
      this.conversation.load(stored);
      this.listener.onTurns();
      for (const turn of this.conversation.unended()) if (!running.has(turn)) this.#resume(turn);
      for (const turn of running) if (hasEnded(turn)) this.listener.onTurn(turn, "ended");
    } catch (error) {
      // What is on the page stays; the socket's state already says that something is wrong.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** @param {import("./storage.js").Asking} asking */
  #give(asking) {
    this.outbox.add(asking);
    this.#show(asking);
    this.#send(asking);
    this.listener.onTurns();
  }

  /** @param {import("./storage.js").Asking} asking */
  #show(asking) {
    if (this.conversation.byClientId(asking.id)) return;
    const replaced = asking.type === "ask" ? null : asking.turn;
    const text = asking.type === "retry" ? this.conversation.byId(asking.turn)?.prompt : asking.text;
    if (text === undefined) this.outbox.remove(asking.id);
    else this.conversation.add(asking.id, text, replaced);
  }

  /** @param {import("./storage.js").Asking} asking */
  #send(asking) {
    const turn = this.conversation.byClientId(asking.id);
    if (!turn || turn.status === "refused" || !this.#socket?.send(asking)) return;
    if (isLocal(turn)) turn.status = "sent";
    this.listener.onTurn(turn, "status");
  }

  /** @param {Turn} turn */
  #resume(turn) {
    this.#socket?.send({ type: "resume", turn: turn.id, after: turn.seq });
  }

  /** @param {import("./socket.js").State} state */
  #stateChanged(state) {
    if (state === "open") {
      for (const turn of this.conversation.unended()) this.#resume(turn);
      for (const asking of this.outbox.all()) this.#send(asking);
    } else {
      for (const turn of this.conversation.turns) this.#becomeUnsent(turn);
    }
    this.listener.onState(state);
  }

  /** @param {Turn} turn */
  #becomeUnsent(turn) {
    if (turn.status !== "sent") return;
    turn.status = "unsent";
    this.listener.onTurn(turn, "status");
  }

  /** @param {any} frame @param {number} characters */
  #take(frame, characters) {
    if (frame.type === "error") {
      this.#refuse(frame);
      return;
    }
    this.#acks.received(frame, characters);
    const { change, turn } = this.conversation.apply(frame);
    if (change === "unknown" || change === "doubtful") this.refresh();
    if (!turn) return;
    if (change === "accepted") this.#accepted(turn);
    if (change !== "nothing") this.listener.onTurn(turn, change);
  }

  /** @param {Turn} turn */
  #accepted(turn) {
    this.outbox.remove(turn.client_id);
    if (this.#stopWanted.delete(turn.client_id)) this.stop(turn);
    this.listener.onTurns();
    this.listener.onAsked();
  }

  /** @param {{ id?: string, turn?: string, code: string, message: string }} error */
  #refuse({ id, turn: about, code, message }) {
    const followed = about && code === "unavailable" && this.conversation.byId(about);
    if (followed && !hasEnded(followed)) {
      setTimeout(() => this.#resume(followed), SEND_AGAIN_MS);
      return;
    }
    const sent = this.conversation.turns.find(({ status }) => status === "sent");
    const turn = id ? this.conversation.byClientId(id) : sent;
    if (!turn || !isLocal(turn)) {
      this.listener.onError(message);
      return;
    }
    if (code === "unavailable") {
      this.#sendLater(turn);
      return;
    }
    this.outbox.remove(turn.client_id);
    Object.assign(turn, { status: "refused", message });
    this.listener.onTurn(turn, "status");
  }

  /**
   * The server cannot take it just now: the message stays in the outbox and is sent again, by a new
   * socket or after a while.
   * @param {Turn} turn
   */
  #sendLater(turn) {
    this.#becomeUnsent(turn);
    const asking = this.outbox.all().find(({ id }) => id === turn.client_id);
    if (asking) setTimeout(() => turn.status === "unsent" && this.#send(asking), SEND_AGAIN_MS);
  }

  /** @returns {Promise<"signed_out" | "gone" | null>} */
  async #whyRefused() {
    try {
      await api.thread(this.id);
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.signedOut) return "signed_out";
      return error.status === 404 ? "gone" : null;
    }
  }

  /** @param {Promise<unknown>} request */
  async #overHttp(request) {
    try {
      await request;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.listener.onError(error.message);
    }
  }
}
