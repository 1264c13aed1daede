// One session's row. Only text that has changed is written.

import { element, write } from "../dom.js";
import { COLUMNS, USUAL } from "../columns/columns.js";
import { BranchPart } from "../groups/branch.js";
import { duration, name, plain, tokens, whatNow } from "../presentation.js";
import { queryOf } from "../session/address.js";

export class SessionRow {
  node;
  #shown = null;
  #key;
  #since = 0;
  #title;
  #origin = element("span", { className: "origin", dir: "auto" });
  #what = element("span", { className: "what", dir: "auto" });
  #duration = cell("number in-state");
  #tokens = cell("number tokens");
  #canvas = element("canvas", { width: 0, height: 0, ariaHidden: "true" });
  #draw;
  #session;
  #tree; // { branchOf, part }
  #words;
  #lasts;
  #further; // cells of further columns: { name, column, node }
  #item = null;

  /**
   * `draw(canvas, key)` draws the session's bar. `columns` are the names of the columns. In a tree, `branchOf(item)` is its place
   * or null, and `fold(branch)` folds it. `words(row)` are those for what the session does, and
   * `lasts(seconds)` those for how long.
   */
  constructor({ key }, draw, { columns = USUAL.split(","), branchOf, fold, words = whatNow, lasts = duration } = {}) {
    this.#key = key;
    this.#words = words;
    this.#lasts = lasts;
    this.#draw = draw;
    this.#title = element("a", { className: "title", dir: "auto", href: queryOf(key) });
    const usual = { duration: this.#duration, tokens: this.#tokens, bar: cell("bar", this.#canvas) };
    usual.state = cell("state", element("span", { className: "dot" }), this.#what);
    usual.session = this.#session = cell("session", this.#title, this.#origin);
    this.#further = columns.filter((name) => !usual[name]).map((name) => furtherCell(name));
    const further = Object.fromEntries(this.#further.map(({ name, node }) => [name, node]));
    this.node = element("tr", { role: "row" }, ...columns.map((name) => usual[name] ?? further[name]));
    this.node.dataset.key = key;
    if (branchOf) this.#tree = { branchOf, part: new BranchPart(this.node, fold) };
  }

  /** Show `{ row, since }`, with the page's time at which its state began. */
  update(item) {
    const { row, since } = item;
    this.#since = since;
    this.#item = item;
    this.#tree?.part.show(this.#tree.branchOf(item), this.#session, name(row));
    if (this.#shown === row) return;
    this.#shown = row;
    this.node.dataset.state = row.state;
    this.node.dataset.stalled = row.stalled === true;
    const called = name(row);
    write(this.#title, called);
    const id = plain(row.session_id);
    write(this.#origin, called === id ? plain(row.channel) : `${plain(row.channel)} · ${id}`);
    write(this.#what, this.#words(row));
    write(this.#tokens, tokens(row.token_usage) || "–");
    for (const { column, node } of this.#further) if (!column.ages) writeCell(node, column.words(item));
  }

  /** Update what changes with time. */
  tick(clock) {
    write(this.#duration, this.#lasts((clock - this.#since) / 1000));
    for (const { column, node } of this.#further) if (column.ages) writeCell(node, column.words(this.#item, clock));
    if (this.#canvas.isConnected) this.#draw(this.#canvas, this.#key);
  }

  /** Give the canvas's memory back. */
  remove() {
    this.#canvas.width = 0;
    this.node.remove();
  }
}

function cell(kind, ...content) {
  return element("td", { className: kind, role: "cell" }, ...content);
}

/** Cell of a further column. Where a row is a card, the cell has the column's title before it. */
function furtherCell(name) {
  const column = COLUMNS[name];
  const node = cell(column.isNumber ? "further number" : "further", element("span", { className: "further-text", dir: "auto" }));
  node.dataset.title = column.title;
  return { name, column, node };
}

function writeCell(node, words) {
  write(node.firstChild, words || "–");
  node.dataset.none = !words;
}
