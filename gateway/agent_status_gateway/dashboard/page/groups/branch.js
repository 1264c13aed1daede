// A session's place in a tree, in its row: the button that folds what is below, and how many that are by state.

import { element, write } from "../dom.js";
import { countWords, name } from "../presentation.js";

export class BranchPart {
  #row;
  #branch = null;
  #button = element("button", { type: "button", className: "fold" });
  #counts = element("span", { className: "group-counts" });
  #line = element("span", { className: "below" }, this.#button, this.#counts);
  #above = element("span", { className: "unseen" });

  /** Part of this row. `fold(branch)` is called when a person folds or unfolds it. */
  constructor(row, fold) {
    this.#row = row;
    this.#button.addEventListener("click", () => fold(this.#branch));
  }

  /** Show this place in the cell of the session that is called so. Without a place, nothing is shown. */
  show(branch, cell, called) {
    if (!branch && !this.#branch) return;
    this.#branch = branch;
    this.#row.style.setProperty("--depth", branch?.depth ?? 0);
    this.#showAbove(branch?.above ?? null, cell);
    if (!branch?.size) {
      this.#line.remove();
      return;
    }
    const words = `${branch.size.toLocaleString("en")} below`;
    write(this.#button, words);
    this.#button.ariaLabel = `${words} ${called}`;
    this.#button.setAttribute("aria-expanded", !branch.isFolded);
    write(this.#counts, countWords(branch.numbers));
    if (!this.#line.isConnected) cell.append(this.#line);
  }

  /** Say whose child it is to people who cannot see that it stands further in. */
  #showAbove(above, cell) {
    if (!above) return this.#above.remove();
    write(this.#above, ` below ${above.item ? name(above.item.row) : above.title}`);
    if (!this.#above.isConnected) cell.append(this.#above);
  }
}
