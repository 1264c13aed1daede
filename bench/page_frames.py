"""How fluently the page shows 1,000 sessions: `python -m bench.page_frames [--sessions N] [--seconds S]`.

An event a second changes a tenth of the sessions while the page is scrolled; a real browser reports the time between
its frames and every task that kept it for more than 50 ms.
"""

import argparse
import shutil
import statistics
import time

from playwright.sync_api import Page, sync_playwright

from tests.e2e.made_up import Fleet
from tests.e2e.scripted_gateway import ScriptedGateway

WATCH = """() => {
  const seen = window.seen = { frames: [], tasks: [] };
  let before = performance.now();
  const frame = (at) => {
    seen.frames.push(at - before);
    before = at;
    scrollBy(0, Math.floor(at / 2000) % 2 ? -12 : 12);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask" });
}"""


def measure(page: Page, gateway: ScriptedGateway, fleet: Fleet, seconds: int) -> tuple[list[float], list[float], int]:
    page.goto(gateway.url)
    page.locator("#rows tr").first.wait_for()
    page.evaluate(WATCH)
    for _ in range(seconds):
        fleet.step(1)
        gateway.say(fleet.snapshot())
        time.sleep(1)
    page.evaluate("window.gc?.()")
    seen = page.evaluate("seen")
    heap_bytes = page.evaluate("performance.memory.usedJSHeapSize")
    return seen["frames"][1:], seen["tasks"], heap_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    fleet = Fleet(options.sessions, stay=0.9)
    with sync_playwright() as playwright, ScriptedGateway() as gateway:
        gateway.say(fleet.snapshot())
        arguments = ["--no-sandbox", "--js-flags=--expose-gc", "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        frames, tasks, heap_bytes = measure(browser.new_page(), gateway, fleet, options.seconds)
        browser.close()
    percentiles = statistics.quantiles(frames, n=100)
    print(
        f"{options.sessions} sessions, {options.seconds} events: {len(frames)} frames, "
        f"median {statistics.median(frames):.1f} ms, 95% {percentiles[94]:.1f} ms, 99% {percentiles[98]:.1f} ms, "
        f"worst {max(frames):.0f} ms; {len(tasks)} tasks over 50 ms, worst {max(tasks, default=0):.0f} ms; "
        f"heap {heap_bytes / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
