// Pure: what is known of one session, as a person reads it.
//
// Rule 1: what a row does not have is left out. An older gateway has fewer fields, and most sessions set few of them.
// Rule 2: all of it is text of strangers. A link is one only if it leads to the web, and its host is shown.
// Rule 3: what has been quiet is as of the moment that the page shows, as the state is. A later event says more than that.
// Rule 4: an agent that told its state has not been quiet for longer than in that state. One that was lost did not tell it.

import { money } from "../columns/columns.js";
import { duration, plain, whatNow } from "../presentation.js";

const MOST_CHILDREN = 50;

/**
 * Facts of a row in the order in which they are shown: `{ name, kind, value }`. The kind says what the value is: `text`,
 * `long` (of several lines), `link`, `labels`, `sessions` (keys with their names) or `meter`. `lasts` are words for how long
 * the state has lasted, and `children` the sessions that work for this one.
 */
export function factsOf(row, { lasts = "", children = [] } = {}) {
  const facts = [
    fact("State", "text", stateWords(row)),
    fact("In state", "text", lasts),
    fact("Error", "long", plain(row.error_message ?? "")),
    fact("Quiet", "text", row.quiet_seconds == null ? "" : `${duration(row.quiet_seconds)}, as of the last event`),
    fact("Progress", "meter", progressOf(row)),
    fact("Link", "link", linkOf(row.link)),
    fact("Labels", "labels", Object.entries(row.labels ?? {}).map((pair) => pair.map(plain))),
    fact("Parent", "sessions", row.parent ? [{ key: row.parent, called: plain(row.parent) }] : []),
    fact("Children", "sessions", firstOf(children)),
    fact("Tokens", "text", tokenWords(row.token_usage)),
    fact("Context", "meter", contextOf(row)),
    fact("Cost", "text", money(row.cost_usd)),
    fact("Channel", "text", plain(row.channel)),
    fact("Worker", "text", plain(row.worker_id ?? "")),
    fact("Host", "text", plain(row.host ?? "")),
  ];
  return facts.filter(({ value }) => value !== null && value !== "" && value.length !== 0);
}

/**
 * Seconds since the last call of a session, `{ row, at }` as of the event that came at that time; null if it does not say them.
 * `clock` is the moment that the page shows, and `since` when the state began. All times are the page's milliseconds.
 */
export function quietOf({ row, at }, clock, since) {
  if (row.quiet_seconds == null) return null;
  const shown = Math.min(clock, at);
  const most = row.quiet_seconds <= row.duration_seconds ? (shown - since) / 1000 : Infinity;
  return Math.max(0, Math.min(row.quiet_seconds - (at - shown) / 1000, most));
}

/** Words for a state, with the reason why the session waits. The error is a fact of its own. */
export function stateWords(row) {
  const words = whatNow({ ...row, error_message: null });
  return row.state === "waiting_for_user" && row.waiting_for ? `${words}: ${plain(row.waiting_for)}` : words;
}

/** Link to the web as `{ href, host }`; null for anything else, such as `javascript:`. */
export function linkOf(text) {
  try {
    const { protocol, username, password, host, href } = new URL(text);
    return ["http:", "https:"].includes(protocol) && !username && !password && host ? { href, host } : null;
  } catch {
    return null;
  }
}

/** The first children, and how many more there are. */
function firstOf(children) {
  if (children.length <= MOST_CHILDREN) return children;
  const more = (children.length - MOST_CHILDREN).toLocaleString("en");
  return [...children.slice(0, MOST_CHILDREN), { key: null, called: `and ${more} more` }];
}

function fact(name, kind, value) {
  return { name, kind, value };
}

function tokenWords(usage) {
  return usage ? `${number(usage.input)} in, ${number(usage.output)} out` : "";
}

function contextOf({ context }) {
  if (!context) return null;
  const { used, window } = context;
  const percent = window ? ` (${Math.floor((used * 100) / window)} %)` : "";
  return { value: used, most: window, words: `${number(used)} of ${number(window)} tokens${percent}` };
}

function progressOf({ progress }) {
  return progress ? { value: progress.done, most: progress.of, words: `${number(progress.done)} of ${number(progress.of)}` } : null;
}

function number(value) {
  return value.toLocaleString("en");
}
