"""Errors that stay listed until somebody has acknowledged them, though the board no longer shows them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.scripted_gateway import Row, ScriptedGateway
from tests.e2e.test_page_changes import row, whole
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow


def failed(number: int, seconds: float = 5.0) -> Row:
    return {**row(number, "error", seconds), "error_message": f"boom {number}"}


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(failed(1), failed(2), row(3)))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    return opened(tabs, scripted, 3)


def opened(tabs: BrowserContext, scripted: ScriptedGateway, rows: int) -> Page:
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(rows)
    return page


def jump(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^\d+ past errors?$"))


def listed(page: Page) -> Locator:
    return page.get_by_role("list", name="Past errors").get_by_role("listitem")


def let_pass(scripted: ScriptedGateway, page: Page) -> None:
    """End the first session, let the second go on, and look at the list."""
    scripted.say(whole(row(2, "thinking", 0), row(3)), "b")
    expect(jump(page)).to_have_text("2 past errors")
    jump(page).click()
    expect(listed(page)).to_have_count(2)


def test_an_error_that_is_over_is_listed_with_its_text_and_time(scripted: ScriptedGateway, page: Page) -> None:
    expect(jump(page)).to_be_hidden()
    let_pass(scripted, page)
    expect(listed(page).locator(".title")).to_have_text(["Session 1", "Session 2"])
    expect(listed(page).locator(".what")).to_have_text(["boom 1", "boom 2"])
    expect(listed(page).first.locator(".origin")).to_have_text(re.compile(r"^web:1 · \d\d:\d\d:\d\d, for \d+s$"))
    expect(page.locator("#need")).to_have_text("0")
    expect(page.locator("#errors summary")).to_be_focused()
    assert page.title() == "active · Agent status"


def test_an_error_that_a_real_gateway_no_longer_shows_is_listed(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "error", title="Session 1", error_message="out of memory")
    page = tabs.new_page()
    page.goto(f"{gateway.url}/")
    expect(page.locator("#rows .what")).to_have_text(["error: out of memory"])
    publisher.session("web:1").end()
    jump(page).click()
    expect(listed(page).locator(".what")).to_have_text(["out of memory"])


def test_acknowledging_takes_errors_off_the_list_one_by_one_or_all(scripted: ScriptedGateway, page: Page) -> None:
    let_pass(scripted, page)
    page.get_by_role("button", name="Acknowledge the error of Session 1").click()
    expect(listed(page).locator(".title")).to_have_text(["Session 2"])
    expect(page.get_by_role("button", name="Acknowledge the error of Session 2")).to_be_focused()
    expect(page.locator("#announcement")).to_have_text("Acknowledged. 1 left.")
    scripted.say(whole(failed(2, 0), failed(3, 0)), "c")
    scripted.say(whole(), "d")
    expect(listed(page).locator(".title")).to_have_text(["Session 3", "Session 2"])
    page.get_by_role("button", name="Acknowledge all").click()
    expect(page.locator("#errors")).to_be_hidden()
    expect(page.locator("#announcement")).to_have_text("Acknowledged. None is left.")


def test_a_reload_keeps_the_list_by_keys_and_what_was_acknowledged(scripted: ScriptedGateway, page: Page) -> None:
    let_pass(scripted, page)
    page.get_by_role("button", name="Acknowledge the error of Session 1").click()
    page.reload()
    expect(jump(page)).to_have_text("1 past error")
    jump(page).click()
    expect(listed(page).locator(".title")).to_have_text(["2"])
    expect(listed(page).locator(".what")).to_have_text(["The text is not kept over a reload."])
    kept = str(page.evaluate("[Object.values(sessionStorage), Object.values(localStorage)]"))
    assert "boom" not in kept
    assert "Session" not in kept
    assert "web" not in str(page.evaluate("Object.values(localStorage)"))


def test_an_error_that_passes_during_a_reload_is_listed(scripted: ScriptedGateway, page: Page) -> None:
    page.goto("about:blank")
    scripted.say(whole(failed(2), row(3)), "b")
    page.goto(scripted.url)
    jump(page).click()
    expect(listed(page).locator(".title")).to_have_text(["1"])


def test_what_one_tab_acknowledges_is_acknowledged_in_the_others(
    tabs: BrowserContext, scripted: ScriptedGateway, page: Page
) -> None:
    other = opened(tabs, scripted, 3)
    let_pass(scripted, page)
    jump(other).click()
    expect(listed(other)).to_have_count(2)
    page.get_by_role("button", name="Acknowledge the error of Session 2").click()
    expect(listed(other).locator(".title")).to_have_text(["Session 1"])
    page.get_by_role("button", name="Acknowledge all").click()
    expect(jump(other)).to_be_hidden()


def test_a_new_error_of_a_session_is_listed_after_an_older_one_was_acknowledged(
    scripted: ScriptedGateway, page: Page
) -> None:
    let_pass(scripted, page)
    page.get_by_role("button", name="Acknowledge all").click()
    page.clock.install()
    page.clock.fast_forward(10_000)
    scripted.say(whole(failed(1, 0)), "c")
    expect(page.locator("#rows .what")).to_have_text(["error: boom 1"])
    expect(jump(page)).to_be_hidden()
    scripted.say(whole(row(3)), "d")
    expect(jump(page)).to_have_text("1 past error")


def test_a_share_link_lists_no_error_that_another_reader_has_seen(scripted: ScriptedGateway, page: Page) -> None:
    let_pass(scripted, page)
    page.goto(f"{scripted.url}?ticket=1.a.b")
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(jump(page)).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_list_of_errors(
    browser: Browser, scripted: ScriptedGateway, node_packages: Path, width: int
) -> None:
    page = browser.new_page(bypass_csp=True, viewport={"width": width, "height": 800})
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(3)
    let_pass(scripted, page)
    assert_axe_finds_nothing(page, node_packages)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
