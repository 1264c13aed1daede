import assert from "node:assert/strict";
import test from "node:test";

import {
  COLUMNS,
  FURTHER,
  USUAL,
  columnsFrom,
  comparing,
  fieldsOf,
  layout,
  withColumn,
} from "../../../gateway/agent_status_gateway/dashboard/page/columns/columns.js";
import { fieldsFor, showable } from "../../../gateway/agent_status_gateway/dashboard/page/columns/fields.js";
import { NOTHING, fromQuery, toQuery } from "../../../gateway/agent_status_gateway/dashboard/page/filters.js";

const item = (row, quietSince = null) => ({ row, quietSince });
const words = (name, row, quietSince, clock) => COLUMNS[name].words(item(row, quietSince), clock);

test("the usual columns are those that every row has", () => {
  assert.equal(USUAL, "session,state,duration,tokens,bar");
  assert.deepEqual([...fieldsOf(USUAL, "attention")], []);
});

test("columns have one order, the session is always there, and what names none is the usual", () => {
  assert.equal(columnsFrom("cost,agent,state,agent"), "session,state,agent,cost");
  assert.equal(columnsFrom("session"), "session");
  for (const text of [null, "", ",", "constructor", "state,cots"]) assert.equal(columnsFrom(text), USUAL, text);
  assert.equal(withColumn("session,state", "bar", true), "session,state,bar");
  assert.equal(withColumn("session,state", "state", false), "session");
  assert.equal(withColumn("session,state", "session", false), "session,state");
});

test("the columns are in the link, and a link without them has those that the browser keeps", () => {
  assert.equal(toQuery({ ...NOTHING, columns: "session,cost" }), "columns=session%2Ccost");
  assert.equal(fromQuery("?columns=cost", "session,host").columns, "session,cost");
  assert.equal(fromQuery("?sort=cost", "session,host").columns, "session,host");
  assert.equal(fromQuery("?columns=cots", "session,host").columns, USUAL);
  assert.deepEqual(fromQuery("", "rubbish"), NOTHING);
});

test("the gateway is asked for what columns, order and grouping need, and equal needs are equal texts", () => {
  const fields = (more) => fieldsFor({ ...NOTHING, ...more });
  assert.equal(fields({}), "");
  assert.equal(fields({ columns: "session,agent,model,cost", group: "label.team" }), "cost_usd,labels");
  const needsLabels = true;
  assert.equal(fieldsFor({ ...NOTHING, sort: "quiet_seconds" }, { needsLabels }), "labels,quiet_seconds");
  assert.equal(fieldsFor({ ...NOTHING, group: "label.team" }, { needsLabels }), "labels");
  assert.equal(fields({ sort: "quiet_seconds", group: "parent" }), "parent,quiet_seconds");
  const all = "context,cost_usd,host,labels,progress,quiet_seconds,waiting_for,worker_id";
  assert.equal(fields({ columns: columnsFrom(FURTHER.join(",")) }), all);
});

test("each column has words for its value, and none for a gateway that does not send it", () => {
  for (const name of FURTHER) assert.equal(words(name, { labels: {} }, null, 0), "", name);
  for (const name of FURTHER) assert.equal(words(name, {}, null, 0), "", name);
  const row = {
    labels: { agent: "rev\u202eiewer", team: "web" },
    host: "box-1",
    worker_id: "w1",
    waiting_for: "approval",
    progress: { done: 1, of: 3 },
    context: { used: 96_000, window: 200_000 },
    cost_usd: 0,
  };
  const shown = Object.fromEntries(FURTHER.map((name) => [name, words(name, row, 1000, 66_000)]));
  assert.deepEqual(shown, {
    waiting_for: "approval",
    agent: "rev iewer",
    model: "",
    labels: "agent: rev iewer, team: web",
    host: "box-1",
    worker: "w1",
    progress: "1 of 3",
    context: "48 %",
    cost: "$0.00",
    quiet_seconds: "1m 5s",
  });
  assert.equal(words("model", { labels: { constructor: "x" } }), "");
  assert.equal(words("context", { context: { used: 5, window: 0 } }), "");
});

test("the largest number and the first text come first, and what has none is last", () => {
  const order = (name, items) => [...items].sort(comparing(COLUMNS[name])).map((one) => items.indexOf(one));
  assert.deepEqual(order("cost", [item({ cost_usd: 1 }), item({ cost_usd: null }), item({ cost_usd: 2 }), item({})]), [2, 0, 1, 3]);
  assert.deepEqual(order("host", [item({}), item({ host: "b" }), item({ host: "a" })]), [2, 1, 0]);
  assert.deepEqual(order("quiet_seconds", [item({}, 5000), item({}, null), item({}, 1000)]), [2, 0, 1]);
  const context = (used, window) => item({ context: { used, window } });
  assert.deepEqual(order("context", [context(50, 100), context(99, 0), context(9, 10)]), [2, 0, 1]);
});

test("a grid has a width for each column, and all have room", () => {
  const { grid, least } = layout("session,host,cost");
  assert.equal(grid, "minmax(16rem, 5fr) minmax(7rem, 2.5fr) 5rem");
  assert.equal(least, 16 + 7 + 5 + 2 * 1.25 + 2);
});

test("an order or a grouping that needs a field which rows do not have is the one before", () => {
  const before = { ...NOTHING, sort: "cost", group: "host" };
  const choice = { ...NOTHING, search: "a", sort: "progress", group: "worker" };
  assert.deepEqual(showable(choice, before, ""), { ...choice, sort: "cost", group: "host" });
  assert.deepEqual(showable(choice, before, "progress"), { ...choice, group: "host" });
  assert.deepEqual(showable(choice, before, "progress,worker_id"), choice);
  assert.deepEqual(showable({ ...choice, sort: "name", group: "channel" }, before, ""), { ...choice, sort: "name", group: "channel" });
});
