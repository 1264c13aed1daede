import assert from "node:assert/strict";
import test from "node:test";

import { Extent } from "../../../gateway/agent_status_gateway/dashboard/page/list/extent.js";
import { randomly } from "./support/random.mjs";

const items = (number) => Array.from({ length: number }, () => ({}));

test("rows that were not drawn are as tall as the first ones that were, on average", () => {
  const extent = new Extent();
  const list = items(10);
  extent.lay(list);
  assert.ok(extent.note([[list[0], 40], [list[1], 60]]));
  extent.lay(list);
  assert.equal(extent.height, 500);
  assert.ok(extent.note([[list[2], 100]]));
  assert.ok(!extent.note([[list[2], 100]]));
  extent.lay(list);
  assert.deepEqual([extent.top(2), extent.top(3), extent.height], [100, 200, 550]);
});

test("each row notes its place, and a row keeps its height wherever it moves", () => {
  const extent = new Extent();
  const [one, two] = items(2);
  extent.lay([one, two]);
  extent.note([[one, 10], [two, 30]]);
  extent.lay([two, one]);
  assert.deepEqual([two.index, one.index, extent.top(1), extent.height], [0, 1, 30, 40]);
});

test("after the page has another width nothing is known of the rows", () => {
  const extent = new Extent();
  const [one] = items(1);
  extent.lay([one]);
  extent.note([[one, 10]]);
  extent.forget();
  extent.note([[one, 20]]);
  extent.lay([one]);
  assert.equal(extent.height, 20);
});

test("an empty list has no row anywhere", () => {
  const extent = new Extent();
  extent.lay([]);
  assert.deepEqual([extent.height, extent.between(-100, 1000)], [0, [0, 0]]);
});

test("the rows between two places are all that reach into them", () => {
  randomly(200, (random) => {
    const extent = new Extent();
    const list = items(1 + random.below(20));
    extent.note(list.map((item) => [item, 1 + random.below(50)]));
    extent.lay(list);
    const top = random.below(600) - 50;
    const bottom = top + 1 + random.below(200);
    const inside = list.filter((_, index) => extent.top(index + 1) > top && extent.top(index) < bottom);
    const [from, to] = extent.between(top, bottom);
    const found = list.slice(from, to);
    assert.ok(inside.every((item) => found.includes(item)));
    assert.ok(found.length <= Math.max(1, inside.length));
  });
});
