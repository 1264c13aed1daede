import assert from "node:assert/strict";
import test from "node:test";

import { NOTHING, fromQuery, toQuery, toggled } from "../../../gateway/agent_status_gateway/dashboard/page/filters.js";
import { Listing } from "../../../gateway/agent_status_gateway/dashboard/page/list/listing.js";
import { Sessions } from "../../../gateway/agent_status_gateway/dashboard/page/list/sessions.js";

const row = (session_key, state, more = {}) => {
  const [channel, session_id] = session_key.split(":");
  const usual = { title: null, tool_name: null, error_message: null, token_usage: null, duration_seconds: 0 };
  return { session_key, session_id, channel, state, ...usual, ...more };
};
const ROWS = [
  row("slack:1", "thinking", { title: "beta", duration_seconds: 5, token_usage: { input: 1, output: 1 } }),
  row("web:1", "error", { title: "Gamma", duration_seconds: 50 }),
  row("web:2", "waiting_for_user", { title: "alpha", duration_seconds: 5, token_usage: { input: 9, output: 0 } }),
];

/** Keys of the rows that match a choice, in its order. */
function keys(choice, rows = ROWS) {
  const listing = new Listing({ ...NOTHING, ...choice });
  const { changed } = new Sessions().take({ isWhole: true, sessions: rows, gone: [] }, 1_000_000);
  for (const { item } of changed) listing.mark(item);
  return listing.look().items.map((item) => item.key);
}

test("what is not chosen is not in the query, and comes back from it", () => {
  assert.equal(toQuery(NOTHING), "");
  const choice = { search: "a b&c", channel: "web", state: "error", sort: "tokens", group: "label.team", columns: "session,state,cost", wall: "", workers: "on", stalled: "600" };
  assert.deepEqual(fromQuery(toQuery(choice)), choice);
  assert.deepEqual(fromQuery(""), NOTHING);
});

test("a wall has only what needs a person, so it has no workers", () => {
  const { wall, workers } = fromQuery("?workers=on&wall=on");
  assert.deepEqual({ wall, workers }, { wall: "on", workers: "" });
  assert.equal(fromQuery("?workers=perhaps").workers, "");
});

test("neither a key nor a ticket is in the query, and what others put there stays", () => {
  assert.equal(toQuery({ ...NOTHING, channel: "web" }, "?key=secret&ticket=1.a.b&theme=x"), "theme=x&channel=web");
});

test("what makes no sense counts as not chosen", () => {
  assert.deepEqual(fromQuery("?state=asleep&sort=constructor&group=constructor"), NOTHING);
  for (const seconds of ["0", "-1", "1.5", "ten", "86401", "0600"]) assert.deepEqual(fromQuery(`?stalled=${seconds}`), NOTHING);
  assert.deepEqual(fromQuery("?state=error,asleep&channel="), NOTHING);
});

test("several channels or states are a list, however the link writes it", () => {
  const choice = { ...NOTHING, channel: "web,ci", state: "error,thinking" };
  assert.deepEqual(fromQuery("?channel=web,ci&state=error,thinking"), choice);
  assert.deepEqual(fromQuery("?channel=web&channel=ci&state=error&state=thinking"), choice);
  assert.deepEqual(keys({ channel: "web,ci", state: "error,thinking" }), ["web:1"]);
  assert.deepEqual(keys({ channel: "slack,web" }), ["web:2", "web:1", "slack:1"]);
});

test("a channel whose name has a comma can be chosen", () => {
  const rows = [row("a,b:1", "thinking"), row("c:1", "thinking")];
  assert.deepEqual(keys({ channel: "a,b" }, rows), ["a,b:1"]);
});

test("all that was chosen must hold", () => {
  assert.deepEqual(keys({ channel: "web" }), ["web:2", "web:1"]);
  assert.deepEqual(keys({ channel: "web", state: "error" }), ["web:1"]);
  assert.deepEqual(keys({ channel: "web", search: "BETA" }), []);
});

test("each order is as it is called, and what is equal stays by key", () => {
  assert.deepEqual(keys({}), ["web:2", "web:1", "slack:1"]);
  assert.deepEqual(keys({ sort: "duration" }), ["web:1", "slack:1", "web:2"]);
  assert.deepEqual(keys({ sort: "tokens" }), ["web:2", "slack:1", "web:1"]);
  assert.deepEqual(keys({ sort: "name" }), ["web:2", "slack:1", "web:1"]);
});

test("states are pressed and released one by one, and their order in the link is fixed", () => {
  assert.equal(toggled("", "thinking"), "thinking");
  assert.equal(toggled("thinking", "error"), "error,thinking");
  assert.equal(toggled("error,thinking", "error"), "thinking");
  assert.equal(toggled("thinking", "thinking"), "");
});

test("those that wait longest are first within their state, and the others stay by key", () => {
  const rows = [
    row("web:1", "thinking", { duration_seconds: 1 }),
    row("web:2", "thinking", { duration_seconds: 9 }),
    row("web:3", "waiting_for_user", { duration_seconds: 10 }),
    row("web:4", "waiting_for_user", { duration_seconds: 40 }),
    row("web:5", "error", { duration_seconds: 90 }),
  ];
  assert.deepEqual(keys({}, rows), ["web:4", "web:3", "web:5", "web:1", "web:2"]);
});

test("each word of a search must be found, and errors are searched", () => {
  const rows = [row("web:1", "error", { title: "Deploy", error_message: "RateLimitError: 429" }), row("web:2", "thinking", { title: "Deploy" })];
  assert.deepEqual(keys({ search: "429 deploy" }, rows), ["web:1"]);
  assert.deepEqual(keys({ search: "  deploy " }, rows), ["web:1", "web:2"]);
});
