import assert from "node:assert/strict";
import test from "node:test";

import { History, MAX_ENDED, WINDOW_MS } from "../../../gateway/agent_status_gateway/dashboard/page/history.js";
import { STATES } from "../../../gateway/agent_status_gateway/dashboard/page/presentation.js";

const row = (state, duration_seconds, session_key = "web:1", tool_name = null) => ({
  session_key,
  state,
  duration_seconds,
  tool_name,
});

/** A track's spans as [state, from, to] in seconds; null for a span that lasts. */
function spans(history, key = "web:1") {
  const { from, to, states } = history.tracks.get(key);
  return from.map((at, index) => [STATES[states[index]], at / 1000, to[index] === Infinity ? null : to[index] / 1000]);
}

test("who left stays for 15 minutes, the last one first, and may come back", () => {
  const history = new History();
  history.add([row("thinking", 0), row("thinking", 0, "web:2"), row("thinking", 0, "web:3")], 0);
  history.add([row("thinking", 10, "web:2")], 10_000);
  history.add([], 20_000);
  assert.deepEqual(history.ended(20_000).map((track) => track.row.session_key), ["web:2", "web:1", "web:3"]);
  history.add([row("thinking", 0, "web:3")], 30_000);
  assert.deepEqual(history.ended(30_000).map((track) => track.row.session_key), ["web:2", "web:1"]);
  history.add([row("thinking", 0, "web:3")], WINDOW_MS + 10_001);
  assert.deepEqual([...history.tracks.keys()].sort(), ["web:2", "web:3"]);
});

test("the number of those who left is that of the list, also while no event comes", () => {
  const history = new History();
  history.add([row("thinking", 0), row("thinking", 0, "web:2"), row("thinking", 0, "web:3")], 0);
  history.add([row("thinking", 10, "web:2")], 10_000);
  history.add([], 20_000);
  const numbers = [20_000, WINDOW_MS + 10_001, WINDOW_MS + 20_001].map((at) => [history.numberOfEnded(at), history.ended(at).length]);
  assert.deepEqual(numbers, [[3, 3], [1, 1], [0, 0]]);
});

test("nothing older than 15 minutes is kept in weeks of changes", () => {
  const history = new History();
  for (let second = 0; second < 5000; second += 1) {
    const other = `web:${second}`;
    history.add([row(STATES[second % 5], 0), row("thinking", 0, other)], second * 1000);
  }
  assert.ok(spans(history).length <= 902);
  assert.ok(history.tracks.size <= 903);
  assert.ok(history.samples.length <= 903);
  assert.ok(spans(history)[0][2] >= 4999 - WINDOW_MS / 1000);
});

test("samples say how many were in each state, and that nobody knew", () => {
  const history = new History();
  history.add([row("thinking", 0)], 1000);
  history.add([row("thinking", 1)], 2000);
  history.feedLost(3000);
  history.add([row("error", 0)], 4000);
  assert.deepEqual(history.samples, [
    { at: 1000, numbers: [0, 0, 1, 0, 0] },
    { at: 3000, numbers: null },
    { at: 4000, numbers: [0, 1, 0, 0, 0] },
  ]);
});

test("a session that is only out of view has not ended, and what it does there is unknown", () => {
  const history = new History();
  history.add([row("thinking", 0), row("error", 0, "ci:1")], 0);
  history.add([row("thinking", 10)], 10_000, (gone) => gone.session_key === "web:1");
  assert.deepEqual(history.ended(10_000), []);
  assert.deepEqual(spans(history, "ci:1"), [["error", 0, 10]]);
  history.add([row("thinking", 20), row("error", 20, "ci:1")], 20_000);
  assert.deepEqual(spans(history, "ci:1"), [["error", 0, null]]);
  history.add([row("thinking", 30)], 30_000, (gone) => gone.session_key === "web:1");
  history.add([row("thinking", 30)], WINDOW_MS + 30_001, (gone) => gone.session_key === "web:1");
  assert.deepEqual([...history.tracks.keys()], ["web:1"]);
});

test("each view has samples of its own, which are kept for the window", () => {
  const history = new History();
  history.add([row("thinking", 0), row("error", 0, "ci:1")], 1000);
  history.feedLost(2000);
  history.look("channel=ci");
  history.add([row("error", 2, "ci:1")], 3000);
  assert.deepEqual(history.samples, [{ at: 3000, numbers: [0, 1, 0, 0, 0] }]);
  history.look("");
  assert.deepEqual(history.samples.map(({ at }) => at), [1000, 2000]);
  history.add([], WINDOW_MS + 4000);
  history.look("channel=ci");
  assert.deepEqual(history.samples, []);
});

test("a change is what a whole snapshot with it would be", () => {
  const [changes, wholes] = [new History(), new History()];
  const numbers = (thinking, error) => ({ waiting_for_user: 0, error, thinking, tool_running: 0, streaming: 0 });
  for (const history of [changes, wholes]) history.add([row("thinking", 5), row("thinking", 5, "web:2")], 10_000);
  changes.change({ changed: [row("error", 1)], gone: ["web:2", "web:9"], numbers: numbers(0, 1) }, 30_000);
  wholes.add([row("error", 1)], 30_000);
  for (const key of ["web:1", "web:2"]) assert.deepEqual(spans(changes, key), spans(wholes, key));
  assert.deepEqual(changes.samples, wholes.samples);
  assert.deepEqual(changes.ended(30_000).map((track) => track.row.session_key), ["web:2"]);
});

test("of many that ended the newest are kept", () => {
  const history = new History();
  const keys = Array.from({ length: MAX_ENDED + 5 }, (_, number) => `web:${number}`);
  history.add(keys.map((key) => row("thinking", 0, key)), 0);
  keys.forEach((key, second) => history.change({ changed: [], gone: [key], numbers: {} }, second * 100));
  const ended = history.ended(keys.length * 100);
  assert.equal(ended.length, MAX_ENDED);
  assert.deepEqual([ended[0].row.session_key, ended.at(-1).row.session_key], [`web:${MAX_ENDED + 4}`, "web:5"]);
  assert.equal(history.tracks.size, MAX_ENDED);
});

test("a session out of view ends when a whole snapshot shows that it has", () => {
  const history = new History();
  history.add([row("thinking", 0), row("error", 0, "web:2")], 0);
  history.add([row("error", 10, "web:2")], 10_000, () => false);
  assert.deepEqual(history.ended(10_000), []);
  history.add([row("error", 20, "web:2")], 20_000);
  assert.deepEqual(history.ended(20_000).map((track) => track.row.session_key), ["web:1"]);
});

test("numbers that come faster than once a second are one sample", () => {
  const history = new History();
  const numbers = (thinking) => ({ thinking });
  for (let step = 0; step <= 100; step += 1) history.change({ changed: [], gone: [], numbers: numbers(step) }, step * 100);
  assert.ok(history.samples.length <= 12);
  assert.deepEqual(history.samples.at(-1).numbers, [100]);
});

test("the feed's loss is over with the next whole snapshot", () => {
  const history = new History();
  history.add([row("thinking", 0)], 0);
  history.feedLost(5000);
  assert.ok(history.isStopped);
  history.add([row("thinking", 10)], 10_000);
  assert.ok(!history.isStopped);
});

const end = (session_key, ended_seconds_ago, outcome = "done", more = {}) => ({
  session_key,
  title: null,
  outcome,
  ended_seconds_ago,
  error_message: null,
  ...more,
});
const shown = (history, at) => history.ended(at).map(({ row, endedAt }) => [row.session_key, row.state, endedAt / 1000]);

test("what the gateway tells of ends is listed at once, the newest first, with their outcome", () => {
  const history = new History();
  history.add([], 100_000);
  history.takeEnds([end("web:2", 5, "failed", { title: "Two", error_message: "boom" }), end("ci:1", 20, null)], 100_000);
  assert.deepEqual(shown(history, 100_000), [["web:2", "failed", 95], ["ci:1", "ended", 80]]);
  const [{ row: two }] = history.ended(100_000);
  assert.deepEqual([two.title, two.error_message, two.channel, two.outcome], ["Two", "boom", "web", "failed"]);
});

test("a session that the tab saw end is listed once, and the gateway knows better when and how", () => {
  const history = new History();
  history.add([{ ...row("thinking", 0), title: "A long title" }, row("thinking", 0, "web:2")], 100_000);
  history.change({ changed: [], gone: ["web:1", "web:2"], numbers: {} }, 120_000);
  history.takeEnds([end("web:1", 0.5, "cancelled", { title: "A long" })], 120_000);
  assert.deepEqual(shown(history, 120_000), [["web:2", "thinking", 120], ["web:1", "cancelled", 119.5]]);
  assert.deepEqual(spans(history), [["thinking", 100, 119.5]]);
  assert.equal(history.ended(120_000)[1].row.title, "A long title");
  history.add([], 121_000);
  history.takeEnds([end("web:1", 1.5, "cancelled")], 121_000);
  assert.equal(history.ended(121_000).length, 2);
});

test("a session that is open again has not ended, and its next end is told anew", () => {
  const history = new History();
  history.add([], 100_000);
  history.takeEnds([end("web:1", 5)], 100_000);
  history.add([row("thinking", 1)], 110_000);
  assert.deepEqual(history.ended(110_000), []);
  assert.equal(history.tracks.get("web:1").row.outcome, undefined);
  history.change({ changed: [], gone: ["web:1"], numbers: {} }, 120_000);
  history.takeEnds([end("web:1", 0, "lost")], 120_000);
  assert.deepEqual(shown(history, 120_000), [["web:1", "lost", 120]]);
});

test("a session out of view has ended if the gateway tells so", () => {
  const history = new History();
  history.add([row("thinking", 0)], 0);
  history.add([], 10_000, () => false);
  history.takeEnds([end("web:1", 1)], 10_000);
  assert.deepEqual(shown(history, 10_000), [["web:1", "done", 9]]);
});

test("ends that are told are bounded in age and in number as others are", () => {
  const history = new History();
  history.add([], 1_000_000);
  history.takeEnds([end("web:1", WINDOW_MS / 1000 - 1), end("web:2", WINDOW_MS / 1000 + 1)], 1_000_000);
  assert.deepEqual([...history.tracks.keys()], ["web:1"]);
  history.change({ changed: [], gone: [], numbers: {} }, 1_002_000);
  assert.equal(history.tracks.size, 0);
  const many = Array.from({ length: MAX_ENDED + 5 }, (_, number) => end(`web:${number}`, number / 100));
  history.takeEnds(many, 1_002_000);
  history.takeEnds([end("ci:1", 0)], 1_002_000);
  assert.deepEqual([history.tracks.size, history.ended(1_002_000)[0].row.session_key], [MAX_ENDED, "ci:1"]);
});
