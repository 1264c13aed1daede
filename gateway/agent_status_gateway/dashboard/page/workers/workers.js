// The view of the workers. It asks the gateway as long as it is open and somebody can see it, and says so if there is no answer.

import { encoded } from "../../stream.js";
import { write } from "../dom.js";
import { Table } from "../list/table.js";
import { WorkerRow } from "./row.js";
import { rosterOf, summaryOf } from "./roster.js";

const ASK_MS = 5000;
const REQUEST_MS = 5000;
const URL_OF_WORKERS = new URL("../../../api/v1/agent/workers", import.meta.url);
const byId = (id) => document.getElementById(id);

export class Workers {
  #secrets;
  #table = new Table(byId("worker-rows"), () => new WorkerRow());
  #items = [];
  #askedAt = -Infinity;
  #asking = null; // the question that waits for its answer

  /** `secrets()` gives the reader's key and ticket. */
  constructor(secrets) {
    this.#secrets = secrets;
    byId("workers").addEventListener("toggle", () => this.tick(performance.now()));
  }

  /** Ask again if that is due, and update what changes with time. A ticket opens streams only, so there is no view then. */
  tick(now) {
    const { key, ticket } = this.#secrets();
    byId("workers").hidden = byId("jump-workers").hidden = ticket !== "";
    if (!byId("workers").open || ticket) return;
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
    byId("workers-problem").hidden = answered !== null;
    write(byId("workers-problem"), answered ? "" : `${problem} These are the workers as of its last answer.`);
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
