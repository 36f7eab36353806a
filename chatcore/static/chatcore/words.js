/** Numbers and reasons in plain words. */

/** @type {Record<string, string>} Why a reply is not the whole answer. */
const CUT_SHORT = {
  token_limit: "it reached its length limit",
  size_cap: "it reached the size limit",
  cut: "the connection to the model broke",
  stopped: "you stopped it",
  content_filter: "the provider's content filter ended it",
  unknown_finish: "the model ended it for a reason of its own",
  unreadable_event: "a part could not be read",
};

const count = new Intl.NumberFormat("en");
const shortTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {string | null | undefined} reason */
export function cutShort(reason) {
  const words = CUT_SHORT[reason ?? ""];
  return words ? `cut short: ${words}` : "cut short";
}

/**
 * @param {import("./conversation.js").Turn} turn
 * @returns {string}
 */
export function tokens({ usage, usage_source: source }) {
  if (!usage || (usage.input_tokens === null && usage.output_tokens === null)) {
    return "tokens unknown";
  }
  const said = (/** @type {number | null} */ n) => (n === null ? "?" : count.format(n));
  const about = source === "estimated" ? "about " : "";
  return `${about}${said(usage.input_tokens)} tokens in, ${said(usage.output_tokens)} out`;
}

/**
 * @param {import("./conversation.js").Turn} turn
 * @returns {string}
 */
export function cost({ usage, cost_source: source }) {
  const usd = usage?.cost_est ?? null;
  if (usd === null) return "cost unknown";
  const amount = Number(usd);
  if (amount === 0) return "no cost";
  return `${source === "estimated" ? "about " : ""}${dollars(amount)}`;
}

/** @param {number} amount USD; small ones keep two digits that say something. */
function dollars(amount) {
  if (amount >= 0.01) return `$${amount.toFixed(amount < 1 ? 3 : 2)}`;
  return `$${Number(amount.toPrecision(2)).toLocaleString("en", { maximumFractionDigits: 9 })}`;
}

/** @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 950 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {string} iso */
export function moment(iso) {
  return shortTime.format(new Date(iso));
}

/**
 * Under which heading a thread stands in the list.
 * @param {string} iso When it was last spoken in.
 * @param {Date} now
 */
export function dayGroup(iso, now) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const daysAgo = Math.ceil((midnight - new Date(iso).getTime()) / 86_400_000);
  if (daysAgo <= 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return daysAgo <= 7 ? "Last 7 days" : "Earlier";
}
