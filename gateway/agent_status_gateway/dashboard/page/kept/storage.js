// What the browser keeps for this page: for the tab alone, or for all of its tabs.
//
// A browser may keep nothing: in a frame of another site, in a private window, on a full disk. The page then remembers
// what it can until it is closed. Nothing here throws.

class Storage {
  #area;
  #memory = new Map(); // what the browser did not take

  /** `area()` gives the browser's storage, or throws where a page may not use it. */
  constructor(area) {
    this.#area = area;
  }

  /** The text under a name; "" if there is none. */
  get(name) {
    if (this.#memory.has(name)) return this.#memory.get(name);
    try {
      return this.#area().getItem(name) ?? "";
    } catch {
      return "";
    }
  }

  set(name, text) {
    try {
      this.#area().setItem(name, text);
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, text);
    }
  }

  remove(name) {
    this.#memory.delete(name);
    try {
      this.#area().removeItem(name);
    } catch {
      // there is nothing to remove
    }
  }
}

export const ofTab = new Storage(() => sessionStorage);
export const ofBrowser = new Storage(() => localStorage);
