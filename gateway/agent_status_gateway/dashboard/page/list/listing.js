// Pure: the sessions that match the filters, in the chosen order, kept up by what differs.
//
// Rule 1: after each `mark`, the list is what filtering and sorting all open sessions would give.
// Rule 2: items that are not marked keep their place among each other, so only those that are marked are looked at.

import { finder, isFiltering } from "../filters.js";
import { ORDERS, merged } from "./order.js";

export class Listing {
  #choice;
  #ordered = []; // every open session that was known at the last look
  #dirty = new Set();
  #isLookedAt = new WeakSet(); // in #ordered
  #matching = new WeakSet();
  #shown = [];

  constructor(choice) {
    this.#choice = choice;
  }

  /** Note that this session is new or different, or has gone. */
  mark(item) {
    if (item.isOpen || this.#isLookedAt.has(item)) this.#dirty.add(item);
    else this.#dirty.delete(item); // it came and went without having been seen
  }

  /** Filter and sort by another choice. */
  choose(choice) {
    const before = this.#choice;
    this.#choice = choice;
    this.#update();
    if (choice.sort !== before.sort) this.#ordered = [...this.#ordered].sort(ORDERS[choice.sort]);
    this.#match(this.#ordered);
    this.#filter();
  }

  /** Sessions that the last look showed. */
  get items() {
    return this.#shown;
  }

  /** Sessions to show. Returns `{ items, moved }`: `moved` are those that may have another place than before. */
  look() {
    const moved = new Set(this.#dirty);
    this.#update();
    return { items: this.#shown, moved };
  }

  #update() {
    if (!this.#dirty.size) return;
    const compare = ORDERS[this.#choice.sort];
    const others = this.#ordered.filter((item) => !this.#dirty.has(item));
    const open = [...this.#dirty].filter((item) => item.isOpen).sort(compare);
    for (const item of this.#dirty) {
      if (item.isOpen) this.#isLookedAt.add(item);
      else this.#isLookedAt.delete(item);
    }
    this.#ordered = merged(others, open, compare);
    this.#match(open);
    this.#dirty.clear();
    this.#filter();
  }

  #match(items) {
    if (!isFiltering(this.#choice)) return;
    const matches = finder(this.#choice);
    for (const item of items) {
      if (matches(item)) this.#matching.add(item);
      else this.#matching.delete(item);
    }
  }

  #filter() {
    this.#shown = isFiltering(this.#choice) ? this.#ordered.filter((item) => this.#matching.has(item)) : this.#ordered;
  }
}
