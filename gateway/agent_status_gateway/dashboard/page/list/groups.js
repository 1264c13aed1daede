// Pure: a list in groups, each under a heading that counts its sessions by state and can be folded.
//
// Rule 1: within a group, sessions keep the order of the list.
// Rule 2: groups have an order of their own, so that they do not change places while people look: channels by name; errors by
//         their number, since the most frequent one is the one to mend. Sessions without a value come last.
// Rule 3: a heading is the same object as long as its group is there, and a group that was folded stays folded.

import { STATES, plain } from "../presentation.js";

const byTitle = (one, other) => (one.title < other.title ? -1 : Number(one.title > other.title));

/** By what sessions can be grouped: their value, words for those without, and the order of the groups. */
const GROUPINGS = {
  channel: { of: (row) => row.channel, none: "", order: byTitle },
  error: {
    of: (row) => (row.state === "error" ? (row.error_message ?? "") : null),
    none: "Without an error",
    order: (one, other) => other.size - one.size || byTitle(one, other),
  },
};
export const GROUPS = Object.keys(GROUPINGS);

/** One group: its title, the number of its sessions, and that by state. */
class Heading {
  isHeading = true;
  isFolded = false;
  size = 0;
  numbers = {};
  title;
  isNone;

  constructor(value, none) {
    this.isNone = value === null;
    this.title = this.isNone ? none : plain(value).trim() || "Error without a message";
  }
}

export class Groups {
  #by = "";
  #headings = new Map(); // by value

  /** Lay sessions out in groups: a list of headings, each before its sessions. By "" there are no groups. */
  lay(items, by) {
    if (by !== this.#by) this.#headings.clear();
    this.#by = by;
    if (!by) return items;
    const members = this.#members(items);
    for (const value of this.#headings.keys()) if (!members.has(value)) this.#headings.delete(value);
    const groups = [...members].map(([value, inside]) => [this.#heading(value, inside), inside]);
    groups.sort(([one], [other]) => one.isNone - other.isNone || GROUPINGS[by].order(one, other));
    return groups.flatMap(([heading, inside]) => (heading.isFolded ? [heading] : [heading, ...inside]));
  }

  /** Unfold the group that has this session. */
  unfold({ row }) {
    const heading = this.#by && this.#headings.get(GROUPINGS[this.#by].of(row));
    if (heading) heading.isFolded = false;
  }

  #members(items) {
    const { of } = GROUPINGS[this.#by];
    const members = new Map();
    for (const item of items) {
      const value = of(item.row);
      const inside = members.get(value);
      if (inside) inside.push(item);
      else members.set(value, [item]);
    }
    return members;
  }

  #heading(value, inside) {
    let heading = this.#headings.get(value);
    if (!heading) this.#headings.set(value, (heading = new Heading(value, GROUPINGS[this.#by].none)));
    heading.size = inside.length;
    heading.numbers = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const { row } of inside) heading.numbers[row.state] += 1;
    return heading;
  }
}
