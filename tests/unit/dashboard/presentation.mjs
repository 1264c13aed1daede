// The rules of presentation are the ones that gateway/agent_status_gateway/cli/terminal/presentation.py is held to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as presentation from "../../../gateway/agent_status_gateway/dashboard/page/presentation.js";

const CASES = JSON.parse(readFileSync(new URL("../golden/presentation.json", import.meta.url), "utf-8"));
const rows = (told) =>
  told.map((row) => {
    const [session_key, state, lasts = "0"] = row.split(" ");
    return { session_key, state, duration_seconds: Number(lasts) };
  });
const RULES = {
  ...presentation,
  in_order: (told) => presentation.inOrder(rows(told)).map((row) => row.session_key),
  counts: (told) => presentation.counts(rows(told)),
  matches: ([text, state, tool_name, title, error_message = null]) =>
    presentation.matches({ session_key: "web:7", session_id: "7", channel: "web", state, tool_name, title, error_message }, text),
};

for (const [rule, cases] of Object.entries(CASES)) {
  for (const [given, expected] of cases) {
    test(`${rule}(${JSON.stringify(given)})`, () => assert.deepEqual(RULES[rule](given), expected));
  }
}

test("thousands are counted with a comma", () => {
  assert.equal(presentation.countWords({ thinking: 19_000, error: 2 }), "2 in error, 19,000 thinking");
});
