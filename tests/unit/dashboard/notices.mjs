import assert from "node:assert/strict";
import test from "node:test";

import { GATHER_MS, Gathered } from "../../../gateway/agent_status_gateway/dashboard/page/notices/gathered.js";
import { choices, isMuted, mutesFrom, needLabels, words } from "../../../gateway/agent_status_gateway/dashboard/page/notices/mutes.js";

const row = (number, state = "waiting_for_user", more = {}) => ({
  session_key: `web:${number}`,
  session_id: `${number}`,
  channel: "web",
  title: `Task ${number}`,
  state,
  error_message: null,
  ...more,
});
const rows = (count) => Array.from({ length: count }, (_, number) => row(number));

test("one session is a notice of its own", () => {
  const gathered = new Gathered();
  gathered.add([row(1, "error", { error_message: "boom" })]);
  assert.deepEqual(gathered.take(0), { title: "Task 1", body: "error: boom", tag: "web:1 error", key: "web:1" });
  assert.equal(gathered.take(0), null);
});

test("ten at once are one with a count", () => {
  const gathered = new Gathered();
  gathered.add([...rows(9), row(9, "error")]);
  const notice = gathered.take(0);
  assert.equal(notice.title, "10 sessions need attention");
  assert.equal(notice.body, "9 waiting for user, 1 in error: Task 0, Task 1, Task 2 and 7 more");
  assert.equal(notice.key, null);
});

test("a long title leaves room for the others of its notice", () => {
  const gathered = new Gathered();
  gathered.add([row(1, "error", { title: "\u{1f680}".repeat(200) }), row(2, "error")]);
  assert.equal(gathered.take(0).body, `2 in error: ${"\u{1f680}".repeat(59)}…, Task 2`);
});

test("those that follow within five seconds are gathered, each once", () => {
  const gathered = new Gathered();
  gathered.add([row(1)]);
  gathered.take(0);
  for (const number of [2, 3, 3]) {
    gathered.add([row(number)]);
    assert.equal(gathered.take(1000 * number), null);
  }
  assert.equal(gathered.take(GATHER_MS).title, "2 sessions need attention");
});

test("a session that needs nobody any more when the notice is due is not in it", () => {
  const gathered = new Gathered();
  gathered.add([row(1)]);
  gathered.take(0);
  gathered.add([row(2), row(3)]);
  assert.equal(gathered.take(GATHER_MS, (key) => key === "web:3").title, "Task 3");
  gathered.add([row(4)]);
  assert.equal(gathered.take(3 * GATHER_MS, () => false), null);
  gathered.add([row(5)]);
  assert.equal(gathered.take(3 * GATHER_MS).title, "Task 5");
});

test("a channel or a label of a session mutes it, and nothing like it", () => {
  const labelled = row(1, "error", { labels: { team: "web", "a:b": "c" } });
  for (const mute of ["channel=web", "label=team:web", "label=a:b:c"]) assert.ok(isMuted(labelled, [mute]), mute);
  for (const mute of ["channel=we", "label=team:we", "label=web:team"]) assert.ok(!isMuted(labelled, [mute]), mute);
  assert.ok(!isMuted(row(1), ["label=team:web"]));
});

test("only mutes of labels need labels", () => {
  assert.ok(needLabels(["channel=web", "label=team:web"]));
  assert.ok(!needLabels(["channel=label=a"]));
});

test("mutes to choose from are those of the rows, in order, without those that are set", () => {
  const known = [row(1, "error", { labels: { team: "web" } }), row(2, "error", { channel: "ci" })];
  assert.deepEqual(choices(known, ["channel=ci"]), ["channel=web", "label=team:web"]);
  assert.equal(choices(rows(9).map((one, number) => ({ ...one, channel: `${number}` })), [], 5).length, 5);
});

test("what is stored and makes no sense is dropped", () => {
  assert.deepEqual(mutesFrom(""), []);
  assert.deepEqual(mutesFrom("{"), []);
  assert.deepEqual(mutesFrom('{"a": 1}'), []);
  assert.deepEqual(mutesFrom('["channel=ci", 7, "state=error", "label="]'), ["channel=ci"]);
  assert.equal(words("label=te\u202eam:a=b"), "label te am:a=b");
});
