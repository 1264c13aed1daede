// The stream of the list, and the one that takes its place. Until that one has brought an event, the one before goes on, so that
// the picture stays, and is live.

import { watchStatus } from "../../client.js";

const MOST_MS = 3000; // a browser opens few connections to a host, and the one before may be in the way
const LOST = ["reconnecting", "needs key"];

export class Succession {
  #current = null; // { watch, connection, timer }
  #next = null;

  /** True if this tab has the current stream's connection. */
  get isLeader() {
    return this.#current?.watch?.isLeader ?? false;
  }

  /** The newest message about the current stream, with the page's time at which it came; null if nothing is watched. */
  get connection() {
    return this.#current?.connection ?? null;
  }

  /** Watch by these options of `watchStatus` in place of what is watched now. What `onConnection` gets is of the current stream. */
  watch({ onChange, onConnection, ...options }) {
    this.#end(this.#next);
    const one = { watch: null, connection: null, timer: undefined };
    const report = (connection) => {
      one.connection = { ...connection, at: performance.now() };
      if (LOST.includes(connection.state)) this.#succeed(one);
      if (one === this.#current) onConnection();
    };
    this.#next = one;
    if (this.#current === null) this.#succeed(one);
    else one.timer = setTimeout(() => this.#succeed(one) && onConnection(), MOST_MS);
    one.watch = watchStatus({
      ...options,
      onConnection: report,
      onChange: (change, ageSeconds) => {
        if (this.#succeed(one)) report({ state: "connected" });
        onChange(change, ageSeconds);
      },
    });
  }

  close() {
    this.#end(this.#next);
    this.#end(this.#current);
    this.#next = this.#current = null;
  }

  /** Let the next stream be the current one. False if this one is not the next. */
  #succeed(one) {
    if (one !== this.#next) return false;
    clearTimeout(one.timer);
    this.#end(this.#current);
    this.#current = one;
    this.#next = null;
    return true;
  }

  #end(one) {
    clearTimeout(one?.timer);
    one?.watch?.close();
  }
}
