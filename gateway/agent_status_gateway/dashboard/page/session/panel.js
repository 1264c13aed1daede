// One session, opened beside the list: all that is known of it, and what it did in the last 15 minutes.
//
// The list's rows say little. The panel asks the gateway for all fields of its session, for as long as it is open. What both
// say is the list's, so that the page does not say two things of one moment. A gateway that knows no fields sends the plain row.

import { watchStatus } from "../../client.js";
import { STATE_LABELS, duration, name, plain } from "../presentation.js";
import { element, write } from "../dom.js";
import { endWords } from "../list/outcome.js";
import { Children } from "./children.js";
import { factsOf, quietOf } from "./facts.js";
import { PARTS } from "./parts.js";
import { copy, shareLink } from "./share.js";
import { linesOf } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const time = (at, now) => new Date(Date.now() - (now - at)).toLocaleTimeString([], { hourCycle: "h23" });

export class Panel {
  #page;
  #key = null;
  #watch = null;
  #details = null; // the row with all fields that is shown, since when its state lasts, and when it came: { row, since, at }
  #newest = null; // the same, of the newest event
  #facts = new Map(); // by name: { nodes, value, shown }
  #opener = null;
  #children;
  #kin = null; // the children that are shown

  /**
   * The page: `item(key)` is a session of the list as `{ row, since }`, `track(key)` its history, `children(key)` those of its children
   * that the list knows as `{ key, called }`, `secrets()` the reader's key and ticket, and `clock(now)` the time of the snapshot. `say(sentence)`
   * answers a person. `isPaused()` is true while the page is. `closed()` is called when a person closes the panel.
   */
  constructor(page) {
    this.#page = page;
    this.#children = new Children(page.secrets, () => this.show(performance.now()));
    byId("session-close").addEventListener("click", () => page.closed());
    byId("copy-key").addEventListener("click", () => this.#copy("Key", this.#key));
    byId("copy-link").addEventListener("click", () => this.#share());
    byId("session").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#key === null) return; // what has just been closed may have the focus for a moment
      event.stopPropagation();
      page.closed();
    });
  }

  /** Key of the session that is open; null if none is. */
  get key() {
    return this.#key;
  }

  open(key) {
    if (key === this.#key) return;
    if (!byId("session").contains(document.activeElement)) this.#opener = document.activeElement; // not a link of the panel
    this.#forget();
    this.#key = key;
    const view = { session: key, fields: "all" };
    this.#watch = watchStatus({ ...this.#page.secrets(), view, onStatus: (status, age) => this.#take(status, age, key) });
    write(byId("copied"), "");
    byId("copy-link").hidden = this.#page.secrets().ticket !== "";
    document.body.dataset.hasSession = "true";
    if (!byId("session").open) byId("session").show();
    this.show(performance.now());
    byId("session-name").focus();
  }

  close() {
    if (this.#key === null) return;
    this.#forget();
    byId("session").close();
    delete document.body.dataset.hasSession;
    this.#markRow();
    if (this.#opener?.isConnected) this.#opener.focus();
    this.#opener = null;
  }

  /** Show what is known now, or what was known when the page was paused. */
  show(now) {
    if (this.#key === null) return;
    if (!this.#page.isPaused() || this.#details === null) this.#details = this.#newest;
    const [listed, track] = [this.#page.item(this.#key), this.#page.track(this.#key)];
    const isOpen = Boolean(listed) || (this.#details !== null && !track?.endedAt);
    const row = isOpen || this.#details ? { ...this.#details?.row, ...listed?.row } : track?.row;
    write(byId("session-key"), this.#key);
    write(byId("session-name"), row ? name(row) : plain(this.#key));
    this.#showEnd(isOpen, track, now);
    const quiet_seconds = this.#details && quietOf(this.#details, this.#page.clock(now), (listed ?? this.#details).since);
    const lasts = isOpen ? this.#lasts((listed ?? this.#details).since, now) : "";
    this.#showFacts(row ? factsOf({ ...row, quiet_seconds }, { lasts, children: this.#childrenOf(this.#key, now) }) : []);
    this.#showTimeline(track, now);
    this.#markRow();
  }

  /** Children that the gateway names, and then those that only the list knows yet. */
  #childrenOf(key, now) {
    if (this.#page.isPaused() && this.#kin) return this.#kin;
    const all = [...this.#children.of(key, now), ...this.#page.children(key)];
    return (this.#kin = [...new Map(all.map((child) => [child.key, child])).values()]);
  }

  /** Mark the session's row in the list, which may be another node than before. */
  #markRow() {
    const row = this.#key === null ? null : document.querySelector(`tr[data-key="${CSS.escape(this.#key)}"]`);
    for (const other of document.querySelectorAll("tr[data-opened]")) if (other !== row) delete other.dataset.opened;
    if (row) row.dataset.opened = "true";
  }

  #lasts(since, now) {
    return `${duration((this.#page.clock(now) - since) / 1000)}, since ${time(since, now)}`;
  }

  #take({ sessions }, ageSeconds, key) {
    if (key !== this.#key) return;
    const now = performance.now();
    const at = now - ageSeconds * 1000;
    const row = sessions.find((one) => one.session_key === key);
    this.#newest = row ? { row, since: at - row.duration_seconds * 1000, at } : null;
    this.show(now);
  }

  #forget() {
    this.#watch?.close();
    this.#watch = this.#details = this.#newest = this.#key = null;
    this.#children.forget();
    this.#kin = null;
    this.#facts.clear();
    byId("session-facts").replaceChildren();
  }

  #showEnd(isOpen, track, now) {
    const since = track?.endedAt;
    const how = track?.row.outcome ? `: ${endWords(track.row)}` : "";
    const ended = since ? `Ended ${duration((this.#page.clock(now) - since) / 1000)} ago, at ${time(since, now)}${how}.` : "";
    const unknown = "No session with this key is open, as far as this page can see.";
    byId("session-gone").hidden = isOpen;
    write(byId("session-gone"), isOpen ? "" : ended || unknown);
  }

  #showFacts(facts) {
    const names = new Set(facts.map((fact) => fact.name));
    for (const [known, { nodes }] of this.#facts) {
      if (names.has(known)) continue;
      for (const node of nodes) node.remove();
      this.#facts.delete(known);
    }
    const list = byId("session-facts");
    let next = list.firstChild;
    for (const fact of facts) {
      const { nodes } = this.#fact(fact);
      if (nodes[0] !== next) for (const node of nodes) list.insertBefore(node, next);
      else next = nodes.at(-1).nextSibling;
    }
  }

  /** Nodes of a fact. What it holds is made again only if it has changed, so that a link keeps the focus. */
  #fact({ name: called, kind, value }) {
    const shown = JSON.stringify([kind, value]);
    let fact = this.#facts.get(called);
    if (!fact) this.#facts.set(called, (fact = { nodes: [element("dt", {}, called), element("dd")], shown: "" }));
    if (fact.shown !== shown) fact.nodes[1].replaceChildren(...PARTS[kind](value));
    fact.shown = shown;
    return fact;
  }

  #showTimeline(track, now) {
    const clock = this.#page.clock(now);
    const lines = track ? linesOf(track, clock) : [];
    const list = byId("session-lines");
    byId("session-timeline").hidden = lines.length === 0;
    while (list.children.length > lines.length) list.lastChild.remove();
    while (list.children.length < lines.length) list.append(lineNode());
    lines.forEach(({ state, from, to, lasts }, index) => {
      const [dot, times, words] = list.children[index].children;
      dot.dataset.state = state;
      write(times, `${time(from, now)}–${to === null ? "now" : time(to, now)}`);
      write(words, `${STATE_LABELS[state]}, ${lasts}`);
    });
  }

  async #share() {
    try {
      const { key } = this.#page.secrets();
      const link = await shareLink(this.#key, key);
      await this.#copy(key ? "Link, good for a day," : "Link", link);
    } catch ({ message }) {
      this.#answer(`No link: ${message}`);
    }
  }

  async #copy(what, text) {
    this.#answer((await copy(text)) ? `${what} copied.` : `This browser does not let the page copy: ${text}`);
  }

  #answer(sentence) {
    write(byId("copied"), sentence);
    this.#page.say(sentence);
  }
}

function lineNode() {
  return element("li", {}, element("span", { className: "dot" }), element("span", { className: "times" }), element("span"));
}
