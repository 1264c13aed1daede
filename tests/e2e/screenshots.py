"""Pictures of the page in each of its states: `python -m tests.e2e.screenshots [--only NAME] [FOLDER]`.

What they show is made up, and the same each time; the page is the real one.
"""

import argparse
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
REPORT: Final = """{
  const { parse } = JSON;
  window.heard = 0;
  JSON.parse = (text) => {
    window.heard += 1;
    return parse(text);
  };
}"""
"""The page does not say what it has heard; its parser does."""
STEP_SECONDS: Final = 12
STEPS: Final = 80
TITLES: Final = (
    "Fix auth bug",
    "Migrate billing to the new ledger and backfill three years of invoices",
    "Why is checkout slow on Mondays?",
    "Release notes for 4.2",
    "Flaky test in upload queue",
    None,
    "Summarise yesterday's incidents",
    "Rotate the staging certificates",
    "Übersetzung der Hilfeseiten",
    "Draft the quarterly report",
)
CHANNELS: Final = ("websocket", "discord", "slack", "telegram")
TOOLS: Final = ("bash", "edit_file", "web_search", "read_file", "run_tests")
ERRORS: Final = ("worker lost", "RateLimitError: 429 from the model provider; retries used up", "TimeoutError")
NEXT: Final = {
    "thinking": ["tool_running", "tool_running", "streaming"],
    "tool_running": ["thinking", "thinking", "tool_running", "error"],
    "streaming": ["waiting_for_user", "thinking", "thinking"],
    "waiting_for_user": ["thinking"],
    "error": ["thinking"],
}
STAY: Final = {"thinking": 0.7, "tool_running": 0.7, "streaming": 0.6, "waiting_for_user": 0.93, "error": 0.75}


class Fleet:
    """Made-up sessions that go through their states on a clock of their own.

    Args:
        size: How many.
        stay: How likely each stays in its state for a step; else it depends on the state.
    """

    def __init__(self, size: int, stay: float | None = None) -> None:
        self._stay = STAY if stay is None else dict.fromkeys(STAY, stay)
        self._random = random.Random(size + 6)
        self.seconds = 8000.0
        self._size = size
        self._changed: dict[str, float] = {}
        self._rows = [self._row(number) for number in range(size)]

    def step(self, seconds: float) -> None:
        self.seconds += seconds
        for row in self._rows:
            if self._random.random() > self._stay[row["state"]]:
                self._become(row, self._random.choice(NEXT[row["state"]]))

    def snapshot(self) -> dict[str, object]:
        for row in self._rows:
            row["duration_seconds"] = round(self.seconds - self._changed[row["session_key"]], 1)
        rows = sorted(self._rows, key=lambda row: str(row["session_key"]))
        return snapshot(rows, max_concurrent=max(10, self._size * 4 // 3), uptime_seconds=int(self.seconds))

    def _row(self, number: int) -> Row:
        channel = CHANNELS[number % len(CHANNELS)]
        session_id = f"{self._random.getrandbits(32):08x}"
        row: Row = {
            "session_key": f"{channel}:{session_id}",
            "session_id": session_id,
            "channel": channel,
            "title": TITLES[number % len(TITLES)],
            "state": "thinking",
            "tool_name": None,
            "duration_seconds": 0.0,
            "token_usage": None,
            "error_message": None,
        }
        self._become(row, "thinking")
        self._changed[row["session_key"]] -= self._random.random() * 400
        return row

    def _become(self, row: Row, state: str) -> None:
        before = row["token_usage"] or {"input": 0, "output": 0}
        row["state"] = state
        row["tool_name"] = self._random.choice(TOOLS) if state == "tool_running" else None
        row["error_message"] = self._random.choice(ERRORS) if state == "error" else None
        row["token_usage"] = {
            "input": before["input"] + self._random.randrange(9000),
            "output": before["output"] + self._random.randrange(1200),
        }
        self._changed[row["session_key"]] = self.seconds - self._random.random() * 8


@dataclass(frozen=True, kw_only=True)
class Shot:
    sessions: int = 30
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    then: Callable[[ScriptedGateway, Page], None] | None = None
    query: str = ""


def stale(gateway: ScriptedGateway, page: Page) -> None:
    gateway.say_feed("lost", 3.0)
    page.locator("#connection[data-state=stale]").wait_for()
    page.clock.run_for(95_000)


def reconnecting(gateway: ScriptedGateway, page: Page) -> None:
    gateway.refusal = 502
    gateway.cut()
    page.get_by_text("the gateway answered 502").wait_for()


def needs_key(gateway: ScriptedGateway, page: Page) -> None:
    gateway.refusal = 403
    gateway.cut()
    page.clock.run_for(5000)
    page.locator("#key").wait_for()


def left(gateway: ScriptedGateway, page: Page) -> None:
    fleet = Fleet(24)
    gateway.say(fleet.snapshot())
    page.locator("#ended summary").click()
    page.locator("#ended-rows tr").first.wait_for()
    page.locator("#ended").scroll_into_view_if_needed()
    page.clock.run_for(1100)


SHOTS: Final = {
    "light": Shot(),
    "dark": Shot(scheme="dark"),
    "phone": Shot(width=360, height=780),
    "phone-dark": Shot(width=360, height=780, scheme="dark"),
    "wall": Shot(sessions=4, width=2560, height=1440, scheme="dark"),
    "thousand": Shot(sessions=1000),
    "one": Shot(sessions=1),
    "empty": Shot(sessions=0),
    "filtered": Shot(query="?state=error&sort=duration"),
    "stale": Shot(then=stale),
    "reconnecting": Shot(then=reconnecting, scheme="dark"),
    "key": Shot(then=needs_key),
    "tablet": Shot(width=820, height=1100),
    "left": Shot(then=left, height=1000),
}


def say(gateway: ScriptedGateway, page: Page, fleet: Fleet) -> None:
    """The fleet as it is, to a page that has heard it when this returns."""
    heard = page.evaluate("heard")
    gateway.say(fleet.snapshot())
    wait_until(lambda: page.evaluate("heard") > heard, "the page hears of the step", 30)


def play(gateway: ScriptedGateway, page: Page, shot: Shot, steps: int = STEPS) -> None:
    """Fifteen minutes of a fleet, seen by the page as they go by."""
    fleet = Fleet(shot.sessions)
    gateway.say(fleet.snapshot())
    page.clock.install()
    page.add_init_script(REPORT)
    page.goto(gateway.url + shot.query)
    page.locator("#connection[data-state=connected]").wait_for()
    for _ in range(steps if shot.sessions else 0):
        fleet.step(STEP_SECONDS)
        page.clock.run_for(STEP_SECONDS * 1000)
        say(gateway, page, fleet)
    page.clock.run_for(1100)


def take(browser: Browser, folder: Path, name: str, shot: Shot) -> Path:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    path = folder / f"page-{name}.png"
    with ScriptedGateway() as gateway:
        page = context.new_page()
        play(gateway, page, shot)
        if shot.then is not None:
            shot.then(gateway, page)
        page.screenshot(path=path)
        context.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", choices=SHOTS, action="append")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in options.only or SHOTS:
            path = take(browser, options.folder, name, SHOTS[name])
            print(f"{path} {path.stat().st_size // 1000} KB")  # noqa: T201 - a command
        browser.close()


if __name__ == "__main__":
    main()
