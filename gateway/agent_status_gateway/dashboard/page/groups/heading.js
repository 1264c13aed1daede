// A group's heading in the table: its title, its number of sessions, and how many are in each state.

import { element, write } from "../dom.js";
import { countWords } from "../presentation.js";

export class HeadingRow {
  node;
  #button;
  #title = element("span", { className: "group-title", dir: "auto" });
  #size = element("b");
  #counts = element("span", { className: "group-counts" });

  /** `fold(heading)` is called when a person folds or unfolds the group. */
  constructor(heading, fold) {
    this.#button = element("button", { type: "button", className: "fold" }, this.#title, " ", this.#size);
    this.#button.addEventListener("click", () => fold(heading));
    const cell = element("td", { role: "cell", className: "session" }, this.#button, this.#counts);
    this.node = element("tr", { role: "row", className: "group" }, cell);
  }

  update({ title, size, numbers, isFolded, depth }) {
    write(this.#title, title);
    write(this.#size, size.toLocaleString("en"));
    write(this.#counts, countWords(numbers));
    this.#button.setAttribute("aria-expanded", !isFolded);
    this.node.style.setProperty("--depth", depth);
  }

  tick() {}

  remove() {
    this.node.remove();
  }
}
