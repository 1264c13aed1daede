// Pure: what each session did in the last 15 minutes, as far as this page knows.
//
// Rule 1: a state begins when the snapshot says so (`duration_seconds` before it came), even before the page was opened.
// Rule 2: the time before that is unknown, and nothing is drawn for it.
// Rule 3: a state lasts until the next one begins, or until the feed is lost. After that it goes on without a gap only if
//         its beginning proves it.
// Rule 4: a session that ended stays for 15 minutes. Nothing older is kept, and at most MAX_SPANS of a session.
// Rule 5: a session that is only out of view has not ended. What it does there is unknown.
//
// Times are milliseconds.

import { STATES, numbers } from "./presentation.js";

export const WINDOW_MS = 15 * 60_000;
const MAX_SPANS = 1000;
const SLACK_MS = 1500; // events travel

/** One session's spans, as lists of numbers, since there may be a million. The current one ends at Infinity. */
class Track {
  from = [];
  to = [];
  states = [];
  endedAt = null;
  row;

  constructor(row) {
    this.row = row;
  }

  see(row, at) {
    const beganAt = at - row.duration_seconds * 1000;
    const last = this.from.length - 1;
    const isSame = last >= 0 && this.row.state === row.state && this.row.tool_name === row.tool_name;
    this.endedAt = null;
    this.row = row;
    if (isSame && beganAt <= this.from[last] + SLACK_MS) {
      this.to[last] = Infinity;
      return;
    }
    if (last >= 0 && this.to[last] === Infinity) this.to[last] = Math.max(this.from[last], beganAt);
    this.from.push(last >= 0 ? Math.max(beganAt, this.to[last]) : beganAt);
    this.to.push(Infinity);
    this.states.push(STATES.indexOf(row.state));
    if (this.from.length > MAX_SPANS) this.#drop(1);
  }

  /** True if nothing of it is newer. */
  isBefore(at) {
    return this.endedAt === null ? this.to.at(-1) < at : this.endedAt < at;
  }

  stop(at) {
    const last = this.from.length - 1;
    if (this.to[last] === Infinity) this.to[last] = Math.max(this.from[last], at);
  }

  forgetBefore(at) {
    const old = this.to.findIndex((to) => to >= at);
    this.#drop(old < 0 ? this.to.length - 1 : old);
  }

  #drop(number) {
    if (number > 0) for (const list of [this.from, this.to, this.states]) list.splice(0, number);
  }
}

export class History {
  /** By session key. */
  tracks = new Map();
  /** Number of sessions in each state since `at`; `numbers` is null while that was unknown. */
  samples = [];
  #samplesOf = new Map([["", this.samples]]); // by view

  /** Go on with another view's samples: numbers of two views do not belong in one chart. */
  look(view) {
    if (!this.#samplesOf.has(view)) this.#samplesOf.set(view, []);
    this.samples = this.#samplesOf.get(view);
  }

  /** `showsEnds(row)` tells whether these rows would have this one, had it not ended. */
  add(rows, at, showsEnds = () => true) {
    const here = new Set();
    for (const row of rows) {
      here.add(row.session_key);
      let track = this.tracks.get(row.session_key);
      if (!track) this.tracks.set(row.session_key, (track = new Track(row)));
      track.see(row, at);
    }
    for (const [key, track] of this.tracks) {
      if (track.endedAt === null && !here.has(key)) {
        track.stop(at);
        if (showsEnds(track.row)) track.endedAt = at;
      }
    }
    this.#sample(at, Object.values(numbers(rows)));
    this.#forgetBefore(at - WINDOW_MS);
  }

  /** The snapshot is no longer current. */
  feedLost(at) {
    for (const track of this.tracks.values()) track.stop(at);
    this.#sample(at, null);
  }

  /** Sessions that ended, the last one first. */
  ended(at) {
    const ended = [...this.tracks.values()].filter((track) => track.endedAt !== null && track.endedAt > at - WINDOW_MS);
    return ended.sort((one, other) => other.endedAt - one.endedAt);
  }

  #sample(at, numbers) {
    const before = this.samples.at(-1);
    const isSame = before && (numbers === before.numbers || (numbers && String(numbers) === String(before.numbers)));
    if (!isSame) this.samples.push({ at, numbers });
  }

  #forgetBefore(at) {
    for (const [key, track] of this.tracks) {
      if (track.isBefore(at)) this.tracks.delete(key);
      else track.forgetBefore(at);
    }
    for (const [view, samples] of this.#samplesOf) {
      const old = samples.findIndex((sample) => sample.at >= at);
      const number = (old < 0 ? samples.length : old) - 1; // the one that the window begins with stays
      if (number > 0) samples.splice(0, number);
      if (old < 0 && samples !== this.samples) this.#samplesOf.delete(view);
    }
  }
}
