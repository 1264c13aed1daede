"""The page stands still: no figure and no row moves because a number has another digit or a session is opened."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.scripted_gateway import ScriptedGateway, snapshot
from tests.e2e.test_page_changes import row

pytestmark = pytest.mark.slow

PLACES = """() => [...document.querySelectorAll("#fleet > :not(.jumps), #rows")].map((node) => {
  const { left, top } = node.getBoundingClientRect();
  return [left, top];
})"""
SIZE = 40


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(snapshot([row(100 + number) for number in range(SIZE)], max_concurrent=80, uptime_seconds=5))
        yield made


def opened(tabs: BrowserContext, scripted: ScriptedGateway, *, width: int, height: int = 900) -> Page:
    page = tabs.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(scripted.url)
    expect(page.locator("#matches")).to_have_text(f"{SIZE} sessions")
    return page


def say_many_needs(page: Page, scripted: ScriptedGateway) -> None:
    """Have all that leads from the headline into the list: sessions that wait and that failed, and past errors."""
    scripted.say(snapshot([row(100 + number, "error") for number in range(SIZE)], max_concurrent=80, uptime_seconds=5))
    expect(page.locator("#jump-error")).to_have_text(f"{SIZE} in error")
    rows = [row(100 + number, "waiting_for_user" if number < SIZE // 2 else "error") for number in range(SIZE)]
    scripted.say(snapshot(rows, max_concurrent=80, uptime_seconds=3000))
    expect(page.locator("#fleet .jumps button:visible")).to_have_text(
        ["20 waiting for user", "20 in error", "20 past errors"]
    )


@pytest.mark.parametrize("width", [800, 1000, 1440, 2560])
def test_no_figure_and_no_row_moves_for_more_digits(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int
) -> None:
    page = opened(tabs, scripted, width=width)
    places = page.evaluate(PLACES)
    say_many_needs(page, scripted)
    assert page.evaluate(PLACES) == places
    scripted.say(snapshot([row(1000 + number, "error") for number in range(SIZE)], max_concurrent=8, uptime_seconds=5))
    expect(page.locator("#most")).to_have_text("")  # more than workers say they can run
    assert page.evaluate(PLACES) == places
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_leads_below_the_list_stays_where_it_is_while_nothing_matches(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, width=1440)
    before = page.locator("#workers-open").bounding_box()
    page.get_by_role("searchbox").fill("nobody")
    expect(page.locator("#no-match")).to_be_visible()
    after = page.locator("#workers-open").bounding_box()
    assert before
    assert after
    assert after["x"] == before["x"]


def test_the_list_begins_where_it_did_once_a_session_is_open(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted, width=1440)
    say_many_needs(page, scripted)
    top = page.evaluate(PLACES)[-1][1]
    page.locator("#rows .what").first.click()
    expect(page.locator("#session")).to_be_visible()
    assert page.evaluate(PLACES)[-1][1] == top


def test_beside_an_open_session_a_wait_has_one_line_and_the_times_do_not_touch(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, width=1200)
    say_many_needs(page, scripted)
    line = page.locator("#rows .what").first.evaluate("node => node.getBoundingClientRect().height")
    page.locator("#rows .what").first.click()
    expect(page.locator("#session")).to_be_visible()
    assert page.locator("#rows .what").first.evaluate("node => node.getBoundingClientRect().height") == line
    first, last = (page.locator(".axis span:not(.unseen):visible").nth(place).bounding_box() for place in (0, -1))
    assert first
    assert last
    assert first["x"] + first["width"] < last["x"]


@pytest.mark.parametrize(("width", "height"), [(390, 300), (720, 450)])
def test_where_the_page_has_little_room_a_row_is_in_sight(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int, height: int
) -> None:
    page = opened(tabs, scripted, width=width, height=height)
    say_many_needs(page, scripted)
    expect(page.locator("#rows tr").first).to_be_in_viewport(ratio=0.1)
