/** Joins the parts of the page, and opens and closes threads. */

import { announceEnd } from "./announce.js";
import { ApiError, api } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Drawer } from "./drawer.js";
import { Follow } from "./follow.js";
import { Drafts } from "./storage.js";
import { Tabs } from "./tabs.js";
import { ThreadSession } from "./thread_session.js";
import { Threads } from "./threads.js";
import { Toasts } from "./toast.js";
import { ConversationView } from "./view_conversation.js";
import { StateView } from "./view_state.js";

/** @typedef {import("./conversation.js").Turn} Turn */

const find = (/** @type {string} */ selector) => /** @type {any} */ (document.querySelector(selector));

export class App {
  /** @type {ThreadSession | null} */
  session = null;

  /** @param {string} member Who, and in which organisation: keeps apart what is written in one browser. */
  constructor(member) {
    this.member = member;
    this.toasts = new Toasts(find("#toasts"));
    this.state = new StateView(find("#state"));
    this.drawer = new Drawer(find("#panel"), find("#open-panel"), find("#backdrop"));
    this.follow = new Follow(find("#scroller"), find("#conversation"), find("#jump"));
    this.composer = new Composer(find("#composer"), new Drafts(member), {
      send: (text) => this.#send(text),
      stop: () => this.stop(),
    });
    this.threads = new Threads(find("#panel"), {
      onChange: (thread) => this.tabs.tell(thread),
      onDeleted: (thread) => this.#deleted(thread),
      onTitle: (title) => this.#setTitle(title),
      onError: (message) => this.toasts.show(message),
    });
    this.tabs = new Tabs(member, (thread) => this.#changedElsewhere(thread));
    document.addEventListener("visibilitychange", () => !document.hidden && this.session?.refresh());
  }

  /** @param {string | null} thread null: a new chat. */
  async open(thread) {
    this.session?.close();
    this.session = null;
    this.drawer.set(false);
    this.#prepare(thread);
    this.threads.setCurrent(thread);
    this.composer.open(thread);
    this.composer.focus();
    if (thread) await this.#start(thread, false);
  }

  /** Like `open`, and the address follows. @param {string | null} thread */
  async go(thread) {
    history.pushState(null, "", thread ? `/threads/${thread}/` : "/");
    await this.open(thread);
  }

  /** Stops the reply that runs, if one does. */
  stop() {
    const running = this.#running();
    if (running) this.session.stop(running);
  }

  /** @param {string | null} thread */
  #prepare(thread) {
    find("#conversation").replaceChildren();
    find("#empty").hidden = thread !== null;
    this.#setTitle("");
    this.state.show(thread ? "connecting" : "open");
    this.view = new ConversationView(find("#conversation"), this.#actions());
    this.composer.setRunning(false);
    this.follow.toEnd();
  }

  /** @returns {import("./view_conversation.js").Actions} */
  #actions() {
    return {
      ask: (text) => this.#send(text),
      edit: (turn, text) => this.#again(() => this.session.edit(turn, text)),
      retry: (turn, model) => this.#again(() => this.session.retry(turn, model)),
      stop: (turn) => this.session.stop(turn),
      takeBack: (turn) => {
        this.session.takeBack(turn);
        this.composer.put(turn.prompt);
      },
      models: () => this.#models(),
      onError: (message) => this.toasts.show(message),
    };
  }

  /** The button that was pressed is gone now. @param {() => void} ask */
  #again(ask) {
    ask();
    this.composer.focus();
    this.follow.toEnd();
  }

  /** @param {string} thread @param {boolean} isNew */
  async #start(thread, isNew) {
    const session = new ThreadSession(thread, this.member, {
      onTurns: () => this.#turnsChanged(session.conversation),
      onTurn: (turn, change) => this.#turnChanged(turn, change),
      onState: (state) => this.state.show(state),
      onError: (message) => this.toasts.show(message),
      onAsked: () => {
        this.tabs.tell(thread);
        this.threads.load();
      },
    });
    this.session = session;
    try {
      await session.start(isNew);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.session === session) this.#startFailed(thread, error);
    }
  }

  /** @param {string} thread @param {ApiError} error */
  #startFailed(thread, error) {
    if (error.signedOut) this.state.show("signed_out");
    else if (error.status === 404) this.state.show("gone");
    else this.state.failed(error.message, () => this.open(thread));
  }

  /** @param {string} text @returns {Promise<boolean>} Whether the message is in safe hands. */
  async #send(text) {
    if (!this.session && !(await this.#makeThread())) return false;
    this.session.ask(text);
    this.follow.toEnd();
    return true;
  }

  /** @returns {Promise<boolean>} */
  async #makeThread() {
    try {
      const thread = await api.createThread();
      history.pushState(null, "", `/threads/${thread.id}/`);
      find("#empty").hidden = true;
      this.threads.setCurrent(thread.id);
      this.composer.moveTo(thread.id);
      await this.#start(thread.id, true);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.signedOut) this.state.show("signed_out");
      else this.toasts.show(`${error.message} Your message is kept; try again.`);
      return false;
    }
  }

  async #models() {
    try {
      return await api.models();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.toasts.show(error.message);
      return [];
    }
  }

  /** @param {Conversation} conversation */
  #turnsChanged(conversation) {
    this.view.show(conversation);
    this.composer.setRunning(Boolean(this.#running()));
  }

  /** @param {Turn} turn @param {import("./conversation.js").Change} change */
  #turnChanged(turn, change) {
    this.view.changed(turn);
    this.composer.setRunning(Boolean(this.#running()));
    if (change === "ended" || change === "doubtful") announceEnd(find("#announcer"), turn);
  }

  #running() {
    return this.session?.conversation.turns.find(({ status }) => status === "running" || status === "sent");
  }

  /** @param {string} title */
  #setTitle(title) {
    find("#title").textContent = title || "New chat";
    document.title = title ? `${title} · Chatcore` : "Chatcore";
  }

  /** @param {string} thread */
  #changedElsewhere(thread) {
    this.threads.load();
    if (this.session?.id === thread) this.session.refresh();
  }

  /** @param {string} thread */
  #deleted(thread) {
    this.tabs.tell(thread);
    if (this.session?.id === thread) this.go(null);
  }
}
