// The sessions that work for the open one. The list's rows say it only where it is grouped by parent, so the gateway is asked, for
// as long as the panel is open and somebody can see it.

import { encoded } from "../../stream.js";
import { inOrder, name } from "../presentation.js";

const ASK_MS = 5000;
const REQUEST_MS = 5000;
const MANY = 200; // that many children make an answer large, and each further time as many make the next question later
const URL_OF_STATUS = new URL("../../../api/v1/agent/status", import.meta.url);

export class Children {
  #secrets;
  #changed;
  #key = null;
  #children = [];
  #askAt = 0;
  #asking = null; // the question that waits for its answer

  /** `secrets()` gives the reader's key and ticket. `changed()` is called when an answer came. */
  constructor(secrets, changed) {
    this.#secrets = secrets;
    this.#changed = changed;
  }

  /** Children of this session as `{ key, called }`, as of the last answer. Ask again if that is due. */
  of(key, now) {
    if (key !== this.#key) this.forget();
    this.#key = key;
    const { key: secret, ticket } = this.#secrets();
    const isDue = !this.#asking && now >= this.#askAt && !document.hidden;
    if (isDue && !ticket) this.#ask(key, secret); // a ticket opens streams only
    return this.#children;
  }

  /** Forget what was answered: the panel is closed, or shows another session. */
  forget() {
    this.#key = this.#asking = null;
    this.#children = [];
    this.#askAt = 0;
  }

  async #ask(parent, secret) {
    const asking = (this.#asking = {});
    const url = new URL(URL_OF_STATUS);
    url.searchParams.set("parent", parent);
    let rows = null;
    try {
      const headers = secret ? { "X-Status-Key": encoded(secret) } : {};
      const answer = await fetch(url, { headers, cache: "no-store", signal: AbortSignal.timeout(REQUEST_MS) });
      if (answer.ok) rows = (await answer.json()).sessions;
    } catch {
      // there is no answer: those of the last one stay
    }
    if (this.#asking !== asking) return; // of another session
    this.#asking = null;
    if (rows) this.#children = inOrder(rows).map((row) => ({ key: row.session_key, called: name(row) }));
    this.#askAt = performance.now() + ASK_MS * (1 + Math.floor(this.#children.length / MANY));
    if (rows) this.#changed();
  }
}
