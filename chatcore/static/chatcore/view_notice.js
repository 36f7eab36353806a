/** The notice on a reply that is not complete, and what can be done about it. */

import { el } from "./dom.js";

/** @typedef {import("./conversation.js").Turn} Turn */

/**
 * @param {Turn} turn
 * @param {boolean} isLast
 * @param {import("./view_conversation.js").Actions} actions
 * @returns {(Node | string)[] | null} null when there is nothing to say.
 */
export function noticeFor(turn, isLast, actions) {
  switch (turn.status) {
    case "unsent":
      return [
        "Will be sent when the connection is back.",
        button("Take back", () => actions.takeBack(turn)),
      ];
    case "refused":
      return [
        turn.message,
        button("Put it back into the message box", () => actions.takeBack(turn)),
      ];
    case "waiting":
      return ["Waits for the reply above.", button("Cancel", () => actions.stop(turn))];
    case "stopped":
      return turn.reply ? null : ["You stopped it before it began."];
    case "failed":
    case "interrupted":
      return failure(turn, isLast, actions);
    default:
      return null;
  }
}

/**
 * @param {Turn} turn
 * @param {boolean} isLast
 * @param {import("./view_conversation.js").Actions} actions
 */
function failure(turn, isLast, actions) {
  const said = turn.message || "This reply did not come to its end.";
  const reference = turn.reference
    ? el("span", { class: "reference" }, "Reference ", el("code", {}, turn.reference))
    : "";
  const again = isLast
    ? button("Retry", () => actions.retry(turn))
    : button("Ask again", () => actions.ask(turn.prompt));
  return [el("span", { class: "failure" }, said), reference, again];
}

/**
 * @param {string} label
 * @param {() => void} onclick
 */
function button(label, onclick) {
  return el("button", { type: "button", class: "button quiet", onclick }, label);
}
