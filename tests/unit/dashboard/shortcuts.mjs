import assert from "node:assert/strict";
import test from "node:test";

import { SHORTCUTS, commandOf } from "../../../gateway/agent_status_gateway/dashboard/page/keyboard/shortcuts.js";

const HERE = { isTyping: false, isSearch: false, isOn: true };
const SEARCH = { isTyping: true, isSearch: true, isOn: true };
const press = (key, where = HERE, more = {}) => commandOf({ key, ...more }, where);

test("each key of the help that has a command gives it", () => {
  for (const { keys, command } of SHORTCUTS) for (const key of keys) if (command) assert.equal(press(key), command);
  assert.equal(press("x"), null);
});

test("a key with a modifier, or while a character is composed, gives none", () => {
  for (const name of ["ctrlKey", "altKey", "metaKey", "isComposing"]) assert.equal(press("j", HERE, { [name]: true }), null);
  assert.equal(press("?", HERE, { shiftKey: true }), "help");
});

test("nothing that is typed in a field is a command", () => {
  for (const key of ["/", "j", "?", "Escape"]) assert.equal(press(key, { ...HERE, isTyping: true }), null);
});

test("single characters can be turned off, and Esc cannot", () => {
  assert.equal(press("j", { ...HERE, isOn: false }), null);
  assert.equal(press("Escape", { ...HERE, isOn: false }), "close");
});

test("Esc and Enter lead out of the search", () => {
  assert.deepEqual(["Escape", "Enter", "j"].map((key) => press(key, SEARCH)), ["leave search", "first", null]);
});
