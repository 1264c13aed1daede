import assert from "node:assert/strict";
import test from "node:test";

import { loadWords, rosterOf, stateWords, summaryOf } from "../../../gateway/agent_status_gateway/dashboard/page/workers/roster.js";

const worker = (worker_id, state, sessions, max_concurrent, last_heard_seconds = 1) => ({
  worker_id,
  state,
  host: "box",
  pid: 7,
  sessions: Array.from({ length: sessions }, (_, number) => `web:${number}`),
  max_concurrent,
  uptime_seconds: 60,
  last_heard_seconds,
});

test("lost workers come first, those that have left last, and else it is the gateway's order", () => {
  const workers = [worker("a", "left", 0, 0), worker("b", "live", 1, 5), worker("c", "lost", 2, 5), worker("d", "live", 1, 5)];
  assert.deepEqual(rosterOf(workers, new Map(), 0).map((item) => item.key), ["c", "b", "d", "a"]);
});

test("a worker that is known stays the same item, with what is new of it", () => {
  const [item] = rosterOf([worker("a", "live", 1, 5, 2)], new Map(), 10_000);
  assert.equal(item.heardAt, 8000);
  const [again] = rosterOf([worker("a", "lost", 1, 5, 30)], new Map([["a", item]]), 40_000);
  assert.equal(again, item);
  assert.deepEqual([again.worker.state, again.heardAt], ["lost", 10_000]);
});

test("a load names a limit only where the worker does", () => {
  assert.equal(loadWords(worker("a", "live", 3, 5)), "3 of 5");
  assert.equal(loadWords(worker("a", "live", 3, 0)), "3");
  assert.deepEqual(["live", "lost", "left", "of \u0007late"].map((state) => stateWords({ state })), ["live", "lost", "has left", "of  late"]);
});

test("places and the sessions in them are of the same workers", () => {
  assert.equal(summaryOf([worker("a", "live", 3, 5)]), "1 live worker, 3 of 5 places taken.");
  const mixed = [worker("a", "live", 38, 40), worker("b", "live", 66, 0), worker("c", "lost", 2, 5), worker("d", "left", 0, 5)];
  assert.equal(summaryOf(mixed), "2 live workers, 1 lost, 38 of 40 places taken (1 names a limit).");
  assert.equal(summaryOf([worker("b", "live", 66, 0)]), "1 live worker.");
  assert.equal(summaryOf([]), "0 live workers.");
});
