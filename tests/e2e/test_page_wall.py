"""The wall, with large counts and what needs a person, and the density of the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

STATES = ("waiting_for_user", "error", "thinking", "thinking", "tool_running")
IN_SIGHT = "([selector]) => document.querySelector(selector).getBoundingClientRect().height"


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(*(row(1 + number, state) for number, state in enumerate(STATES))))
        yield made


def opened(tabs: BrowserContext, scripted: ScriptedGateway, query: str = "") -> Page:
    page = tabs.new_page()
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(scripted.url + query)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_the_address_of_the_wall_shows_large_counts_and_only_what_needs_a_person(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, "?wall=on")
    expect(page.locator("#rows .title")).to_have_text(["Session 1", "Session 2"])
    expect(page.locator("#wall-counts dd")).to_have_text(["1", "1", "2", "1", "0"])
    assert page.locator("#wall-counts dd").first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") > 48
    assert page.locator("#rows .title").first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") > 24
    for hidden in (page.get_by_role("searchbox"), page.get_by_role("button", name="Options"), page.locator("#workers")):
        expect(hidden).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 1920
    session, state = (page.locator(f"#rows td.{column}").first.bounding_box() for column in ("session", "state"))
    assert session
    assert state
    assert session["width"] > 1.5 * state["width"]  # who it is counts from afar
    scripted.say_change(change("a", row(1), row(2), size=5), "b")
    expect(page.locator("#wall-calm")).to_have_text("No session needs a person.")
    expect(page.locator("#wall-counts dd")).to_have_text(["0", "0", "4", "1", "0"])


def test_options_lead_to_the_wall_and_esc_leaves_it(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted)
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Show the wall").click()
    expect(page.locator("#wall-counts")).to_be_visible()
    assert page.url == f"{scripted.url}?wall=on"
    wait_until(lambda: page.evaluate("document.fullscreenElement !== null"), "the page is the full screen")
    page.evaluate("document.exitFullscreen()")  # a browser does this by itself at Esc
    expect(page.locator("#wall-counts")).to_be_hidden()
    assert page.url == scripted.url
    expect(page.locator("#rows .title")).to_have_count(5)
    page.goto(f"{scripted.url}?wall=on&channel=web")
    expect(page.locator("#wall-counts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#wall-counts")).to_be_hidden()
    assert page.url == f"{scripted.url}?channel=web"


def test_a_button_leaves_the_wall_too(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted, "?wall=on")
    page.get_by_role("button", name="Leave the wall").click()
    expect(page.locator("#rows .title")).to_have_count(5)


def test_an_unknown_wall_is_the_page(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted, "?wall=perhaps")
    expect(page.locator("#rows .title")).to_have_count(5)


@pytest.mark.parametrize("width", [390, pytest.param(2560, marks=pytest.mark.slow)])
def test_axe_finds_nothing_on_the_wall(
    browser: Browser, scripted: ScriptedGateway, node_packages: Path, width: int
) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{scripted.url}?wall=on")
    expect(page.locator("#rows .title")).to_have_count(2)
    assert_axe_finds_nothing(page, node_packages)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_a_compact_list_shows_more_rows_and_this_browser_keeps_it(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.say(whole(*(row(100 + number) for number in range(300))))
    page = opened(tabs, scripted)
    tall = page.evaluate(IN_SIGHT, ["#rows tr"])
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Compact").check()
    page.keyboard.press("Escape")
    assert page.evaluate(IN_SIGHT, ["#rows tr"]) < 0.75 * tall
    session, state = (page.locator(f"#rows td.{column}").first.bounding_box() for column in ("session", "state"))
    assert session
    assert state
    assert session["width"] > 1.3 * state["width"]  # it has the channel beside the title
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#rows .title").last).to_have_text("Session 399")
    page.reload()
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.evaluate(IN_SIGHT, ["#rows tr"]) < 0.75 * tall
    page.get_by_role("button", name="Options").click()
    expect(page.get_by_label("Compact")).to_be_checked()
    page.get_by_label("Comfortable").check()
    assert page.evaluate(IN_SIGHT, ["#rows tr"]) == tall
