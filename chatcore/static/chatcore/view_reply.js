/** A reply in the conversation: its text, its state, its facts, and what one can do with it. */

import { citationList, linkMarks } from "./citations.js";
import { hasEnded } from "./conversation.js";
import { copyButton } from "./copy.js";
import { el, icon } from "./dom.js";
import { Feedback } from "./feedback.js";
import { menuButton } from "./menu.js";
import { ReplyText } from "./reply_text.js";
import { factsOf, routeLine } from "./view_facts.js";
import { noticeFor } from "./view_notice.js";

/** @typedef {import("./conversation.js").Turn} Turn */

/** @type {Record<string, string>} */
const ACTIVITIES = { thinking: "Thinking…", searching: "Searching the web…" };

export class ReplyView {
  /**
   * @param {Turn} turn
   * @param {import("./view_conversation.js").Actions} actions
   */
  constructor(turn, actions) {
    this.turn = turn;
    this.actions = actions;
    this.prose = el("div", { class: "prose reply-text" });
    this.text = new ReplyText(this.prose);
    this.activity = el("span", { class: "activity" });
    this.thinking = el("div", { class: "thinking" }, this.activity);
    this.notice = el("div", { class: "notice", hidden: true });
    this.sources = el("div", { hidden: true });
    this.route = el("p", { class: "route" });
    this.facts = el("p", { class: "facts" });
    this.feedback = new Feedback(turn, actions.onError);
    this.tools = this.#makeTools();
    this.root = el(
      "article",
      { class: "reply", "aria-label": "Reply" },
      this.prose,
      this.thinking,
      this.notice,
      this.sources,
      el("footer", { class: "reply-foot" }, this.route, this.facts, this.tools),
      this.feedback.form,
    );
  }

  /** @param {boolean} isLast Whether this is the newest version of the last exchange. */
  update(isLast) {
    const { turn } = this;
    const ended = hasEnded(turn);
    const awaiting = turn.status === "sent" || turn.status === "running";
    this.root.dataset.status = turn.status;
    this.root.setAttribute("aria-busy", String(!ended));
    this.text.show(turn.reply, ended);
    this.thinking.hidden = !awaiting || turn.reply !== "";
    this.activity.textContent = ACTIVITIES[turn.activity ?? ""] ?? "The reply is on its way";
    this.activity.classList.toggle("visually-hidden", !turn.activity);
    this.route.replaceChildren(...routeLine(turn));
    this.facts.replaceChildren(...(factsOf(turn)));
    const notice = noticeFor(turn, isLast, this.actions);
    this.notice.hidden = !notice;
    this.notice.replaceChildren(...(notice ?? []));
    this.tools.hidden = !ended;
    this.retryTools.hidden = !isLast;
    // The notice of a failure has its own.
    this.retry.hidden = turn.status === "failed" || turn.status === "interrupted";
    if (ended) this.#end();
  }

  #end() {
    this.feedback.update();
    const { citations } = this.turn;
    if (!citations?.length) return;
    linkMarks(this.prose, citations);
    const list = citationList(citations);
    this.sources.replaceChildren(...(list ? [list] : []));
    this.sources.hidden = !list;
  }

  #makeTools() {
    const { turn, actions } = this;
    this.retry = el(
      "button",
      { type: "button", class: "tool", onclick: () => actions.retry(turn) },
      icon("retry"),
      "Retry",
    );
    const choose = menuButton("Retry with…", () => this.#models(), "No other model is offered.");
    this.retryTools = el("div", { class: "retry-tools" }, this.retry, choose);
    return el(
      "div",
      { class: "reply-tools" },
      copyButton(() => turn.reply, "Copy reply"),
      this.feedback.up,
      this.feedback.down,
      this.retryTools,
    );
  }

  async #models() {
    const models = await this.actions.models();
    return models.map(({ id, label }) => ({
      label,
      choose: () => this.actions.retry(this.turn, id),
    }));
  }
}
