// What this tab has seen of the fleet, kept for its next load. It goes with the secrets by which the tab came to see it.

import { ofTab } from "./storage.js";

const KINDS = ["past", "errors"];

/** Text of a kind; "" if there is none. Another gateway of the same origin has another path. */
export function seen(kind) {
  return ofTab.get(nameOf(kind));
}

export function keepSeen(kind, text) {
  ofTab.set(nameOf(kind), text);
}

export function forgetSeen() {
  for (const kind of KINDS) ofTab.remove(nameOf(kind));
}

function nameOf(kind) {
  return `agent-status ${kind} ${location.pathname}`;
}
