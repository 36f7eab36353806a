/**
 * Tells the server how far the page has read: after 32 KiB, after a second, and at the end.
 * The server holds back the text of a reader that does not.
 */

const EVERY_CHARACTERS = 32 * 1024;
const EVERY_MS = 1_000;

export class Acks {
  /** @type {Map<string, { seq: number, characters: number, timer: number }>} */
  #unacknowledged = new Map();

  /** @param {(frame: object) => void} send */
  constructor(send) {
    this.send = send;
  }

  /**
   * @param {{ type: string, turn: string, seq?: number }} frame
   * @param {number} characters The size of the whole frame, for that is what the server counts.
   */
  received({ type, turn, seq }, characters) {
    if (seq === undefined) return;
    const open = this.#unacknowledged.get(turn) ?? {
      seq,
      characters: 0,
      timer: setTimeout(() => this.#flush(turn), EVERY_MS),
    };
    open.seq = seq;
    open.characters += characters;
    this.#unacknowledged.set(turn, open);
    const ended = type === "done" || type === "failed";
    if (ended || open.characters >= EVERY_CHARACTERS) this.#flush(turn);
  }

  /** @param {string} turn */
  #flush(turn) {
    const open = this.#unacknowledged.get(turn);
    if (!open) return;
    clearTimeout(open.timer);
    this.#unacknowledged.delete(turn);
    this.send({ type: "ack", turn, seq: open.seq });
  }
}
