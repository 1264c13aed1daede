// Pure: channels and labels that no notice is given for.
//
// A mute is `channel=NAME` or `label=NAME:VALUE`, as a view's field would be. It is kept in this browser, for all tabs.

import { plain } from "../presentation.js";

/** Mutes of a stored text. What makes no sense is dropped. */
export function mutesFrom(text) {
  try {
    const list = JSON.parse(text || "[]");
    return Array.isArray(list) ? list.filter((one) => typeof one === "string" && /^(channel|label)=./s.test(one)) : [];
  } catch {
    return [];
  }
}

export function isMuted(row, mutes) {
  return mutes.some((mute) => mutesOf(row).includes(mute));
}

/** Test whether some of the mutes are of labels, which rows must have then. */
export function needLabels(mutes) {
  return mutes.some((mute) => mute.startsWith("label="));
}

/** Every mute that would cover this row. A gateway that was not asked for labels, or has none, gives none. */
export function mutesOf({ channel, labels }) {
  return [`channel=${channel}`, ...Object.entries(labels ?? {}).map(([name, value]) => `label=${name}:${value}`)];
}

/** Mutes to choose from: of these rows, without those that are set. There are at most `most`. */
export function choices(rows, mutes, most = 200) {
  const found = new Set();
  for (const row of rows) for (const mute of mutesOf(row)) if (!mutes.includes(mute)) found.add(mute);
  return [...found].sort().slice(0, most);
}

/** Words for a mute. */
export function words(mute) {
  const at = mute.indexOf("=");
  return `${mute.slice(0, at)} ${plain(mute.slice(at + 1))}`;
}
