// What the page watches: the sessions of its choice, and of a fleet that is too large to be sent the summary as well.
//
// Before the whole fleet is asked for, its size is: the first event of the summary says it. A gateway that gives none is asked
// for the whole at once. The summary of a large fleet goes on beside the list, and says how large each part is.

import { watchStatus } from "../../client.js";
import { fieldsFor } from "../columns/fields.js";
import { secrets } from "../kept/secrets.js";
import * as view from "../view.js";
import { Count } from "./count.js";
import { MOST_ROWS, NOBODY, isSmallAgain, isTooLarge, narrowed } from "./narrow.js";
import { Succession } from "./succession.js";

const WORST_FIRST = ["needs key", "reconnecting", "stale", "connecting", "connected"];

export class Feed {
  /** What the list asks for; see `view.askedFor`. */
  asked = view.WHOLE;
  #model;
  #page;
  #fields = "";
  #stalled = "";
  #list = new Succession();
  #summary = { watch: null, connection: null };
  #hasBegun = false; // with a list
  #isAsking = false; // the summary, how large the fleet is
  #isSizeKnown = false;
  #hasNoSummary = false;
  #losses = 0; // of the summary, while it is asked for the size
  #count = null; // of a fleet that is too large

  /**
   * `model` has the choice and takes what comes. The page: `onChange(changes, isWhole)` is called with changes of rows, as
   * `Sessions.take` has them, `onCount()` after a summary, `needs()` says what else rows must have, as `fieldsFor` has it,
   * `pause()` is the pause, and `onConnection(connection, secrets)` with the worse of the two connections.
   */
  constructor(model, page) {
    this.#model = model;
    this.#page = page;
  }

  /** True if this tab has the list's connection, so that only one tab acts on a message. */
  get isLeader() {
    return this.#list.isLeader;
  }

  /** Watch all anew: with another key, or another part of the fleet. */
  begin() {
    this.#list.close();
    this.#closeSummary();
    this.#hasBegun = this.#isAsking = this.#isSizeKnown = this.#hasNoSummary = false;
    this.#count = null;
    this.look();
  }

  /** Watch something else if the choice or the fleet needs it. */
  look() {
    const { choice, snapshot, newest } = this.#model;
    const pause = this.#page.pause();
    const fields = fieldsFor(choice, this.#page.needs());
    const isAsked = fields === this.#fields && choice.stalled === this.#stalled;
    if (pause.isOn) {
      if (snapshot === null || !isAsked || !view.serves(snapshot.of, choice)) pause.end(); // the picture does not have what was chosen
      return;
    }
    if (this.#isAsking) return;
    const { fleet } = newest;
    const wanted = view.askedFor(choice, fleet);
    const asked = this.#count ? narrowed(wanted, this.#count, this.asked) : wanted;
    const isSame = this.#hasBegun && view.isSame(asked, this.asked) && isAsked;
    if (view.isWhole(asked) && !this.#count && !this.#knowsSize()) this.#ask();
    else if (!isSame) this.#watchList(asked, fields, choice.stalled);
    else this.#isSizeKnown = false; // it may have grown since
  }

  /** Give `take(rows)` the listed sessions with these fields, once and beside the list's stream. Returns what stops that. */
  once(fields, take) {
    if (this.asked.state === NOBODY) return () => {};
    const watch = watchStatus({
      ...secrets(),
      view: view.viewQuery(this.asked, location.search, fields),
      isShared: false,
      onChange({ sessions }) {
        watch.close();
        take(sessions);
      },
    });
    return () => watch.close();
  }

  /** Test whether the whole fleet is known not to be too large, or to be no larger than it was. */
  #knowsSize() {
    if (this.#isSizeKnown || this.#hasNoSummary || new URLSearchParams(location.search).has("session")) return true;
    return this.#hasBegun && view.isWhole(this.asked) && !isTooLarge(this.#model.newest.fleet.size);
  }

  #ask() {
    this.#isAsking = true;
    this.#losses = 0;
    const tried = secrets();
    this.#summary.watch = watchStatus({
      ...tried,
      view: view.viewQuery({ by: "channel" }, location.search),
      onSummary: (summary, ageSeconds) => this.#take(new Count(summary, performance.now() - ageSeconds * 1000)),
      onConnection: (connection) => this.#counting(connection, tried),
    });
  }

  /** Take a summary. The first one decides whether the others are needed. */
  #take(count) {
    const model = this.#model.newest;
    const isSmall = this.#isAsking ? count.size <= MOST_ROWS : isSmallAgain(count.size);
    this.#isAsking = false;
    model.fleet = { size: count.size, channels: new Set(count.channels.keys()) };
    model.takeCount(count, location.search);
    if (isSmall) this.#isSmall();
    else this.#count = count;
    this.look();
    this.#page.onCount();
  }

  /** The fleet can be listed as a whole. */
  #isSmall() {
    this.#isAsking = false;
    this.#isSizeKnown = true;
    this.#count = null;
    this.#closeSummary();
  }

  #watchList(asked, fields, stalled) {
    const tried = secrets();
    this.#hasBegun = true;
    this.#isSizeKnown = false;
    if (!view.isSame(asked, this.asked)) this.asked = asked;
    else asked = this.asked; // what comes goes on with what came
    this.#fields = fields;
    this.#stalled = stalled;
    const take = (change, ageSeconds) => {
      const [at, wall] = [performance.now(), Date.now()].map((now) => now - ageSeconds * 1000);
      this.#page.onChange(this.#model.newest.take(change, { at, asked, fields, query: location.search, wall }), change.isWhole);
      this.look();
    };
    if (asked.state === NOBODY) {
      this.#list.close();
      this.#page.onConnection(this.#worst(), tried);
      take({ isWhole: true, global: this.#count.global, sessions: [], gone: [] }, 0);
      return;
    }
    this.#list.watch({
      ...tried,
      view: view.streamQuery(view.viewQuery(asked, location.search, fields), stalled),
      onChange: take,
      onConnection: () => this.#page.onConnection(this.#worst(), tried),
    });
  }

  #counting(connection, tried) {
    const { state } = connection;
    this.#summary.connection = { ...connection, at: performance.now() };
    if (this.#isAsking) {
      if (state === "reconnecting") this.#lostWhileAsking(connection, this.#summary.watch);
      if (state !== "needs key" && (this.#hasBegun || state !== "connecting")) return;
    }
    this.#page.onConnection(this.#worst(), tried);
  }

  /** A gateway that refuses the summary, or loses it twice, is asked for the whole. Its list then says what is the matter. */
  #lostWhileAsking({ reason }, watch) {
    this.#losses += 1;
    if (!reason && this.#losses < 2) return;
    queueMicrotask(() => {
      if (!this.#isAsking || this.#summary.watch !== watch) return; // what lost it is done first
      this.#hasNoSummary = true;
      this.#isSmall();
      this.look();
    });
  }

  /** The worse of the connections that there are, as of now. */
  #worst() {
    const others = this.#isAsking && this.#hasBegun ? [] : [this.#summary.connection];
    const known = [this.#list.connection, ...others].filter(Boolean);
    known.sort((one, other) => WORST_FIRST.indexOf(one.state) - WORST_FIRST.indexOf(other.state));
    const { at, ...worst } = known[0];
    const seconds = (performance.now() - at) / 1000;
    if (worst.sinceSeconds !== undefined) worst.sinceSeconds += seconds;
    if (worst.nextTrySeconds !== undefined) worst.nextTrySeconds = Math.max(0, worst.nextTrySeconds - seconds);
    return worst;
  }

  #closeSummary() {
    this.#summary.watch?.close();
    this.#summary.watch = this.#summary.connection = null;
  }
}
