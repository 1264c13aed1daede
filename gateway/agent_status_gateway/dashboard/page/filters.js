// Filters and order, kept in the page's URL so that a view can be bookmarked and shared. Neither a key nor a ticket is.

import { USUAL, columnsFrom } from "./columns/columns.js";
import { isGrouping } from "./groups/groupings.js";
import { ORDERS } from "./list/order.js";
import { STATES, waits, wordsOf } from "./presentation.js";
import { listed } from "./view.js";

export const NOTHING = Object.freeze({ search: "", channel: "", state: "", sort: "attention", group: "", columns: USUAL, wall: "", workers: "", stalled: "" });
const SECRETS = ["key", "ticket"];
const MOST_STALLED_SECONDS = 86_400;
const SORTS = Object.keys(ORDERS);

/**
 * Filters of a URL's query. An invalid value counts as not set. Several channels or states are a list with commas. `kept` are
 * the columns to show where the query names none.
 */
export function fromQuery(query, kept = "") {
  const given = new URLSearchParams(query);
  const oneOf = (list, value) => (list.includes(value) ? value : "");
  const all = (name) => given.getAll(name).join(",");
  const states = listed(all("state"));
  return {
    search: given.get("search") ?? "",
    channel: all("channel"),
    state: states.every((state) => STATES.includes(state)) ? states.join(",") : "",
    sort: oneOf(SORTS, given.get("sort")) || NOTHING.sort,
    group: isGrouping(given.get("group") ?? "") ? given.get("group") : "",
    columns: columnsFrom(given.get("columns") || kept),
    wall: oneOf(["on"], given.get("wall")),
    workers: given.get("wall") === "on" ? "" : oneOf(["on"], given.get("workers")), // a wall has only what needs a person
    stalled: secondsIn(given.get("stalled") ?? ""),
  };
}

/** Whole seconds that the gateway takes, as a text; "" for anything else. */
function secondsIn(text) {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_STALLED_SECONDS ? text : "";
}

/** States to choose once one of them was pressed or released. */
export function toggled(chosen, state) {
  const states = listed(chosen);
  const others = states.filter((one) => one !== state);
  return (others.length < states.length ? others : STATES.filter((one) => one === state || states.includes(one))).join(",");
}

/** Query with these filters. Other parameters stay, except a key and a ticket. */
export function toQuery(choice, query = "") {
  const parameters = new URLSearchParams(query);
  for (const name of SECRETS) parameters.delete(name);
  for (const [name, value] of Object.entries(choice)) {
    if (value === NOTHING[name]) parameters.delete(name);
    else parameters.set(name, value);
  }
  return String(parameters);
}

/** Test whether two choices have other filters. */
export function haveOtherFilters(one, other) {
  return ["search", "channel", "state"].some((name) => one[name] !== other[name]);
}

/** Test whether these filters may leave a session out. */
export function isFiltering({ search, channel, state, wall }) {
  return Boolean(wall || channel || state || wordsOf(search).length);
}

/** Test for the filters: true for a session that matches. A session is `{ row, text }`. The wall has those that need a person. */
export function finder({ search, channel, state, wall }) {
  const channels = new Set([channel, ...listed(channel)]); // a channel's own name may have a comma
  const states = new Set(listed(state));
  const words = wordsOf(search);
  return (item) =>
    (!wall || waits(item.row)) &&
    (!channel || channels.has(item.row.channel)) &&
    (!state || states.has(item.row.state)) &&
    words.every((word) => item.text.includes(word));
}

/** Take the key and the ticket out of the page's URL, at once. Each is null if there is none. */
export function takeSecrets() {
  const url = new URL(location.href);
  const taken = Object.fromEntries(SECRETS.map((name) => [name, url.searchParams.get(name)]));
  if (SECRETS.every((name) => taken[name] === null)) return taken;
  for (const name of SECRETS) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
  return taken;
}
