"""A gateway that is frozen closes nothing: the page must not call its last snapshot live for long."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway, snapshot

pytestmark = pytest.mark.slow

ROW = {
    "session_key": "web:1",
    "session_id": "1",
    "channel": "web",
    "title": "Alpha",
    "state": "thinking",
    "tool_name": None,
    "duration_seconds": 1.0,
    "token_usage": None,
    "error_message": None,
}
STALE = re.compile(r"^Stale since \d\d:\d\d:\d\d$")
LONG_MS = 40_000
"""Longer than three feed events may take."""


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(snapshot([ROW], max_concurrent=5, uptime_seconds=60))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, gateway: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.clock.install()
    made.goto(gateway.url)
    expect(made.locator("#connection")).to_have_text("Live")
    return made


def repeat_the_state(gateway: ScriptedGateway, page: Page) -> None:
    """Twice: what a gateway repeats, it said before. The tool shows that the page has got it."""
    for tool in ("read", "bash"):
        gateway.say_feed("live", 1.0)
        gateway.say(snapshot([ROW | {"state": "tool_running", "tool_name": tool}], max_concurrent=5, uptime_seconds=60))
        expect(page.locator("#rows .what")).to_have_text(f"running {tool}")


def test_a_stream_whose_repeated_feed_events_are_missing_is_stale_until_the_next_one(
    gateway: ScriptedGateway, page: Page
) -> None:
    repeat_the_state(gateway, page)
    gateway.refusal = 503  # nothing answers beside the stream either
    page.clock.run_for(30_000)
    expect(page.locator("#connection")).to_have_text("Live")
    page.clock.run_for(LONG_MS)
    expect(page.locator("#connection")).to_have_text(STALE)
    expect(page.locator("#notice")).to_contain_text("The last sign of the gateway came")
    gateway.say_feed("live", 80.0)
    expect(page.locator("#connection")).to_have_text("Live")


def test_a_gateway_that_answers_beside_a_silent_stream_is_asked_for_a_new_one(
    gateway: ScriptedGateway, page: Page
) -> None:
    repeat_the_state(gateway, page)
    gateway.forget_streams()
    gateway.say(snapshot([ROW | {"title": "Bravo"}], max_concurrent=5, uptime_seconds=120))

    def has_the_new_snapshot() -> bool:
        page.clock.run_for(LONG_MS)
        return page.locator("#rows .title").text_content() == "Bravo"

    wait_until(has_the_new_snapshot, "a new stream has taken the place of the silent one")
    expect(page.locator("#connection")).to_have_text("Live")


def test_an_older_gateway_that_names_the_state_once_is_not_called_stale(gateway: ScriptedGateway, page: Page) -> None:
    gateway.say_feed("live", 1.0)
    gateway.say(snapshot([ROW | {"state": "streaming"}], max_concurrent=5, uptime_seconds=60))
    expect(page.locator("#rows .what")).to_have_text("streaming")
    page.clock.run_for(10 * LONG_MS)
    expect(page.locator("#connection")).to_have_text("Live")


def lost(gateway: ScriptedGateway, page: Page) -> str:
    """Cut the page off. Returns the moment up to which the page says that it knows the sessions."""
    gateway.refusal = 503
    gateway.cut()
    expect(page.locator("#connection")).to_have_text(re.compile("^Reconnecting"))
    return page.locator("#as-of").inner_text()


def test_another_stream_in_an_outage_makes_the_picture_no_younger(gateway: ScriptedGateway, page: Page) -> None:
    rows = [ROW | {"session_key": f"web:{number}"} for number in range(600)]
    gateway.say(snapshot(rows, max_concurrent=0, uptime_seconds=9))
    expect(page.locator("#matches")).to_have_text("600 sessions")
    as_of = lost(gateway, page)
    page.clock.run_for(60_000)
    page.locator("#states").get_by_role("button", name="thinking").click()
    page.clock.run_for(60_000)
    expect(page.locator("#connection")).to_have_text(re.compile("^Reconnecting"))
    expect(page.locator("#as-of")).to_have_text(as_of)
    expect(page.locator("#notice")).to_contain_text("Connection lost 2m")
    gateway.refusal = None
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#as-of")).to_be_hidden()


def test_a_gateway_that_is_away_after_a_computer_slept_was_last_heard_before(
    gateway: ScriptedGateway, page: Page
) -> None:
    page.clock.run_for(2000)
    page.clock.fast_forward("08:00:00")
    lost(gateway, page)
    expect(page.locator("#notice")).to_contain_text(re.compile("Connection lost (7h 59m|8h 0m) ago"))
