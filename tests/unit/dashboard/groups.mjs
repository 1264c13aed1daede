import assert from "node:assert/strict";
import test from "node:test";

import { GROUPS, fieldOf, isGrouping } from "../../../gateway/agent_status_gateway/dashboard/page/groups/groupings.js";
import { Groups } from "../../../gateway/agent_status_gateway/dashboard/page/groups/groups.js";
import { randomly } from "./support/random.mjs";

const item = (key, state, error_message = null) => ({ key, row: { channel: key.split(":")[0], state, error_message } });
const ITEMS = [
  item("web:1", "waiting_for_user"),
  item("ci:1", "error", "boom"),
  item("web:2", "error", "429"),
  item("ci:2", "error", "429"),
  item("ci:3", "thinking"),
];
const shown = (list) => list.map((one) => (one.isHeading ? `${one.title} ${one.size}` : one.key));

test("without a grouping the list is as it was", () => {
  assert.equal(new Groups().lay(ITEMS, ""), ITEMS);
});

test("channels are in the order of their names, and their sessions in that of the list", () => {
  const list = new Groups().lay(ITEMS, "channel");
  assert.deepEqual(shown(list), ["ci 3", "ci:1", "ci:2", "ci:3", "web 2", "web:1", "web:2"]);
  const { waiting_for_user, error, thinking } = list[4].numbers;
  assert.deepEqual([waiting_for_user, error, thinking], [1, 1, 0]);
});

test("the most frequent error is first, and sessions without one are last", () => {
  const list = new Groups().lay([...ITEMS, item("a:1", "error"), item("a:2", "error", "\u0007 ")], "error");
  const headings = list.filter((one) => one.isHeading).map((one) => `${one.title} ${one.size}`);
  assert.deepEqual(headings, ["429 2", "Error without a message 1", "Error without a message 1", "boom 1", "Without an error 2"]);
});

test("workers, hosts and labels are groups by name, and sessions without one come last", () => {
  const rows = [
    { worker_id: "w2", host: "b", labels: { team: "web" } },
    { worker_id: "w1", host: "a", labels: { team: "\u202ebilling" } },
    { labels: Object.fromEntries([["__proto__", "x"]]) },
  ];
  const items = rows.map((row, key) => ({ key, row: { state: "thinking", ...row } }));
  const titles = (by) => new Groups().lay(items, by).filter((one) => one.isHeading).map(({ title }) => title);
  assert.deepEqual(titles("worker"), ["w1", "w2", "Worker not known"]);
  assert.deepEqual(titles("host"), ["a", "b", "Host not known"]);
  assert.deepEqual(titles("label.team"), ["billing", "web", "Without the label team"]);
  assert.deepEqual(titles("label.constructor"), ["Without the label constructor"]);
  assert.deepEqual(titles("label.__proto__"), ["x", "Without the label __proto__"]);
});

test("a grouping names a field only if not every row has it", () => {
  const fields = ["", "channel", "error", "worker", "host", "label.team", "parent"].map(fieldOf);
  assert.deepEqual(fields, ["", "", "", "worker_id", "host", "labels", "parent"]);
  for (const by of ["", "label.", "label", "constructor", "toString", "label.constructor.."]) {
    assert.equal(isGrouping(by), by === "label.constructor..", by);
  }
});

test("a heading stays the same object, and folded, as long as its group is there", () => {
  const groups = new Groups();
  const [heading] = groups.lay(ITEMS, "channel");
  heading.isFolded = true;
  assert.deepEqual(shown(groups.lay(ITEMS, "channel")), ["ci 3", "web 2", "web:1", "web:2"]);
  assert.equal(groups.lay(ITEMS, "channel")[0], heading);
  groups.unfold(ITEMS[1]);
  assert.deepEqual(shown(groups.lay(ITEMS, "channel"))[1], "ci:1");
  groups.lay([ITEMS[0]], "channel");
  assert.notEqual(groups.lay(ITEMS, "channel")[0], heading);
});

test("another grouping begins unfolded", () => {
  const groups = new Groups();
  groups.lay(ITEMS, "channel")[0].isFolded = true;
  assert.ok(groups.lay(ITEMS, "error").filter((one) => one.isHeading).every((one) => !one.isFolded));
  groups.unfold(ITEMS[0]);
});

test("however sessions are grouped, each is there once, under a heading that counts it", () => {
  randomly(100, (random) => {
    const items = Array.from({ length: random.below(30) }, () => ({ row: random.row() }));
    for (const by of [...GROUPS, "label.team"]) {
      const list = new Groups().lay(items, by);
      assert.deepEqual(new Set(list.filter((one) => !one.isHeading)), new Set(items));
      list.forEach((one, index) => {
        if (!one.isHeading) return;
        const next = list.findIndex((other, place) => place > index && other.isHeading);
        const inside = list.slice(index + 1, next < 0 ? list.length : next);
        assert.equal(one.size, inside.length);
        assert.equal(Object.values(one.numbers).reduce((sum, number) => sum + number, 0), inside.length);
        const places = inside.map((session) => items.indexOf(session));
        assert.deepEqual(places, [...places].sort((left, right) => left - right));
      });
    }
  });
});
