// The list of errors to acknowledge: those that the board no longer shows. A person takes them off it, one by one or all.

import { element, write } from "../dom.js";
import { duration } from "../presentation.js";
import { queryOf } from "../session/address.js";

const byId = (id) => document.getElementById(id);
const MOST_SHOWN = 50;
const LOST = "The text is not kept over a reload.";

export class ErrorList {
  #page;
  #acknowledged;
  #shown = []; // the errors that have a line

  /** The page: `errors()` gives the errors of now, and `say(sentence)` answers a person. */
  constructor(acknowledged, page) {
    this.#acknowledged = acknowledged;
    this.#page = page;
    byId("errors-all").addEventListener("click", () => this.#acknowledge(page.errors().listed));
    byId("errors").addEventListener("toggle", () => this.show());
    addEventListener("storage", ({ key }) => {
      if (key !== acknowledged.name && key !== null) return;
      acknowledged.read(Date.now());
      page.errors().update();
      this.show();
    });
  }

  /** Show the errors of now. Lines are written only if they differ. */
  show() {
    const errors = this.#page.errors();
    const { size } = errors;
    const number = size.toLocaleString("en");
    byId("errors").hidden = byId("jump-errors").hidden = size === 0;
    write(byId("errors-number"), number);
    write(byId("jump-errors"), `${number} past error${size === 1 ? "" : "s"}`);
    const wanted = byId("errors").open ? errors.listed.slice(0, MOST_SHOWN) : [];
    write(byId("errors-more"), size > MOST_SHOWN ? `And ${(size - MOST_SHOWN).toLocaleString("en")} more before them.` : "");
    if (wanted.length === this.#shown.length && wanted.every((error, index) => error === this.#shown[index])) return;
    this.#shown = wanted;
    byId("errors-list").replaceChildren(...wanted.map((error) => this.#line(error)));
  }

  #line(error) {
    const { key, called, message } = error;
    const title = element("a", { className: "title", dir: "auto", href: queryOf(key) }, called);
    title.dataset.open = key;
    const what = element("span", { className: "what", dir: "auto" }, message === null ? LOST : message || "Error without a message");
    const button = element("button", { type: "button", ariaLabel: `Acknowledge the error of ${called}` }, "Acknowledge");
    button.addEventListener("click", () => this.#acknowledge([error]));
    const text = element("div", {}, title, what, element("span", { className: "origin", dir: "auto" }, whenWords(error)));
    return element("li", {}, text, button);
  }

  #acknowledge(errors) {
    const place = this.#shown.indexOf(errors[0]);
    this.#acknowledged.add(errors, Date.now());
    this.#page.errors().update();
    this.show();
    const buttons = byId("errors-list").querySelectorAll("button");
    // The button that had the focus is gone.
    (buttons[Math.min(place, buttons.length - 1)] ?? byId("search")).focus();
    const left = this.#page.errors().size;
    this.#page.say(left ? `Acknowledged. ${left.toLocaleString("en")} left.` : "Acknowledged. None is left.");
  }
}

/** Words for when an error began and how long it lasted. */
function whenWords({ key, began, over }) {
  const at = new Date(began);
  const day = at.toDateString() === new Date().toDateString() ? "" : `${at.toLocaleDateString()} `;
  return `${key} · ${day}${at.toLocaleTimeString([], { hourCycle: "h23" })}, for ${duration((over - began) / 1000)}`;
}
