// What the page says about itself: whether what it shows is now, and if not, as of when.

import { duration } from "./presentation.js";
import { write } from "./rows.js";

const byId = (id) => document.getElementById(id);

/** What a watch says of its connection, with the moment at which it said so on the page's clock. */
export class Banner {
  #connection = { state: "connecting" };
  #at = performance.now();

  update(connection) {
    this.#connection = connection;
    this.#at = performance.now();
  }

  get state() {
    return this.#connection.state;
  }

  /** Whether what is shown is what is. */
  get isLive() {
    return this.#connection.state === "connected";
  }

  /** The moment that the picture is of. */
  asOf(now) {
    if (this.isLive || this.#connection.sinceSeconds === undefined) return now;
    return this.#at - this.#connection.sinceSeconds * 1000;
  }

  /** In words: for the corner of the page, and for the line above the picture, if there is one to say. */
  words(now, hasSnapshot) {
    const lasts = `${duration((now - this.asOf(now)) / 1000)} ago`;
    const since = time(this.asOf(now), now);
    switch (this.state) {
      case "connected":
        return { short: "Live", long: "" };
      case "reconnecting": {
        const left = Math.ceil(this.#connection.nextTrySeconds - (now - this.#at) / 1000);
        const why = this.#connection.reason ? ` (${this.#connection.reason})` : "";
        return {
          short: left > 0 ? `Reconnecting in ${left}s` : "Reconnecting",
          long: hasSnapshot
            ? `Connection lost ${lasts}${why}. This is the snapshot as of ${since}.`
            : `The gateway cannot be reached${why}. This page keeps trying.`,
        };
      }
      case "stale":
        return {
          short: `Stale since ${since}`,
          long: `The gateway lost Redis ${lasts}. This is the snapshot as of ${since}.`,
        };
      case "needs key":
        return { short: "Key required", long: "" };
      default:
        return { short: "Connecting", long: "" };
    }
  }

  /** Say it on the page. */
  show(now, hasSnapshot) {
    const { short, long } = this.words(now, hasSnapshot);
    byId("connection").dataset.state = this.state;
    document.body.dataset.isLive = !long;
    write(byId("connection-text"), short);
    byId("notice").hidden = !long;
    write(byId("notice"), long);
    const isOld = hasSnapshot && !this.isLive;
    const asOf = isOld ? `as of ${time(this.asOf(now), now)}` : "";
    for (const id of ["as-of", "in-state-as-of"]) {
      byId(id).hidden = !isOld;
      write(byId(id), asOf);
    }
  }

  /** For a screen reader: once for each change, without a countdown. */
  get sentence() {
    const sentences = {
      reconnecting: "Connection lost. Reconnecting.",
      stale: "The snapshot is stale: the gateway is not connected to Redis.",
      "needs key": "The gateway requires a key.",
    };
    return sentences[this.state] ?? "";
  }
}

function time(at, now) {
  return new Date(Date.now() - (now - at)).toLocaleTimeString([], { hourCycle: "h23" });
}
