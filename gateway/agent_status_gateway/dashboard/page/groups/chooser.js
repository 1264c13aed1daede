// The fields by which a person chooses the grouping: a list, and the name of the label if it is by one.

import { element } from "../dom.js";
import { LABEL, labelOf } from "./groupings.js";

const USUAL = "agent"; // bridges and hooks fill it in
const MOST_NAMES = 100;
const byId = (id) => document.getElementById(id);

export class GroupChooser {
  /** `choose(group)` is called with what a person chose. `rows()` gives the rows of now, whose labels are offered. */
  constructor(choose, rows) {
    byId("group").addEventListener("change", ({ target }) => {
      choose(target.value === LABEL ? LABEL + (byId("group-label").value || USUAL) : target.value);
      if (target.value === LABEL) byId("group-label").select();
    });
    byId("group-label").addEventListener("change", ({ target }) => choose(LABEL + (target.value.trim() || USUAL)));
    byId("group-label").addEventListener("focus", () => {
      const names = namesOf(rows());
      byId("label-names").replaceChildren(...names.map((value) => element("option", { value })));
    });
  }

  show(group) {
    const label = labelOf(group);
    byId("group").value = label ? LABEL : group;
    byId("group-label-field").hidden = !label;
    byId("group-label").value = label;
  }
}

/** Names of the labels that these rows have. */
function namesOf(rows) {
  const names = new Set();
  for (const { labels } of rows) for (const name of Object.keys(labels ?? {})) names.add(name);
  return [...names].sort().slice(0, MOST_NAMES);
}
