// What a person sees without looking at the page: its title, its icon and, if they want it, a notification.

import { counts, name, what } from "./presentation.js";

const STORED = "agent-status notify";
const COLOURS = { idle: "#6b7280", active: "#0d8a7f", degraded: "#d92d3a", waiting: "#d98200", unknown: "#9ca3af" };

export function needsAttention({ state }) {
  return state === "waiting_for_user" || state === "error";
}

/** The tab: how many need somebody, and the state in colour; grey while nobody knows. */
export function showInTab({ state, rows, isKnown }) {
  const inNeed = rows.filter(needsAttention);
  const said = `${isKnown ? "" : "? "}${counts(inNeed) || state} · Agent status`;
  if (document.title !== said) document.title = said;
  let colour = COLOURS.unknown;
  if (isKnown) colour = COLOURS[inNeed.length && state !== "degraded" ? "waiting" : state];
  const number = inNeed.length;
  const text = number
    ? `<text x="16" y="23" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="20" fill="#fff">${number > 9 ? "9+" : number}</text>`
    : "";
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="${colour}"/>${text}</svg>`;
  const link = document.querySelector("link[rel=icon]");
  const href = `data:image/svg+xml,${encodeURIComponent(icon)}`;
  if (link.getAttribute("href") !== href) link.setAttribute("href", href);
}

/** The rows that need somebody since the picture before: who waits or failed, and did not. */
export function newlyNeedingAttention(before, rows) {
  const states = new Map(before.map((row) => [row.session_key, row.state]));
  return rows.filter((row) => needsAttention(row) && states.get(row.session_key) !== row.state);
}

/** Notifications, if the person has asked for them by the button; permission is asked for then, never before. */
export class Notifications {
  #button;

  constructor(button) {
    this.#button = button;
    if (!window.Notification || !window.isSecureContext) return; // there is none: no button either
    button.hidden = false;
    button.addEventListener("click", () => this.#toggle());
    addEventListener("storage", ({ key }) => key === STORED && this.#show());
    this.#show();
  }

  get isOn() {
    return !this.#button.hidden && localStorage.getItem(STORED) === "on" && Notification.permission === "granted";
  }

  /** One for each row; the tag keeps two tabs from saying the same twice. */
  notify(rows) {
    if (!this.isOn) return;
    for (const row of rows.slice(0, 3)) {
      const options = { body: what(row), tag: `${row.session_key} ${row.state}` };
      try {
        new Notification(name(row), options).onclick = () => window.focus();
      } catch {
        return; // a phone's browser has the class and lets no page use it
      }
    }
  }

  async #toggle() {
    const isWanted = !this.isOn;
    if (isWanted && (await Notification.requestPermission()) !== "granted") {
      this.#button.textContent = "Notifications blocked";
      return;
    }
    localStorage.setItem(STORED, isWanted ? "on" : "off");
    this.#show();
  }

  #show() {
    this.#button.setAttribute("aria-pressed", this.isOn);
    this.#button.textContent = this.isOn ? "Notifying" : "Notify me";
  }
}
