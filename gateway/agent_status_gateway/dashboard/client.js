/**
 * The live snapshot in a page: one connection, whatever happens to it, shared by the tabs of a browser.
 *
 *     import { watchStatus } from "http://localhost:8000/dashboard/client.js";
 *
 *     const watch = watchStatus({
 *       key: "…",                                   // if the operator has set one
 *       ticket: "…",                                // instead of a key: that of a share link
 *       view: "channel=web&state=error",            // a part of the snapshot; by default all of it
 *       onStatus(status, ageSeconds) { … },         // a snapshot, and how long ago it came
 *       onChange(change, ageSeconds) { … },         // or only what differs: { isWhole, global, sessions, gone }
 *       onSummary(summary, ageSeconds) { … },       // or counts in place of sessions: { global, groups }
 *       onConnection({ state, sinceSeconds, nextTrySeconds, reason }) { … },
 *     });
 *     watch.close();
 *
 * `state` is `connecting`, `connected`, `reconnecting`, `stale` or `needs key`: docs/reference/client-js.md says what each means.
 *
 * The stream brings changes (docs/reference/events.md). Each tab folds them, so `onStatus` always gets a whole snapshot.
 * A view with `ended=900` has `ended` in both (docs/reference/ended.md).
 * `onChange` gets what the event brought. Without `onStatus` no snapshot is put together, so an event costs what differs.
 *
 * Tabs share by a Web Lock (its holder has the connection, the others queue) and a BroadcastChannel. Without, as on
 * plain http: from another machine, each tab has a connection.
 */

import { Fold } from "./fold.js";
import { Stream, now } from "./stream.js";

const PING_MS = 5000;
const FORMAT = 2; // of the messages between tabs: one with an older client.js shares nothing with this one

/**
 * Begin to watch. `gateway` is its base URL: where this module came from, unless told otherwise. `view` is a query, or an
 * object with a value or a list of values by field: `{ channel: "web", session: ["web:1", "web:2"] }`.
 */
export function watchStatus({ gateway = new URL("..", import.meta.url).href, isShared = true, view = "", ...options }) {
  const base = new URL(gateway.endsWith("/") ? gateway : `${gateway}/`, import.meta.url).href;
  return new Watch({ key: "", ticket: "", onConnection() {}, ...options, isShared, base, view: queryOf(view) });
}

/** Query of a view. Equal views have equal queries, so that tabs with one view share it. */
function queryOf(view) {
  const pairsOf = ([name, values]) => [values].flat().map((value) => [name, value]);
  const query = new URLSearchParams(typeof view === "string" ? view : Object.entries(view).flatMap(pairsOf));
  for (const name of ["events", "key", "ticket"]) query.delete(name); // options of their own
  query.sort();
  return String(query);
}

/** Part of one tab. The leader has the connection and sends its messages to the others. */
class Watch {
  #options;
  #stream = null; // of the leader
  #channel = null;
  #queue = null; // ends the wait for the lock
  #releaseLock = null; // gives the lock back
  #isUnanswered = false; // the leader has not answered a ping
  #isAlone = false; // no other tab listens to this leader
  #heardAt = -Infinity; // when this leader last heard another tab
  #fold;
  #summary = null; // the newest one
  #connection = null; // the newest message about it
  #timers = {};
  #listeners = new AbortController();

  constructor(options) {
    this.#options = options;
    this.#fold = this.#newFold();
    const on = (target, names, listener) => {
      for (const name of names) target.addEventListener(name, listener, { signal: this.#listeners.signal });
    };
    on(window, ["online"], () => this.retryNow());
    on(document, ["visibilitychange"], () => document.hidden || this.retryNow());
    // A frozen page must not keep the lock that others wait for.
    on(document, ["freeze"], () => this.#leave());
    on(window, ["pagehide"], () => this.#leave());
    on(document, ["resume"], () => this.#join());
    on(window, ["pageshow"], (event) => event.persisted && this.#join());
    this.#handle({ kind: "connection", state: "connecting", at: now() });
    this.#join();
  }

  /** True if this tab has the connection, so that only one tab acts on a message. */
  get isLeader() {
    return this.#stream !== null;
  }

  #newFold() {
    return new Fold(Number(new URLSearchParams(this.#options.view).get("ended")) || undefined);
  }

  /** Do not wait for the next try. */
  retryNow() {
    if (this.#stream) this.#stream.retryNow();
    else this.#channel?.postMessage({ kind: "retry" });
  }

  close() {
    this.#listeners.abort();
    this.#leave();
  }

  async #join() {
    if (this.#queue) return;
    const queue = (this.#queue = new AbortController());
    if (!this.#options.isShared || !navigator.locks || !window.BroadcastChannel || !crypto.subtle) return this.#lead();
    const name = await nameOf(this.#options); // neither the key nor the ticket is in it
    if (queue.signal.aborted) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#channel.postMessage({ kind: "hello" });
    this.#timers.ping = setInterval(() => this.#ping(name), PING_MS);
    this.#wait(name, { signal: queue.signal });
  }

  async #wait(name, options) {
    const queue = this.#queue;
    try {
      await navigator.locks.request(name, options, () => {
        if (this.#queue !== queue) return undefined;
        this.#lead();
        return new Promise((release) => (this.#releaseLock = release));
      });
    } catch (error) {
      if (this.#queue !== queue || options.signal?.aborted) return;
      if (error.name === "SecurityError") return this.#lead(); // a frame of another site may share nothing
      if (error.name !== "AbortError") throw error;
      this.#follow(); // another tab took the lock: queue again
      this.#wait(name, { signal: queue.signal });
    }
  }

  #lead() {
    this.#isAlone = false; // as long as it is not known
    this.#stream = new Stream(this.#options, (message) => {
      this.#send(message);
      this.#handle(message);
    });
    this.#stream.open();
  }

  #follow() {
    this.#stream?.close();
    this.#stream = null;
    this.#releaseLock?.();
    this.#releaseLock = null;
  }

  #leave() {
    this.#queue?.abort();
    this.#queue = null;
    this.#follow();
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.overdue);
    this.#channel?.close();
    this.#channel = null;
    this.#fold = this.#newFold(); // whatever comes next begins with a whole snapshot
    this.#summary = null;
  }

  /** A visible tab checks whether the leader still runs. A leader that does not answer loses the lock. */
  #ping(name) {
    if (this.#stream) this.#lookForOthers(name);
    if (this.#stream || document.hidden) return;
    if (this.#isUnanswered) {
      this.#isUnanswered = false;
      this.#queue.abort();
      this.#queue = new AbortController();
      this.#wait(name, { steal: true });
    } else {
      this.#isUnanswered = true;
      this.#channel.postMessage({ kind: "ping" });
    }
  }

  /** Others queue for the lock. One that has just come may not do so yet, so a leader is alone if it also heard nobody lately. */
  async #lookForOthers(name) {
    try {
      const { pending } = await navigator.locks.query();
      this.#isAlone = !pending.some((request) => request.name === name) && now() - this.#heardAt > 2 * PING_MS;
    } catch {
      this.#isAlone = false; // a frame of another site may not ask
    }
  }

  /** Message of another tab. Times are sent as ages, since each tab has its own clock. */
  #receive({ ageMs, ...message }) {
    if (this.#stream) {
      this.#isAlone = false;
      this.#heardAt = now();
      if (message.kind === "retry") this.#stream.retryNow();
      if (message.kind === "ping") this.#channel.postMessage({ kind: "pong" });
      if (message.kind === "hello") this.#welcome();
      return;
    }
    if (["hello", "ping", "retry"].includes(message.kind)) return; // for the leader
    this.#isUnanswered = false;
    if (message.kind !== "pong") this.#handle({ ...message, at: now() - ageMs });
  }

  /** A tab has come, or has missed an event. */
  #welcome() {
    const { id, at, snapshot } = this.#fold;
    if (id !== null) this.#send({ kind: "status", text: JSON.stringify(snapshot), id, at });
    if (this.#summary) this.#send(this.#summary);
    this.#send(this.#connection);
  }

  /** Pass a message on. A large one costs a copy, so nothing is copied for nobody. */
  #send({ at, ...message }) {
    if (this.#isAlone) return;
    this.#channel?.postMessage({ ...message, ageMs: now() - at });
  }

  #handle(message) {
    const ageSeconds = Math.max(0, now() - message.at) / 1000;
    if (message.kind !== "connection") {
      this.#take(message, ageSeconds);
      return;
    }
    this.#connection = message;
    const { state, sinceMs, nextTryMs, reason } = message;
    const connection = { state };
    if (sinceMs !== undefined) connection.sinceSeconds = sinceMs / 1000 + ageSeconds;
    if (nextTryMs !== undefined) connection.nextTrySeconds = Math.max(0, nextTryMs / 1000 - ageSeconds);
    if (reason) connection.reason = reason;
    clearTimeout(this.#timers.overdue);
    // A hidden leader's timers are slow; a message wakes it.
    if (nextTryMs !== undefined && !this.#stream)
      this.#timers.overdue = setTimeout(() => this.retryNow(), connection.nextTrySeconds * 1000 + 500);
    this.#options.onConnection(connection);
  }

  /** Take an event. One that does not continue the event before must not be shown. */
  #take({ kind, text, id, at }, ageSeconds) {
    const data = JSON.parse(text);
    if (kind === "summary") {
      this.#summary = { kind, text, id, at };
      this.#options.onSummary?.(data, ageSeconds);
      return;
    }
    if (this.#fold.take(kind, data, id, at)) {
      const { onStatus, onChange } = this.#options;
      onChange?.({ gone: [], ...data, isWhole: kind === "status" }, ageSeconds);
      onStatus?.(this.#fold.snapshot, ageSeconds);
    } else if (this.#stream) {
      this.#stream.begin();
    } else if (this.#fold.id !== null) {
      this.#fold = this.#newFold(); // and wait for the answer
      this.#channel?.postMessage({ kind: "hello" });
    }
  }
}

async function nameOf({ base, key, ticket, view, onSummary }) {
  const text = JSON.stringify([FORMAT, base, key, ticket, view, ...(onSummary ? ["summary"] : [])]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `agent-status ${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
