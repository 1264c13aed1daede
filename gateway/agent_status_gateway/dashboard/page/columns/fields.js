// Pure: which fields of the rows the page asks the gateway for. Others' bytes stay what they are, so it asks for no more than it
// shows.

import { fieldOf } from "../groups/groupings.js";
import { fieldsOf } from "./columns.js";

/**
 * Fields for this choice of columns, order and grouping, with commas; "" for none. Equal fields have equal texts. Labels are
 * among them if something else needs them, such as a mute.
 */
export function fieldsFor({ columns, sort, group }, { needsLabels = false } = {}) {
  const fields = fieldsOf(columns, sort).add(fieldOf(group)).add(needsLabels ? "labels" : "");
  fields.delete("");
  return [...fields].sort().join(",");
}

/** The choice as rows with these fields can show it. An order or a grouping that needs other fields is the one before. */
export function showable(choice, before, fields) {
  const has = (field) => !field || fields.split(",").includes(field);
  return {
    ...choice,
    sort: [...fieldsOf("", choice.sort)].every(has) ? choice.sort : before.sort,
    group: has(fieldOf(choice.group)) ? choice.group : before.group,
  };
}
