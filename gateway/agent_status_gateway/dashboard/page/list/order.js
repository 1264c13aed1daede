// Pure: the orders that a list can have, and a list that is kept in one of them.
//
// Equal sessions stay in the order of their keys, which is the gateway's.

import { byCodePoint } from "../../fold.js";
import { COLUMNS, FURTHER, comparing } from "../columns/columns.js";
import { rank, total, waits } from "../presentation.js";

const byKey = (one, other) => byCodePoint(one.key, other.key);
const by = (value) => (one, other) => {
  const [left, right] = [value(one), value(other)];
  return left < right ? -1 : left > right ? 1 : byKey(one, other);
};

const byColumn = (name) => {
  const compare = comparing(COLUMNS[name]);
  return (one, other) => compare(one, other) || byKey(one, other);
};

/** By name: which of two items comes first. */
export const ORDERS = {
  attention(one, other) {
    const ranks = rank(one.row) - rank(other.row);
    const waited = waits(one.row) && waits(other.row) ? one.since - other.since : 0;
    return ranks || waited || byKey(one, other);
  },
  duration: by((item) => item.since),
  tokens: by((item) => -total(item.row.token_usage)),
  name: by((item) => item.called),
  ...Object.fromEntries(FURTHER.map((name) => [name, byColumn(name)])),
};

/**
 * Two lists in this order as one. The longer one is copied in runs, since only the places of the shorter one's items are
 * looked for.
 */
export function merged(long, short, compare) {
  const all = [];
  let from = 0;
  for (const item of short) {
    let [low, high] = [from, long.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(long[middle], item) < 0) low = middle + 1;
      else high = middle;
    }
    while (from < low) all.push(long[from++]);
    all.push(item);
  }
  while (from < long.length) all.push(long[from++]);
  return all;
}
