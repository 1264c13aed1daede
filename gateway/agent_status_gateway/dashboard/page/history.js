// Pure: what each session did in the last 15 minutes, as far as this page knows. The terminal has the same rules in Python
// (`cli/terminal/session/timeline.py`); both are held to the same cases, `tests/unit/golden/timeline.json`.
//
// Rule 1: a state begins when the snapshot says so (`duration_seconds` before it came), even before the page was opened.
// Rule 2: the time before that is unknown, and nothing is drawn for it.
// Rule 3: a state lasts until the next one begins, or until the feed is lost. After that it goes on without a gap only if
//         its beginning proves it.
// Rule 4: a session has ended if it left the snapshot or if the gateway tells so. Either way it is listed once, and the gateway
//         knows better when and how. It stays for 15 minutes, if it is among the newest MAX_ENDED. Nothing older is kept, and
//         at most MAX_SPANS of a session.
// Rule 5: a session that is only out of view has not ended. What it does there is unknown.
// Rule 6: what an earlier load of the page has kept counts as what was known before the feed was lost. A session of which only
//         that is known is not called ended: when it ended is unknown.
//
// Times are milliseconds.

import { byCodePoint } from "../fold.js";
import { digest } from "./kept/digest.js";
import { stub } from "./kept/stub.js";
import { endedRow } from "./list/outcome.js";
import { STATES, numbers } from "./presentation.js";

export const WINDOW_MS = 15 * 60_000;
export const MAX_ENDED = 1000;
const MAX_SPANS = 1000;
const SLACK_MS = 1500; // events travel
const SAMPLE_MS = 1000; // numbers that come faster are one sample

/** One session's spans, as lists of numbers, since there may be a million. The current one ends at Infinity. */
class Track {
  from = [];
  to = [];
  states = [];
  endedAt = null;
  row;
  isKept = false; // only an earlier load of the page has seen the session
  #item = null;

  constructor(row) {
    this.row = row;
  }

  see(row, at) {
    const beganAt = at - row.duration_seconds * 1000;
    const last = this.from.length - 1;
    const isSame = last >= 0 && this.#isIn(row);
    this.endedAt = null;
    this.row = row;
    this.isKept = false;
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

  /** Test whether this row's state may be that of the last span. Which tool a kept one had is unknown. */
  #isIn({ state, tool_name }) {
    return this.row.state === state && (this.isKept || this.row.tool_name === tool_name);
  }

  /** The session as an item of a list: `{ key, row, since }`, since when it has ended. */
  get asItem() {
    if (this.#item?.row !== this.row || this.#item.since !== this.endedAt) {
      this.#item = { key: this.row.session_key, row: this.row, since: this.endedAt };
    }
    return this.#item;
  }

  /** Take what the gateway tells of its end. */
  end(told, at) {
    const last = this.from.length - 1;
    if (last >= 0) this.to[last] = Math.max(this.from[last], Math.min(this.to[last], at));
    this.endedAt = at;
    this.row = endedRow(this.row, told);
  }

  /** A copy that stays as it is. */
  still() {
    const { from, to, states, endedAt, isKept } = this;
    return Object.assign(new Track(this.row), { from: [...from], to: [...to], states: [...states], endedAt, isKept });
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
  /** The view that they are of, as a query. */
  view = "";
  /** True since the feed was lost, until a whole snapshot says what goes on. */
  isStopped = false;
  #samplesOf = new Map([["", this.samples]]); // by view
  #ended = new Set(); // keys, the first one first
  #away = new Map(); // when sessions went out of view, by key, the first one first
  #kept = null; // samples of an earlier load: { view, samples }, with the view's digest

  /** A copy that stays as it is, for a picture that holds still. */
  still() {
    const copy = new History();
    for (const [key, track] of this.tracks) copy.tracks.set(key, track.still());
    copy.samples = this.samples.map((sample) => ({ ...sample }));
    copy.#ended = new Set(this.#ended);
    return copy;
  }

  /** Go on with another view's samples: numbers of two views do not belong in one chart. */
  look(view) {
    if (!this.#samplesOf.has(view)) this.#samplesOf.set(view, []);
    this.samples = this.#samplesOf.get(view);
    this.view = view;
    if (this.#kept?.view !== digest(view)) return;
    this.samples.unshift(...this.#kept.samples);
    this.#kept = null;
  }

  /** Take what an earlier load has kept, as `unpacked` has it, before the first snapshot. */
  recall({ at, view, samples, tracks }) {
    this.#kept = { view, samples: [...samples, { at, numbers: null }] };
    const byEnd = [...tracks].sort((one, other) => one.endedAt - other.endedAt);
    for (const { key, endedAt, from, to, states } of byEnd) {
      const row = stub(key, { state: STATES[states.at(-1)] });
      const track = Object.assign(new Track(row), { endedAt, from, to, states, isKept: true });
      this.tracks.set(key, track);
      if (endedAt === null) this.#away.set(key, at);
      else this.#ended.add(key);
    }
  }

  /**
   * Take a whole snapshot's rows. `showsEnds(row)` tells whether these rows would have this one, had it not ended. `counted` is
   * the number of sessions by state, where that is more than the rows.
   */
  add(rows, at, showsEnds = () => true, counted = numbers(rows)) {
    const here = new Set(rows.map((row) => row.session_key));
    const gone = [...this.tracks.keys()].filter((key) => !here.has(key));
    this.change({ changed: rows, gone, numbers: counted }, at, showsEnds);
    this.isStopped = false;
  }

  /** Take what differs: rows that changed, keys that are gone, and the number of all sessions by state. */
  change({ changed, gone, numbers }, at, showsEnds = () => true) {
    for (const row of changed) {
      let track = this.tracks.get(row.session_key);
      if (!track) this.tracks.set(row.session_key, (track = new Track(row)));
      this.#ended.delete(row.session_key);
      this.#away.delete(row.session_key);
      track.forgetBefore(at - WINDOW_MS);
      track.see(row, at);
    }
    for (const key of gone) this.#leave(key, at, showsEnds);
    this.#sample(at, Object.values(numbers));
    this.#forgetBefore(at - WINDOW_MS);
  }

  /** Take ends that the gateway tells, the newest first. */
  takeEnds(ends, at) {
    for (const end of ends.slice(0, MAX_ENDED).reverse()) {
      const { session_key: key, ended_seconds_ago } = end;
      const endedAt = at - ended_seconds_ago * 1000;
      if (endedAt < at - WINDOW_MS) continue;
      if (!this.tracks.has(key)) this.tracks.set(key, new Track(stub(key)));
      this.tracks.get(key).end(end, endedAt);
      this.#away.delete(key);
      this.#ended.delete(key);
      this.#ended.add(key);
    }
    this.#forgetBefore(at - WINDOW_MS);
  }

  /** The snapshot is no longer current. */
  feedLost(at) {
    this.isStopped = true;
    for (const track of this.tracks.values()) track.stop(at);
    this.#sample(at, null);
  }

  /** Number of sessions that ended. */
  numberOfEnded(at) {
    let number = 0;
    for (const key of this.#ended) if (this.tracks.get(key).endedAt > at - WINDOW_MS) number += 1;
    return number;
  }

  /** Sessions that ended, the last one first. Those that ended together are in the order of their keys. */
  ended(at) {
    const ended = [];
    for (const key of this.#ended) {
      const track = this.tracks.get(key);
      if (track.endedAt > at - WINDOW_MS) ended.push(track);
    }
    return ended.sort((one, other) => other.endedAt - one.endedAt || byCodePoint(one.row.session_key, other.row.session_key));
  }

  /** A session is not here any more. It ended, unless it is only out of view. */
  #leave(key, at, showsEnds) {
    const track = this.tracks.get(key);
    if (!track || this.#ended.has(key)) return;
    track.stop(at);
    if (!track.isKept && showsEnds(track.row)) {
      track.endedAt = at;
      this.#away.delete(key);
      this.#ended.add(key);
    } else if (!this.#away.has(key)) {
      this.#away.set(key, at);
    }
  }

  #sample(at, numbers) {
    const [before, earlier] = [this.samples.at(-1), this.samples.at(-2)];
    if (before && (numbers === before.numbers || (numbers && String(numbers) === String(before.numbers)))) return;
    const isSoon = numbers && before?.numbers && earlier && at - before.at < SAMPLE_MS;
    if (isSoon) before.numbers = numbers;
    else this.samples.push({ at, numbers });
  }

  #forgetBefore(at) {
    for (const key of this.#ended) {
      if (this.tracks.get(key).endedAt >= at && this.#ended.size <= MAX_ENDED) break;
      this.#ended.delete(key);
      this.tracks.delete(key);
    }
    for (const [key, leftAt] of this.#away) {
      if (leftAt >= at) break;
      this.#away.delete(key);
      this.tracks.delete(key);
    }
    for (const [view, samples] of this.#samplesOf) {
      const old = samples.findIndex((sample) => sample.at >= at);
      const number = (old < 0 ? samples.length : old) - 1; // the one that the window begins with stays
      if (number > 0) samples.splice(0, number);
      if (old < 0 && samples !== this.samples) this.#samplesOf.delete(view);
    }
  }
}
