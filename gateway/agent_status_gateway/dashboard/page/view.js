// Pure: the part of the fleet that the page asks the gateway for, and what it may say about the rest.
//
// Rule 1: of more than LARGE sessions, the page asks for the chosen channel and state. It also chooses by itself among
//         what came, so that a filter holds at once, and one that cannot be asked for holds as well.
// Rule 2: the page claims nothing about sessions that it has not asked for: no number, and no end.
// Rule 3: an older gateway ignores the question. Its snapshot is then the whole, and is called that.
// Rule 4: `session`, `parent` and `label` in the page's URL are a part of their own, whatever the fleet's size.

import { STATE_LABELS, plain } from "./presentation.js";

export const LARGE = 500;
const ENDED_SECONDS = 900;
export const WHOLE = Object.freeze({ channel: "", state: "" });
const PART = ["session", "parent", "label"];

/** What to ask for, of the choice. `fleet` is what the last whole snapshot said: `{ size, channels }`. */
export function askedFor({ channel, state }, { size, channels }) {
  if (size <= LARGE || (!channel && !state)) return WHOLE;
  const canAsk = !channels.has(channel) || !channel.includes(","); // a comma divides a query's channels
  return { channel: canAsk && listed(channel).every((one) => channels.has(one)) ? channel : "", state };
}

/** What the sessions are of: what was asked for, unless one of them is of something else. Both are lists of what they have. */
export function answered(asked, { channels, states }) {
  const [askedChannels, askedStates] = [listed(asked.channel), listed(asked.state)];
  const has = (list, found) => !list.length || found.every((one) => list.includes(one));
  return has(askedChannels, channels) && has(askedStates, states) ? asked : WHOLE;
}

/** Query of the view: what was asked for, the part that is in the page's URL, and the fields that rows are to have. */
export function viewQuery(asked, pageQuery, fields = "") {
  const query = new URLSearchParams(partOf(pageQuery));
  for (const [name, value] of Object.entries(asked)) if (typeof value === "string" && value) query.set(name, value);
  if (fields) query.set("fields", fields);
  return String(query);
}

/**
 * Query of a stream of this view, which tells how sessions have ended. With `stalled`, a number of seconds, it also tells which
 * sessions have stalled. An older gateway tells nothing.
 */
export function streamQuery(viewQuery, stalled = "") {
  const query = new URLSearchParams(viewQuery);
  if (stalled) query.set("stalled", stalled);
  query.set("ended", ENDED_SECONDS);
  return String(query);
}

/** Fields of the page's URL that make a part: `[name, value]` each. An empty value counts as not set. */
export function partOf(pageQuery) {
  return [...new URLSearchParams(pageQuery)].filter(([name, value]) => PART.includes(name) && value);
}

/** Query of the page without its part. */
export function withoutPart(pageQuery) {
  const query = new URLSearchParams(pageQuery);
  for (const name of PART) query.delete(name);
  return String(query);
}

export function isSame(asked, other) {
  const [within, otherWithin] = [asked.within, other.within];
  if (asked.channel !== other.channel || asked.state !== other.state || !within !== !otherWithin) return false;
  return !within || isSame(within, otherWithin);
}

export function isWhole({ channel, state }) {
  return !channel && !state;
}

/** What the figures are of: a part that is too large to be asked for is counted. feed/narrow.js says when. */
export function figuresOf(asked) {
  return asked.within ?? asked;
}

/** Test whether all that the choice shows is in what was asked for. */
export function covers(asked, choice) {
  return ["channel", "state"].every((name) => !asked[name] || asked[name] === choice[name]);
}

/** Test whether a snapshot has all that it can have of the choice, be that its sessions or those of them that are listed. */
export function serves(asked, choice) {
  return asked.within ? isSame(asked.within, { channel: choice.channel, state: choice.state }) : covers(asked, choice);
}

/** Test whether the snapshot counts the sessions in this state. */
export function knowsState(asked, state) {
  return !asked.state || listed(asked.state).includes(state);
}

/** Test whether the sessions in this state are counted, be they listed or not. */
export function countsState(asked, state) {
  return asked.within !== undefined || knowsState(asked, state);
}

/** Test whether a row that is missing has ended. It may have changed its state or its labels, but not its channel. */
export function showsEnds(asked, row, pageQuery) {
  return !asked.state && stays(asked, row, pageQuery);
}

/** Test whether a row that is missing is in error no more. */
export function showsErrors(asked, row, pageQuery) {
  return knowsState(asked, "error") && stays(asked, row, pageQuery);
}

/** Test whether a row is in this part as long as its state is. */
function stays({ channel }, row, pageQuery) {
  return !new URLSearchParams(pageQuery).has("label") && (!channel || listed(channel).includes(row.channel));
}

/** Words for the filter that was asked for; "" if none was. */
export function filterWords(asked) {
  const { channel, state } = figuresOf(asked);
  const states = listed(state).map((one) => STATE_LABELS[one]);
  return [...listed(channel), ...states].map(plain).join(", ");
}

/** Words for the part that is in the page's URL; "" if there is none. */
export function partWords(pageQuery) {
  return partOf(pageQuery).map(([name, value]) => `${name} ${plain(value)}`).join(", ");
}

/** Values of a filter, which may have several with commas. */
export function listed(text) {
  return text.split(",").filter(Boolean);
}
