// Pure: how a session has ended, as the gateway tells it to those who ask (docs/reference/ended.md).

import { plain, what } from "../presentation.js";

/** Row of a session that has ended: `known` is its last row, or a stub. Its state is its outcome. */
export function endedRow(known, { title, outcome, error_message }) {
  return { ...known, title: known.title ?? title, state: outcome ?? "ended", outcome, error_message, tool_name: null };
}

/** Words for how a session has ended; for what it did last, if no gateway has told how it ended. */
export function endWords(row) {
  if (row.outcome === undefined) return what(row);
  const message = row.outcome === "failed" ? plain(row.error_message ?? "") : "";
  return message ? `failed: ${message}` : row.state;
}
