// Pure: sessions that need somebody, gathered into one notice at a time.
//
// Rule 1: the first is shown at once. Those of the next GATHER_MS are shown together, as one notice with their number.
// Rule 2: a session that no longer needs anybody when the notice is due is not in it.
//
// Times are milliseconds.

import { counts, name, what } from "../presentation.js";

export const GATHER_MS = 5000;
const MOST_NAMES = 3;
const MOST_CHARACTERS = 60; // of a name beside others

export class Gathered {
  #rows = new Map(); // by key, those that wait for a notice
  #shownAt = -Infinity;

  add(rows) {
    for (const row of rows) this.#rows.set(row.session_key, row);
  }

  /** Notice that is due, as `{ title, body, tag, key }`; null if none is. `needs(key)` tells whether it is still true. */
  take(now, needs = () => true) {
    if (!this.#rows.size || now - this.#shownAt < GATHER_MS) return null;
    const rows = [...this.#rows.values()].filter((row) => needs(row.session_key));
    this.#rows.clear();
    if (!rows.length) return null;
    this.#shownAt = now;
    return noticeOf(rows);
  }

  clear() {
    this.#rows.clear();
  }
}

/** One notice of these rows. Its tag keeps two tabs from showing the same twice; `key` is the session's, if it is one. */
export function noticeOf(rows) {
  if (rows.length === 1) {
    const [row] = rows;
    return { title: name(row), body: what(row), tag: `${row.session_key} ${row.state}`, key: row.session_key };
  }
  const names = rows.slice(0, MOST_NAMES).map((row) => cut(name(row)));
  const more = rows.length - names.length;
  return {
    title: `${rows.length.toLocaleString("en")} sessions need attention`,
    body: `${counts(rows)}: ${names.join(", ")}${more ? ` and ${more.toLocaleString("en")} more` : ""}`,
    tag: "agent-status several",
    key: null,
  };
}

function cut(text) {
  const characters = [...text];
  return characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS - 1).join("")}…` : text;
}
