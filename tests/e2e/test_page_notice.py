"""The notice that says what is the matter: nothing that somebody reads moves for it, and all can be read beside it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import row, whole
from tests.support.axe import assert_axe_finds_nothing

WIDTHS: Final = [320, 390, 641, 768, 1024, 1199, 1280, 2560]
PARTS: Final = "#fleet > *, #need, #active, #states, #search, #matches, #rows .title, #workers-open, #session-key"
PLACES: Final = """(parts) => [...document.querySelectorAll(parts)]
  .map((node) => node.getBoundingClientRect())
  .map(({ top, left }) => [Math.round(top), Math.round(left)])"""


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(100, "error"), *(row(101 + number) for number in range(60))))
        yield made


def opened(tabs: BrowserContext, scripted: ScriptedGateway, width: int, query: str = "") -> Page:
    page = tabs.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(scripted.url + query)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .title").first).to_be_visible()
    return page


def lose(page: Page, scripted: ScriptedGateway) -> None:
    """Lose the gateway, which a balancer in between answers for: of all notices, that one has the most words."""
    scripted.refusal = 502
    scripted.cut()
    expect(page.locator("#notice")).to_contain_text("the gateway answered 502")


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "?open=web:103", "?wall=on"], ids=["list", "session", "wall"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_moves_nothing_whatever_the_width(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int, query: str
) -> None:
    page = opened(tabs, scripted, width, query)
    before = page.evaluate(PLACES, PARTS)
    lose(page, scripted)
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    assert page.evaluate(PLACES, PARTS) == before
    scripted.refusal = None
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#notice")).to_be_hidden()
    assert page.evaluate(PLACES, PARTS) == before
    page.locator("body").press("p")
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    assert page.evaluate(PLACES, PARTS) == before


@pytest.mark.slow
def test_on_a_phone_the_corner_says_when_the_page_tries_again(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted, 390)
    lose(page, scripted)
    corner = page.locator("#connection-text")
    expect(corner).to_have_text(re.compile(r"Reconnecting in \d+s"))
    assert corner.evaluate("node => node.scrollWidth - node.clientWidth") <= 0


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1024])
def test_down_the_list_it_is_in_sight_and_the_row_with_the_focus_is_not_below_it(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int
) -> None:
    page = opened(tabs, scripted, width)
    lose(page, scripted)
    for _ in range(30):
        page.keyboard.press("j")
    expect(page.get_by_role("link", name="Session 129")).to_be_focused()
    notice = page.locator("#notice").bounding_box()
    focused = page.get_by_role("link", name="Session 129").bounding_box()
    assert notice
    assert focused
    assert focused["y"] + focused["height"] <= notice["y"]
    assert notice["y"] + notice["height"] <= 800
    above = notice["y"]

    def shows_its_end() -> bool:
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        last = page.locator("#rows tr").last.bounding_box()
        return last is not None and last["y"] + last["height"] <= above

    wait_until(shows_its_end, "the end of the page is above the notice")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_that_an_open_session_has_ended_moves_none_of_its_facts(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int
) -> None:
    page = opened(tabs, scripted, width, "?open=web:103")
    first = page.locator("#session-facts dt").first
    before = first.bounding_box()
    scripted.say(whole(row(100), row(101)), "b")
    expect(page.locator("#session-gone")).to_contain_text("Ended")
    expect(page.locator("#session-gone")).to_be_in_viewport(ratio=1)
    assert first.bounding_box() == before


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 768])
def test_that_the_first_session_needs_a_person_moves_nothing_above_the_list(
    tabs: BrowserContext, scripted: ScriptedGateway, width: int
) -> None:
    scripted.say(whole(row(100)))
    page = opened(tabs, scripted, width)
    before = page.locator("#states").bounding_box()
    scripted.say(whole(row(100, "waiting_for_user")), "b")
    expect(page.locator("#jump-waiting_for_user")).to_be_visible()
    assert page.locator("#states").bounding_box() == before


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "?open=web:103"], ids=["list", "session"])
@pytest.mark.parametrize("width", [390, 1024])
def test_axe_finds_nothing_beside_it(
    browser: Browser, scripted: ScriptedGateway, node_packages: Path, width: int, query: str
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(scripted.url + query)
        expect(page.locator("#rows .title").first).to_be_visible()
        lose(page, scripted)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
