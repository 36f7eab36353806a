/**
 * When does the page tell the server how far it has read? After 32 KiB, after a second, and at
 * the end: the server holds back the text of a reader who does not.
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
   * @param {string} turn
   * @param {number} seq
   * @param {number} characters How many came with it.
   */
  received(turn, seq, characters) {
    const open = this.#unacknowledged.get(turn) ?? {
      seq,
      characters: 0,
      timer: setTimeout(() => this.flush(turn), EVERY_MS),
    };
    open.seq = seq;
    open.characters += characters;
    this.#unacknowledged.set(turn, open);
    if (open.characters >= EVERY_CHARACTERS) this.flush(turn);
  }

  /** @param {string} turn */
  flush(turn) {
    const open = this.#unacknowledged.get(turn);
    if (!open) return;
    clearTimeout(open.timer);
    this.#unacknowledged.delete(turn);
    this.send({ type: "ack", turn, seq: open.seq });
  }
}
