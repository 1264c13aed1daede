// Pure: errors that this tab has seen and nobody has acknowledged.
//
// Rule 1: an error is known by its session and the moment at which it began. It is over once the session is in another state
//         or has ended. A session that is only out of view may still be in error.
// Rule 2: those that are over are listed, the one that was over last first. The others are in the list of sessions.
// Rule 3: of a session the newest error counts. While a session is in error again, nothing of it is listed.
// Rule 4: one that somebody has acknowledged, here or in another tab, is not listed again. A later one of its session is.
// Rule 5: the newest MAX_ERRORS that are over are kept, however old they are.
//
// Times are milliseconds of the wall clock: they outlive a load of the page.

import { name, plain } from "../presentation.js";
import { stub } from "../kept/stub.js";
import { isSameMoment } from "./acknowledged.js";

export const MAX_ERRORS = 500;
const MAX_KEY = 512;

export class Errors {
  #acknowledged;
  #open = new Map(); // by key: { key, began, row }; the row is null if only an earlier load has seen it
  #over = new Map(); // by key, the first one first: { key, began, over, called, message }

  /** `acknowledged` has `has(key, began)`. */
  constructor(acknowledged) {
    this.#acknowledged = acknowledged;
  }

  /**
   * Take an event of this time: `changed` and `gone` are as `Sessions.take` has them. After a whole snapshot, `isOpen(key)`
   * tells which sessions it has; otherwise it is null. `shows(row)` tells whether the event would have this row, were it in error.
   */
  take({ changed, gone }, at, { isOpen, shows }) {
    for (const { item } of changed) this.#see(item.row, at);
    if (!this.#open.size) return;
    for (const { key, row } of gone) if (shows(row)) this.#end(key, at);
    if (!isOpen) return;
    for (const [key, { row }] of this.#open) if (!isOpen(key) && shows(row ?? stub(key))) this.#end(key, at);
  }

  /** Errors to acknowledge: `{ key, began, over, called, message }`, the last one first. The message is null after a reload. */
  get listed() {
    return [...this.#over.values()].reverse();
  }

  /** Number of those that are listed. */
  get size() {
    return this.#over.size;
  }

  /** Take those off the list that have been acknowledged since. */
  update() {
    for (const [key, { began }] of this.#over) if (this.#acknowledged.has(key, began)) this.#over.delete(key);
  }

  /** A copy that takes no events, for a picture that holds still. */
  still() {
    const copy = new Errors(this.#acknowledged);
    copy.#over = new Map(this.#over);
    return copy;
  }

  /** Text for the tab's next load: keys and times alone. */
  get text() {
    const open = Array.from(this.#open.values(), ({ key, began }) => [key, began, null]);
    const over = Array.from(this.#over.values(), ({ key, began, over }) => [key, began, over]);
    return JSON.stringify([...open.slice(-MAX_ERRORS), ...over]);
  }

  /** Take the text of an earlier load, before the first event. What makes no sense in it is left out. */
  recall(text) {
    for (const [key, began, over] of listIn(text)) {
      if (over === null) this.#open.set(key, { key, began, row: null });
      else this.#list({ key, began, over, called: name(stub(key)), message: null });
    }
  }

  #see(row, at) {
    const key = row.session_key;
    if (row.state !== "error") {
      if (this.#open.size) this.#end(key, at);
      return;
    }
    const began = at - row.duration_seconds * 1000;
    const known = this.#open.get(key);
    if (known && isSameMoment(known.began, began)) known.row = row;
    else this.#open.set(key, { key, began, row });
    this.#over.delete(key);
  }

  #end(key, at) {
    const error = this.#open.get(key);
    if (!error) return;
    this.#open.delete(key);
    const { began, row } = error;
    const message = row && plain(row.error_message ?? "");
    this.#list({ key, began, over: Math.max(at, began), called: name(row ?? stub(key)), message });
  }

  #list(error) {
    if (this.#acknowledged.has(error.key, error.began)) return;
    this.#over.set(error.key, error);
    if (this.#over.size > MAX_ERRORS) this.#over.delete(this.#over.keys().next().value);
  }
}

/** Entries of a text that are `[key, began, over]`. */
function listIn(text) {
  try {
    const stored = JSON.parse(text || "[]");
    return Array.isArray(stored) ? stored.slice(-2 * MAX_ERRORS).filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(entry) {
  if (!Array.isArray(entry)) return false;
  const [key, began, over] = entry;
  return typeof key === "string" && key !== "" && key.length <= MAX_KEY && Number.isFinite(began) && (over === null || over >= began);
}
