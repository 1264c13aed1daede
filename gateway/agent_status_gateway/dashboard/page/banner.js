// The banner: whether the snapshot on the page is current, and if not, since when.

import { write } from "./dom.js";
import { duration } from "./presentation.js";

const byId = (id) => document.getElementById(id);

const SLEPT_MS = 90_000; // longer than a hidden page's timers are held up

/** A watch's last message about its connection, with the page's time at which it came. */
export class Banner {
  #connection = { state: "connecting" };
  #at = performance.now();
  #lostAt = null; // until when the snapshot was current; null while it is
  #seen = Date.now(); // when the page last ran, by the wall clock, which goes on while a computer sleeps
  #sleptFrom = null; // until when it ran before it slept, if nothing has come since
  #held = null; // the moment that the page shows while it is paused, and the time of its snapshot: { now, clock }

  update(connection) {
    this.#connection = connection;
    this.#at = performance.now();
    this.run();
    const { state, sinceSeconds } = connection;
    if (state === "connected") this.#lostAt = this.#sleptFrom = null;
    else if (sinceSeconds !== undefined) this.#lose(this.#at - sinceSeconds * 1000, { isOfGateway: state === "stale" });
  }

  /** An event has come. */
  hear() {
    this.#sleptFrom = null;
  }

  /** Note that the page runs. A long time since the last note was sleep, in which nothing came. */
  run() {
    const wall = Date.now();
    if (wall - this.#seen > SLEPT_MS) this.#sleptFrom ??= this.#seen;
    this.#seen = wall;
  }

  /** A new watch says since when it has had nothing. What the page shows may be older than that. */
  #lose(since, { isOfGateway }) {
    const slept = this.#sleptFrom === null ? Infinity : this.#at - (Date.now() - this.#sleptFrom);
    const before = isOfGateway || this.#lostAt === null ? Infinity : this.#lostAt;
    this.#lostAt = Math.min(since, slept, before);
  }

  get state() {
    return this.#connection.state;
  }

  /** True if the snapshot is current. */
  get isLive() {
    return this.#connection.state === "connected";
  }

  /** Hold the picture still. */
  hold(now) {
    this.#held = { now, clock: this.knownTo(now) };
  }

  release() {
    this.#held = null;
  }

  get isHeld() {
    return this.#held !== null;
  }

  /** The moment that the page shows: now, or when it was paused. */
  shownAt(now) {
    return this.#held?.now ?? now;
  }

  /** The time of the snapshot that the page shows. */
  asOf(now) {
    return this.#held?.clock ?? this.knownTo(now);
  }

  /** The time of the newest snapshot. */
  knownTo(now) {
    return this.#lostAt ?? now;
  }

  /** Words for the corner of the page, and for the line above the snapshot, if it needs one. */
  words(now, hasSnapshot) {
    if (!this.isHeld) return this.#connectionWords(now, hasSnapshot);
    const paused = `Paused at ${time(this.#held.now, now)}. The page shows that moment; notices still come.`;
    if (this.isLive) return { short: "Paused", long: paused };
    return { short: this.#connectionWords(now, hasSnapshot).short, long: `${paused} ${this.sentence}` };
  }

  #connectionWords(now, hasSnapshot) {
    const lasts = `${duration((now - this.knownTo(now)) / 1000)} ago`;
    if (this.isLive) return { short: "Live", long: "" };
    const since = time(this.knownTo(now), now);
    switch (this.state) {
      case "reconnecting": {
        const left = Math.ceil(this.#connection.nextTrySeconds - (now - this.#at) / 1000);
        const why = this.#connection.reason ? ` (${this.#connection.reason})` : "";
        return {
          short: left > 0 ? `Reconnecting in ${left}s` : "Reconnecting",
          long: hasSnapshot
            ? `Connection lost ${lasts}${why}. This is the snapshot as of ${since}.`
            : `The gateway cannot be reached${why}. This page keeps trying.`,
        };
      }
      case "stale":
        return {
          short: `Stale since ${since}`,
          long: `${this.#connection.reason ? "The last sign of the gateway came" : "The gateway lost Redis"} ${lasts}. This is the snapshot as of ${since}.`,
        };
      case "needs key":
        return { short: "Key required", long: "" };
      default:
        return { short: "Connecting", long: hasSnapshot && this.#lostAt !== null ? `Connection lost ${lasts}. This is the snapshot as of ${since}.` : "" };
    }
  }

  /** Update the page. */
  show(now, hasSnapshot) {
    const { short, long } = this.words(now, hasSnapshot);
    byId("connection").dataset.state = this.isHeld && this.isLive ? "paused" : this.state;
    document.body.dataset.isLive = !long;
    write(byId("connection-text"), short);
    byId("notice").hidden = !long;
    write(byId("notice"), long);
    const isOld = hasSnapshot && (!this.isLive || this.isHeld);
    const asOf = isOld ? `as of ${time(this.asOf(now), now)}` : "";
    for (const id of ["as-of", "in-state-as-of"]) {
      byId(id).hidden = !isOld;
      write(byId(id), asOf);
    }
  }

  /** Sentence for a screen reader: one for each change, without a countdown. */
  get sentence() {
    const sentences = {
      reconnecting: "Connection lost. Reconnecting.",
      stale: this.#connection.reason
        ? "The snapshot is stale: nothing comes from the gateway."
        : "The snapshot is stale: the gateway is not connected to Redis.",
      "needs key": "The gateway requires a key.",
    };
    return sentences[this.state] ?? "";
  }
}

function time(at, now) {
  return new Date(Date.now() - (now - at)).toLocaleTimeString([], { hourCycle: "h23" });
}
