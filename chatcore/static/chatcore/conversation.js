/**
 * Keeps the state of a thread's turns, and applies frames to it.
 *
 * Pure: no DOM, no socket, no clock. A turn goes
 *
 *     unsent -> sent -> [waiting] -> running -> complete | stopped | interrupted | failed
 *
 * `unsent` and `sent` exist only here, until the server has accepted the message; `refused` is a
 * message that it would not take.
 */

/**
 * @typedef {"unsent" | "sent" | "refused" | "waiting" | "running" | "complete" | "stopped"
 *   | "interrupted" | "failed"} Status
 *
 * @typedef {object} Turn
 * @property {string} client_id Names the turn before it has an id, and after.
 * @property {string | null} id
 * @property {string} prompt
 * @property {string} reply
 * @property {Status} status
 * @property {number} seq How far `reply` has come; only compared, never read.
 * @property {string | null} replaces The turn that this one retries or edits.
 * @property {string} [reason]
 * @property {string} [provider]
 * @property {string} [label]
 * @property {string} [model]
 * @property {"thinking" | "searching"} [activity] What the model does before its first words.
 * @property {{input_tokens: number | null, output_tokens: number | null,
 *   cost_est: string | null, truncated: boolean}} [usage]
 * @property {string | null} [truncated_reason]
 * @property {string} [usage_source]
 * @property {string} [cost_source]
 * @property {{n: number, url: string, title: string}[]} [citations]
 * @property {boolean} [cache_hit]
 * @property {number | null} [latency_ms]
 * @property {string} [code]
 * @property {string} [message] What went wrong, in one sentence.
 * @property {string} [reference]
 * @property {{thumb: "up" | "down", note: string} | null} [feedback]
 *
 * @typedef {"accepted" | "text" | "status" | "ended" | "doubtful" | "unknown" | "nothing"} Change
 *   `doubtful`: ended, but not where we had read to, so the stored reply must be fetched;
 *   `unknown`: the frame speaks of a turn we have not heard of.
 */

const ENDED = new Set(["complete", "stopped", "interrupted", "failed"]);
const LOCAL = new Set(["unsent", "sent", "refused"]);

/** @param {Turn} turn */
export function hasEnded(turn) {
  return ENDED.has(turn.status);
}

/** @param {Turn} turn Whether only this page knows of it. */
export function isLocal(turn) {
  return LOCAL.has(turn.status);
}

export class Conversation {
  /** @type {Turn[]} In the order they were asked. */
  turns = [];

  /** @param {string | null} id */
  byId(id) {
    return this.turns.find((turn) => turn.id !== null && turn.id === id);
  }

  /** @param {string} clientId */
  byClientId(clientId) {
    return this.turns.find((turn) => turn.client_id === clientId);
  }

  /** Turns whose end is still to come. */
  unended() {
    return this.turns.filter((turn) => turn.id !== null && !hasEnded(turn));
  }

  /**
   * A message that the user has just given.
   * @param {string} clientId
   * @param {string} prompt
   * @param {string | null} [replaces]
   * @returns {Turn}
   */
  add(clientId, prompt, replaces = null) {
    /** @type {Turn} */
    const turn = { client_id: clientId, id: null, prompt, reply: "", status: "unsent", seq: 0, replaces };
    this.turns.push(turn);
    return turn;
  }

  /** @param {Turn} turn */
  remove(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
  }

  /**
   * Takes over what the server has stored, but keeps what was read since from the socket.
   * @param {Turn[]} stored Oldest first.
   */
  load(stored) {
    const known = new Map(this.turns.map((turn) => [turn.client_id, turn]));
    const merged = stored.map((turn) => {
      const local = known.get(turn.client_id);
      known.delete(turn.client_id);
      return local ? merge(local, turn) : { ...turn };
    });
    this.turns = [...merged, ...[...known.values()].filter(isLocal)];
  }

  /**
   * @param {any} frame From the server.
   * @returns {{ change: Change, turn?: Turn }}
   */
  apply(frame) {
    if (frame.type === "accepted") return this.#accept(frame);
    const turn = this.byId(frame.turn);
    if (!turn) return { change: "unknown" };
    if (hasEnded(turn)) return { change: "nothing", turn };
    const change = HANDLERS[frame.type]?.(turn, frame) ?? "nothing";
    return { change, turn };
  }

  /**
   * The places of the conversation, each with all versions of one exchange, the newest last.
   * @returns {{ key: string, versions: Turn[] }[]}
   */
  places() {
    /** @type {Map<string, { key: string, versions: Turn[] }>} */
    const placeOf = new Map();
    const places = [];
    for (const turn of this.turns) {
      let place = turn.replaces ? placeOf.get(turn.replaces) : undefined;
      if (!place) {
        place = { key: turn.client_id, versions: [] };
        places.push(place);
      }
      place.versions.push(turn);
      if (turn.id) placeOf.set(turn.id, place);
    }
    return places;
  }

  /** @param {any} frame */
  #accept(frame) {
    let turn = this.byClientId(frame.id) ?? this.byId(frame.turn);
    const replaced = this.byId(frame.replaces ?? null);
    if (!turn && replaced) turn = this.add(frame.id, replaced.prompt, replaced.id);
    if (!turn) return { change: /** @type {Change} */ ("unknown") };
    turn.id = frame.turn;
    if (isLocal(turn)) turn.status = "running";
    return { change: /** @type {Change} */ ("accepted"), turn };
  }
}

/**
 * @param {Turn} local
 * @param {Turn} stored
 * @returns {Turn} The same object as `local`, so that whoever holds it sees the change.
 */
function merge(local, stored) {
  const ahead = !hasEnded(stored) && local.id === stored.id && local.seq > stored.seq;
  const { reply, seq, status } = local;
  Object.assign(local, stored);
  if (ahead) Object.assign(local, { reply, seq, status });
  return local;
}

/** @type {Record<string, (turn: Turn, frame: any) => Change>} */
const HANDLERS = {
  route(turn, { intent, provider, model, label, reason, cache_hit, activity }) {
    const said = { intent, provider, model, label, reason, cache_hit, activity };
    Object.assign(turn, said, { status: "running" });
    return "status";
  },
  waiting(turn) {
    turn.status = "waiting";
    return "status";
  },
  delta(turn, { seq, text }) {
    // After a resume the same words may come once more.
    if (seq <= turn.seq) return "nothing";
    Object.assign(turn, { reply: turn.reply + text, seq, status: "running" });
    return "text";
  },
  snapshot(turn, { seq, text }) {
    Object.assign(turn, { reply: text, seq, status: "running" });
    return "text";
  },
  reset(turn, { seq }) {
    if (seq <= turn.seq) return "nothing";
    Object.assign(turn, { reply: "", seq });
    return "text";
  },
  done: end,
  failed: end,
};

/**
 * @param {Turn} turn
 * @param {any} frame
 * @returns {Change}
 */
function end(turn, frame) {
  const { type, turn: id, seq, ...facts } = frame;
  const complete = seq === undefined || seq === turn.seq;
  Object.assign(turn, facts);
  if (!hasEnded(turn)) turn.status = type === "done" ? "complete" : "failed";
  return complete ? "ended" : "doubtful";
}
