import assert from "node:assert/strict";
import test from "node:test";

import { Acknowledged, MAX_ACKNOWLEDGED } from "../../../gateway/agent_status_gateway/dashboard/page/errors/acknowledged.js";
import { Errors, MAX_ERRORS } from "../../../gateway/agent_status_gateway/dashboard/page/errors/errors.js";
import { stub } from "../../../gateway/agent_status_gateway/dashboard/page/kept/stub.js";

/** What a browser keeps, without one. */
class Storage extends Map {
  get = (name) => super.get(name) ?? "";
}

const NOW = 1_000_000;
const row = (key, state = "error", duration_seconds = 0, more = {}) => ({ ...stub(key), state, duration_seconds, ...more });
const changed = (...rows) => ({ changed: rows.map((one) => ({ item: { key: one.session_key, row: one } })), gone: [] });
const gone = (...rows) => ({ changed: [], gone: rows.map((one) => ({ key: one.session_key, row: one })) });
const ALL = { isOpen: null, shows: () => true };
const keys = (errors) => errors.listed.map(({ key }) => key);

function made() {
  const storage = new Storage();
  const acknowledged = new Acknowledged("/", NOW, storage);
  return { storage, acknowledged, errors: new Errors(acknowledged) };
}

test("an error is listed once it is over: its session has gone on or has ended", () => {
  const { errors } = made();
  errors.take(changed(row("web:1", "error", 5, { title: "One", error_message: "boom" }), row("web:2")), 10_000, ALL);
  assert.deepEqual(keys(errors), []);
  errors.take(changed(row("web:1", "thinking")), 20_000, ALL);
  assert.deepEqual(errors.listed, [{ key: "web:1", began: 5000, over: 20_000, called: "One", message: "boom" }]);
  errors.take(gone(row("web:2")), 30_000, ALL);
  assert.deepEqual(keys(errors), ["web:2", "web:1"]);
});

test("an error that goes on is one error, and while a session is in error nothing of it is listed", () => {
  const { errors } = made();
  errors.take(changed(row("web:1")), 10_000, ALL);
  errors.take(changed(row("web:1", "error", 9.5)), 20_000, ALL);
  errors.take(changed(row("web:1", "thinking")), 30_000, ALL);
  assert.equal(errors.listed[0].began, 10_000);
  errors.take(changed(row("web:1")), 40_000, ALL);
  assert.deepEqual(keys(errors), []);
  errors.take(gone(row("web:1")), 50_000, ALL);
  assert.deepEqual(errors.listed.map(({ began, over }) => [began, over]), [[40_000, 50_000]]);
});

test("a session that is out of view may still be in error, until a whole snapshot shows otherwise", () => {
  const { errors } = made();
  errors.take(changed(row("web:1"), row("ci:2")), 10_000, ALL);
  errors.take(gone(row("web:1"), row("ci:2")), 20_000, { isOpen: () => false, shows: () => false });
  assert.deepEqual(keys(errors), []);
  errors.take(changed(row("ci:2", "error", 20)), 30_000, { isOpen: (key) => key === "ci:2", shows: () => true });
  assert.deepEqual(keys(errors), ["web:1"]);
});

test("one that was acknowledged is not listed again, and a later one of its session is", () => {
  const { errors, acknowledged } = made();
  errors.take(changed(row("web:1")), 10_000, ALL);
  errors.take(gone(row("web:1")), 20_000, ALL);
  acknowledged.add(errors.listed, NOW);
  errors.update();
  assert.equal(errors.size, 0);
  errors.take(changed(row("web:1", "error", 21.5)), 30_000, ALL); // began at 8.5 s
  errors.take(gone(row("web:1")), 40_000, ALL);
  assert.deepEqual(keys(errors), []);
  errors.take(changed(row("web:1", "error", 0)), 50_000, ALL);
  errors.take(gone(row("web:1")), 60_000, ALL);
  assert.deepEqual(keys(errors), ["web:1"]);
});

test("what another tab has acknowledged is taken off the list, and is not listed where it is over later", () => {
  const { errors, acknowledged, storage } = made();
  errors.take(changed(row("web:1"), row("web:2")), 10_000, ALL);
  errors.take(gone(row("web:1")), 20_000, ALL);
  new Acknowledged("/", NOW, storage).add([{ key: "web:1", began: 11_000 }, { key: "web:2", began: 11_000 }], NOW);
  acknowledged.read(NOW);
  errors.update();
  errors.take(gone(row("web:2")), 30_000, ALL);
  assert.deepEqual(keys(errors), []);
});

test("the next load of the tab lists them by key, without their text, and one that ended meanwhile as well", () => {
  const { errors, acknowledged } = made();
  errors.take(changed(row("web:1", "error", 0, { title: "One", error_message: "boom" }), row("web:2"), row("web:3")), 10_000, ALL);
  errors.take(gone(row("web:1")), 20_000, ALL);
  assert.ok(!/One|boom/.test(errors.text));
  const next = new Errors(acknowledged);
  next.recall(errors.text);
  assert.deepEqual(next.listed, [{ key: "web:1", began: 10_000, over: 20_000, called: "1", message: null }]);
  const whole = changed(row("web:3", "error", 30));
  next.take(whole, 40_000, { isOpen: (key) => key === "web:3", shows: () => true });
  assert.deepEqual(keys(next), ["web:2", "web:1"]);
  acknowledged.add(next.listed, NOW);
  const last = new Errors(acknowledged);
  last.recall(errors.text);
  assert.deepEqual(keys(last), []);
});

test("the newest errors are kept", () => {
  const { errors } = made();
  const many = Array.from({ length: MAX_ERRORS + 5 }, (_, number) => row(`web:${number}`));
  errors.take(changed(...many), 10_000, ALL);
  many.forEach((one) => errors.take(gone(one), 20_000, ALL));
  assert.equal(errors.size, MAX_ERRORS);
  assert.deepEqual([keys(errors)[0], keys(errors).at(-1)], [`web:${MAX_ERRORS + 4}`, "web:5"]);
});

test("a text that makes no sense lists nothing", () => {
  const { errors } = made();
  for (const text of ["", "{", "null", "7", '{"a":1}', '[7,null,[],["web:1"],["web:1","x",5],["web:1",5,"x"],["",1,2],["web:1",5,4],[1,2,3]]']) errors.recall(text);
  assert.equal(errors.size, 0);
  errors.recall('[["web:1",5,6],[2]]');
  assert.deepEqual(keys(errors), ["web:1"]);
});

test("the browser keeps no key and no text, and the newest that were acknowledged", () => {
  const { acknowledged, storage } = made();
  acknowledged.add([{ key: "web:secret", began: 5, called: "One", message: "boom" }], NOW);
  assert.match(storage.get(acknowledged.name), /^\[\["[0-9a-z]{5,12}",5\]\]$/);
  const many = Array.from({ length: MAX_ACKNOWLEDGED + 5 }, (_, number) => ({ key: `web:${number}`, began: 9 }));
  acknowledged.add(many, NOW);
  assert.equal(JSON.parse(storage.get(acknowledged.name)).length, MAX_ACKNOWLEDGED);
  assert.deepEqual([acknowledged.has("web:secret", 5), acknowledged.has("web:5", 9), acknowledged.has("web:0", 9)], [false, true, false]);
});

test("what others have stored acknowledges nothing, and what began in the future hides no later error", () => {
  const { acknowledged, storage } = made();
  acknowledged.add([{ key: "web:1", began: 5 }], NOW);
  const [[id]] = JSON.parse(storage.get(acknowledged.name));
  for (const text of ["{", "null", "7", '{"a":1}', `[["${id}"],["${id}","5"],[7,5],"x"]`, `[["${id}",${NOW + 60_000}]]`]) {
    storage.set(acknowledged.name, text);
    acknowledged.read(NOW);
    assert.ok(!acknowledged.has("web:1", 5), text);
  }
  storage.set(acknowledged.name, `[7,["${id}",5]]`);
  acknowledged.read(NOW);
  assert.ok(acknowledged.has("web:1", 5));
});

test("acknowledging an older error does not bring a newer one back, and gateways keep theirs apart", () => {
  const { acknowledged, storage } = made();
  acknowledged.add([{ key: "web:1", began: 90_000 }], NOW);
  acknowledged.add([{ key: "web:1", began: 5 }], NOW);
  assert.ok(acknowledged.has("web:1", 90_000));
  assert.ok(!new Acknowledged("/other/", NOW, storage).has("web:1", 90_000));
});
