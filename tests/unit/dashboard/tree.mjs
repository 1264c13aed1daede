import assert from "node:assert/strict";
import test from "node:test";

import { Groups } from "../../../gateway/agent_status_gateway/dashboard/page/groups/groups.js";
import { randomly } from "./support/random.mjs";

const session = (key, parent = null, state = "thinking") => ({ key, row: { session_key: key, session_id: key, state, parent } });

/** A tree of these sessions, of which those in `hidden` are open, but not in the list. */
function laid(items, { groups = new Groups(), hidden = [], moved } = {}) {
  const open = new Map([...items, ...hidden].map((item) => [item.key, item]));
  const list = groups.lay(items, "parent", { find: (key) => open.get(key), moved });
  const depth = (one) => (one.isHeading ? one : groups.branch(one))?.depth ?? 0;
  return { groups, list, shown: list.map((one) => `${"-".repeat(depth(one))}${one.isHeading ? `(${one.title})` : one.key}`) };
}

test("children stand under their parent, also where that is a child itself", () => {
  const items = [session("c", "b"), session("lone"), session("b", "a"), session("d", "b"), session("a"), session("e", "a")];
  assert.deepEqual(laid(items).shown, ["a", "-b", "--c", "--d", "-e", "lone"]);
});

test("a branch counts all sessions below it, also while they are folded away", () => {
  const items = [session("a"), session("b", "a", "error"), session("c", "b"), session("d", "b", "waiting_for_user")];
  const { groups } = laid(items);
  groups.branch(items[1]).isFolded = true;
  const { shown } = laid(items, { groups });
  assert.deepEqual(shown, ["a", "-b"]);
  const { size, numbers } = groups.branch(items[0]);
  assert.deepEqual([size, numbers.error, numbers.thinking, numbers.waiting_for_user], [3, 1, 1, 1]);
  assert.equal(groups.branch(items[1]).size, 2);
  groups.unfold(items[3]);
  assert.deepEqual(laid(items, { groups }).shown, ["a", "-b", "--c", "--d"]);
});

test("a parent that the list does not have is a heading, below its own parent if it is open", () => {
  const items = [session("c", "b"), session("a"), session("x", "absent\u202e")];
  assert.deepEqual(laid(items, { hidden: [session("b", "a")] }).shown, ["a", "-(b)", "--c", "(absent )", "-x"]);
});

test("in a circle of parents each session is there once", () => {
  assert.deepEqual(laid([session("a", "a")]).shown, ["a"]);
  assert.deepEqual(laid([session("a", "b"), session("b", "a")]).shown, ["b", "-a"]);
  const circle = [session("a", "b"), session("b", "c"), session("c", "a"), session("d", "a")];
  assert.deepEqual(laid(circle).shown, ["c", "-b", "--a", "---d"]);
});

test("sessions without parents and children have no place in a tree", () => {
  const [one] = [session("a")];
  const { groups } = laid([one]);
  assert.equal(groups.branch(one), null);
  assert.equal(new Groups().branch(one), null);
});

test("what moves takes its tree along", () => {
  const items = [session("a"), session("b", "a"), session("c")];
  const { groups } = laid(items);
  const moved = new Set([items[1]]);
  laid(items, { groups, moved });
  assert.deepEqual([...moved].map(({ key }) => key).sort(), ["a", "b"]);
  const gone = new Set([items[1]]);
  laid([items[0], items[2]], { groups, moved: gone });
  assert.ok(gone.has(items[0]) && !gone.has(items[2]));
});

test("a chain of a hundred thousand sessions is laid out", () => {
  const items = Array.from({ length: 100_000 }, (_, index) => session(String(index), index ? String(index - 1) : null));
  const { list, groups } = laid(items);
  assert.equal(list.length, items.length);
  assert.deepEqual([groups.branch(items[0]).size, groups.branch(items.at(-1)).depth], [99_999, 99_999]);
});

test("whatever sessions say of their parents, each is there once, and right below what it names unless that is a circle", () => {
  randomly(200, (random) => {
    const groups = new Groups();
    for (let look = 0; look < 3; look += 1) {
      const keys = Array.from({ length: 1 + random.below(12) }, (_, index) => `s${index}`);
      const items = keys.map((key) => session(key, random.below(3) ? `s${random.below(15)}` : null));
      const listed = items.filter(() => random.below(4));
      const { list } = laid(listed, { groups, hidden: items.filter((item) => !listed.includes(item)), moved: new Set(listed) });
      assert.deepEqual(new Set(list.filter((one) => !one.isHeading)), new Set(listed));
      assert.equal(new Set(list).size, list.length);
      for (const item of listed) {
        const branch = groups.branch(item);
        if (item.row.parent && branch?.above) assert.equal(branch.above.key, item.row.parent);
      }
    }
  });
});
