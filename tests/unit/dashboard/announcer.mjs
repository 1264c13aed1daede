import assert from "node:assert/strict";
import test from "node:test";

import { Announcer, GAP_MS, SETTLE_MS } from "../../../gateway/agent_status_gateway/dashboard/page/notices/announcer.js";

test("the first sentence is said at once, and nothing to say costs no time", () => {
  const announcer = new Announcer();
  assert.equal(announcer.say("", 0), "");
  assert.equal(announcer.say("Fleet active.", 10), "Fleet active.");
});

test("in five seconds there is one sentence, and then the newest", () => {
  const announcer = new Announcer();
  const said = [];
  for (let now = 0; now <= 3 * GAP_MS; now += 100) said.push(announcer.say(`${now}`, now));
  assert.deepEqual([...new Set(said)], ["0", "5000", "10000", "15000"]);
});

test("what is dropped before it is due is not said later", () => {
  const announcer = new Announcer();
  announcer.say("active", 0);
  announcer.say("1 waiting", 1000);
  announcer.say("active", 2000);
  assert.equal(announcer.tick(GAP_MS + 3000), "active");
  assert.equal(announcer.say("1 in error", GAP_MS + 4000), "1 in error");
});

test("an answer to a person does not wait, and what is known is not repeated after it", () => {
  const announcer = new Announcer();
  announcer.say("active", 0);
  assert.equal(announcer.answer("Paused.", 100), "Paused.");
  assert.equal(announcer.say("1 waiting", 200), "Paused.");
  assert.equal(announcer.say("active", 300), "Paused.");
  assert.equal(announcer.tick(GAP_MS + 100), "Paused.");
  assert.equal(announcer.say("1 in error", GAP_MS + 200), "1 in error");
});

test("what a choice finds is said once, after a person has chosen nothing else for a moment, and before the fleet's state", () => {
  const announcer = new Announcer();
  announcer.say("active", 0);
  for (const now of [6000, 6500]) announcer.choose(now);
  announcer.find("3 of 9 sessions.");
  assert.equal(announcer.say("1 waiting", 6500 + SETTLE_MS - 1), "active");
  assert.equal(announcer.tick(6500 + SETTLE_MS), "3 of 9 sessions.");
  announcer.find("4 of 10 sessions.");
  assert.equal(announcer.tick(6500 + SETTLE_MS + GAP_MS - 1), "3 of 9 sessions.");
  assert.equal(announcer.tick(6500 + SETTLE_MS + GAP_MS), "1 waiting");
  assert.equal(announcer.tick(6500 + SETTLE_MS + 2 * GAP_MS), "1 waiting");
});

test("what a choice finds waits for the gap, and while it is not known the fleet's state is said", () => {
  const announcer = new Announcer();
  announcer.say("active", 0);
  announcer.choose(100);
  announcer.find("");
  assert.equal(announcer.say("reconnecting", GAP_MS), "reconnecting");
  announcer.find("2 of 9 sessions.");
  assert.equal(announcer.tick(2 * GAP_MS - 1), "reconnecting");
  assert.equal(announcer.tick(2 * GAP_MS), "2 of 9 sessions.");
});
