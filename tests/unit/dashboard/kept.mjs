import assert from "node:assert/strict";
import test from "node:test";

import { History, WINDOW_MS } from "../../../gateway/agent_status_gateway/dashboard/page/history.js";
import { digest } from "../../../gateway/agent_status_gateway/dashboard/page/kept/digest.js";
import { MAX_CHARACTERS, MAX_SESSIONS, MAX_SPANS, packed, unpacked } from "../../../gateway/agent_status_gateway/dashboard/page/kept/packed.js";
import { stub } from "../../../gateway/agent_status_gateway/dashboard/page/kept/stub.js";
import { STATES } from "../../../gateway/agent_status_gateway/dashboard/page/presentation.js";

const WALL = 1_800_000_000_000; // when the first load is at 0

const row = (key, state, duration_seconds, more = {}) => ({ ...stub(key), state, duration_seconds, ...more });

/** Text that a load keeps at this time. */
const kept = (history, now, more = {}) => packed(history, { knownFrom: 0, knownTo: now, now, wall: WALL + now, ...more });

/** History of a load that begins with a text, `later` after the first one began. Its clock begins at 0. */
function reloaded(text, later) {
  const history = new History();
  const past = unpacked(text, { now: 0, wall: WALL + later });
  if (past) history.recall(past);
  return history;
}

/** A track's spans as [state, from, to] in seconds, in the times of the first load; null for a span that lasts. */
function spans(history, key, later = 0) {
  const { from, to, states } = history.tracks.get(key);
  const seconds = (at) => Math.round((at + later) / 100) / 10;
  return from.map((at, index) => [STATES[states[index]], seconds(at), to[index] === Infinity ? null : seconds(to[index])]);
}

/** A history in which web:1 thinks from 0 to 100 s and streams since then. */
function known() {
  const history = new History();
  history.look("");
  history.add([row("web:1", "thinking", 0)], 0);
  history.add([row("web:1", "streaming", 0)], 100_000);
  return history;
}

test("bars of the last load are there again, and what goes on goes on without a gap", () => {
  const history = reloaded(kept(known(), 120_000), 125_000);
  history.look("");
  history.add([row("web:1", "streaming", 26)], 1000);
  assert.deepEqual(spans(history, "web:1", 125_000), [["thinking", 0, 100], ["streaming", 100, null]]);
});

test("what began while the page was not there is a span of its own, after a gap", () => {
  const history = reloaded(kept(known(), 120_000), 180_000);
  history.look("");
  history.add([row("web:1", "streaming", 10)], 0);
  assert.deepEqual(spans(history, "web:1", 180_000), [["thinking", 0, 100], ["streaming", 100, 120], ["streaming", 170, null]]);
});

test("a session that ended is still listed by its key, and one that ended meanwhile is not called ended", () => {
  const before = known();
  before.add([row("web:1", "streaming", 10), row("ci:2", "error", 0)], 110_000);
  before.add([row("web:1", "streaming", 20), row("ci:2", "thinking", 0)], 120_000);
  before.change({ changed: [], gone: ["ci:2"], numbers: {} }, 130_000);
  const history = reloaded(kept(before, 140_000), 145_000);
  history.look("");
  history.add([], 1000);
  assert.deepEqual(history.ended(1000).map(({ row: { session_key, channel, session_id, title } }) => [session_key, channel, session_id, title]), [["ci:2", "ci", "2", null]]);
  assert.deepEqual(spans(history, "web:1", 145_000).at(-1), ["streaming", 100, 140]);
});

test("numbers of the view are in the chart again, with a gap, and those of another view are not", () => {
  const text = kept(known(), 120_000);
  const [same, other] = [reloaded(text, 125_000), reloaded(text, 125_000)];
  same.look("");
  same.add([row("web:1", "streaming", 25)], 0);
  assert.deepEqual(same.samples.map(({ at, numbers }) => [at + 125_000, numbers]), [
    [0, [0, 0, 1, 0, 0]],
    [100_000, [0, 0, 0, 0, 1]],
    [120_000, null],
    [125_000, [0, 0, 0, 0, 1]],
  ]);
  other.look("channel=ci");
  assert.deepEqual(other.samples, []);
});

test("while the feed was lost nothing is claimed after a reload either", () => {
  const before = known();
  before.feedLost(110_000);
  const history = reloaded(kept(before, 120_000, { knownTo: 110_000 }), 130_000);
  assert.deepEqual(spans(history, "web:1", 130_000).at(-1), ["streaming", 100, 110]);
});

test("no title, error, tool or label is in the text, and the view only as a digest", () => {
  const history = new History();
  history.look("label=team%3Anight");
  const secret = { title: "Title", error_message: "boom", tool_name: "bash", labels: { team: "night" } };
  history.add([row("web:1", "error", 0, secret)], 0);
  history.add([row("web:1", "tool_running", 0, secret)], 1000);
  const text = kept(history, 2000);
  assert.ok(text.includes("web:1"));
  assert.ok(!/Title|boom|bash|night|team/.test(text), text);
});

test("a session whose row tells all there is to tell is not kept", () => {
  const history = new History();
  history.add([row("web:1", "thinking", 0)], 0);
  assert.ok(!kept(history, 1000).includes("web:1"));
});

test("the text is bounded in characters, sessions and spans, and those that changed last are kept", () => {
  const history = new History();
  const keys = Array.from({ length: MAX_SESSIONS + 500 }, (_, number) => `${"web".padEnd(300, "b")}:${number}`);
  keys.forEach((key, number) => {
    for (const state of ["thinking", "streaming"]) history.change({ changed: [row(key, state, 0)], gone: [], numbers: {} }, number * 100);
  });
  const text = kept(history, 500_000);
  assert.ok(text.length <= MAX_CHARACTERS);
  const tracks = unpacked(text, { now: 500_000, wall: WALL + 500_000 }).tracks;
  assert.ok(tracks.length > 1000 && tracks.length < MAX_SESSIONS);
  assert.equal(tracks[0].key, keys.at(-1));

  const busy = new History();
  for (let step = 0; step < 2 * MAX_SPANS; step += 1) busy.add([row("web:1", STATES[step % 2], 0)], step * 1000);
  const [track] = unpacked(kept(busy, 400_000), { now: 400_000, wall: WALL + 400_000 }).tracks;
  assert.equal(track.from.length, MAX_SPANS);
  assert.equal(track.from.at(-1), 399_000);
  const many = new History();
  const short = Array.from({ length: MAX_SESSIONS + 5 }, (_, number) => `web:${number}`);
  for (const state of ["thinking", "error"]) many.add(short.map((key) => row(key, state, 0)), 1000);
  assert.equal(unpacked(kept(many, 2000), { now: 2000, wall: WALL + 2000 }).tracks.length, MAX_SESSIONS);
});

test("what is older than 15 minutes, or of the future, is nothing", () => {
  const text = kept(known(), 120_000);
  const at = (wall) => unpacked(text, { now: 0, wall: WALL + wall });
  assert.ok(at(120_000 + WINDOW_MS - 1));
  assert.equal(at(120_000 + WINDOW_MS), null);
  assert.ok(at(119_000));
  assert.equal(at(100_000), null);
});

test("a text that makes no sense is nothing, and a track that makes none is left out", () => {
  const clock = { now: 0, wall: WALL };
  const text = (tracks, more = {}) => JSON.stringify({ format: 1, at: WALL, from: 5, view: "x", samples: [], tracks, ...more });
  for (const wrong of ["", "{", "null", "7", "[]", '{"format":2}', text([], { at: "now" }), text([], { at: null }), " ".repeat(2 * MAX_CHARACTERS + 1)]) {
    assert.equal(unpacked(wrong, clock), null, wrong.slice(0, 40));
  }
  const good = ["web:1", -1, 2, 50, 0];
  const wrongs = [
    null, 7, "web:1", [], ["web:1"], ["web:1", -1], ["", -1, 2, 50, 0], [7, -1, 2, 50, 0], ["k".repeat(600), -1, 2, 50, 0],
    ["web:1", -2, 2, 50, 0], ["web:1", -1, 9, 50, 0], ["web:1", -1, -1, 50, 0], ["web:1", -1, 2, 0, 50], ["web:1", -1, 2, 50],
    ["web:1", -1, 2, 1e999, 0], ["web:1", -1, 2, "50", 0], ["web:1", -1, 2, 50, 20, 1, 30, 0],
  ];
  assert.deepEqual(unpacked(text([...wrongs, good]), clock).tracks.map(({ key }) => key), ["web:1"]);
  const odd = unpacked(text({ a: 1 }, { samples: [[5], [3, 1], "x", [4, 1, 0, 0, 0, -1], [2, 1, 0, 0, 0, 0]], from: -3 }), clock);
  assert.deepEqual([odd.tracks, odd.knownFrom], [[], 0]);
  assert.deepEqual(odd.samples, [{ at: -500, numbers: null }, { at: -200, numbers: [1, 0, 0, 0, 0] }]);
});

test("digests tell texts apart", () => {
  const texts = Array.from({ length: 5000 }, (_, number) => `web:${number}`);
  assert.equal(new Set(texts.map(digest)).size, texts.length);
  assert.equal(digest("web:1"), digest("web:1"));
});

test("a key is split as the gateway splits it", () => {
  const halves = (key) => [stub(key).channel, stub(key).session_id];
  assert.deepEqual(halves("web:1:2"), ["web", "1:2"]);
  assert.deepEqual(halves("alone"), ["alone", "alone"]);
  assert.deepEqual(halves(":1"), ["unknown", "1"]);
  assert.deepEqual(halves("web:"), ["web", "web:"]);
});
