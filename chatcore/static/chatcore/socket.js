/**
 * Keeps a thread's websocket open.
 *
 * It connects again after every loss, soon at first, later more patiently, and at once when the
 * network or the page comes back. It knows nothing of what the frames say.
 */

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 10_000;
const OPENING_LIMIT_MS = 10_000;
/** A reply is awaited and nothing has come for this long: the line may be dead without a word. */
const SILENCE_LIMIT_MS = 45_000;
/** Failures to open before the server is asked over HTTP what is wrong. */
const FAILURES_BEFORE_ASKING = 2;

/** @type {Record<number, State>} Close codes after which coming back is pointless. */
const FINAL = { 4401: "signed_out", 4403: "gone", 4404: "gone" };

/**
 * @typedef {"connecting" | "open" | "reconnecting" | "offline" | "signed_out" | "gone"} State
 *
 * @typedef {object} Listener
 * @property {(frame: any, characters: number) => void} onFrame
 * @property {(state: State) => void} onState
 * @property {() => Promise<"signed_out" | "gone" | null>} whyRefused
 * @property {() => boolean} isAwaiting Whether the server owes us something.
 */

export class ThreadSocket {
  /** @type {WebSocket | null} */
  #socket = null;
  #failures = 0;
  #opened = false;
  #heardAt = 0;
  #timer = 0;
  #lifetime = new AbortController();
  /** @type {State} */
  state = "connecting";

  /**
   * @param {string} path
   * @param {Listener} listener
   */
  constructor(path, listener) {
    const origin = location.origin.replace(/^http/, "ws");
    this.url = origin + path;
    this.listener = listener;
    const { signal } = this.#lifetime;
    addEventListener("online", () => this.hurry(), { signal });
    addEventListener("offline", () => this.#lost(), { signal });
    addEventListener("pagehide", () => this.#drop(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.hurry(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry(), { signal });
    const watch = setInterval(() => this.#noticeSilence(), 5_000);
    signal.addEventListener("abort", () => clearInterval(watch));
    this.#connect();
  }

  /**
   * @param {object} frame
   * @returns {boolean} Whether it was handed to an open socket.
   */
  send(frame) {
    if (this.state !== "open") return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Connects now instead of at the end of the delay. */
  hurry() {
    if (this.#socket || this.#isOver()) return;
    this.#failures = 0;
    this.#connect();
  }

  close() {
    this.#lifetime.abort();
    this.#drop();
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lost(), OPENING_LIMIT_MS);
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }) => {
      this.#heardAt = Date.now();
      this.listener.onFrame(JSON.parse(data), data.length);
    };
    socket.onclose = ({ code }) => (FINAL[code] ? this.#end(FINAL[code]) : this.#lost());
  }

  #open() {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#opened = true;
    this.#heardAt = Date.now();
    this.#set("open");
  }

  #lost() {
    if (this.#isOver()) return;
    this.#drop();
    this.#failures += 1;
    this.#set(!navigator.onLine ? "offline" : this.#opened ? "reconnecting" : "connecting");
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS);
    // Half of it is chance, so that a restarted server is not met by everybody at once.
    this.#timer = setTimeout(() => this.#again(), delay * (0.5 + Math.random() / 2));
  }

  async #again() {
    // A refused handshake has no close code that a page may read.
    if (this.#failures >= FAILURES_BEFORE_ASKING) {
      const reason = await this.listener.whyRefused();
      if (this.#lifetime.signal.aborted || this.#socket) return;
      if (reason) {
        this.#end(reason);
        return;
      }
    }
    this.#connect();
  }

  #isOver() {
    return this.state === "signed_out" || this.state === "gone";
  }

  #noticeSilence() {
    const silent = Date.now() - this.#heardAt > SILENCE_LIMIT_MS;
    if (this.state === "open" && silent && this.listener.isAwaiting()) this.#lost();
  }

  /** @param {State} state */
  #end(state) {
    this.#drop();
    this.#set(state);
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.listener.onState(state);
  }
}
