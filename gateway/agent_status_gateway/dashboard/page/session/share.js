// A link to one session's page, for somebody without a key, and the clipboard.

import { encoded } from "../../stream.js";

export const LINK_SECONDS = 86_400;
const SCOPED_PARTS = 4; // of a ticket with a scope; one without would open all that the key may see
const REQUEST_MS = 5000;

/** Link to a page that shows this session alone. Throws an error with a sentence for people if there is none. */
export async function shareLink(sessionKey, key) {
  const page = new URL("./", location.href);
  if (key) page.searchParams.set("ticket", await scopedTicket(sessionKey, key));
  else page.searchParams.set("session", sessionKey); // anyone may read, so the page must be told what to show
  return page.href;
}

async function scopedTicket(sessionKey, key) {
  const answer = await fetch(new URL("../../../api/v1/agent/status/ticket", import.meta.url), {
    method: "POST",
    headers: { "X-Status-Key": encoded(key), "Content-Type": "application/json" },
    body: JSON.stringify({ session: [sessionKey], seconds: LINK_SECONDS }),
    signal: AbortSignal.timeout(REQUEST_MS),
  }).catch(() => {
    throw new Error("The gateway does not answer.");
  });
  if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`);
  const { ticket } = await answer.json();
  if (ticket.split(".").length !== SCOPED_PARTS) throw new Error("This gateway is too old for links.");
  return ticket;
}

/** Copy a text. False if the browser does not allow it. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text); // only on https and on this machine
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return isCopied;
}
