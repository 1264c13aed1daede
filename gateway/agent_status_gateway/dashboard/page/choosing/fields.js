// The fields and headings by which a person chooses what the list has, and in which order.

import { showSort } from "../header.js";

const STALLED_SECONDS = "600"; // as a rule of `notify` has it
const byId = (id) => document.getElementById(id);

export class Fields {
  #choose;

  /** `choose(change)` is called with what a person chose. */
  constructor(choose) {
    this.#choose = choose;
    byId("search").addEventListener("input", ({ target }) => choose({ search: target.value }));
    byId("channel").addEventListener("change", ({ target }) => choose({ channel: target.value }));
    byId("sort").addEventListener("change", ({ target }) => choose({ sort: target.value }));
    for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => choose({ sort: button.dataset.sort }));
    byId("stalled").addEventListener("change", ({ target }) => choose({ stalled: target.checked ? STALLED_SECONDS : "" }));
    byId("clear").addEventListener("click", () => choose({ search: "", channel: "", state: "" }));
  }

  goToSearch() {
    byId("search").focus();
    byId("search").select();
  }

  /** Empty the search. False if it is empty already. */
  emptySearch() {
    if (!byId("search").value) return false;
    this.#choose({ search: "" });
    return true;
  }

  show({ search, sort, stalled }) {
    byId("stalled").checked = stalled !== "";
    byId("search").value = search;
    showSort(sort);
  }
}
