"""The page by its own keys: through the list, into a session and out again, and not while somebody types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

SIZE: Final = 300


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(*(row(1000 + number) for number in range(SIZE))))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#matches")).to_have_text("300 sessions")
    return made


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def session(page: Page, number: int) -> Locator:
    return page.get_by_role("link", name=f"Session {number}")


def test_j_and_k_go_through_the_list_to_rows_that_are_not_drawn_yet(page: Page) -> None:
    press(page, "j")
    expect(session(page, 1000)).to_be_focused()
    expect(session(page, 1100)).to_have_count(0)
    press(page, "j" * 100)
    expect(session(page, 1100)).to_be_focused()
    expect(session(page, 1100)).to_be_in_viewport(ratio=1)
    press(page, "kk")
    expect(session(page, 1098)).to_be_focused()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(session(page, 1098)).to_have_count(0)  # and the focus with it
    press(page, "k")
    expect(session(page, 1097)).to_be_focused()


def test_at_the_ends_of_the_list_the_page_says_so(page: Page) -> None:
    press(page, "jk")
    expect(session(page, 1000)).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("This is the first row.")


def test_the_row_keeps_the_focus_where_it_moves_to_and_its_neighbour_is_next_where_it_ends(
    page: Page, scripted: ScriptedGateway
) -> None:
    press(page, "jjj")
    expect(session(page, 1002)).to_be_focused()
    scripted.say_change(change("a", row(1002, "error"), size=SIZE), "b")
    expect(page.locator("#rows .title").first).to_have_text("Session 1002")
    expect(session(page, 1002)).to_be_focused()
    press(page, "jj")
    expect(session(page, 1001)).to_be_focused()
    scripted.say_change(change("b", gone=("web:1001",), size=SIZE - 1), "c")
    expect(session(page, 1001)).to_have_count(0)
    press(page, "j")
    expect(session(page, 1003)).to_be_focused()


def test_enter_opens_the_row_and_esc_closes_it_wherever_the_focus_is(page: Page) -> None:
    press(page, "jj")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Session 1001")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#session")).to_be_hidden()
    expect(session(page, 1001)).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "j")
    expect(session(page, 1002)).to_be_focused()
    expect(page.locator("#session")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Session 1002")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#session")).to_be_hidden()
    expect(session(page, 1002)).to_be_focused()  # the newest one that was opened


def test_a_group_is_a_row_too_and_enter_folds_it(page: Page) -> None:
    page.get_by_label("Group by").select_option("channel")
    heading = page.locator("#rows .group button").first
    expect(heading).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    press(page, "j")
    expect(heading).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-expanded", "false")
    expect(heading).to_be_focused()


def test_slash_goes_to_the_search_enter_to_its_first_match_and_esc_empties_it_and_leads_back(page: Page) -> None:
    search = page.get_by_role("searchbox")
    press(page, "j/")
    expect(search).to_be_focused()
    page.keyboard.type("1234")
    expect(page.locator("#matches")).to_have_text("1 of 300 sessions")
    page.keyboard.press("Enter")
    expect(session(page, 1234)).to_be_focused()
    press(page, "/")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    expect(search).to_be_focused()
    expect(page.locator("#matches")).to_have_text("300 sessions")
    page.keyboard.press("Escape")
    expect(session(page, 1234)).to_be_focused()


def test_in_a_field_and_with_a_modifier_the_keys_do_nothing(page: Page) -> None:
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.type("j?k/")
    expect(search).to_have_value("j?k/")
    search.fill("")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+j")
    page.keyboard.press("Alt+j")
    page.keyboard.press("Shift+J")
    assert page.evaluate("document.activeElement === document.body")
    expect(page.locator("#help")).to_be_hidden()


def test_single_characters_can_be_turned_off_and_the_browser_remembers_it(page: Page) -> None:
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Single characters are shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#matches")).to_have_text("300 sessions")
    press(page, "?j/")
    expect(page.locator("#help")).to_be_hidden()
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Show the keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_help_shows_every_key_and_axe_finds_nothing_in_it(
    browser: Browser, scripted: ScriptedGateway, node_packages: Path
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(scripted.url)
    wait_until(lambda: page.locator("#rows tr").count() > 0, "rows are shown")
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert page.locator("#help kbd").all_inner_texts()[:3] == ["/", "j", "k"]
    assert_axe_finds_nothing(page, node_packages)
    context.close()
