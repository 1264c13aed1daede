"""What needs a person: how many, where they are, and how they are found."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot
from tests.e2e.test_page_changes import row

WAITING = 100


def fleet() -> list[Row]:
    """Many sessions that wait, the last one the longest, and two that failed."""
    waiting = [row(1000 + number, "waiting_for_user", 10.0 + number) for number in range(WAITING)]
    failed = [
        row(7001, "error", 5.0) | {"error_message": "TimeoutError: no answer"},
        row(7002, "error", 50.0) | {"error_message": "RateLimitError: 429 from the provider"},
    ]
    return [*waiting, *failed, row(8001, "thinking"), row(8002, "streaming")]


def said(*rows: Row, most: int = 0) -> dict[str, Any]:
    return snapshot([*rows], max_concurrent=most, uptime_seconds=60)


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(said(*fleet(), most=40))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#matches")).to_have_text("104 sessions")
    return made


def test_the_headline_is_the_number_that_needs_a_person_and_its_parts_lead_to_the_first_session(page: Page) -> None:
    expect(page.locator("#need-figure")).to_have_text("102need a person")
    expect(page.locator("#rows .title").first).to_have_text("Session 1099")  # it waits longest
    failed = page.get_by_role("link", name="Session 7002")
    expect(failed).to_have_count(0)  # far below
    page.locator("#jump-error").click()
    expect(failed).to_be_focused()
    expect(failed).to_be_in_viewport()
    expect(page.locator("#rows tr[data-state=error] .title")).to_have_text(["Session 7002", "Session 7001"])
    page.locator("#jump-waiting_for_user").click()
    expect(page.get_by_role("link", name="Session 1099")).to_be_focused()


@pytest.mark.slow
def test_where_nobody_is_needed_the_headline_leads_nowhere(page: Page, scripted: ScriptedGateway) -> None:
    scripted.say(said(row(1), row(2, "waiting_for_user")))
    expect(page.locator("#need-figure")).to_have_text("1needs a person")
    scripted.say(said(row(1)))
    expect(page.locator("#need-figure")).to_have_text("0need a person")
    expect(page.locator("#fleet .jumps button:visible")).to_have_text("2 past errors")


@pytest.mark.slow
def test_several_states_at_once_and_several_words_find_a_session_by_its_error(page: Page) -> None:
    chips = page.locator("#states")
    chips.get_by_role("button", name="thinking").click()
    chips.get_by_role("button", name="streaming").click()
    expect(page.locator("#rows .title")).to_have_text(["Session 8001", "Session 8002"])
    assert page.url.endswith("?state=thinking%2Cstreaming")
    expect(chips.locator("[aria-pressed=true]")).to_have_count(2)
    chips.get_by_role("button", name="thinking").click()
    expect(page.locator("#rows .title")).to_have_text(["Session 8002"])
    chips.get_by_role("button", name="streaming").click()
    page.get_by_role("searchbox").fill("provider session")
    expect(page.locator("#rows .title")).to_have_text(["Session 7002"])
    expect(page.locator("#matches")).to_have_text("1 of 104 sessions")


@pytest.mark.slow
def test_a_capacity_that_is_not_of_these_sessions_is_not_shown_and_a_full_one_does_not_look_like_waiting(
    page: Page, scripted: ScriptedGateway
) -> None:
    expect(page.locator("#active")).to_have_text("104")
    expect(page.locator("#most")).to_have_text("")
    expect(page.locator("#load")).to_be_hidden()
    scripted.say(said(row(1), row(2), most=2))
    expect(page.locator("#most")).to_have_text("of 2")
    waits = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--fill-waiting_for_user')")
    assert waits not in page.locator("#load").evaluate("node => getComputedStyle(node).backgroundImage")
    bar = "getComputedStyle(document.querySelector('#load')).getPropertyValue('--fill-tool_running')"
    assert page.evaluate(bar) != waits
