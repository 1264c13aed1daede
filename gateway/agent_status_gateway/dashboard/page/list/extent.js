// Pure: how tall the rows of a list are, and which of them are near what a person sees.
//
// Rule 1: a row that was drawn is as tall as it was then. Any other is taken to be as tall as usual.
// Rule 2: "usual" is fixed with the first rows that are drawn, so that the list does not change its length at each look.
//
// All numbers are pixels.

const USUAL = 56; // until a row was drawn

export class Extent {
  #heights = new WeakMap();
  #usual = USUAL;
  #isUsualKnown = false;
  #tops = new Float64Array(1);
  #size = 0;

  /** Number all rows from the top. Each notes its place as `index`. */
  lay(items) {
    if (this.#tops.length <= items.length) this.#tops = new Float64Array(Math.ceil(items.length * 1.5) + 1);
    this.#size = items.length;
    let top = 0;
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      item.index = index;
      this.#tops[index] = top;
      top += this.#heights.get(item) ?? this.#usual;
    }
    this.#tops[items.length] = top;
  }

  /** Note what was drawn: `[item, height]` each. True if something is not as tall as it was taken to be. */
  note(drawn) {
    if (!this.#isUsualKnown && drawn.length) {
      this.#isUsualKnown = true;
      this.#usual = drawn.reduce((sum, [, height]) => sum + height, 0) / drawn.length;
    }
    let isNew = false;
    for (const [item, height] of drawn) {
      if (this.#heights.get(item) === height) continue;
      this.#heights.set(item, height);
      isNew = true;
    }
    return isNew;
  }

  /** Forget all heights: the page is as wide, or its text as large, as it was not before. */
  forget() {
    this.#heights = new WeakMap();
    this.#isUsualKnown = false;
  }

  /** Top of a row; that of the row behind the last one is the end of the list. */
  top(index) {
    return this.#tops[Math.min(index, this.#size)];
  }

  get height() {
    return this.#tops[this.#size];
  }

  /** Rows that are between two places: from the first to before the last. */
  between(top, bottom) {
    const from = this.#at(top);
    let to = from;
    while (to < this.#size && this.#tops[to] < bottom) to += 1;
    return [from, to];
  }

  /** The row at this place, or the nearest one. */
  #at(place) {
    let [low, high] = [0, this.#size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle + 1] <= place) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, Math.max(0, this.#size - 1));
  }
}
