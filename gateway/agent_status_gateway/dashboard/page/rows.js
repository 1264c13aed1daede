// Rows of a table, by session key. A node is made once, and only text that has changed is written.

import { duration, name, plain, tokens, what } from "./presentation.js";
import { queryOf } from "./session/address.js";

const NEAR = "200px"; // rows about to be scrolled into view

export class Rows {
  #body;
  #rows = new Map();
  #byNode = new WeakMap();
  #visible = new Set();
  #observer;
  #draw;
  #clock = 0;

  /** `draw(canvas, key)` draws a session's bar. Rows out of view are not drawn and do not tick. */
  constructor(body, draw) {
    this.#body = body;
    this.#draw = draw;
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: NEAR });
  }

  /** Show these rows in this order: each `{ row, since }`, with the page's time at which its state began. */
  show(items, clock) {
    const wanted = items.map((item) => this.#update(item, clock));
    const keys = new Set(items.map(({ row }) => row.session_key));
    for (const [key, row] of this.#rows) if (!keys.has(key)) this.#remove(key, row);
    place(this.#body, wanted);
  }

  /** Update what changes with time. */
  tick(clock) {
    this.#clock = clock;
    for (const row of this.#visible) this.#tickRow(row, clock);
  }

  #update({ row: status, since }, clock) {
    const key = status.session_key;
    let row = this.#rows.get(key);
    const isNew = !row;
    if (isNew) this.#rows.set(key, (row = this.#make(key)));
    row.since = since;
    if (isNew) this.#tickRow(row, clock);
    if (!row.status || isChanged(row.status, status)) {
      row.node.dataset.state = status.state;
      const called = name(status);
      write(row.title, called);
      const id = plain(status.session_id);
      write(row.origin, called === id ? plain(status.channel) : `${plain(status.channel)} · ${id}`);
      write(row.what, what(status));
      write(row.tokens, tokens(status.token_usage) || "–");
    }
    row.status = status;
    return row.node;
  }

  #make(key) {
    const cell = (kind, ...content) => element("td", { className: kind, role: "cell" }, ...content);
    const row = {
      key,
      title: element("a", { className: "title", dir: "auto", href: queryOf(key) }),
      origin: element("span", { className: "origin", dir: "auto" }),
      what: element("span", { className: "what", dir: "auto" }),
      duration: cell("number in-state"),
      tokens: cell("number tokens"),
      canvas: element("canvas", { width: 0, height: 0, ariaHidden: "true" }),
    };
    row.node = element(
      "tr",
      { role: "row" },
      cell("session", row.title, row.origin),
      cell("state", element("span", { className: "dot" }), row.what),
      row.duration,
      row.tokens,
      cell("bar", row.canvas),
    );
    row.node.dataset.key = key;
    this.#byNode.set(row.node, row);
    this.#observer.observe(row.node);
    return row;
  }

  #remove(key, row) {
    this.#observer.unobserve(row.node);
    this.#visible.delete(row);
    this.#rows.delete(key);
    row.node.remove();
  }

  #tickRow(row, clock) {
    write(row.duration, duration((clock - row.since) / 1000));
    if (this.#visible.has(row)) this.#draw(row.canvas, row.key);
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.#byNode.get(target);
      if (this.#rows.get(row.key) !== row) continue;
      if (isIntersecting) {
        this.#visible.add(row);
        this.#tickRow(row, this.#clock);
      } else {
        this.#visible.delete(row);
        row.canvas.width = 0; // gives its memory back
      }
    }
  }
}

/** New element with these properties. Its content is text or elements, never markup. */
export function element(tag, properties = {}, ...content) {
  const made = document.createElement(tag);
  const { role, ...others } = properties;
  if (role) made.setAttribute("role", role);
  Object.assign(made, others);
  made.append(...content);
  return made;
}

/** Write this text, unless it is there already. */
export function write(node, text) {
  const shown = node.firstChild;
  if (!shown) node.append(text);
  else if (shown.data !== text) shown.data = text;
}

function isChanged(before, after) {
  return (
    before.state !== after.state ||
    before.title !== after.title ||
    before.tool_name !== after.tool_name ||
    before.error_message !== after.error_message ||
    before.token_usage?.input !== after.token_usage?.input ||
    before.token_usage?.output !== after.token_usage?.output
  );
}

/** Put the nodes in this order and move as few as possible: all but a longest run that is already in order. */
export function place(parent, wanted) {
  const present = new Map(Array.from(parent.children, (node, index) => [node, index]));
  const stays = longestRun(wanted.map((node) => present.get(node) ?? -1));
  let next = null;
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    if (!stays.has(index)) parent.insertBefore(wanted[index], next);
    next = wanted[index];
  }
}

/** Where a longest increasing run of these numbers is; those below 0 are in none. */
function longestRun(numbers) {
  const ends = []; // ends[n]: where the run of length n + 1 with the smallest end does end
  const before = [];
  numbers.forEach((number, index) => {
    if (number < 0) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[ends[middle]] < number) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  });
  const run = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]) run.add(index);
  return run;
}
