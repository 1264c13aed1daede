// The keyboard: the page's own keys, the dialog that shows them, and the choice to turn them off, which this browser keeps.

import { element } from "../dom.js";
import { ofBrowser } from "../kept/storage.js";
import { SHORTCUTS, commandOf } from "./shortcuts.js";

const KEPT = "agent-status single keys";
const FIELDS = "input, select, textarea, [contenteditable]";
const byId = (id) => document.getElementById(id);

export class Keyboard {
  #commands;

  /** `commands` has a function for each command but `help`. */
  constructor(commands) {
    this.#commands = { ...commands, help: () => this.#showHelp() };
    document.addEventListener("keydown", (event) => this.#pressed(event));
    byId("single-keys").checked = this.isOn;
    byId("single-keys").addEventListener("change", ({ target }) => ofBrowser.set(KEPT, target.checked ? "" : "off"));
    byId("help-open").addEventListener("click", () => this.#showHelp());
    byId("help-close").addEventListener("click", () => byId("help").close());
    byId("help-keys").append(...SHORTCUTS.flatMap(({ keys, words }) => [term(keys), element("dd", {}, words)]));
  }

  /** True while single characters are shortcuts. */
  get isOn() {
    return ofBrowser.get(KEPT) !== "off";
  }

  #pressed(event) {
    const { target } = event;
    if (event.defaultPrevented || document.querySelector("dialog:modal")) return;
    const command = commandOf(event, { isTyping: target.closest?.(FIELDS), isSearch: target.id === "search", isOn: this.isOn });
    if (!command) return;
    event.preventDefault();
    this.#commands[command]();
  }

  #showHelp() {
    byId("options").close();
    byId("help").showModal();
  }
}

function term(keys) {
  return element("dt", {}, ...keys.map((key) => element("kbd", {}, key === "Escape" ? "Esc" : key)));
}
