"""The dialogs: the way out of each is always in sight, and leads back to where somebody was."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import row, whole

SIZES: Final = [(390, 844), (320, 480), (1280, 500)]
TO_THE_END: Final = "dialog => { dialog.scrollTop = dialog.scrollHeight; return dialog.scrollTop; }"


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1, "error") | {"title": "A title of many words. " * 8, "error_message": "Unbroken" * 60}))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#connection")).to_have_text("Live")
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("way", ["Close", "Escape"])
def test_options_can_be_closed_from_their_end_and_the_focus_goes_back(
    page: Page, width: int, height: int, way: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_role("button", name="Options").press("Enter")
    options = page.get_by_role("dialog", name="Options")
    expect(page.get_by_label("Sound when a session begins")).to_be_focused()
    assert options.evaluate(TO_THE_END) > 0
    close = options.get_by_role("button", name="Close")
    expect(close).to_be_in_viewport(ratio=1)
    if way == "Close":
        close.click()
    else:
        page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(page.get_by_role("button", name="Options")).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_session_can_be_closed_from_its_end(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.locator("#rows .title").click()
    session = page.get_by_role("dialog")
    expect(session.locator("#session-lines li")).to_have_count(1)
    assert session.evaluate(TO_THE_END) > 0
    close = session.get_by_role("button", name="Close session")
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(session).to_be_hidden()


@pytest.mark.slow
def test_what_has_the_focus_is_not_below_the_head(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 480})
    page.get_by_role("button", name="Options").press("Enter")
    options = page.get_by_role("dialog", name="Options")
    options.evaluate(TO_THE_END)
    page.locator("#columns input").last.focus()
    head = options.locator(".head").bounding_box()
    assert head
    for _ in range(22):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "options-close":
            return
        box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        assert box["top"] >= head["y"] + head["height"]
    pytest.fail("the way out is not among what Tab reaches")
