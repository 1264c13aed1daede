// Pure: how people see a snapshot: the order, the words, and the numbers.
//
// cli/terminal/presentation.py has the same rules and describes them; both are held to tests/unit/golden/presentation.json.
// Titles, tools and errors come from users, so their control characters are dropped.

/** Labels of the states, in the order in which they are counted. */
export const STATE_LABELS = {
  waiting_for_user: "waiting for user",
  error: "in error",
  thinking: "thinking",
  tool_running: "running a tool",
  streaming: "streaming",
};
export const STATES = Object.keys(STATE_LABELS);

const RANKS = { waiting_for_user: 0, error: 1 };
const OTHERS = 2;
const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const UNITS = [["T", 1e12], ["B", 1e9], ["M", 1e6], ["k", 1e3]];
// Joiners are format characters too, but some scripts and emoji are spelt with them.
const ACTIVE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const SEEN = /[^\p{M}\p{Z}\p{Cf}]/u; // shows by itself

/** Rank of a row's state among those that need attention. All others share the last one, below those that have stalled. */
export function rank(row) {
  return RANKS[row.state] ?? OTHERS + Number(!row.stalled);
}

/** Test whether a row waits by the time it does: the others keep their place when their state changes. */
export function waits(row) {
  return row.state in RANKS;
}

/** Sessions that wait for a user, then those in error, each by the longest wait; then the others by key. */
export function inOrder(rows) {
  const lasts = (row) => (waits(row) ? row.duration_seconds : 0);
  return [...rows].sort((one, other) => rank(one) - rank(other) || lasts(other) - lasts(one));
}

/**
 * Figures of the fleet. Its state is not among them, since that is shown in colour.
 * Where some workers do not say how many sessions they could run, the number that others say may be too small. The figures
 * do not name a number that is smaller than that of the sessions.
 */
export function headline({ active_sessions: open, max_concurrent: most, uptime_seconds }) {
  const sessions = most && most >= open ? `${open} of ${most} sessions` : `${open} session${open === 1 ? "" : "s"}`;
  return `${sessions} · up ${duration(uptime_seconds)}`;
}

/** Number of sessions in each state. */
export function numbers(rows) {
  const found = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const { state } of rows) if (state in found) found[state] += 1;
  return found;
}

export function counts(rows) {
  return countWords(numbers(rows));
}

/** Words for a number of sessions by state. */
export function countWords(found) {
  return STATES.filter((state) => found[state])
    .map((state) => `${found[state].toLocaleString("en")} ${STATE_LABELS[state]}`)
    .join(", ");
}

export function matches(row, text) {
  const searched = searchable(row);
  return wordsOf(text).every((word) => searched.includes(word));
}

/** Words of a search, each of which must be found. */
export function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** What a search looks through: a line for each field, in lower case. */
export function searchable(row) {
  const texts = [row.session_key, row.channel, name(row), row.state, STATE_LABELS[row.state], row.tool_name, row.error_message, row.stalled ? "stalled" : ""];
  return texts.map((text) => text ?? "").join("\n").toLowerCase();
}

/** Name of a session: its title, if there is something to see in that, and not only spaces and marks on other characters. */
export function name(row) {
  const title = plain(row.title ?? "").trim();
  return SEEN.test(title) ? title : plain(row.session_id);
}

/** Words for what a session does. */
export function what(row) {
  switch (row.state) {
    case "tool_running":
      return `running ${plain(row.tool_name ?? "") || "a tool"}`;
    case "waiting_for_user":
      return "waiting for user";
    case "error": {
      const message = plain(row.error_message ?? "");
      return message ? `error: ${message}` : "error";
    }
    default:
      return row.state;
  }
}

/** Words for what a session does, and that it has stalled, if the gateway was asked for that. */
export function whatNow(row) {
  return row.stalled ? `stalled: ${what(row)}` : what(row);
}

/** Seconds in words: 4s, 2m 10s, 3h 5m, 2d 4h. */
export function duration(seconds) {
  const whole = Math.max(0, Math.trunc(seconds));
  const units = (large, small) => Math.floor((whole % large) / small);
  if (whole < MINUTE_SECONDS) return `${whole}s`;
  if (whole < HOUR_SECONDS) return `${units(HOUR_SECONDS, MINUTE_SECONDS)}m ${whole % MINUTE_SECONDS}s`;
  if (whole < DAY_SECONDS) return `${units(DAY_SECONDS, HOUR_SECONDS)}h ${units(HOUR_SECONDS, MINUTE_SECONDS)}m`;
  return `${Math.floor(whole / DAY_SECONDS)}d ${units(DAY_SECONDS, HOUR_SECONDS)}h`;
}

/** Tokens in all: 950, 12.3k, 4.5M, 2.1B. */
export function tokens(usage) {
  return short(total(usage));
}

/** Number in four characters or so, rounded to a tenth of its unit; "" for none. 1,000.0 of a unit is 1.0 of the next. */
export function short(number) {
  const [unit, size] = UNITS.find(([, size]) => number >= size - size / 20_000) ?? ["", 1];
  if (!unit) return number ? String(number) : "";
  const tenths = Math.round(number / (size / 10));
  return `${Math.floor(tenths / 10).toLocaleString("en")}.${tenths % 10}${unit}`;
}

export function plain(text) {
  return text.replace(ACTIVE, " ");
}

/** Input and output together. */
export function total(usage) {
  return usage ? usage.input + usage.output : 0;
}
