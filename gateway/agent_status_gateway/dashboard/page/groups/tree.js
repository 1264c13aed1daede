// Pure: sessions as a tree, each below its parent.
//
// Rule 1: each session is there once, whatever the sessions say of their parents. In a circle of parents, one is the root.
// Rule 2: a parent that the list does not have is a heading. If it is open, it stands below its own parent.
// Rule 3: a tree stands where the first of its sessions in the list would, and so does each branch. So what needs a person is
//         as far up as without the tree.
// Rule 4: a branch counts all sessions below it, also those that are folded away. What was folded stays folded.

import { STATES, name, plain } from "../presentation.js";

const NONE = Object.freeze(Object.fromEntries(STATES.map((state) => [state, 0])));

/** A parent or a session. Those that the list has are shown by their item, the others by this node as a heading. */
class Node {
  isHeading = true;
  isFolded = false;
  key;
  /** The session, if the list has it. */
  item;
  /** The node above; null for a root. */
  above;
  root = null;
  /** The root at the last look. */
  rootBefore;
  children = [];
  depth;
  isHidden;
  title;
  /** Number of sessions below, and that by state. */
  size;
  numbers;
  /** The session of the list by which it was placed; null until then. */
  placedBy;

  constructor(key) {
    this.key = key;
  }

  /** Begin another look. */
  begin() {
    this.rootBefore = this.root;
    this.item = this.above = this.root = this.placedBy = null;
    if (this.children.length) this.children = [];
    this.size = 0;
    this.numbers = null;
  }

  get element() {
    return this.item ?? this;
  }

  add(state, number) {
    this.numbers ??= { ...NONE };
    this.numbers[state] += number;
    this.size += number;
  }
}

export class Tree {
  #nodes = new Map(); // by session key

  /** Lay sessions out, each below its parent: a list of sessions and headings. See `Groups.lay`. */
  lay(items, find, moved) {
    const before = this.#nodes;
    this.#nodes = new Map();
    const all = inOrder(this.#roots(items, find, before));
    for (const node of all) if (!node.item) node.title = find(node.key) ? name(find(node.key).row) : plain(node.key);
    count(all);
    if (moved.size) this.#addMoved(moved, all, before);
    return all.filter((node) => !node.isHidden).map((node) => node.element);
  }

  unfold(item) {
    for (let node = this.#nodes.get(item.key)?.above; node; node = node.above) node.isFolded = false;
  }

  branch(item) {
    const node = this.#nodes.get(item.key);
    return node?.item === item && (node.depth || node.size) ? node : null;
  }

  #node(key, before) {
    let node = this.#nodes.get(key);
    if (node) return node;
    this.#nodes.set(key, (node = before.get(key) ?? new Node(key)));
    node.begin();
    return node;
  }

  #roots(items, find, before) {
    const roots = [];
    for (const item of items) {
      let node = this.#node(item.key, before);
      node.item = item;
      while (!node.placedBy) {
        node.placedBy = item;
        const key = find(node.key)?.row.parent;
        const above = key ? this.#node(key, before) : null;
        if (!above || above.placedBy === item) {
          roots.push(node); // the way up ends here, or comes back to where it was
          break;
        }
        node.above = above;
        above.children.push(node);
        node = above;
      }
    }
    return roots;
  }

  /** All that was or is in one tree with a session that may have moved may have moved, too. */
  #addMoved(moved, all, before) {
    const roots = new Set();
    for (const { key } of moved) {
      for (const node of [before.get(key), this.#nodes.get(key)]) if (node) roots.add(node.root).add(node.rootBefore);
    }
    roots.delete(null);
    for (const node of all) if (roots.has(node.root) || roots.has(node.rootBefore)) moved.add(node.element);
  }
}

/** Nodes from the top, each before those below it. */
function inOrder(roots) {
  const all = [];
  const next = roots.reverse();
  while (next.length) {
    const node = next.pop();
    all.push(node);
    const { above } = node;
    node.root = above?.root ?? node;
    node.depth = above ? above.depth + 1 : 0;
    node.isHidden = above !== null && (above.isHidden || above.isFolded);
    for (let index = node.children.length - 1; index >= 0; index -= 1) next.push(node.children[index]);
  }
  return all;
}

/** Count what is below each node, from the bottom. */
function count(all) {
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const { above, item, numbers, size } = all[index];
    if (!above) continue;
    if (size) for (const state of STATES) if (numbers[state]) above.add(state, numbers[state]);
    if (item) above.add(item.row.state, 1);
  }
}
