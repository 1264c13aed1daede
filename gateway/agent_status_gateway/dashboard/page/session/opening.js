// How a session is opened and closed: by a click on its row, by its link, by the page's URL and by the browser's way back.

import { openedIn, withOpened } from "./address.js";

const OTHERS = "a:not([data-open], .title), button, input, select, textarea, summary, label";

export class Opening {
  #panel;

  /** `panel` has `key`, `open(key)` and `close()`. `wentBack()` is called after the browser has changed the URL. */
  constructor(panel, wentBack) {
    this.#panel = panel;
    document.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("popstate", () => {
      wentBack();
      this.restore();
    });
  }

  /** Open a session. The way back leads from one that was followed to the session that named it. */
  open(key, { isFollowed = false } = {}) {
    if (key === this.#panel.key) return;
    // Otherwise the way back closes the panel, however many sessions were looked at.
    const change = this.#panel.key === null || isFollowed ? "pushState" : "replaceState";
    this.#write(change, key);
    this.#panel.open(key);
  }

  close() {
    if (this.#panel.key === null) return;
    this.#write("replaceState", null);
    this.#panel.close();
  }

  /** Open what the URL says. */
  restore() {
    const key = openedIn(location.search);
    if (key === null) this.#panel.close();
    else this.#panel.open(key);
  }

  #write(change, key) {
    const query = withOpened(location.search, key);
    history[change](history.state, "", `${location.pathname}${query && "?"}${query}${location.hash}`);
  }

  /** A row is opened by a click anywhere in it, but not by one that selects text or is meant for another tab. */
  #clicked(event) {
    const { target } = event;
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || target.closest(OTHERS)) return;
    const followed = target.closest("[data-open]")?.dataset.open;
    const key = followed ?? target.closest("tr[data-key]")?.dataset.key;
    if (key === undefined || (!target.closest("a") && String(getSelection()))) return;
    event.preventDefault();
    this.open(key, { isFollowed: followed !== undefined });
  }
}
