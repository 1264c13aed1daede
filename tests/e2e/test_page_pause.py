"""The pause: the picture holds still and says so, notices still come, and at its end the newest state shows at once."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.screenshots import REPORT
from tests.e2e.scripted_gateway import Row, ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole
from tests.e2e.test_page_notices import STUBS
from tests.e2e.test_page_workers import worker

pytestmark = pytest.mark.slow

PICTURE: Final = """() => [
  document.querySelector("#main").innerText,
  ...[...document.querySelectorAll("#main canvas")].map((canvas) => canvas.toDataURL()),
]"""
SIZE: Final = 12


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(*(row(100 + number, seconds=60.0 + number) for number in range(SIZE))))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    tabs.grant_permissions(["notifications"], origin=scripted.url)
    tabs.add_init_script(STUBS)
    tabs.add_init_script(REPORT)
    made = tabs.new_page()
    made.clock.install()
    made.goto(scripted.url)
    expect(made.locator("#connection")).to_have_text("Live")
    made.clock.run_for(3000)
    return made


def paused(page: Page) -> list[str]:
    """What a page shows that was just paused."""
    page.keyboard.press("p")
    expect(page.locator("#connection")).to_have_text("Paused")
    page.clock.run_for(1000)
    return picture(page)


def picture(page: Page) -> list[str]:
    shown: list[str] = page.evaluate(PICTURE)
    return shown


def wait_for_notice(page: Page) -> None:
    """Wait for a notice, which says that the page has taken the event."""
    wait_until(lambda: page.evaluate("notices.length") > 0, "a notice comes")


def failed(scripted: ScriptedGateway, *gone: str) -> None:
    scripted.say_change(change("a", row(105, "error"), row(900), gone=gone, size=SIZE + 1 - len(gone)), "b")


def test_no_row_count_or_chart_moves_and_the_page_says_why(page: Page, scripted: ScriptedGateway) -> None:
    page.get_by_role("button", name="Notify me").click()
    before = paused(page)
    expect(page.locator("#notice")).to_contain_text("The page shows that moment; notices still come.")
    expect(page.get_by_role("status")).to_have_text("Paused. The page shows this moment until you resume.")
    assert page.title() == "Paused · active · Agent status"
    failed(scripted, "web:100")
    wait_for_notice(page)
    page.clock.run_for(60_000)
    assert picture(page) == before
    assert page.evaluate("notices") == [["Session 105", "error"]]
    page.set_viewport_size({"width": 1200, "height": 700})  # all is drawn again
    page.clock.run_for(1000)
    assert picture(page)[0] == before[0]


@pytest.mark.parametrize("width", [1280, 1440, 2560])
def test_the_words_that_say_so_move_no_row(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.clock.run_for(1000)
    before = page.locator("#rows .title").nth(1).bounding_box()
    paused(page)
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#in-state-as-of")).to_be_visible()
    assert page.locator("#rows .title").nth(1).bounding_box() == before


@pytest.mark.parametrize("width", [390, 1280])
def test_far_down_the_list_the_page_says_so_and_a_row_is_not_below_the_words(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 500})
    page.clock.run_for(1000)
    page.evaluate("scrollTo(0, 500)")
    page.clock.run_for(1000)
    paused(page)
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Resume")).to_be_in_viewport(ratio=1)
    page.locator("#rows .title").last.focus()
    for _ in range(SIZE - 1):
        page.keyboard.press("k")
    header, title = page.locator("header").bounding_box(), page.locator("#rows .title").first.bounding_box()
    assert header
    assert title
    assert title["y"] >= header["y"] + header["height"]
    assert [header["x"], header["width"]] == [0, width]  # no row shows through beside it


def test_at_its_end_the_newest_state_shows_at_once(page: Page, scripted: ScriptedGateway) -> None:
    page.get_by_role("button", name="Notify me").click()
    page.keyboard.press("j")
    paused(page)
    failed(scripted, "web:101")
    wait_for_notice(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("status")).to_have_text("Resumed.")
    expect(page.locator("#rows .title").first).to_have_text("Session 105")
    expect(page.locator("#active")).to_have_text("12")
    expect(page.locator("#notice")).to_be_hidden()
    assert page.title() == "1 in error · Agent status"
    page.locator("#ended summary").click()
    expect(page.locator("#ended-rows .title")).to_have_text("Session 101")
    scripted.say_change(change("b", row(106, "error"), size=SIZE), "c")
    expect(page.locator("#states button[data-state=error] b")).to_have_text("2")


def test_the_row_that_somebody_is_at_keeps_the_focus(page: Page, scripted: ScriptedGateway) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    paused(page)
    scripted.say_change(change("a", row(100, "streaming"), size=SIZE), "b")
    page.keyboard.press("p")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.get_by_role("link", name="Session 101")).to_be_focused()


def test_filters_are_of_the_picture_that_holds_still(page: Page, scripted: ScriptedGateway) -> None:
    page.get_by_role("button", name="Notify me").click()
    paused(page)
    failed(scripted)
    wait_for_notice(page)
    page.locator("#states").get_by_role("button", name="in error").click()
    expect(page.get_by_text("No sessions match.")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#rows .title")).to_have_text(["Session 105"])


def test_an_open_session_holds_still_too(page: Page, scripted: ScriptedGateway) -> None:
    page.get_by_role("link", name="Session 100").click()
    facts = page.locator("#session-facts")
    expect(facts).to_contain_text("Channel")
    wait_until(lambda: any("fields=all" in asked for asked in scripted.asked), "the page asks for the open session")
    page.locator("#session-name").press("p")
    expect(page.locator("#connection")).to_have_text("Paused")
    heard = page.evaluate("heard")
    scripted.say(whole(row(100, seconds=90.0) | {"cost_usd": 2.5}), "b")
    wait_until(
        lambda: page.evaluate("heard") >= heard + 2, "the page hears of it, for the list and for the open session"
    )
    page.clock.run_for(5000)
    expect(facts).to_contain_text("Channel")
    expect(facts).not_to_contain_text("Cost")
    page.keyboard.press("p")
    expect(facts).to_contain_text("$2.5")


def test_workers_hold_still_too(page: Page, scripted: ScriptedGateway) -> None:
    scripted.workers = [worker("w1", "live", 3, 5)]
    page.keyboard.press("w")
    expect(page.locator("#workers-summary")).to_have_text("1 live worker, 3 of 5 places taken.")
    paused(page)
    scripted.workers = [worker("w1", "lost", 3, 5)]
    before = page.locator("#workers").inner_text()
    page.clock.run_for(30_000)
    assert page.locator("#workers").inner_text() == before
    page.keyboard.press("p")
    page.clock.run_for(6000)
    expect(page.locator("#workers-summary")).to_contain_text("1 lost")


def test_a_loss_during_the_pause_is_said(page: Page, scripted: ScriptedGateway) -> None:
    before = paused(page)
    scripted.say_feed("lost", 1.0)
    expect(page.locator("#notice")).to_contain_text("The snapshot is stale: the gateway is not connected to Redis.")
    page.clock.run_for(5000)
    assert picture(page) == before


def test_a_filter_that_the_picture_does_not_have_ends_the_pause(page: Page, scripted: ScriptedGateway) -> None:
    many: list[Row] = [row(1000 + number, "error" if number < 5 else "thinking") for number in range(600)]
    scripted.say(whole(*many), "b")
    expect(page.locator("#matches")).to_have_text("600 sessions")
    chips: Any = page.locator("#states")
    chips.get_by_role("button", name="in error").click()
    wait_until(lambda: any("state=error" in asked for asked in scripted.asked), "the page asks for a part")
    scripted.say(whole(*many[:5]), "c")
    expect(page.locator("#part-text")).to_contain_text("in error")
    paused(page)
    chips.get_by_role("button", name="thinking").click()
    expect(page.locator("#connection")).to_have_text("Live")
