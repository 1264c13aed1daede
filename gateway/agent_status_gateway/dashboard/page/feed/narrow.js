// Pure: what the page lists of a fleet that is too large to be sent to a browser.
//
// Rule 1: a part of more than MOST_ROWS sessions is not asked for. Of such a part, those that need a person are listed.
// Rule 2: if these are too many as well, those in one of their states are listed. If that does not help, nobody is.
// Rule 3: a part that is listed may grow a little before it is too large, so that a fleet at the limit does not flap.

import { isSame, listed } from "../view.js";
import { only, sum } from "./count.js";

export const MOST_ROWS = 20_000;
const GROWTH = 1.25;
const SHRUNK = 0.8;
const NEED = ["waiting_for_user", "error"];
/** Filter that lists nobody. */
export const NOBODY = "nobody";

/** Test whether a fleet that is listed as a whole has become too large for it. */
export function isTooLarge(size) {
  return size > MOST_ROWS * GROWTH;
}

/** Test whether a fleet that was too large can be listed as a whole. */
export function isSmallAgain(size) {
  return size < MOST_ROWS * SHRUNK;
}

/**
 * What to ask for in place of `asked`, by the numbers of a `Count`. If that is less, it has `within`: the part that figures are
 * of. `before` is what was asked for until now.
 */
export function narrowed(asked, count, before) {
  const numbers = count.numbers(listed(asked.channel));
  const fits = (candidate) => {
    const most = isSame(candidate, before) ? MOST_ROWS * GROWTH : MOST_ROWS;
    return sum(only(numbers, listed(candidate.state))) <= most;
  };
  if (fits(asked)) return asked;
  const need = NEED.filter((state) => !asked.state || listed(asked.state).includes(state));
  for (const states of [need, ...need.map((state) => [state])]) {
    const candidate = { channel: asked.channel, state: states.join(","), within: asked };
    if (candidate.state && fits(candidate)) return candidate;
  }
  return { channel: asked.channel, state: NOBODY, within: asked };
}
