// What the page knows beyond a reload. It is written when the page is left or hidden, and never for an event.

import { packed, unpacked } from "./packed.js";
import { areHeld } from "./secrets.js";
import { keepSeen, seen } from "./seen.js";

export class Reload {
  /** The secrets by which the model's sessions came. */
  secrets = null;
  #model;
  #clock;

  /** `clock(now)` gives the time of the snapshot. */
  constructor(model, clock) {
    this.#model = model;
    this.#clock = clock;
    addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => document.hidden && this.#keep());
  }

  /** Recall what the last load has kept. Call this before the first event. */
  recall() {
    const past = unpacked(seen("past"), { now: performance.now(), wall: Date.now() });
    if (past) this.#model.recall(past);
    this.#model.errors.recall(seen("errors"));
  }

  #keep() {
    const { past, errors, knownFrom, snapshot } = this.#model.newest;
    if (!snapshot || !areHeld(this.secrets)) return;
    const now = performance.now();
    keepSeen("past", packed(past, { knownFrom, knownTo: this.#clock(now), now, wall: Date.now() }));
    keepSeen("errors", errors.text);
  }
}
