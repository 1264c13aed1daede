// One worker's row.

import { element, write } from "../dom.js";
import { duration, plain } from "../presentation.js";
import { loadWords, stateWords } from "./roster.js";

const cell = (kind, ...content) => element("td", { className: kind, role: "cell" }, ...content);

export class WorkerRow {
  node;
  #heardAt = 0;
  #host = element("span", { className: "title", dir: "auto" });
  #process = element("span", { className: "origin", dir: "auto" });
  #state = cell("state");
  #load = cell("number");
  #heard = cell("number");
  #uptime = cell("number");

  constructor() {
    this.node = element("tr", { role: "row" }, cell("session", this.#host, this.#process), this.#state, this.#load, this.#heard, this.#uptime);
  }

  update({ worker, heardAt }) {
    this.#heardAt = heardAt;
    this.node.dataset.worker = worker.state;
    write(this.#host, plain(worker.host) || "Machine without a name");
    write(this.#process, `process ${worker.pid} · ${plain(worker.worker_id)}`);
    write(this.#state, stateWords(worker));
    write(this.#load, loadWords(worker));
    write(this.#uptime, duration(worker.uptime_seconds));
  }

  tick(clock) {
    write(this.#heard, `${duration((clock - this.#heardAt) / 1000)} ago`);
  }

  remove() {
    this.node.remove();
  }
}
