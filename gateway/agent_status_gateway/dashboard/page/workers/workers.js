// The view of the workers, which stands in place of the list and has an address of its own, `?workers=on`. It asks the gateway
// as long as it is shown and somebody can see it, and says so if there is no answer.

import { encoded } from "../../stream.js";
import { write } from "../dom.js";
import { Table } from "../list/table.js";
import { WorkerRow } from "./row.js";
import { rosterOf, summaryOf } from "./roster.js";

const ASK_MS = 5000;
const REQUEST_MS = 5000;
const NONE_BY_LINK = "A share link shows sessions only, and no workers.";
const URL_OF_WORKERS = new URL("../../../api/v1/agent/workers", import.meta.url);
const byId = (id) => document.getElementById(id);
const { documentElement: root } = document;

export class Workers {
  #page;
  #table = new Table(byId("worker-rows"), () => new WorkerRow());
  #items = [];
  #askedAt = -Infinity;
  #asking = null; // the question that waits for its answer
  #isToSay = false; // the next answer is said
  #listTop = 0; // how far down the list somebody was

  /**
   * The page: `secrets()` gives the reader's key and ticket. `choose(change, how)` is called with what a person chose, and `how`
   * names the call that writes the history. `say(sentence)` answers a person.
   */
  constructor(page) {
    this.#page = page;
    for (const id of ["workers-open", "workers-leave"]) byId(id).addEventListener("click", (event) => this.#followed(event));
    // What leads into the list leads back to it first.
    document.querySelector("#fleet .jumps").addEventListener("click", () => this.leave(), true);
  }

  get isOn() {
    return "workers" in root.dataset;
  }

  /** Show the workers or the list, as was chosen. The focus goes along, unless it is in a dialog. */
  set({ workers }) {
    if (this.isOn === (workers !== "")) return;
    this.#isToSay = workers !== "";
    if (workers) {
      this.#listTop = scrollY;
      root.dataset.workers = workers;
      this.#askedAt = -Infinity;
      if (!byId("main").hidden) this.tick(performance.now());
    } else {
      delete root.dataset.workers;
    }
    scrollTo({ top: workers ? 0 : this.#listTop, behavior: "instant" });
    if (!document.activeElement?.closest("dialog[open]")) byId(workers ? "workers-title" : "workers-open").focus({ preventScroll: true });
    if (!workers) this.#page.say("The sessions are shown.");
  }

  toggle() {
    if (this.isOn) this.leave();
    else if (this.#page.secrets().ticket) this.#page.say(NONE_BY_LINK);
    else this.#page.choose({ workers: "on" }, "pushState");
  }

  leave() {
    if (this.isOn) this.#page.choose({ workers: "" }, "pushState");
  }

  /** Ask again if that is due, and update what changes with time. A ticket opens streams only, so there are no workers then. */
  tick(now) {
    const { key, ticket } = this.#page.secrets();
    byId("workers-open").hidden = ticket !== "";
    if (!this.isOn) return;
    if (ticket) {
      this.#explain(NONE_BY_LINK);
      return;
    }
    this.#table.tick(now);
    if (this.#asking || now - this.#askedAt < ASK_MS) return;
    this.#askedAt = now;
    this.#ask(key);
  }

  /** Forget what was shown: the next key may see less. */
  forget() {
    this.#asking = null;
    this.#askedAt = -Infinity;
    this.#items = [];
    this.#table.show([], 0);
    this.#isToSay = this.isOn;
    byId("worker-table").hidden = byId("workers-problem").hidden = true;
    write(byId("workers-summary"), "");
  }

  async #ask(key) {
    const asking = (this.#asking = {});
    let problem = "The gateway does not answer.";
    let answered = null;
    try {
      const headers = key ? { "X-Status-Key": encoded(key) } : {};
      const answer = await fetch(URL_OF_WORKERS, { headers, cache: "no-store", signal: AbortSignal.timeout(REQUEST_MS) });
      if (answer.ok) answered = (await answer.json()).workers;
      else problem = `The gateway answered ${answer.status}.`;
    } catch {
      // there is no answer
    }
    if (this.#asking !== asking) return; // of another key
    this.#asking = null;
    if (answered) this.#show(answered, performance.now());
    this.#explain(answered ? "" : `${problem}${this.#items.length ? " These are the workers as of its last answer." : ""}`);
  }

  #explain(sentence) {
    byId("workers-problem").hidden = !sentence;
    write(byId("workers-problem"), sentence);
    if (this.#isToSay) this.#page.say(sentence || `Workers: ${byId("workers-summary").textContent}`);
    this.#isToSay = false;
  }

  /** A click that is meant for another tab is the browser's. */
  #followed(event) {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.toggle();
  }

  #show(workers, now) {
    const known = new Map(this.#items.map((item) => [item.key, item]));
    this.#items = rosterOf(workers, known, now);
    write(byId("workers-summary"), summaryOf(workers));
    byId("worker-table").hidden = workers.length === 0;
    this.#table.show(this.#items, now, new Set());
    this.#table.tick(now);
  }
}
