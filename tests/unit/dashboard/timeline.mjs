// What a session did is told by the rules that gateway/agent_status_gateway/cli/terminal/session/timeline.py is held to, too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { History } from "../../../gateway/agent_status_gateway/dashboard/page/history.js";
import { linesOf } from "../../../gateway/agent_status_gateway/dashboard/page/session/timeline.js";

const CASES = JSON.parse(readFileSync(new URL("../golden/timeline.json", import.meta.url), "utf-8"));
const row = (told) => {
  const [session_key, state, lasts, tool_name = null] = told.split(" ");
  return { session_key, state, duration_seconds: Number(lasts), tool_name };
};
const seconds = (milliseconds) => (milliseconds === null ? null : milliseconds / 1000);

for (const [name, { moments, now, lines }] of Object.entries(CASES)) {
  test(name, () => {
    const history = new History();
    for (const [at, rows] of moments) {
      if (rows) history.add(rows.map(row), at * 1000);
      else history.feedLost(at * 1000);
    }
    for (const [key, expected] of Object.entries(lines)) {
      const told = linesOf(history.tracks.get(key), now * 1000);
      const found = told.map(({ state, from, to, lasts }) => [state, seconds(from), seconds(to), lasts]);
      assert.deepEqual(found, expected, key);
    }
  });
}
