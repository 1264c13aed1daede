// The pause: the picture holds still, and says so. What comes is taken all the same, so that notices come, and the newest
// state shows at once at its end.

import { write } from "../dom.js";

const byId = (id) => document.getElementById(id);

export class Pause {
  #page;

  /** The page: its `model` and `banner`; `say(sentence)` answers a person, and `changed()` shows the other picture. */
  constructor(page) {
    this.#page = page;
    byId("pause").addEventListener("click", () => this.toggle());
  }

  get isOn() {
    return this.#page.banner.isHeld;
  }

  toggle() {
    if (this.isOn) this.end();
    else this.#begin();
  }

  /** Go on, if the picture holds still. */
  end() {
    if (!this.isOn) return;
    this.#page.model.release(performance.now());
    this.#page.banner.release();
    this.#show("Resumed.");
  }

  #begin() {
    const { model, banner } = this.#page;
    if (model.snapshot === null) return; // there is no picture
    model.hold(performance.now());
    banner.hold(performance.now());
    this.#show("Paused. The page shows this moment until you resume.");
  }

  #show(sentence) {
    write(byId("pause"), this.isOn ? "Resume" : "Pause");
    this.#page.say(sentence);
    this.#page.changed();
  }
}
