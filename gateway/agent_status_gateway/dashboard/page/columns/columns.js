// Pure: the columns of the list. Which of them are shown is a list of their names with commas, in the page's URL and in this
// browser. The session's own column is always shown.

import { duration, plain } from "../presentation.js";

const DOLLARS = { style: "currency", currency: "USD" };
const CENTS = { ...DOLLARS, maximumFractionDigits: 4 }; // less than a dollar

const labelOf = (row, name) => (row.labels && Object.hasOwn(row.labels, name) ? row.labels[name] : null);
const text = (value) => (value == null ? "" : plain(value));
const share = (part, whole) => (whole ? part / whole : null);
const labelWords = ({ labels }) => Object.entries(labels ?? {}).map((pair) => pair.map(plain).join(": ")).join(", ");

/** Column of a text of the row. */
function ofText(title, field, value, more = {}) {
  return { title, field, value: ({ row }) => value(row) || null, words: ({ row }) => text(value(row)), wide: "2.5fr", rem: 7, ...more };
}

/** Column of a number, of which the largest is first. */
function ofNumber(title, field, value, words, more = {}) {
  return { title, field, value, words, isNumber: true, rem: 6, ...more };
}

/**
 * Columns by name, in their order. A further column has the `field` that it needs of the gateway, the `value` of an item to sort
 * by (null for none), and the `words` of an item as of a clock's time. The width is `rem`, and more where it has a `wide`.
 */
export const COLUMNS = {
  session: { title: "Session", wide: "5fr", rem: 16 },
  state: { title: "State", wide: "5fr", rem: 9 },
  waiting_for: ofText("Waits for", "waiting_for", (row) => row.waiting_for, { rem: 5.5, wide: "" }),
  agent: ofText("Agent", "labels", (row) => labelOf(row, "agent")),
  model: ofText("Model", "labels", (row) => labelOf(row, "model")),
  labels: ofText("Labels", "labels", labelWords, { wide: "4fr", rem: 10 }),
  host: ofText("Host", "host", (row) => row.host),
  worker: ofText("Worker", "worker_id", (row) => row.worker_id),
  progress: ofNumber(
    "Progress",
    "progress",
    ({ row: { progress } }) => (progress ? share(progress.done, progress.of) : null),
    ({ row: { progress } }) => (progress ? `${number(progress.done)} of ${number(progress.of)}` : ""),
  ),
  context: ofNumber(
    "Context",
    "context",
    ({ row: { context } }) => (context ? share(context.used, context.window) : null),
    ({ row: { context } }) => (context?.window ? `${Math.floor((context.used * 100) / context.window)} %` : ""),
    { order: "Fullest context", rem: 4.5 },
  ),
  cost: ofNumber("Cost", "cost_usd", ({ row }) => row.cost_usd ?? null, ({ row }) => money(row.cost_usd), { order: "Highest cost", rem: 5 }),
  duration: { title: "In state", rem: 6.5 },
  quiet_seconds: ofNumber(
    "Quiet",
    "quiet_seconds",
    ({ quietSince }) => (quietSince === null ? null : -quietSince),
    ({ quietSince }, clock) => (quietSince === null ? "" : duration((clock - quietSince) / 1000)),
    { order: "Longest quiet", ages: true },
  ),
  tokens: { title: "Tokens", rem: 5.5 },
  bar: { title: "Last 15 minutes", wide: "5fr", rem: 10 },
};
const NAMES = Object.keys(COLUMNS);
/** Names of the columns that not every row has. */
export const FURTHER = NAMES.filter((name) => COLUMNS[name].words);
/** Columns that are shown unless somebody chooses others. */
export const USUAL = NAMES.filter((name) => !FURTHER.includes(name)).join(",");

/** Columns that a text names, in their order. Without a text, or with a name that is none, they are the usual ones. */
export function columnsFrom(text) {
  const names = (text ?? "").split(",").filter(Boolean);
  if (!names.length || !names.every((name) => NAMES.includes(name))) return USUAL;
  return NAMES.filter((name) => name === "session" || names.includes(name)).join(",");
}

/** Columns once one of them was shown or hidden. */
export function withColumn(columns, name, isShown) {
  const names = columns.split(",").filter((one) => one !== name);
  return columnsFrom([...names, ...(isShown ? [name] : [])].join(","));
}

/** Fields that the gateway has to be asked for, so that these columns can be shown and sorted by this one. */
export function fieldsOf(columns, sort) {
  const names = [...columns.split(","), sort].filter((name) => FURTHER.includes(name));
  return new Set(names.map((name) => COLUMNS[name].field));
}

/** Widths of columns for a grid, and the least width of all together in rem. */
export function layout(columns) {
  const shown = columns.split(",").map((name) => COLUMNS[name]);
  const grid = shown.map(({ wide, rem }) => (wide ? `minmax(${rem}rem, ${wide})` : `${rem}rem`)).join(" ");
  const gaps = (shown.length - 1) * 1.25 + 2;
  return { grid, least: shown.reduce((sum, { rem }) => sum + rem, gaps) };
}

/** Compare two items by a column: the largest number or the first text first, and those without a value last. */
export function comparing({ value, isNumber }) {
  const sign = isNumber ? -1 : 1;
  return (one, other) => {
    const [left, right] = [value(one), value(other)];
    if (left === null || right === null) return (left === null) - (right === null);
    return left < right ? -sign : left > right ? sign : 0;
  };
}

export function money(dollars) {
  return dollars == null ? "" : dollars.toLocaleString("en", dollars < 1 ? CENTS : DOLLARS);
}

function number(value) {
  return value.toLocaleString("en");
}
