import assert from "node:assert/strict";
import test from "node:test";

import {
  LARGE,
  WHOLE,
  answered,
  askedFor,
  covers,
  filterWords,
  isSame,
  isWhole,
  knowsState,
  partWords,
  showsEnds,
  viewQuery,
  withoutPart,
} from "../../../gateway/agent_status_gateway/dashboard/page/view.js";

const NOTHING = { channel: "", state: "" };
const WEB = { channel: "web", state: "" };
const ERROR = { channel: "", state: "error" };
const fleet = (size, ...channels) => ({ size, channels: new Set(channels) });

test("the filter is asked for only of a large fleet", () => {
  const choice = { channel: "web", state: "error", search: "x", sort: "name" };
  assert.deepEqual(askedFor(choice, fleet(LARGE, "web")), NOTHING);
  assert.deepEqual(askedFor(choice, fleet(LARGE + 1, "web")), { channel: "web", state: "error" });
  assert.equal(LARGE, 500);
});

test("a channel is asked for if the fleet has it, and a query can say it", () => {
  const asked = (channel, ...channels) => askedFor({ channel, state: "" }, fleet(501, ...channels)).channel;
  assert.equal(asked("web,ci", "web", "ci"), "web,ci");
  assert.equal(asked("web,ci", "web"), "");
  assert.equal(asked("a:b", "web"), "");
  assert.equal(asked("a,b", "a,b", "a", "b"), "");
});

test("the view is what was asked for and the part in the page's URL", () => {
  assert.equal(viewQuery(NOTHING, "?channel=web&sort=name"), "");
  assert.equal(viewQuery({ channel: "web", state: "error" }, ""), "channel=web&state=error");
  assert.equal(viewQuery(WEB, "?session=web:1&session=web:2&parent=&label=a:b&key=x"), "session=web%3A1&session=web%3A2&label=a%3Ab&channel=web");
  assert.equal(withoutPart("?session=web:1&sort=name&parent=a:1&label=a:b"), "sort=name");
});

test("a snapshot serves a choice if it has all that the choice shows", () => {
  assert.ok(covers(NOTHING, WEB));
  assert.ok(covers(WEB, { ...WEB, state: "error" }));
  assert.ok(!covers(WEB, NOTHING));
  assert.ok(!covers(ERROR, { ...ERROR, state: "thinking" }));
  assert.ok(isSame(WEB, { ...WEB }) && !isSame(WEB, ERROR));
  assert.ok(isWhole(NOTHING) && !isWhole(WEB) && !isWhole(ERROR));
});

test("nothing is claimed of what was not asked for", () => {
  assert.ok(knowsState(WEB, "error") && knowsState(ERROR, "error") && !knowsState(ERROR, "thinking"));
  const row = { channel: "ci", state: "error" };
  assert.ok(showsEnds(NOTHING, row, "") && showsEnds({ channel: "web,ci", state: "" }, row, "?session=ci:1"));
  assert.ok(!showsEnds(WEB, row, "") && !showsEnds(ERROR, row, "") && !showsEnds(NOTHING, row, "?label=team:web"));
});

test("a snapshot with a row of something else is the whole, which an older gateway sends", () => {
  const found = { channels: ["web", "ci"], states: ["error"] };
  assert.equal(answered(ERROR, found), ERROR);
  assert.equal(answered(WEB, found), WHOLE);
  assert.equal(answered(WEB, { channels: [], states: [] }), WEB);
  assert.deepEqual(answered({ channel: "web,ci", state: "error" }, found), { channel: "web,ci", state: "error" });
  assert.equal(askedFor(NOTHING, fleet(501)), WHOLE);
});

test("filter and part have words, without control characters", () => {
  assert.equal(filterWords(NOTHING), "");
  assert.equal(filterWords({ channel: "web,c\u202ei", state: "error,tool_running" }), "web, c i, in error, running a tool");
  assert.equal(partWords("?session=web:1&label=team:w\u0007b&channel=web"), "session web:1, label team:w b");
});
