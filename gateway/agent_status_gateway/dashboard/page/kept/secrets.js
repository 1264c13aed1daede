// The reader's key, or the ticket of a share link: kept for this tab alone, and never in its URL.

import { ofTab } from "./storage.js";

const STORED = { key: "agent-status key", ticket: "agent-status ticket" };

/** What this tab has: `{ key, ticket }`, each "" if there is none. */
export function secrets() {
  return { key: ofTab.get(STORED.key), ticket: ofTab.get(STORED.ticket) };
}

/** Keep a key or a ticket. They do not go together: the newer one counts. */
export function keep({ key, ticket }) {
  if (!key && !ticket) return;
  forgetSecrets();
  if (ticket) ofTab.set(STORED.ticket, ticket);
  else ofTab.set(STORED.key, key);
}

export function forgetSecrets() {
  for (const name of Object.values(STORED)) ofTab.remove(name);
}
