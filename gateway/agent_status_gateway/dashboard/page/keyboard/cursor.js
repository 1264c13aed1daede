// The row that a person goes through the list with. It is the one that has the focus, so a screen reader reads it.
//
// A row that is not drawn is drawn first. Where the row has gone, the next step begins at its place.

export class Cursor {
  #table;
  #page;
  #item = null;
  #index = null; // where it was

  /** `opened()` is the item of the open session, if there is one, and `say(sentence)` answers a person. */
  constructor(table, page) {
    this.#table = table;
    this.#page = page;
  }

  /** Go so many rows down, or up. */
  move(by) {
    const { items } = this.#table;
    const index = this.#next(by);
    if (items[index]) this.#go(index);
    else if (items.length) this.#page.say(by > 0 ? "This is the last row." : "This is the first row.");
  }

  first() {
    if (this.#table.items.length) this.#go(0);
  }

  /** Go back to the row. If it has gone, nothing has the focus. */
  restore() {
    if (this.#item !== null && this.#table.items[this.#item.index] === this.#item) this.#go(this.#item.index);
    else document.activeElement.blur();
  }

  #next(by) {
    const here = this.#table.itemOf(document.activeElement) ?? this.#page.opened() ?? this.#item;
    if (here && this.#table.items[here.index] === here) return here.index + by;
    if (this.#index !== null) return by > 0 ? Math.min(this.#index, this.#table.items.length - 1) : this.#index - 1;
    return this.#table.firstInSight;
  }

  #go(index) {
    this.#item = this.#table.items[index];
    this.#index = index;
    const row = this.#table.reveal(this.#item);
    (row.querySelector(".title") ?? row.querySelector("button")).focus({ preventScroll: true });
  }
}
