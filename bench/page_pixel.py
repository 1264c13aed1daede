"""How long a change takes until somebody sees it: `python -m bench.page_pixel [--changes N] [--sessions N]`.

It is measured from a worker's call of the publisher, through Redis and a gateway with its usual settings, to the frame
of the dashboard that shows it, in a real browser. Nothing else happens in the fleet.
"""

import argparse
import random
import shutil
import statistics
import time
from contextlib import closing
from typing import Final

from playwright.sync_api import Page, sync_playwright

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer

KEY: Final = "a:measured"
LEAST_PAUSE_SECONDS: Final = 1.0
MOST_PAUSE_SECONDS: Final = 2.0
WARM_UP: Final = 3
WATCH: Final = """key => {
  const shown = window.shown = {};
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  });
  const note = () => {
    const text = document.querySelector(`#rows tr[data-key="${key}"] .what`).textContent;
    painted(() => (shown[text] ??= performance.timeOrigin + performance.now()));
  };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(note).observe(document.querySelector("#rows"), all);
}"""
"""The page writes in a frame of its own; the message after that frame's drawing comes once it is painted."""


def measure(page: Page, publisher: StatusPublisher, changes: int) -> list[float]:
    """Milliseconds of each change, from the call to the frame.

    The clock is the machine's own on both sides: the page's starts at `performance.timeOrigin`.
    """
    pauses = random.Random(changes)
    session = publisher.session(KEY, title="Measured")
    page.locator(f'#rows tr[data-key="{KEY}"]').wait_for()  # the first by its key, so it is drawn
    page.evaluate(WATCH, KEY)
    taken = []
    for number in range(WARM_UP + changes):
        time.sleep(pauses.uniform(LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS))
        tool = f"tool{number}"
        at_ms = time.time() * 1000
        session.tool_running(tool)
        shown_ms = page.wait_for_function("text => shown[text]", arg=f"running {tool}", polling=50).json_value()
        taken.append(shown_ms - at_ms)
    return taken[WARM_UP:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=60)
    parser.add_argument("--sessions", type=int, default=30)
    options = parser.parse_args()
    with (
        closing(RedisServer()) as server,
        GatewayProcess(server.url) as gateway,
        StatusPublisher(server.url) as publisher,
        sync_playwright() as playwright,
    ):
        for number in range(options.sessions - 1):
            publisher.session(f"web:{number}", title=f"Session {number}")
        publisher.flush(5)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(gateway.url)
        taken = measure(page, publisher, options.changes)
        browser.close()
    percentiles = statistics.quantiles(taken, n=100, method="inclusive")
    print(
        f"{options.sessions} sessions, {options.changes} changes, from the call to the frame that shows it: "
        f"median {statistics.median(taken):.0f} ms, 95% {percentiles[94]:.0f} ms, worst {max(taken):.0f} ms"
    )


if __name__ == "__main__":
    main()
