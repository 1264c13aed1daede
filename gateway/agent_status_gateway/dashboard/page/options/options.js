// The dialog of options: the sound, and what no notice is given for. They are kept in this browser, for all tabs.

import { choices, words } from "../notices/mutes.js";
import { element } from "../dom.js";

const byId = (id) => document.getElementById(id);

export class Options {
  #notifier;
  #page;
  #labelled = []; // rows with their labels, as of when the dialog was opened
  #stop = () => {}; // asking for them

  /**
   * The page: `rows()` gives the rows of now, whose channels can be muted. `once(fields, take)` asks for rows with these fields
   * and returns what stops that. `changed()` is called when the list needs other fields.
   */
  constructor(notifier, page) {
    this.#notifier = notifier;
    this.#page = page;
    byId("options-open").addEventListener("click", () => this.open());
    byId("options-close").addEventListener("click", () => byId("options").close());
    byId("options").addEventListener("close", () => this.#stop());
    byId("sound").addEventListener("change", ({ target }) => (notifier.hasSound = target.checked));
    byId("mute").addEventListener("change", ({ target }) => this.#mute(target.value));
    notifier.onChange(() => this.#update());
  }

  /** Show the choices that these rows give. */
  refresh() {
    if (byId("options").open) this.#show();
  }

  open() {
    this.#show();
    byId("options").showModal();
    this.#stop = this.#page.once("labels", (rows) => {
      this.#labelled = rows;
      this.refresh();
    });
  }

  #update() {
    this.refresh();
    this.#page.changed();
  }

  #mute(mute) {
    if (mute && !this.#notifier.mutes.includes(mute)) this.#notifier.mutes = [...this.#notifier.mutes, mute];
  }

  #unmute(mute) {
    this.#notifier.mutes = this.#notifier.mutes.filter((one) => one !== mute);
    byId("mute").focus(); // the button that had the focus is gone
  }

  #show() {
    const { mutes, hasSound } = this.#notifier;
    byId("sound").checked = hasSound;
    const select = byId("mute");
    const options = choices([...this.#page.rows(), ...this.#labelled], mutes).map((mute) => element("option", { value: mute }, words(mute)));
    select.replaceChildren(select.options[0], ...options);
    select.value = "";
    byId("muted").replaceChildren(...mutes.map((mute) => this.#muted(mute)));
  }

  #muted(mute) {
    const button = element("button", { type: "button", ariaLabel: `Unmute ${words(mute)}` }, "Unmute");
    button.addEventListener("click", () => this.#unmute(mute));
    return element("li", {}, element("span", { dir: "auto" }, words(mute)), button);
  }
}
