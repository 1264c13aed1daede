// Pure: all that the page knows of the sessions: those that are open, the list of them, and what they did before.
//
// `of` is the part of the fleet that the newest event is of, as view.js has it. Times are milliseconds.

import { showable } from "../columns/fields.js";
import { Errors } from "../errors/errors.js";
import { globalOf, only } from "../feed/count.js";
import { Groups } from "../groups/groups.js";
import { History } from "../history.js";
import * as view from "../view.js";
import { Listing } from "./listing.js";
import { Sessions } from "./sessions.js";

const NO_FLEET = Object.freeze({ size: 0, channels: new Set() });

export class Model {
  sessions;
  listing;
  past;
  /** Errors that this tab has seen. */
  errors;
  /** The newest event: `{ global, at, asked, fields, of }`. Null before the first one. */
  snapshot;
  /** What the last event without a filter said of the fleet: `{ size, channels }`. */
  fleet;
  /** The newest count of a fleet that is too large to be listed; null without one. */
  count;
  /** Since when this page knows something. */
  knownFrom;
  #choice;
  #shown; // the choice as far as the rows have what it needs
  #isOther = false; // what is shown is sorted or grouped by something else than at the last look
  #ahead = null; // while this one holds still: the model that goes on
  #groups = new Groups();
  #acknowledged;

  /** `acknowledged.has(key, began)` tells whether somebody has acknowledged a session's error that began then. */
  constructor(choice, acknowledged = { has: () => false }) {
    this.#choice = choice;
    this.#acknowledged = acknowledged;
    this.forget();
  }

  get choice() {
    return this.#choice;
  }

  set choice(choice) {
    this.#choice = choice;
    this.#show();
  }

  /** The model that takes events: this one, or the one that goes on while this one holds still. */
  get newest() {
    return this.#ahead ?? this;
  }

  /** Hold still at this moment. */
  hold(now) {
    const ahead = new Model(this.#choice);
    ahead.sessions.take({ isWhole: true, sessions: this.sessions.rows(now), gone: [] }, now);
    const { past, errors, snapshot, fleet, count, knownFrom } = this;
    this.#ahead = Object.assign(ahead, { past, errors, snapshot, fleet, count, knownFrom });
    this.past = past.still();
    this.errors = errors.still();
  }

  /** Show what the newest events said. Sessions that are open still are the same items. */
  release(now) {
    if (!this.#ahead) return;
    const { sessions, past, errors, snapshot, fleet, count, knownFrom } = this.#ahead;
    this.#ahead = null;
    Object.assign(this, { past, errors, snapshot, fleet, count, knownFrom });
    this.#show();
    errors.update(); // some may have been acknowledged in the picture
    this.#takeRows({ isWhole: true, sessions: sessions.rows(now), gone: [] }, now);
  }

  /**
   * Take an event of a watch that asked for this part. `query` is that of the page, `fields` what was asked for of rows, if
   * that is known, and `wall` the wall clock's `at`. Returns its changes, as `Sessions.take` has them; none if the event before
   * was of another part, since nothing in it is news then.
   */
  take(change, { at, asked, query, fields = null, wall = at }) {
    const { changed, gone } = this.#takeRows(change, at);
    const channels = [...this.sessions.channels.keys()];
    const of = view.answered(asked, { channels, states: this.sessions.states });
    const isNews = this.snapshot?.of === of;
    const isAsBefore = this.snapshot?.fields === fields;
    this.snapshot = { global: change.global, at, asked, fields, of };
    if (!isAsBefore) this.#show();
    this.knownFrom = Math.min(this.knownFrom, at);
    if (view.isWhole(of)) this.fleet = { size: this.sessions.items.size, channels: new Set(channels) };
    const { numbers } = this.figures;
    this.#lookAtPast(query);
    const rows = changed.map(({ item }) => item.row);
    const showsEnds = (row) => view.showsEnds(of, row, query);
    if (change.isWhole) this.past.add(rows, at, showsEnds, numbers);
    else this.past.change({ changed: rows, gone: gone.map(({ key }) => key), numbers }, at, showsEnds);
    if (change.ended) this.past.takeEnds(change.ended, at);
    const isOpen = change.isWhole ? (key) => this.sessions.items.has(key) : null;
    this.errors.take({ changed, gone }, wall, { isOpen, shows: (row) => view.showsErrors(of, row, query) });
    return isNews ? changed : [];
  }

  /** Take what an earlier load of the page has kept, as `unpacked` has it, before the first event. */
  recall(past) {
    this.past.recall(past);
    this.knownFrom = past.knownFrom;
  }

  /** Take a count of the fleet. `query` is that of the page. */
  takeCount(count, query) {
    this.count = count;
    if (!this.snapshot?.of.within) return;
    this.#lookAtPast(query);
    this.past.change({ changed: [], gone: [], numbers: this.figures.numbers }, count.at);
  }

  /**
   * Figures of the newest event's part: `{ global, at, numbers, known, usage }`. `numbers` are its sessions by state, and `known`
   * those of its channels. Where the list has not all of them, they are as counted, and the usage is not known.
   */
  get figures() {
    const { snapshot, sessions, count } = this;
    const { within } = snapshot.of;
    const { numbers, usage } = sessions;
    if (!within || !count) return { global: snapshot.global, at: snapshot.at, numbers, known: numbers, usage };
    const known = count.numbers(view.listed(within.channel));
    const counted = only(known, view.listed(within.state));
    const global = view.isWhole(within) ? count.global : globalOf(counted, count.global);
    return { global, at: count.at, numbers: counted, known, usage: null };
  }

  /** The feed is back, and without another snapshot it is still this one. */
  goOn(asked, now, query) {
    if (this.snapshot?.asked !== asked || !this.past.isStopped) return;
    this.past.add(this.sessions.rows(now), now, (row) => view.showsEnds(this.snapshot.of, row, query), this.figures.numbers);
  }

  /** Sessions to show, in their groups, and which of them may have moved: null if this is another list. `number` is that of the sessions that match. */
  look() {
    const { items, moved } = this.listing.look();
    const find = (key) => this.sessions.items.get(key);
    const laid = this.#groups.lay(items, this.#shown.group, { find, moved });
    const isOther = this.#isOther;
    this.#isOther = false;
    return { items: laid, moved: isOther ? null : moved, number: items.length };
  }

  /** The first session of the list that is in this state. It is no longer in a folded group. Null if there is none. */
  first(state) {
    const found = this.listing.items.find(({ row }) => row.state === state) ?? null;
    if (found) this.#groups.unfold(found);
    return found;
  }

  /** Place of a session in the tree of parents; null outside of any. */
  branch(item) {
    return this.#groups.branch(item);
  }

  /** Rows of the open sessions. */
  get rows() {
    return Array.from(this.sessions.items.values(), (item) => item.row);
  }

  #show() {
    const { sort, group } = this.#shown;
    const fields = this.snapshot?.fields ?? null;
    this.#shown = fields === null ? this.#choice : showable(this.#choice, this.#shown, fields);
    this.#isOther ||= sort !== this.#shown.sort || group !== this.#shown.group;
    this.listing.choose(this.#shown);
  }

  #takeRows(change, at) {
    const { changed, gone } = this.sessions.take(change, at);
    for (const { item } of changed) this.listing.mark(item);
    for (const item of gone) this.listing.mark(item);
    return { changed, gone };
  }

  /** Forget the sessions: the next ones are of another part. */
  forgetSnapshot() {
    this.#ahead = null;
    this.snapshot = this.count = null;
    this.fleet = NO_FLEET;
    this.sessions = new Sessions();
    this.#shown = this.#choice;
    this.listing = new Listing(this.#choice);
  }

  /** Forget all: the next key may see less, and what it does not see has not ended. */
  forget() {
    this.forgetSnapshot();
    this.past = new History();
    this.errors = new Errors(this.#acknowledged);
    this.knownFrom = Infinity;
  }

  /** Numbers of two parts do not belong in one chart. */
  #lookAtPast(query) {
    const { of } = this.snapshot;
    this.past.look(view.viewQuery(view.figuresOf(of), query) + (of.within ? " counted" : ""));
  }
}
