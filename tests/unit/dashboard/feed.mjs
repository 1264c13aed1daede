import assert from "node:assert/strict";
import test from "node:test";

import { Count, globalOf, only, sum } from "../../../gateway/agent_status_gateway/dashboard/page/feed/count.js";
import { MOST_ROWS, NOBODY, isSmallAgain, isTooLarge, narrowed } from "../../../gateway/agent_status_gateway/dashboard/page/feed/narrow.js";
import { WHOLE } from "../../../gateway/agent_status_gateway/dashboard/page/view.js";

const GLOBAL = { state: "degraded", active_sessions: 100_000, max_concurrent: 200_000, uptime_seconds: 60 };
const group = (channel, states) => ({ channel, sessions: Object.values(states).reduce((all, one) => all + one, 0), states });
const count = (...groups) => new Count({ global: GLOBAL, groups }, 1000);
const FLEET = count(
  group("bulk", { thinking: 60_000, waiting_for_user: 900, error: 100 }),
  group("web", { streaming: 38_000, error: 1000 }),
);
const chosen = (channel, state = "") => ({ channel, state });
const part = (asked, counted = FLEET, before = WHOLE) => narrowed(asked, counted, before);

test("sessions are counted by state, of all channels or some", () => {
  assert.equal(FLEET.size, 100_000);
  assert.deepEqual(FLEET.numbers().error, 1100);
  assert.deepEqual(FLEET.numbers(["web"]), { waiting_for_user: 0, error: 1000, thinking: 0, tool_running: 0, streaming: 38_000 });
  assert.equal(sum(FLEET.numbers(["constructor", "absent"])), 0);
  assert.deepEqual([...FLEET.channels.keys()], ["bulk", "web"]);
});

test("channels that a summary does not name are counted, too", () => {
  const counted = count(group("a", { thinking: 5 }), { other_groups: 34, sessions: 34, states: { error: 34 } });
  assert.deepEqual([counted.size, counted.numbers().error, counted.channels.size], [39, 34, 1]);
});

test("a part has a global status of its own", () => {
  const numbers = FLEET.numbers(["bulk"]);
  assert.deepEqual(globalOf(numbers, GLOBAL), { ...GLOBAL, active_sessions: 61_000 });
  assert.equal(globalOf(only(numbers, ["thinking"]), GLOBAL).state, "active");
  assert.equal(globalOf(only(numbers, ["streaming"]), GLOBAL).state, "idle");
});

test("a part that is too large lists those that need a person", () => {
  assert.deepEqual(part(WHOLE), { ...chosen("", "waiting_for_user,error"), within: WHOLE });
  const bulk = chosen("bulk");
  assert.deepEqual(part(bulk), { ...chosen("bulk", "waiting_for_user,error"), within: bulk });
  const working = chosen("", "thinking,error");
  assert.deepEqual(part(working), { ...chosen("", "error"), within: working });
});

test("a part that is small enough is listed as a whole", () => {
  const small = count(group("web", { thinking: MOST_ROWS }), group("bulk", { thinking: 90_000 }));
  for (const asked of [chosen("web"), chosen("web", "thinking"), chosen("", "error")]) assert.equal(part(asked, small), asked);
});

test("where even those that need a person are too many, one of their states is listed, or nobody", () => {
  const outage = count(group("web", { error: 90_000, waiting_for_user: 10 }));
  assert.equal(part(WHOLE, outage).state, "waiting_for_user");
  assert.equal(part(WHOLE, count(group("web", { error: 90_000, waiting_for_user: 50_000 }))).state, NOBODY);
  assert.equal(part(chosen("", "thinking")).state, NOBODY);
});

test("a part at the limit does not come and go with each session", () => {
  const grown = count(group("web", { thinking: MOST_ROWS + 1 }), group("bulk", { thinking: 90_000 }));
  assert.equal(part(chosen("web"), grown, chosen("web")).within, undefined);
  assert.ok(part(chosen("web"), grown, WHOLE).within);
  assert.ok(!isTooLarge(MOST_ROWS + 1) && isTooLarge(MOST_ROWS * 2));
  assert.ok(!isSmallAgain(MOST_ROWS - 1) && isSmallAgain(MOST_ROWS / 2));
});
