"""The page on a phone: the list begins high, and all that is above it can be reached."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.scripted_gateway import ScriptedGateway, snapshot
from tests.e2e.test_page_changes import row

STATES = ("waiting_for_user", "error", "thinking", "tool_running", "streaming")
MOST_PIXELS = 300


@pytest.fixture
def page(tabs: BrowserContext) -> Iterator[Page]:
    with ScriptedGateway() as scripted:
        rows = [row(100 + number, STATES[number % len(STATES)]) for number in range(60)]
        scripted.say(snapshot(rows, max_concurrent=80, uptime_seconds=9000))
        made = tabs.new_page()
        made.set_viewport_size({"width": 390, "height": 844})
        made.goto(scripted.url)
        expect(made.locator("#connection")).to_have_text("Live")
        yield made


def test_the_first_row_is_above_three_hundred_pixels(page: Page) -> None:
    first = page.locator("#rows tr").first.bounding_box()
    assert first is not None
    assert first["y"] < MOST_PIXELS
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for shown in ("#need", "#active", "#search", "#jump-error", "#matches"):
        expect(page.locator(shown)).to_be_in_viewport(ratio=1)


def test_what_scrolls_sideways_comes_into_sight_when_somebody_gets_there(page: Page) -> None:
    for there in (page.locator("#states button").last, page.get_by_label("Group by")):
        there.focus()
        expect(there).to_be_in_viewport(ratio=1)
