"""What an event costs the dashboard's main thread: `python -m bench.page_events [--sessions N] [--seconds S]`.

An event a second changes some of many sessions, and some of them end and others begin, in a real browser. The CPU time
of the main thread is Chromium's own account. A second in which nothing changes is measured as well.
"""

import argparse
import random
import shutil
import statistics
import time
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot

STATES: Final = ("thinking", "tool_running", "streaming", "waiting_for_user", "error")
WEIGHTS: Final = (50, 30, 16, 3, 1)
CHANNELS: Final = ("websocket", "discord", "slack", "telegram")
QUIET_SECONDS: Final = 10
SEARCH: Final = "session 42"
WATCH: Final = """() => {
  const seen = window.seen = { tasks: [], keys: [], pixels: [] };
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask" });
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  });
  const note = ({ timeStamp }) => painted(() => seen.keys.push(performance.now() - timeStamp));
  addEventListener("input", note, { capture: true });
}"""
"""A frame is painted when the message after it comes."""


class Fleet:
    """Made-up sessions, of which each step changes some, ends some and begins as many."""

    def __init__(self, size: int) -> None:
        self._random = random.Random(size)
        self._next = 0
        self._id = 0
        self._rows = {row["session_key"]: row for row in (self._new() for _ in range(size))}

    @property
    def id(self) -> str:
        return str(self._id)

    def whole(self) -> dict[str, Any]:
        rows = [self._rows[key] for key in sorted(self._rows)]
        return snapshot(rows, max_concurrent=len(rows) * 2, uptime_seconds=self._id)

    def step(self, changes: int, ends: int) -> dict[str, Any]:
        """Return a change event's data."""
        base = self.id
        self._id += 1
        gone = self._random.sample(sorted(self._rows), ends)
        for key in gone:
            del self._rows[key]
        changed = [self._rows[key] for key in self._random.sample(sorted(self._rows), changes - ends)]
        for row in changed:
            self._become(row, 0.2)
        new = [self._new() for _ in range(ends)]
        self._rows |= {row["session_key"]: row for row in new}
        whole = snapshot(list(self._rows.values()), max_concurrent=len(self._rows) * 2, uptime_seconds=self._id)
        sessions = sorted([*changed, *new], key=lambda row: str(row["session_key"]))
        return {"from": base, "global": whole["global"], "sessions": sessions, "gone": sorted(gone)}

    def _new(self) -> Row:
        self._next += 1
        channel = CHANNELS[self._next % len(CHANNELS)]
        session_id = f"{self._random.getrandbits(40):010x}"
        row: Row = {"session_key": f"{channel}:{session_id}", "session_id": session_id, "channel": channel}
        row |= {"title": f"Session {self._next} looks for a bug", "token_usage": {"input": 0, "output": 0}}
        self._become(row, self._random.random() * 600)
        return row

    def _become(self, row: Row, seconds: float) -> None:
        state = self._random.choices(STATES, WEIGHTS)[0]
        usage = row["token_usage"]
        row["state"] = state
        row["tool_name"] = "bash" if state == "tool_running" else None
        row["duration_seconds"] = round(seconds, 1)
        row["token_usage"] = {"input": usage["input"] + 1000, "output": usage["output"] + 100}
        row["error_message"] = "TimeoutError" if state == "error" else None


@dataclass
class MainThread:
    """CPU time of a page's main thread, in milliseconds, by Chromium's own account."""

    protocol: CDPSession

    def __post_init__(self) -> None:
        self.protocol.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy_ms(self) -> float:
        metrics = {one["name"]: one["value"] for one in self.protocol.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"]) * 1000

    def heap_bytes(self) -> float:
        self.protocol.send("HeapProfiler.collectGarbage")
        return float(self.protocol.send("Runtime.getHeapUsage")["usedSize"])


def measure(page: Page, gateway: ScriptedGateway, fleet: Fleet, options: argparse.Namespace) -> list[str]:
    began = time.monotonic()
    page.goto(gateway.url)
    page.locator("#rows tr").first.wait_for(timeout=120_000)
    first_seconds = time.monotonic() - began
    page.evaluate("() => new Promise((go) => setTimeout(go, 3000))")
    thread = MainThread(page.context.new_cdp_session(page))
    heaps = [thread.heap_bytes()]
    page.evaluate(WATCH)
    before = thread.busy_ms()
    time.sleep(QUIET_SECONDS)
    quiet = (thread.busy_ms() - before) / QUIET_SECONDS
    events = []
    for second in range(options.seconds):
        due = time.monotonic() + 1
        before = thread.busy_ms()
        gateway.say_change(fleet.step(options.changes, options.ends), fleet.id)
        if second % 2:
            page.mouse.wheel(0, 400 if second % 8 < 4 else -400)
        time.sleep(max(0.0, due - time.monotonic()))
        events.append(thread.busy_ms() - before)
        if second % 30 == 29:
            heaps.append(thread.heap_bytes())
    tasks = page.evaluate("seen.tasks")
    page.evaluate("() => { seen.tasks = []; document.querySelector('#search').focus(); }")
    for key in SEARCH:
        page.keyboard.press("Space" if key == " " else key)
        page.evaluate("() => new Promise((go) => setTimeout(go, 300))")
    keys, typed = page.evaluate("seen.keys"), page.evaluate("seen.tasks")
    nodes = page.evaluate("document.getElementsByTagName('*').length")
    return [
        f"{options.sessions} sessions, {options.seconds} events of {options.changes} changes ({options.ends} end)",
        f"first rows after {first_seconds:.1f} s; DOM nodes {nodes}",
        f"main thread in a second with an event: median {statistics.median(events):.1f} ms, worst {max(events):.1f} ms",
        f"in the last minute: median {statistics.median(events[-60:]):.1f} ms",
        f"main thread in a second without: {quiet:.1f} ms",
        f"long tasks during events: {len(tasks)}, worst {max(tasks, default=0):.0f} ms",
        f"a key in the search until it is painted: median {statistics.median(keys):.0f} ms, worst {max(keys):.0f} ms",
        f"long tasks during the search: {len(typed)}, worst {max(typed, default=0):.0f} ms",
        "heap, twice a minute: " + ", ".join(f"{size / 1e6:.1f}" for size in heaps) + " MB",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--ends", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    fleet = Fleet(options.sessions)
    with sync_playwright() as playwright, ScriptedGateway() as gateway:
        gateway.say(fleet.whole(), fleet.id)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        print("\n".join(measure(browser.new_page(), gateway, fleet, options)))
        browser.close()


if __name__ == "__main__":
    main()
