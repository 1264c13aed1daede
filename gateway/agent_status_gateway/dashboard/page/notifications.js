// What people see of a page in the background: its title and its icon. notices/ has what leaves the page.

import { countWords } from "./presentation.js";
import { filterWords } from "./view.js";

const COLOURS = { idle: "#6b7280", active: "#0d8a7f", degraded: "#d92d3a", waiting: "#d98200", unknown: "#9ca3af" };

export function needsAttention({ state }) {
  return state === "waiting_for_user" || state === "error";
}

/** Words for the sessions that need attention, of a number of sessions by state. */
export function needWords({ waiting_for_user, error }) {
  return countWords({ waiting_for_user, error });
}

/**
 * Show in the tab how many sessions of the model need attention, and the state in colour; grey while the banner says that it is
 * unknown or paused.
 */
export function showInTab(model, { isLive, isHeld }) {
  const { snapshot } = model;
  const { global, numbers } = snapshot ? model.figures : { global: { state: "…" }, numbers: model.sessions.numbers };
  const isKnown = snapshot !== null && isLive;
  const { state } = global;
  const filter = snapshot ? filterWords(snapshot.of) : "";
  const number = numbers.waiting_for_user + numbers.error;
  const title = `${isHeld ? "Paused · " : isKnown ? "" : "? "}${needWords(numbers) || state}${filter ? ` · ${filter}` : ""} · Agent status`;
  if (document.title !== title) document.title = title;
  let colour = COLOURS.unknown;
  if (isKnown && !isHeld) colour = COLOURS[number && state !== "degraded" ? "waiting" : state];
  const text = number
    ? `<text x="16" y="23" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="20" fill="#fff">${number > 9 ? "9+" : number}</text>`
    : "";
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="${colour}"/>${text}</svg>`;
  const link = document.querySelector("link[rel=icon]");
  const href = `data:image/svg+xml,${encodeURIComponent(icon)}`;
  if (link.getAttribute("href") !== href) link.setAttribute("href", href);
}

/** Rows that need attention now, of changes: they wait or failed, and did not before. */
export function newlyNeedingAttention(changed) {
  return changed.filter(({ item, before }) => needsAttention(item.row) && before?.state !== item.row.state).map(({ item }) => item.row);
}
