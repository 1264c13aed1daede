// What people see of a page in the background: its title, its icon and, if they want them, notifications.

import { ofBrowser } from "./kept/storage.js";
import { counts, name, what } from "./presentation.js";

const STORED = "agent-status notify";
const COLOURS = { idle: "#6b7280", active: "#0d8a7f", degraded: "#d92d3a", waiting: "#d98200", unknown: "#9ca3af" };

export function needsAttention({ state }) {
  return state === "waiting_for_user" || state === "error";
}

/**
 * Show in the tab how many sessions need attention, and the state in colour; grey while it is unknown. `filter` are the
 * words for the part that these rows are.
 */
export function showInTab({ state, rows, isKnown, filter }) {
  const inNeed = rows.filter(needsAttention);
  const title = `${isKnown ? "" : "? "}${counts(inNeed) || state}${filter ? ` · ${filter}` : ""} · Agent status`;
  if (document.title !== title) document.title = title;
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

/** Rows that need attention since the snapshot before: they wait or failed, and did not before. */
export function newlyNeedingAttention(before, rows) {
  const states = new Map(before.map((row) => [row.session_key, row.state]));
  return rows.filter((row) => needsAttention(row) && states.get(row.session_key) !== row.state);
}

/** Notifications, if a person turned them on by the button. Only then is permission requested. */
export class Notifications {
  #button;

  constructor(button) {
    this.#button = button;
    if (!window.Notification || !window.isSecureContext) return; // without notifications, no button
    button.hidden = false;
    button.addEventListener("click", () => this.#toggle());
    addEventListener("storage", ({ key }) => key === STORED && this.#show());
    this.#show();
  }

  get isOn() {
    return !this.#button.hidden && ofBrowser.get(STORED) === "on" && Notification.permission === "granted";
  }

  /** Notify of each row. The tag keeps two tabs from showing the same twice. */
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
    ofBrowser.set(STORED, isWanted ? "on" : "off");
    this.#show();
  }

  #show() {
    this.#button.setAttribute("aria-pressed", this.isOn);
    this.#button.textContent = this.isOn ? "Notifying" : "Notify me";
  }
}
