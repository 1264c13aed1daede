"""Pictures of the page in each of its states: `python -m tests.e2e.screenshots [--only NAME] [FOLDER]`.

What they show is made up, and the same each time; the page is the real one.
"""

import argparse
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from chaos.wait import wait_until
from tests.e2e.made_up import CHANNELS, Fleet, ended, in_need, worker
from tests.e2e.scripted_gateway import ScriptedGateway, snapshot

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
COLUMNS: Final = "session,state,waiting_for,agent,context,cost,duration,bar"
OUTCOMES: Final = ("done", "failed", "done", "cancelled", "done", "lost", "done", "expired")
STEP_SECONDS: Final = 12
STEPS: Final = 80


@dataclass(frozen=True, kw_only=True)
class Shot:
    sessions: int = 30
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    has_details: bool = False
    is_forced: bool = False
    before: Callable[[ScriptedGateway], None] | None = None
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
    """Every other session ends, in all ways that there are."""
    rows = Fleet(Shot.sessions).rows
    ends = [ended(row, OUTCOMES[number % len(OUTCOMES)], 7.0 + 53 * number) for number, row in enumerate(rows[::2])]
    gateway.say(snapshot(rows[1::2], max_concurrent=40, uptime_seconds=8940) | {"ended": ends})
    page.locator("#ended summary").click()
    page.locator("#ended-rows tr").first.wait_for()
    page.locator("#ended").scroll_into_view_if_needed()
    page.clock.run_for(1100)


def opened(_gateway: ScriptedGateway, page: Page) -> None:
    page.locator("#rows .title").first.click()
    page.locator("#session-facts dd").first.wait_for()


def workers(gateway: ScriptedGateway, page: Page) -> None:
    gateway.workers = [worker(1, "live"), worker(2, "live"), worker(3, "lost"), worker(4, "left")]
    page.keyboard.press("w")
    page.clock.run_for(1100)
    page.locator("#worker-rows tr").first.wait_for()


def paused(_gateway: ScriptedGateway, page: Page) -> None:
    page.keyboard.press("p")
    page.clock.run_for(1100)
    page.locator("#connection[data-state=paused]").wait_for()


def helped(_gateway: ScriptedGateway, page: Page) -> None:
    page.keyboard.press("?")
    page.locator("#help[open]").wait_for()


def optioned(_gateway: ScriptedGateway, page: Page) -> None:
    page.locator("#options-open").click()
    page.locator("#options[open]").wait_for()


def compacted(gateway: ScriptedGateway, page: Page) -> None:
    optioned(gateway, page)
    page.get_by_label("Compact").check()
    page.locator("#options-close").click()


def past_errors(_gateway: ScriptedGateway, page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^\d+ past errors?$")).click()
    page.get_by_role("list", name="Past errors").get_by_role("listitem").first.wait_for()
    page.clock.run_for(1100)


def many(gateway: ScriptedGateway) -> None:
    """More sessions than a page lists."""
    states = {"thinking": 19_000, "tool_running": 4000, "waiting_for_user": 6, "error": 2}
    oldest = dict.fromkeys(states, 340.0)
    gateway.say_summary(
        [
            {"channel": channel, "sessions": sum(states.values()), "states": states, "oldest_seconds": oldest}
            for channel in CHANNELS
        ]
    )


def needing(gateway: ScriptedGateway, page: Page) -> None:
    """Those of `many` that need a person, which the page lists."""
    gateway.say(in_need(2 * len(CHANNELS), 6 * len(CHANNELS)))
    page.get_by_text("are too many to list").wait_for()
    page.locator("#rows tr").first.wait_for()
    page.clock.run_for(1100)


SHOTS: Final = {
    "light": Shot(),
    "dark": Shot(scheme="dark"),
    "phone": Shot(width=390, height=844),
    "phone-dark": Shot(width=390, height=844, scheme="dark"),
    "large": Shot(width=2560, height=1440, scheme="dark"),
    "wall": Shot(width=2560, height=1440, scheme="dark", query="?wall=on"),
    "session": Shot(then=opened, has_details=True, width=1440, height=900),
    "session-phone": Shot(then=opened, has_details=True, width=390, height=844, scheme="dark"),
    "groups": Shot(query="?group=channel"),
    "tree": Shot(query="?group=parent", has_details=True, scheme="dark"),
    "columns": Shot(query=f"?columns={COLUMNS}", has_details=True, width=1440),
    "past-errors": Shot(then=past_errors, height=1000),
    "counted": Shot(before=many, then=needing, sessions=0),
    "workers": Shot(then=workers, sessions=8),
    "paused": Shot(then=paused),
    "help": Shot(then=helped),
    "options": Shot(then=optioned, height=1000),
    "compact": Shot(then=compacted, scheme="dark"),
    "forced": Shot(is_forced=True, query="?state=error,waiting_for_user"),
    "forced-dark": Shot(is_forced=True, scheme="dark"),
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
    fleet = Fleet(shot.sessions, has_details=shot.has_details)
    gateway.say(fleet.snapshot())
    if shot.before is not None:
        shot.before(gateway)
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
        forced_colors="active" if shot.is_forced else "none",
        reduced_motion="reduce",
    )
    path = folder / f"page-{name}.png"
    with ScriptedGateway() as gateway:
        page = context.new_page()
        play(gateway, page, shot)
        if shot.then is not None:
            shot.then(gateway, page)
        page.mouse.move(0, 0)
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
