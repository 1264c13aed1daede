import assert from "node:assert/strict";
import test from "node:test";

import { areHeld, forgetSecrets, keep } from "../../../gateway/agent_status_gateway/dashboard/page/kept/secrets.js";
import { keepSeen, seen } from "../../../gateway/agent_status_gateway/dashboard/page/kept/seen.js";
import { ofBrowser, ofTab } from "../../../gateway/agent_status_gateway/dashboard/page/kept/storage.js";

/** Give the page a storage of this kind. */
function give(name, get) {
  Object.defineProperty(globalThis, name, { configurable: true, get });
}

class Area extends Map {
  isFull = false;
  getItem = (name) => this.get(name) ?? null;
  removeItem = (name) => this.delete(name);
  setItem(name, text) {
    if (this.isFull) throw new Error("QuotaExceededError");
    this.set(name, text);
  }
}

test("each storage keeps its own, and what is not there is empty", () => {
  const [tab, browser] = [new Area(), new Area()];
  give("sessionStorage", () => tab);
  give("localStorage", () => browser);
  ofTab.set("a", "1");
  ofBrowser.set("a", "2");
  assert.deepEqual([ofTab.get("a"), ofBrowser.get("a"), ofTab.get("b")], ["1", "2", ""]);
  ofTab.remove("a");
  assert.deepEqual([ofTab.get("a"), tab.size, browser.size], ["", 0, 1]);
});

test("where a browser allows no storage, the page remembers until it is closed", () => {
  give("localStorage", () => {
    throw new Error("SecurityError");
  });
  ofBrowser.set("c", "3");
  assert.equal(ofBrowser.get("c"), "3");
  ofBrowser.remove("c");
  assert.equal(ofBrowser.get("c"), "");
});

test("what a full storage does not take is remembered in its place", () => {
  const area = new Area([["d", "old"]]);
  give("localStorage", () => area);
  area.isFull = true;
  ofBrowser.set("d", "new");
  assert.equal(ofBrowser.get("d"), "new");
  area.isFull = false;
  ofBrowser.set("d", "newer");
  assert.deepEqual([ofBrowser.get("d"), area.get("d")], ["newer", "newer"]);
});

test("what a tab has seen goes with its key or ticket, and stays while that is the same", () => {
  const tab = new Area();
  give("sessionStorage", () => tab);
  give("location", () => ({ pathname: "/agents/" }));
  keep({ key: "one", ticket: null });
  keepSeen("past", "bars");
  keep({ key: "one", ticket: null });
  keep({ key: null, ticket: null });
  assert.deepEqual([seen("past"), areHeld({ key: "one", ticket: "" })], ["bars", true]);
  assert.ok(tab.has("agent-status past /agents/"));
  keep({ key: "one", ticket: "1.a.b" });
  assert.deepEqual([seen("past"), areHeld({ key: "", ticket: "1.a.b" })], ["", true]);
  for (const kind of ["past", "errors"]) keepSeen(kind, "text");
  forgetSecrets();
  assert.equal(tab.size, 0);
});
