import assert from "node:assert/strict";
import test from "node:test";

import { Sessions } from "../../../gateway/agent_status_gateway/dashboard/page/list/sessions.js";
import { randomly } from "./support/random.mjs";

const row = (session_key, state = "thinking", duration_seconds = 0, more = {}) => {
  const [channel, session_id] = session_key.split(":");
  return { session_key, session_id, channel, title: null, state, duration_seconds, tool_name: null, token_usage: null, ...more };
};
const whole = (...sessions) => ({ isWhole: true, sessions, gone: [] });
const change = (sessions, gone = []) => ({ isWhole: false, sessions, gone });

test("a whole event names all sessions, and a change those that differ", () => {
  const sessions = new Sessions();
  sessions.take(whole(row("web:1"), row("web:2")), 0);
  const { changed, gone } = sessions.take(change([row("web:3"), row("web:2", "error")], ["web:1", "web:9"]), 1000);
  assert.deepEqual(changed.map(({ item, before }) => [item.key, before?.state ?? null]), [["web:3", null], ["web:2", "thinking"]]);
  assert.deepEqual(gone.map((item) => [item.key, item.isOpen]), [["web:1", false]]);
  assert.deepEqual(sessions.take(whole(row("web:2")), 2000).gone.map((item) => item.key), ["web:3"]);
  assert.deepEqual([...sessions.items.keys()], ["web:2"]);
});

test("a session that comes back is another item", () => {
  const sessions = new Sessions();
  const [{ item }] = sessions.take(whole(row("web:1")), 0).changed;
  sessions.take(change([], ["web:1"]), 1000);
  const [{ item: other, before }] = sessions.take(change([row("web:1")]), 2000).changed;
  assert.notEqual(item, other);
  assert.equal(before, null);
});

test("a state that goes on keeps its beginning, whatever a little its age differs", () => {
  const sessions = new Sessions();
  const [{ item }] = sessions.take(whole(row("web:1", "thinking", 10)), 60_000).changed;
  const since = (...event) => (sessions.take(change([row("web:1", ...event)]), 70_000), item.since);
  assert.equal(item.since, 50_000);
  assert.equal(since("thinking", 21.2), 50_000);
  assert.equal(since("thinking", 1), 69_000);
  assert.equal(since("tool_running", 0.5, { tool_name: "bash" }), 69_500);
  assert.equal(since("tool_running", 0.2, { tool_name: "curl" }), 69_800);
});

test("rows have their durations as of a moment", () => {
  const sessions = new Sessions();
  sessions.take(whole(row("web:1", "thinking", 10)), 60_000);
  assert.deepEqual(sessions.rows(61_500), [row("web:1", "thinking", 11.5)]);
});

test("what is searched and sorted by is of the newest row", () => {
  const sessions = new Sessions();
  const [{ item }] = sessions.take(whole(row("web:1", "thinking", 0, { title: "Alpha" })), 0).changed;
  assert.ok(item.text.includes("alpha") && item.called === "alpha");
  sessions.take(change([row("web:1", "thinking", 0, { title: "Bravo" })]), 0);
  assert.ok(item.text.includes("bravo") && !item.text.includes("alpha") && item.called === "bravo");
});

test("in any history the sums are those of the rows", () => {
  randomly(50, (random) => {
    const sessions = new Sessions();
    for (let step = 0; step < 30; step += 1) {
      sessions.take(random.event(), step * 1000);
      const rows = [...sessions.items.values()].map((item) => item.row);
      const by = (name) => counted(rows, name);
      const states = Object.fromEntries(sessions.states.map((state) => [state, sessions.numbers[state]]));
      assert.deepEqual(states, by("state"));
      assert.deepEqual(Object.fromEntries(sessions.channels), by("channel"));
      const input = rows.reduce((sum, { token_usage }) => sum + (token_usage?.input ?? 0), 0);
      assert.equal(sessions.usage.input, input);
    }
  });
});

function counted(rows, name) {
  const found = {};
  for (const one of rows) found[one[name]] = (found[one[name]] ?? 0) + 1;
  return found;
}
