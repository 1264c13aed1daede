import assert from "node:assert/strict";
import test from "node:test";

import { Count } from "../../../gateway/agent_status_gateway/dashboard/page/feed/count.js";
import { NOTHING } from "../../../gateway/agent_status_gateway/dashboard/page/filters.js";
import { Model } from "../../../gateway/agent_status_gateway/dashboard/page/list/model.js";
import { WHOLE } from "../../../gateway/agent_status_gateway/dashboard/page/view.js";

const row = (session_key, state = "thinking", duration_seconds = 0) => {
  const [channel, session_id] = session_key.split(":");
  return { session_key, session_id, channel, state, duration_seconds, title: null, tool_name: null, token_usage: null };
};
const event = (isWhole, sessions, gone = []) => ({ isWhole, global: { active_sessions: sessions.length }, sessions, gone });
const WEB = { channel: "web", state: "" };
const ERROR = { channel: "", state: "error" };
const asked = (part, at = 0) => ({ at, asked: part, query: "" });
const shown = (model) => model.listing.look().items.map((item) => item.key);
const ended = (model, at) => model.past.ended(at).map((track) => track.row.session_key);

/** A model that has taken two sessions of the whole fleet at 1,000 ms. */
function begun() {
  const model = new Model(NOTHING);
  model.take(event(true, [row("ci:1"), row("web:1")]), asked(WHOLE, 1000));
  return model;
}

test("an event changes the sessions, the list and the history", () => {
  const model = begun();
  const changed = model.take(event(false, [row("web:1", "error")], ["ci:1"]), asked(WHOLE, 5000));
  assert.deepEqual(changed.map(({ item, before }) => [item.key, before.state]), [["web:1", "thinking"]]);
  assert.deepEqual(shown(model), ["web:1"]);
  assert.deepEqual(model.rows.map((one) => one.state), ["error"]);
  assert.deepEqual(ended(model, 5000), ["ci:1"]);
  assert.deepEqual([model.snapshot.at, model.snapshot.of, model.knownFrom], [5000, WHOLE, 1000]);
});

test("nothing in the first event of another part is news, and only ends that are sure are ends", () => {
  const model = begun();
  assert.deepEqual(model.take(event(true, [row("web:1", "error")]), asked(ERROR, 2000)), []);
  assert.deepEqual(ended(model, 2000), []);
  assert.equal(model.take(event(false, [row("web:2", "error")]), { ...asked(ERROR, 3000), asked: model.snapshot.asked }).length, 1);
});

test("the fleet is what the last event without a filter said", () => {
  const model = begun();
  assert.deepEqual(model.fleet, { size: 2, channels: new Set(["ci", "web"]) });
  model.take(event(true, [row("web:1")]), asked(WEB, 2000));
  assert.equal(model.fleet.size, 2);
});

test("an older gateway's whole snapshot is called that, whatever was asked for", () => {
  const model = begun();
  model.take(event(true, [row("ci:1"), row("web:1")]), asked(WEB, 2000));
  assert.equal(model.snapshot.of, WHOLE);
});

test("after a loss without another snapshot the states go on only where their beginning proves it", () => {
  const model = begun();
  model.past.feedLost(3000);
  model.goOn(WEB, 9000, "");
  assert.equal(model.past.tracks.get("web:1").to.at(-1), 3000);
  model.goOn(WHOLE, 9000, "");
  assert.equal(model.past.tracks.get("web:1").to.at(-1), Infinity);
  assert.ok(!model.past.isStopped);
});

test("another choice shows other sessions at once", () => {
  const model = begun();
  model.choice = { ...NOTHING, channel: "ci" };
  assert.deepEqual(shown(model), ["ci:1"]);
  model.forgetSnapshot();
  assert.deepEqual([shown(model), model.snapshot, model.fleet.size], [[], null, 0]);
  assert.equal(model.past.tracks.size, 2);
  model.take(event(true, [row("ci:1"), row("web:1")]), asked(WHOLE, 2000));
  assert.deepEqual(shown(model), ["ci:1"]);
});

test("of what a key has shown nothing is left for the next one", () => {
  const model = begun();
  model.forget();
  assert.deepEqual([model.rows, model.past.tracks.size, model.knownFrom], [[], 0, Infinity]);
});

test("a model that holds still shows what it did, while another takes what comes", () => {
  const model = begun();
  model.hold(1500);
  const changed = model.newest.take(event(false, [row("web:1", "error"), row("web:2")], ["ci:1"]), asked(WHOLE, 2000));
  assert.deepEqual(changed.map(({ item, before }) => [item.key, before?.state]), [["web:1", "thinking"], ["web:2", undefined]]);
  assert.deepEqual([shown(model), model.sessions.numbers.error, model.snapshot.at], [["ci:1", "web:1"], 0, 1000]);
  assert.deepEqual([ended(model, 2000), model.past.tracks.get("web:1").to], [[], [Infinity]]);
  assert.deepEqual(model.newest.rows.map((one) => one.session_key), ["web:1", "web:2"]);
});

test("released, it shows the newest state, in the items that it had", () => {
  const model = begun();
  const [, item] = model.listing.look().items;
  model.hold(1500);
  model.newest.take(event(false, [row("web:1", "error", 0.4), row("web:2")], ["ci:1"]), asked(WHOLE, 2000));
  model.release(9000);
  assert.equal(model.newest, model);
  assert.deepEqual([shown(model), model.sessions.numbers.error, model.snapshot.at], [["web:1", "web:2"], 1, 2000]);
  assert.equal(model.listing.look().items[0], item);
  assert.equal(Math.round(item.since), 1600);
  assert.deepEqual(ended(model, 9000), ["ci:1"]);
  assert.equal(model.past.tracks.get("web:1").to[0], 1600);
});

test("what is forgotten does not come back at the end of the pause", () => {
  const model = begun();
  model.hold(1500);
  model.forget();
  model.release(2000);
  assert.deepEqual([shown(model), model.snapshot], [[], null]);
});

test("of a part that is too large the figures are as counted, and the chart is of them", () => {
  const model = new Model(NOTHING);
  const states = { thinking: 60_000, error: 1 };
  const global = { state: "degraded", active_sessions: 60_001, max_concurrent: 0, uptime_seconds: 1 };
  const count = new Count({ global, groups: [{ channel: "web", sessions: 60_001, states }] }, 500);
  model.takeCount(count, "");
  model.take(event(true, [row("web:1", "error")]), asked({ channel: "", state: "error", within: WHOLE }, 1000));
  const { numbers, known, usage, at } = model.figures;
  assert.deepEqual([numbers.thinking, known.error, usage, at, model.figures.global], [60_000, 1, null, 500, global]);
  model.takeCount(new Count({ global, groups: [{ channel: "web", sessions: 2, states: { error: 2 } }] }, 3000), "");
  assert.deepEqual(model.past.samples.map((sample) => sample.numbers), [[0, 1, 60_000, 0, 0], [0, 2, 0, 0, 0]]);
  assert.deepEqual(ended(model, 3000), []);
  model.take(event(true, [row("web:1", "error")]), asked(WHOLE, 4000));
  assert.equal(model.figures.numbers.thinking, 0);
});

test("until rows have what another grouping needs, the list is grouped as before", () => {
  const model = new Model(NOTHING);
  const headings = () => model.look().items.filter((item) => item.isHeading).map((heading) => heading.title);
  const rows = ["web:1", "ci:1"].map((key) => ({ ...row(key), host: `h-${key}` }));
  model.take(event(true, rows), { ...asked(WHOLE, 1000), fields: "" });
  model.look();
  model.choice = { ...NOTHING, group: "host" };
  model.take(event(false, []), { ...asked(WHOLE, 2000), fields: "" });
  assert.deepEqual(headings(), []);
  model.take(event(true, rows), { ...asked(WHOLE, 3000), fields: "host" });
  assert.equal(model.look().moved, null, "another list");
  assert.notEqual(model.look().moved, null);
  assert.deepEqual(headings(), ["h-ci:1", "h-web:1"]);
});
