// The columns' headings in the list, what it can be sorted by, and the boxes in the options by which columns are shown.

import { element, write } from "../dom.js";
import { ofBrowser } from "../kept/storage.js";
import { COLUMNS, FURTHER, USUAL, layout, withColumn } from "./columns.js";

const KEPT = "agent-status columns";
const byId = (id) => document.getElementById(id);

/** Columns that this browser keeps, as a text; "" for the usual ones. */
export function keptColumns() {
  return ofBrowser.get(KEPT);
}

export class ColumnChooser {
  #columns = USUAL;
  #headings = new Map(); // by column
  #boxes = new Map();

  /** `choose(columns)` is called with the columns that a person chose. They are kept in this browser, for all tabs. */
  constructor(choose) {
    this.#makeHeadings();
    for (const name of Object.keys(COLUMNS)) {
      const box = element("input", { type: "checkbox", disabled: name === "session" });
      box.addEventListener("change", () => {
        const columns = withColumn(this.#columns, name, box.checked);
        if (columns === USUAL) ofBrowser.remove(KEPT);
        else ofBrowser.set(KEPT, columns);
        choose(columns);
      });
      this.#boxes.set(name, box);
      byId("columns").append(element("label", {}, box, COLUMNS[name].title));
    }
  }

  /** Show these columns. Returns true if they are others than before. */
  show({ columns, sort }) {
    const isOther = columns !== this.#columns;
    this.#columns = columns;
    const shown = columns.split(",");
    for (const [name, heading] of this.#headings) heading.hidden = !shown.includes(name);
    for (const [name, box] of this.#boxes) box.checked = shown.includes(name);
    const { style, dataset } = byId("sessions");
    if (columns === USUAL) for (const name of ["--grid", "--narrow", "--least"]) style.removeProperty(name);
    else {
      const { grid, least } = layout(columns);
      style.setProperty("--grid", grid);
      style.setProperty("--narrow", layout(shown.filter((name) => name !== "bar").join(",")).grid);
      style.setProperty("--least", `${least}rem`);
    }
    dataset.isUsual = columns === USUAL;
    this.#showSorts(shown, sort);
    return isOther;
  }

  #makeHeadings() {
    for (const heading of document.querySelectorAll("#sessions th")) this.#headings.set(heading.dataset.column, heading);
    let before = null;
    for (const name of Object.keys(COLUMNS).reverse()) {
      if (FURTHER.includes(name)) this.#headings.set(name, headingOf(name));
      const heading = this.#headings.get(name);
      byId("sessions").querySelector("thead tr").insertBefore(heading, before);
      before = heading;
    }
  }

  /** Orders to choose from: those that are always there, those of the shown columns, and the chosen one. */
  #showSorts(shown, sort) {
    const select = byId("sort");
    const names = FURTHER.filter((name) => shown.includes(name) || name === sort);
    for (const option of [...select.options]) if (FURTHER.includes(option.value) && !names.includes(option.value)) option.remove();
    for (const name of names) {
      if ([...select.options].some((option) => option.value === name)) continue;
      select.append(element("option", { value: name }, COLUMNS[name].order ?? COLUMNS[name].title));
    }
    select.value = sort;
  }
}

function headingOf(name) {
  const { title, isNumber } = COLUMNS[name];
  const button = element("button", { type: "button" });
  button.dataset.sort = name;
  write(button, title);
  return element("th", { role: "columnheader", scope: "col", className: isNumber ? "number" : "" }, button);
}
