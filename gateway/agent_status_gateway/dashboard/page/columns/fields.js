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
