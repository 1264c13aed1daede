import assert from "node:assert/strict";
import test from "node:test";

import { openedIn, queryOf, withOpened } from "../../../gateway/agent_status_gateway/dashboard/page/session/address.js";
import { factsOf, linkOf, quietOf } from "../../../gateway/agent_status_gateway/dashboard/page/session/facts.js";
import { MOST_LINES, linesOf } from "../../../gateway/agent_status_gateway/dashboard/page/session/timeline.js";

const PLAIN = {
  session_key: "web:1",
  session_id: "1",
  channel: "web",
  title: "Fix auth bug",
  state: "waiting_for_user",
  tool_name: null,
  error_message: null,
  duration_seconds: 4,
  token_usage: null,
};
const FULL = {
  ...PLAIN,
  token_usage: { input: 12_000, output: 345 },
  labels: { agent: "reviewer", "te\u202eam": "we\nb" },
  parent: "web:0",
  link: "https://ci.example.org/run/7",
  host: "box-1",
  worker_id: "w1",
  waiting_for: "approval",
  context: { used: 96_000, window: 200_000 },
  cost_usd: 1.24,
  progress: { done: 3, of: 7 },
  quiet_seconds: 12.3,
};
const shown = (row, more) => Object.fromEntries(factsOf(row, more).map(({ name, value }) => [name, value]));

test("a plain row has few facts, and nothing is said of what it has not", () => {
  assert.deepEqual(shown(PLAIN), { State: "waiting for user", Channel: "web" });
  const unset = { ...PLAIN, labels: {}, parent: null, link: null, context: null, cost_usd: null, progress: null };
  assert.deepEqual(shown({ ...unset, waiting_for: null, quiet_seconds: null }), shown(PLAIN));
});

test("a row with all fields says them in words", () => {
  assert.deepEqual(shown(FULL, { lasts: "4s, since 10:00:00", children: [{ key: "web:2", called: "Child" }] }), {
    State: "waiting for user: approval",
    "In state": "4s, since 10:00:00",
    Quiet: "12s, as of the last event",
    Progress: { value: 3, most: 7, words: "3 of 7" },
    Link: { href: "https://ci.example.org/run/7", host: "ci.example.org" },
    Labels: [["agent", "reviewer"], ["te am", "we b"]],
    Parent: [{ key: "web:0", called: "web:0" }],
    Children: [{ key: "web:2", called: "Child" }],
    Tokens: "12,000 in, 345 out",
    Context: { value: 96_000, most: 200_000, words: "96,000 of 200,000 tokens (48 %)" },
    Cost: "$1.24",
    Channel: "web",
    Worker: "w1",
    Host: "box-1",
  });
});

test("what has been quiet is as of the moment that the page shows", () => {
  const row = { duration_seconds: 160, quiet_seconds: 155 };
  assert.equal(quietOf({ row, at: 200_000 }, 200_000, 40_000), 155);
  assert.equal(quietOf({ row, at: 200_000 }, 260_000, 40_000), 155); // and not later than what was heard
  assert.equal(quietOf({ row, at: 200_000 }, 105_000, 40_000), 60);
  assert.equal(quietOf({ row, at: 200_000 }, 1000, 0), 0);
  assert.equal(quietOf({ row: { duration_seconds: 160 }, at: 0 }, 0, 0), null);
});

test("no agent has been quiet for longer than in a state that it told, but one that was lost has", () => {
  const told = { duration_seconds: 12, quiet_seconds: 12 };
  assert.equal(quietOf({ row: told, at: 50_000 }, 50_000, 38_400), 11.6); // the list heard of the state a moment later
  const lost = { duration_seconds: 5, quiet_seconds: 40 };
  assert.equal(quietOf({ row: lost, at: 50_000 }, 50_000, 45_000), 40);
});

test("what is nothing is said, too: no cost and no step done are facts", () => {
  const { Cost, Progress } = shown({ ...PLAIN, cost_usd: 0, progress: { done: 0, of: 4 } });
  assert.deepEqual([Cost, Progress.words], ["$0.00", "0 of 4"]);
  assert.equal(shown({ ...PLAIN, cost_usd: 0.00123 }).Cost, "$0.0012");
  assert.equal(shown({ ...PLAIN, cost_usd: 2.5257 }).Cost, "$2.53");
  assert.equal(shown({ ...PLAIN, context: { used: 5, window: 0 } }).Context.words, "5 of 0 tokens");
});

test("an error is whole, and the state does not repeat it", () => {
  const error = "boom ".repeat(100);
  const { State, Error: long } = shown({ ...PLAIN, state: "error", error_message: error });
  assert.deepEqual([State, long], ["error", error]);
});

test("a link leads to the web and says to which host, or it is none", () => {
  assert.equal(linkOf("HTTP://Example.org:8080/x").host, "example.org:8080");
  assert.equal(linkOf("https://xn--e1afmkfd.example/").host, "xn--e1afmkfd.example");
  const hostile = ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a@evil.example/", "x", null, undefined];
  for (const text of hostile) assert.equal(linkOf(text), null, String(text));
});

test("a session is opened in the page's URL beside all that is there", () => {
  assert.equal(queryOf("web:a b&c"), "?open=web%3Aa+b%26c");
  assert.equal(openedIn(queryOf("web:a b&c")), "web:a b&c");
  assert.equal(withOpened("?sort=name&open=web%3A1", "web:2"), "sort=name&open=web%3A2");
  assert.equal(withOpened("?sort=name&open=web%3A1", null), "sort=name");
  for (const query of ["", "?open="]) assert.equal(openedIn(query), null);
});

test("a timeline has the newest line first, and what goes on has no end", () => {
  const track = { from: [1000, 61_000, 70_000], to: [61_000, 66_000, Infinity], states: [2, 1, 3] };
  assert.deepEqual(linesOf(track, 75_000), [
    { state: "tool_running", from: 70_000, to: null, lasts: "5s" },
    { state: "error", from: 61_000, to: 66_000, lasts: "5s" },
    { state: "thinking", from: 1000, to: 61_000, lasts: "1m 0s" },
  ]);
  const many = Array.from({ length: 500 }, (_, index) => index * 1000);
  const lines = linesOf({ from: many, to: many.map((at) => at + 1000), states: many.map(() => 2) }, 0);
  assert.deepEqual([lines.length, lines[0].from], [MOST_LINES, 499_000]);
});

test("of many children the first are shown, and how many more there are", () => {
  const children = Array.from({ length: 1060 }, (_, index) => ({ key: `web:${index}`, called: `Task ${index}` }));
  const { Children } = shown(PLAIN, { children });
  assert.deepEqual([Children.length, Children[49].called, Children[50]], [51, "Task 49", { key: null, called: "and 1,010 more" }]);
});
