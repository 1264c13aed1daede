// The reader's key, or the ticket of a share link: kept for this tab alone, and never in its URL.

import { forgetSeen } from "./seen.js";
import { ofTab } from "./storage.js";

const STORED = { key: "agent-status key", ticket: "agent-status ticket" };

/** What this tab has: `{ key, ticket }`, each "" if there is none. */
export function secrets() {
  return { key: ofTab.get(STORED.key), ticket: ofTab.get(STORED.ticket) };
}

/** Keep a key or a ticket. They do not go together: the newer one counts. */
export function keep({ key, ticket }) {
  const wanted = ticket ? { key: "", ticket } : { key: key ?? "", ticket: "" };
  if ((!key && !ticket) || areHeld(wanted)) return;
  forgetSecrets();
  if (ticket) ofTab.set(STORED.ticket, ticket);
  else ofTab.set(STORED.key, key);
}

/** Test whether the tab's secrets are these. A frame beside this one may have taken others. */
export function areHeld({ key, ticket }) {
  const held = secrets();
  return held.key === key && held.ticket === ticket;
}

/** Forget the secrets, and what they have shown: those that follow may show less. */
export function forgetSecrets() {
  for (const name of Object.values(STORED)) ofTab.remove(name);
  forgetSeen();
}
