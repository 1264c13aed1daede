// Pure: a list in groups, each under a heading that counts its sessions by state and can be folded.
//
// Rule 1: within a group, sessions keep the order of the list.
// Rule 2: groups have an order of their own, so that they do not change places while people look: errors by their number,
//         since the most frequent one is the one to mend, and all others by name. Sessions without a value come last.
// Rule 3: a heading is the same object as long as its group is there, and a group that was folded stays folded.
// Rule 4: by parent, sessions are a tree, which tree.js lays out.

import { STATES, plain } from "../presentation.js";
import { PARENT, groupingOf } from "./groupings.js";
import { Tree } from "./tree.js";

/** One group: its title, the number of its sessions, and that by state. */
class Heading {
  isHeading = true;
  isFolded = false;
  depth = 0;
  size = 0;
  numbers = {};
  title;
  isNone;

  constructor(value, { none, empty = "–" }) {
    this.isNone = value === null;
    this.title = this.isNone ? none : plain(value).trim() || empty;
  }
}

export class Groups {
  #by = "";
  #headings = new Map(); // by value
  #tree = null; // of the sessions, if they are grouped by parent

  /**
   * Lay sessions out in groups: a list of headings, each before its sessions. By "" there are no groups. `find(key)` is an
   * open session, or undefined. `moved` are the sessions that may have moved; those that move with them are added.
   */
  lay(items, by, { find = () => undefined, moved = new Set() } = {}) {
    if (by !== this.#by) {
      this.#headings.clear();
      this.#tree = by === PARENT ? new Tree() : null;
    }
    this.#by = by;
    if (!by) return items;
    if (this.#tree) return this.#tree.lay(items, find, moved);
    const grouping = groupingOf(by);
    const members = membersOf(items, grouping);
    for (const value of this.#headings.keys()) if (!members.has(value)) this.#headings.delete(value);
    const groups = [...members].map(([value, inside]) => [this.#heading(value, inside, grouping), inside]);
    groups.sort(([one], [other]) => one.isNone - other.isNone || grouping.order(one, other));
    return groups.flatMap(([heading, inside]) => (heading.isFolded ? [heading] : [heading, ...inside]));
  }

  /** Unfold all that hides this session. */
  unfold(item) {
    if (this.#tree) return this.#tree.unfold(item);
    const heading = this.#by && this.#headings.get(groupingOf(this.#by).of(item.row));
    if (heading) heading.isFolded = false;
  }

  /** Place of a session in the tree: `{ depth, size, numbers, isFolded, above }`; null outside of any. */
  branch(item) {
    return this.#tree?.branch(item) ?? null;
  }

  #heading(value, inside, grouping) {
    let heading = this.#headings.get(value);
    if (!heading) this.#headings.set(value, (heading = new Heading(value, grouping)));
    heading.size = inside.length;
    heading.numbers = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const { row } of inside) heading.numbers[row.state] += 1;
    return heading;
  }
}

function membersOf(items, { of }) {
  const members = new Map();
  for (const item of items) {
    const value = of(item.row);
    const inside = members.get(value);
    if (inside) inside.push(item);
    else members.set(value, [item]);
  }
  return members;
}
