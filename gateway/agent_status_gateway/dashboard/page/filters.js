// Filters and order, kept in the page's URL so that a view can be bookmarked and shared. A key is never kept there.

import { STATES, inOrder, matches, name, total } from "./presentation.js";

export const NOTHING = Object.freeze({ search: "", channel: "", state: "", sort: "attention" });
const KEY = "key";
/** Equal rows stay in order of their keys. */
const SORTS = {
  attention: inOrder,
  duration: (rows) => by(rows, (row) => -row.duration_seconds),
  tokens: (rows) => by(rows, (row) => -total(row.token_usage)),
  name: (rows) => by(rows, (row) => name(row).toLowerCase()),
};

/** Filters of a URL's query. An invalid value counts as not set. */
export function fromQuery(query) {
  const given = new URLSearchParams(query);
  const oneOf = (list, value) => (list.includes(value) ? value : "");
  return {
    search: given.get("search") ?? "",
    channel: given.get("channel") ?? "",
    state: oneOf(STATES, given.get("state")),
    sort: oneOf(Object.keys(SORTS), given.get("sort")) || NOTHING.sort,
  };
}

/** Query with these filters. Other parameters stay, except a key. */
export function toQuery(choice, query = "") {
  const parameters = new URLSearchParams(query);
  parameters.delete(KEY);
  for (const [name, value] of Object.entries(choice)) {
    if (value === NOTHING[name]) parameters.delete(name);
    else parameters.set(name, value);
  }
  return String(parameters);
}

/** Rows that match the filters, in the chosen order. */
export function chosen({ search, channel, state, sort }, rows) {
  const kept = rows.filter(
    (row) => (!channel || row.channel === channel) && (!state || row.state === state) && matches(row, search),
  );
  return SORTS[sort](kept);
}

function by(rows, rank) {
  const ranked = rows.map((row) => [rank(row), row]);
  return ranked.sort(([one], [other]) => (one < other ? -1 : Number(one > other))).map(([, row]) => row);
}

/** Take the key out of a link that has one. */
export function takeKey() {
  const url = new URL(location.href);
  const key = url.searchParams.get(KEY);
  if (key === null) return null;
  url.searchParams.delete(KEY);
  history.replaceState(history.state, "", url);
  return key;
}
