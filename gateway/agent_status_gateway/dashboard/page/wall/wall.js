// The wall: the page as people see it from across a room. It has large counts and the sessions that need a person, and it has an
// address of its own, `?wall=on`, which a wall's browser can begin with.

import { element, write } from "../dom.js";
import { STATE_LABELS, STATES } from "../presentation.js";

const byId = (id) => document.getElementById(id);
const { documentElement: root } = document;

export class Wall {
  #choose;
  #numbers = new Map(); // by state: its node

  /** `choose(change)` is called with what a person chose. */
  constructor(choose) {
    this.#choose = choose;
    for (const state of STATES) {
      const number = element("dd", {}, "–");
      const count = element("div", {}, element("dt", {}, element("span", { className: "dot" }), STATE_LABELS[state]), number);
      count.dataset.state = state;
      this.#numbers.set(state, number);
      byId("wall-counts").append(count);
    }
    byId("wall-enter").addEventListener("click", () => this.#enter());
    byId("wall-leave").addEventListener("click", () => this.leave());
    // Where the page is the full screen, the browser itself takes Esc.
    document.addEventListener("fullscreenchange", () => document.fullscreenElement || this.leave());
  }

  get isOn() {
    return "wall" in root.dataset;
  }

  /** Become the wall or the page, as was chosen. Returns true if it was not that before. */
  set({ wall }) {
    const isOther = this.isOn !== (wall !== "");
    if (isOther && wall) root.dataset.wall = wall;
    else if (isOther) delete root.dataset.wall;
    return isOther;
  }

  /** Show the numbers by state. `isKnown(state)` tells whether all sessions in it are counted; `isCalm`, that none needs a person. */
  show(numbers, isKnown, isCalm) {
    byId("wall-calm").hidden = !isCalm;
    if (!this.isOn) return;
    for (const [state, node] of this.#numbers) write(node, isKnown(state) ? numbers[state].toLocaleString("en") : "–");
  }

  leave() {
    if (!this.isOn) return;
    if (document.fullscreenElement) document.exitFullscreen();
    this.#choose({ wall: "" });
  }

  #enter() {
    byId("options").close();
    this.#choose({ wall: "on", workers: "" });
    root.requestFullscreen?.().catch(() => {}); // in a frame, the page may not
  }
}
