// What people see of a page in the background: its title and its icon. notices/ has what leaves the page.

import { counts } from "./presentation.js";

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
