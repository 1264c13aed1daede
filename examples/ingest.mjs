// An agent in Node on the dashboard, by `agent-status-gateway ingest`: node examples/ingest.mjs [http://127.0.0.1:8001]
const ingest = process.argv[2] ?? "http://127.0.0.1:8001";
const headers = { "Content-Type": "application/json" };
if (process.env.AGENT_STATUS_INGEST_KEY) headers["X-Status-Key"] = process.env.AGENT_STATUS_INGEST_KEY;

// An agent must not fail because of the dashboard.
async function request(method, key, telling) {
  try {
    const body = telling && JSON.stringify(telling);
    const answer = await fetch(`${ingest}/sessions/${encodeURIComponent(key)}`, { method, headers, body });
    if (!answer.ok) console.error(`status dashboard: ${answer.status} ${await answer.text()}`);
  } catch (error) {
    console.error(`status dashboard: ${error.message}`);
  }
}

const tell = (key, state, more = {}) => request("POST", key, { state, ...more });
const end = (key) => request("DELETE", key);

const key = "node:42";
await tell(key, "thinking", { title: "Count to three", labels: { agent: "counter" } });
await tell(key, "tool_running", { tool_name: "count" });
for (let n = 1; n <= 3; n++) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  await tell(key, "tool_running", { tool_name: "count", progress: { done: n, of: 3 } });
}
await tell(key, "streaming", { usage: { input: 12, output: 3 } });
await end(key);
