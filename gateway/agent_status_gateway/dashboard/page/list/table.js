// A long list in a table, of which only the rows near what a person sees are drawn. Spacers stand for the others.
//
// While somebody reads down the list, what they read stays where it is: the first row in sight that has not moved by itself
// keeps its place on the screen, whatever comes and goes above it. Browsers do this too, but not with rows that are not drawn.

import { element } from "../dom.js";
import { Extent } from "./extent.js";
import { place } from "./place.js";

const MARGIN = 400; // pixels beyond the screen that are drawn too

export class Table {
  #body;
  #before = element("tbody", { className: "spacer", ariaHidden: "true" });
  #after = element("tbody", { className: "spacer", ariaHidden: "true" });
  #make;
  #items = [];
  #extent = new Extent();
  #drawn = new Map(); // by item: its row
  #clock = 0;
  #isDue = false;
  #firstIndex;

  /** `make(item)` makes a row: `{ node, update(item), tick(clock), remove() }`. `header` is the number of rows above. */
  constructor(body, make, { header = 1 } = {}) {
    this.#body = body;
    this.#make = make;
    this.#firstIndex = header + 1;
    body.before(this.#before);
    body.after(this.#after);
    addEventListener("scroll", () => this.#drawSoon(), { passive: true });
  }

  /**
   * Show these items in this order. `moved` are those that may have another place than before; without it, this is another
   * list, and nothing keeps its place.
   */
  show(items, clock, moved = null) {
    this.#clock = clock;
    const anchor = moved && this.#anchor(moved, items);
    this.#items = items;
    this.#extent.lay(items);
    this.#body.parentElement.setAttribute("aria-rowcount", items.length + this.#firstIndex - 1);
    this.#draw(anchor);
  }

  /** Update what changes with time. */
  tick(clock) {
    this.#clock = clock;
    for (const row of this.#drawn.values()) row.tick(clock);
  }

  /** Draw again after the rows may have become taller or shorter. */
  measure() {
    const anchor = this.#anchor(new Set(), this.#items);
    this.#extent.forget();
    this.#extent.lay(this.#items);
    this.#draw(anchor);
  }

  /** Items in their order, those that are not drawn too. Each notes its place as `index`. */
  get items() {
    return this.#items;
  }

  /** Place of the first item that can be seen. */
  get firstInSight() {
    return this.#extent.between(-this.#before.getBoundingClientRect().top, 0)[0];
  }

  /** The item whose row has this node; null if none has it. */
  itemOf(node) {
    for (const [item, row] of this.#drawn) if (row.node.contains(node)) return item;
    return null;
  }

  /** Make all rows again: they have other cells. */
  renew() {
    const anchor = this.#anchor(new Set(), this.#items);
    for (const row of this.#drawn.values()) row.remove();
    this.#drawn.clear();
    this.#extent.forget();
    this.#extent.lay(this.#items);
    this.#draw(anchor);
  }

  /** Bring this item into sight. Returns its node, or null if it is not in the list. */
  reveal(item) {
    if (this.#items[item.index] !== item) return null;
    const top = this.#before.getBoundingClientRect().top + this.#extent.top(item.index);
    const room = innerHeight - 100;
    if (!this.#drawn.has(item)) {
      scrollBy(0, top - room / 2);
      this.#draw(null);
    }
    const { node } = this.#drawn.get(item);
    node.scrollIntoView({ block: "nearest" });
    return node;
  }

  #drawSoon() {
    if (this.#isDue || !this.#items.length) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw(this.#anchor(new Set(), this.#items));
    });
  }

  /** Where the first row in sight is that keeps its place: `{ item, y }`. Null while the list begins in sight. */
  #anchor(moved, items) {
    const listTop = this.#before.getBoundingClientRect().top;
    if (listTop >= 0) return null;
    const [from, to] = this.#extent.between(-listTop, innerHeight - listTop);
    let second = null;
    for (const item of this.#items.slice(from, to)) {
      if (!this.#drawn.has(item) || (moved.size && !items.includes(item))) continue;
      const anchor = { item, y: listTop + this.#extent.top(item.index) };
      if (!moved.has(item)) return anchor;
      second ??= anchor;
    }
    return second;
  }

  #draw(anchor, isAgain = false) {
    const listTop = anchor ? anchor.y - this.#extent.top(anchor.item.index) : this.#before.getBoundingClientRect().top;
    const [from, to] = this.#extent.between(-listTop - MARGIN, innerHeight - listTop + MARGIN);
    const near = this.#items.slice(from, to);
    const wanted = new Set(near);
    for (const [item, row] of this.#drawn) {
      if (wanted.has(item)) continue;
      row.remove();
      this.#drawn.delete(item);
    }
    const come = near.filter((item) => !this.#drawn.has(item));
    const nodes = near.map((item) => this.#row(item).node);
    const focused = document.activeElement;
    place(this.#body, nodes);
    // A node that is put elsewhere loses the focus.
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    this.#space(from, to);
    for (const item of come) this.#drawn.get(item).tick(this.#clock); // a bar is drawn once it can be seen
    const heights = near.map((item, index) => [item, nodes[index].getBoundingClientRect().height]);
    if (near.length && heights[0][1] && this.#extent.note(heights)) {
      this.#extent.lay(this.#items);
      this.#space(from, to);
      // Rows that are less tall than usual leave room for more.
      if (!isAgain && this.#extent.between(-listTop, innerHeight - listTop)[1] > to) this.#draw(anchor, true);
    }
    if (!anchor || !this.#drawn.has(anchor.item)) return;
    const off = this.#drawn.get(anchor.item).node.getBoundingClientRect().top - anchor.y;
    if (Math.abs(off) >= 1) scrollBy({ top: off, behavior: "instant" });
  }

  #row(item) {
    let row = this.#drawn.get(item);
    if (!row) this.#drawn.set(item, (row = this.#make(item)));
    row.update(item);
    const index = String(item.index + this.#firstIndex);
    if (row.node.getAttribute("aria-rowindex") !== index) row.node.setAttribute("aria-rowindex", index);
    row.tick(this.#clock);
    return row;
  }

  #space(from, to) {
    const heights = [this.#extent.top(from), this.#extent.height - this.#extent.top(to)];
    [this.#before, this.#after].forEach((spacer, index) => {
      const height = `${Math.max(0, heights[index])}px`;
      if (spacer.style.height !== height) spacer.style.height = height;
    });
  }
}
