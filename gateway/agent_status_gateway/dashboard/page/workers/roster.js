// Pure: the workers as an operator looks at them.
//
// Rule 1: those that are lost come first, since somebody has to look after them; then by machine and process.
// Rule 2: a load is of workers that say how many sessions they could run. Sessions of others do not count in it.
//
// Times are milliseconds.

import { plain } from "../presentation.js";

const RANKS = { lost: 0, live: 1, left: 2 };
const LABELS = { lost: "lost", live: "live", left: "has left" };

/** Items of a list from what the gateway answered at this moment. Items of workers that are known stay the same objects. */
export function rosterOf(workers, known, at) {
  const items = workers.map((worker) => {
    const item = known.get(worker.worker_id) ?? { key: worker.worker_id };
    return Object.assign(item, { worker, heardAt: at - worker.last_heard_seconds * 1000 });
  });
  const rank = ({ worker }) => RANKS[worker.state] ?? 1;
  return items.sort((one, other) => rank(one) - rank(other)); // the gateway's order else
}

/** Words for a worker's state. */
export function stateWords({ state }) {
  return LABELS[state] ?? plain(state);
}

/** Words for what a worker holds: "3 of 5", or "3" if it does not say how many it could. */
export function loadWords({ sessions, max_concurrent: most }) {
  const held = sessions.length.toLocaleString("en");
  return most ? `${held} of ${most.toLocaleString("en")}` : held;
}

/** Sentence for all of them. */
export function summaryOf(workers) {
  const live = workers.filter(({ state }) => state === "live");
  const lost = workers.filter(({ state }) => state === "lost").length;
  const limited = live.filter(({ max_concurrent }) => max_concurrent > 0);
  const used = limited.reduce((sum, { sessions }) => sum + sessions.length, 0);
  const most = limited.reduce((sum, { max_concurrent }) => sum + max_concurrent, 0);
  const number = (count, word) => `${count.toLocaleString("en")} ${word}`;
  const parts = [`${number(live.length, `live worker${live.length === 1 ? "" : "s"}`)}`];
  if (lost) parts.push(`${number(lost, "lost")}`);
  if (most) {
    const some = limited.length < live.length ? ` (${number(limited.length, limited.length === 1 ? "names" : "name")} a limit)` : "";
    parts.push(`${used.toLocaleString("en")} of ${most.toLocaleString("en")} places taken${some}`);
  }
  return `${parts.join(", ")}.`;
}
