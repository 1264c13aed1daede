import assert from "node:assert/strict";
import test from "node:test";

import { Fold } from "../../../gateway/agent_status_gateway/dashboard/fold.js";

const row = (session_key, state = "thinking", duration_seconds = 0) => ({ session_key, state, duration_seconds });
const fleet = (active_sessions) => ({ state: "active", active_sessions });
const status = (...sessions) => ({ global: fleet(sessions.length), sessions });
const change = (from, sessions, gone = [], size = 0) => ({ from, global: fleet(size), sessions, gone });
const keys = (fold) => fold.snapshot.sessions.map(({ session_key }) => session_key);

/** A fold that has taken this status as event "a" at 1,000 ms. */
function begun(...rows) {
  const fold = new Fold();
  assert.equal(fold.take("status", status(...rows), "a", 1000), true);
  return fold;
}

test("a status is the whole snapshot, and another takes its place", () => {
  const fold = begun(row("web:1"), row("web:2"));
  assert.deepEqual(fold.snapshot, status(row("web:1"), row("web:2")));
  fold.take("status", status(row("web:3")), "b", 2000);
  assert.deepEqual(fold.snapshot, status(row("web:3")));
  assert.deepEqual([fold.id, fold.at], ["b", 2000]);
});

test("a change brings rows that differ, new rows and keys that are gone", () => {
  const fold = begun(row("web:1"), row("web:2"), row("web:4"));
  assert.equal(fold.take("change", change("a", [row("web:2", "error"), row("web:3")], ["web:1"], 3), "b", 1000), true);
  assert.deepEqual(fold.snapshot, {
    global: fleet(3),
    sessions: [row("web:2", "error"), row("web:3"), row("web:4")],
  });
});

test("a key that is gone and was never here is nothing", () => {
  const fold = begun(row("web:1"));
  assert.equal(fold.take("change", change("a", [], ["web:9"], 1), "b", 1000), true);
  assert.deepEqual(keys(fold), ["web:1"]);
});

test("a change that does not continue the event before is not taken", () => {
  const fold = begun(row("web:1"));
  assert.equal(fold.take("change", change("x", [row("web:2")]), "b", 1000), false);
  assert.deepEqual([keys(fold), fold.id], [["web:1"], "a"]);
  assert.equal(new Fold().take("change", change("a", []), "b", 1000), false);
});

test("each duration counts from the event that brought its row", () => {
  const fold = begun(row("web:1", "thinking", 1.5), row("web:2", "thinking", 10));
  fold.take("change", change("a", [row("web:2", "error", 0.2)]), "b", 3500);
  assert.deepEqual(fold.snapshot.sessions, [row("web:1", "thinking", 4), row("web:2", "error", 0.2)]);
  fold.take("change", change("b", [row("web:3", "thinking", 0)]), "c", 4600);
  assert.deepEqual(
    fold.snapshot.sessions.map((one) => one.duration_seconds),
    [5.1, 1.3, 0],
  );
});

test("the time since the last call counts from there as well, if it was asked for", () => {
  const fold = begun({ ...row("web:1", "thinking", 9), quiet_seconds: 2.5 }, row("web:2"));
  fold.take("change", change("a", [{ ...row("web:3"), quiet_seconds: 1 }]), "b", 2500);
  assert.deepEqual(
    fold.snapshot.sessions.map((one) => one.quiet_seconds),
    [4, undefined, 1],
  );
  assert.equal("quiet_seconds" in fold.snapshot.sessions[1], false);
});

const end = (session_key, ended_seconds_ago, outcome = "done") => ({ session_key, outcome, ended_seconds_ago });
const ended = (fold) => fold.snapshot.ended.map((one) => [one.session_key, one.ended_seconds_ago]);

test("sessions that have ended are told if they were asked for, and grow older by themselves", () => {
  assert.equal("ended" in begun(row("web:1")).snapshot, false);
  const fold = new Fold(60);
  fold.take("status", { ...status(row("web:1")), ended: [end("web:2", 1.5), end("web:3", 59)] }, "a", 1000);
  assert.deepEqual(ended(fold), [
    ["web:2", 1.5],
    ["web:3", 59],
  ]);
  fold.take("change", { ...change("a", [], ["web:1"]), ended: [end("web:1", 0.1, "failed")] }, "b", 3500);
  assert.deepEqual(ended(fold), [
    ["web:1", 0.1],
    ["web:2", 4],
  ]);
  assert.equal(fold.snapshot.ended[0].outcome, "failed");
});

test("a session that is open again, or of which nobody tells any more, has not ended", () => {
  const fold = new Fold(60);
  fold.take("status", { ...status(), ended: [end("web:1", 1), end("web:2", 2), end("web:3", 3)] }, "a", 1000);
  fold.take("change", { ...change("a", [row("web:1")], ["web:3"]), ended: [] }, "b", 1000);
  assert.deepEqual(ended(fold), [["web:2", 2]]);
  fold.take("status", { ...status(), ended: [] }, "c", 1000);
  assert.deepEqual(ended(fold), []);
});

test("a snapshot that was handed out stays as it was", () => {
  const fold = begun(row("web:1"));
  const before = fold.snapshot;
  fold.take("change", change("a", [row("web:1", "error")]), "b", 5000);
  assert.deepEqual(before, status(row("web:1")));
});

test("rows are in the gateway's order, which is that of code points", () => {
  const fold = begun(row("web:a"), row("web:\u{ffee}"));
  fold.take("change", change("a", [row("web"), row("web:\u{1f600}"), row("web:é")]), "b", 1000);
  assert.deepEqual(keys(fold), ["web", "web:a", "web:é", "web:\u{ffee}", "web:\u{1f600}"]);
});

test("any history comes to the snapshot of its end", () => {
  let seed = 7;
  const below = (number) => (seed = (seed * 16807) % 2147483647) % number;
  const truth = new Map();
  const fold = begun();
  let id = "a";
  for (let step = 0; step < 2000; step += 1) {
    const sessions = [];
    const gone = [];
    for (let key = below(9); key < 40; key += 1 + below(12)) {
      const name = `web:${key + 10}`;
      const now = row(name, ["thinking", "error"][below(2)]);
      if (below(3)) sessions.push(now);
      else gone.push(name);
      if (gone.at(-1) === name) truth.delete(name);
      else truth.set(name, now);
    }
    const next = `${step}`;
    assert.equal(fold.take("change", change(id, sessions, gone, truth.size), next, 1000), true);
    id = next;
    const expected = [...truth.values()].sort((one, other) => (one.session_key < other.session_key ? -1 : 1));
    assert.deepEqual(fold.snapshot, { global: fleet(truth.size), sessions: expected });
  }
});
