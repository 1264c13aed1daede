import assert from "node:assert/strict";
import test from "node:test";

import { byCodePoint } from "../../../gateway/agent_status_gateway/dashboard/fold.js";
import { NOTHING, finder } from "../../../gateway/agent_status_gateway/dashboard/page/filters.js";
import { Listing } from "../../../gateway/agent_status_gateway/dashboard/page/list/listing.js";
import { ORDERS, merged } from "../../../gateway/agent_status_gateway/dashboard/page/list/order.js";
import { Sessions } from "../../../gateway/agent_status_gateway/dashboard/page/list/sessions.js";
import { randomly } from "./support/random.mjs";

const CHOICES = [
  NOTHING,
  { ...NOTHING, sort: "duration" },
  { ...NOTHING, sort: "tokens", channel: "web,ci" },
  { ...NOTHING, sort: "name", state: "error,thinking" },
  { ...NOTHING, search: "fix" },
  { ...NOTHING, sort: "cost" },
];

/** What the list has to be: all open sessions, filtered and sorted. */
function naive(sessions, choice) {
  return [...sessions.items.values()].sort(ORDERS[choice.sort]).filter(finder(choice)).map((item) => item.key);
}

test("in any history and after any choice the list is what filtering and sorting all sessions gives", () => {
  randomly(100, (random) => {
    const sessions = new Sessions();
    let choice = random.of(CHOICES);
    const listing = new Listing(choice);
    for (let step = 0; step < 40; step += 1) {
      const { changed, gone } = sessions.take(random.event(), step * 700);
      for (const { item } of changed) listing.mark(item);
      for (const item of gone) listing.mark(item);
      if (random.below(8) === 0) listing.choose((choice = random.of(CHOICES)));
      if (random.below(3) === 0) continue; // several events in one look
      assert.deepEqual(listing.look().items.map((item) => item.key), naive(sessions, choice));
    }
  });
});

test("only what was marked since the last look may have moved", () => {
  const listing = new Listing(NOTHING);
  const sessions = new Sessions();
  randomly(1, (random) => {
    const rows = [random.row(), random.row()];
    const { changed } = sessions.take({ isWhole: true, sessions: rows, gone: [] }, 0);
    for (const { item } of changed) listing.mark(item);
    assert.equal(listing.look().moved.size, sessions.items.size);
    assert.equal(listing.look().moved.size, 0);
    listing.mark(changed[0].item);
    assert.deepEqual([...listing.look().moved], [changed[0].item]);
  });
});

test("a session that came and went between two looks leaves nothing behind", () => {
  const listing = new Listing(NOTHING);
  const item = { key: "web:1", isOpen: true };
  listing.mark(item);
  item.isOpen = false;
  listing.mark(item);
  const { items, moved } = listing.look();
  assert.deepEqual([items.length, moved.size], [0, 0]);
});

test("two lists in one order are merged into one", () => {
  randomly(200, (random) => {
    const numbers = () => Array.from({ length: random.below(9) }, () => random.below(20)).sort((one, other) => one - other);
    const [long, short] = [numbers(), numbers()];
    const all = merged(long, short, (one, other) => one - other);
    assert.deepEqual(all, [...long, ...short].sort((one, other) => one - other));
  });
});

test("equal sessions are in the gateway's order, by code points", () => {
  assert.ok(byCodePoint("web:\uffee", "web:\u{1f600}") < 0);
  assert.ok("web:\uffee" > "web:\u{1f600}");
  const item = (key) => ({ key, since: 0 });
  assert.ok(ORDERS.duration(item("web:\uffee"), item("web:\u{1f600}")) < 0);
});
