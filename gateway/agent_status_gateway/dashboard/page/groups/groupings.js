// Pure: by what sessions can be grouped. A grouping is a name of GROUPINGS, PARENT, or LABEL and the name of a label.

import { plain } from "../presentation.js";

export const PARENT = "parent";
export const LABEL = "label.";

const byTitle = (one, other) => (one.title < other.title ? -1 : Number(one.title > other.title));
const ownOf = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : null); // strangers name labels

/** The value of each session, words for those without, the order of the groups, and the field that a gateway has to be asked for. */
const GROUPINGS = {
  channel: { of: (row) => row.channel, none: "", order: byTitle, field: "" },
  worker: { of: (row) => row.worker_id ?? null, none: "Worker not known", order: byTitle, field: "worker_id" },
  host: { of: (row) => row.host ?? null, none: "Host not known", order: byTitle, field: "host" },
  error: {
    of: (row) => (row.state === "error" ? (row.error_message ?? "") : null),
    none: "Without an error",
    order: (one, other) => other.size - one.size || byTitle(one, other),
    field: "",
    empty: "Error without a message",
  },
};
export const GROUPS = Object.keys(GROUPINGS);

/** Name of the label that a grouping is by; "" if it is by something else. */
export function labelOf(by) {
  return by.startsWith(LABEL) ? by.slice(LABEL.length) : "";
}

/** Test whether sessions can be grouped by this. */
export function isGrouping(by) {
  return by === PARENT || GROUPS.includes(by) || labelOf(by) !== "";
}

/** Grouping by anything but the parent, which makes a tree. */
export function groupingOf(by) {
  const label = labelOf(by);
  if (!label) return GROUPINGS[by];
  return { of: (row) => ownOf(row.labels, label), none: `Without the label ${plain(label)}`, order: byTitle, field: "labels" };
}

/** Field of the rows that the grouping needs; "" if every row has it. */
export function fieldOf(by) {
  if (!by) return "";
  return by === PARENT ? "parent" : groupingOf(by).field;
}
