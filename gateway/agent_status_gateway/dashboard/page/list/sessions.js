// Pure: the open sessions as of the newest event, and sums that are kept up by what differs.
//
// Rule 1: an event that is whole names every session; one that is not names those that differ.
// Rule 2: a state that goes on keeps the moment at which it began, since ages that travel differ a little each time.
// Rule 3: the sums (by state, by channel, tokens) are those of the rows, whatever came and went.
//
// Times are milliseconds.

import { STATES, name, searchable } from "../presentation.js";

const SLACK_MS = 1500; // events travel

/** One open session: its newest row, and when its state began. */
class Item {
  key;
  isOpen = true;
  since;
  /** Since when the agent has made no call; null if the gateway does not say it. */
  quietSince = null;
  #row;
  #text = null;
  #called = null;

  constructor(row, since) {
    this.key = row.session_key;
    this.#row = row;
    this.since = since;
  }

  get row() {
    return this.#row;
  }

  set row(row) {
    this.#row = row;
    this.#text = this.#called = null;
  }

  /** Text that a search looks through, made when a search first needs it. */
  get text() {
    return (this.#text ??= searchable(this.#row));
  }

  /** Name to sort by. */
  get called() {
    return (this.#called ??= name(this.#row).toLowerCase());
  }
}

export class Sessions {
  /** Open sessions by key. */
  items = new Map();
  /** Number of sessions by state. */
  numbers = Object.fromEntries(STATES.map((state) => [state, 0]));
  /** Number of sessions that have stalled, if the gateway was asked for that. */
  stalled = 0;
  /** Number of sessions by channel. */
  channels = new Map();
  /** Tokens of all sessions. */
  usage = { input: 0, output: 0 };

  /**
   * Take an event that came at this time. Returns `{ changed, gone }`: `changed` has `{ item, before }` for each row, with
   * the row before it or null, and `gone` the items that are not open any more.
   */
  take({ isWhole, sessions, gone }, at) {
    const ended = [];
    const end = (key) => {
      const item = this.items.get(key);
      if (!item) return;
      this.items.delete(key);
      item.isOpen = false;
      this.#count(item.row, -1);
      ended.push(item);
    };
    if (isWhole) {
      const here = new Set(sessions.map((row) => row.session_key));
      for (const key of this.items.keys()) if (!here.has(key)) end(key);
    } else {
      gone.forEach(end);
    }
    return { changed: sessions.map((row) => this.#see(row, at)), gone: ended };
  }

  /** States that a session is in. */
  get states() {
    return STATES.filter((state) => this.numbers[state]);
  }

  /** All rows, with durations as of this time. */
  rows(at) {
    return Array.from(this.items.values(), ({ row, since }) => ({ ...row, duration_seconds: Math.max(0, at - since) / 1000 }));
  }

  #see(row, at) {
    const began = at - row.duration_seconds * 1000;
    let item = this.items.get(row.session_key);
    const before = item?.row ?? null;
    if (!item) {
      this.items.set(row.session_key, (item = new Item(row, began)));
    } else {
      this.#count(before, -1);
      const goesOn = before.state === row.state && before.tool_name === row.tool_name;
      if (!goesOn || Math.abs(began - item.since) > SLACK_MS) item.since = began;
      item.row = row;
    }
    item.quietSince = row.quiet_seconds == null ? null : at - row.quiet_seconds * 1000;
    this.#count(row, 1);
    return { item, before };
  }

  #count({ state, channel, token_usage, stalled }, change) {
    if (stalled) this.stalled += change;
    if (state in this.numbers) this.numbers[state] += change;
    const number = (this.channels.get(channel) ?? 0) + change;
    if (number) this.channels.set(channel, number);
    else this.channels.delete(channel);
    this.usage.input += change * (token_usage?.input ?? 0);
    this.usage.output += change * (token_usage?.output ?? 0);
  }
}
