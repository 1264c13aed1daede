// What is drawn of the sessions: what each one did, and how many were in each state. All is of the moment that the page shows.

import { Charts } from "../charts.js";
import { write } from "../dom.js";

const byId = (id) => document.getElementById(id);

export class Drawing {
  #charts = new Charts();
  #model;
  #banner;

  constructor(model, banner) {
    this.#model = model;
    this.#banner = banner;
  }

  /** Draw a session's bar. */
  bar(canvas, key) {
    const track = this.#model.past.tracks.get(key);
    if (track) this.#charts.bar(canvas, track, { ...this.#moment(), knownFrom: this.#model.knownFrom });
  }

  /** Draw the sessions by state. */
  area() {
    const peak = this.#charts.area(byId("area"), this.#model.past.samples, this.#moment());
    write(byId("area-peak"), peak ? `peak ${peak.toLocaleString("en")}` : "");
  }

  /** Read sizes and colours when they may have changed, not on each drawing. */
  measure() {
    this.#charts.measure(document.querySelector("#rows canvas") ?? byId("area"), byId("area"));
  }

  #moment() {
    const now = performance.now();
    return { now: this.#banner.shownAt(now), knownTo: this.#banner.asOf(now) };
  }
}
