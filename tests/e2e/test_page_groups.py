"""The list in groups, and the headings that sort it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot
from tests.e2e.test_page_changes import row
from tests.support.axe import assert_axe_finds_nothing

WEB = ["Session 1", "Session 2", "Session 3"]


def of_ci(number: int, state: str, error: str | None = None) -> Row:
    key = {"session_key": f"ci:{number}", "channel": "ci"}
    return row(number, state, 1.0 + number) | key | {"error_message": error}


def fleet(*more: Row) -> dict[str, Any]:
    web = [row(1, "waiting_for_user"), row(2), row(3, "streaming")]
    ci = [of_ci(7, "error", "429"), of_ci(8, "error", "429"), of_ci(9, "error", "boom")]
    return snapshot([*ci, *web, *more], max_concurrent=0, uptime_seconds=60)


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(fleet())
        yield made


def opened(tabs: BrowserContext, scripted: ScriptedGateway, query: str = "") -> Page:
    page = tabs.new_page()
    page.goto(scripted.url + query)
    expect(page.locator("#matches")).to_have_text("6 sessions")
    return page


def test_a_list_is_grouped_and_a_heading_counts_and_folds(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted)
    page.get_by_label("Group by").select_option("channel")
    headings = page.locator("#rows .group")
    expect(headings).to_have_text(["ci 33 in error", "web 31 waiting for user, 1 thinking, 1 streaming"])
    assert page.url.endswith("/?group=channel")
    expect(page.locator("#rows .title")).to_have_text(["Session 9", "Session 8", "Session 7", *WEB])
    page.get_by_role("button", name="ci 3").click()
    expect(page.locator("#rows .title")).to_have_text(WEB)
    expect(page.get_by_role("button", name="ci 3")).to_have_attribute("aria-expanded", "false")
    scripted.say(fleet(of_ci(6, "thinking")), "b")
    expect(headings.first).to_have_text("ci 43 in error, 1 thinking")
    expect(page.locator("#rows .title")).to_have_text(WEB)
    page.locator("#jump-error").click()  # what it leads to must be there
    expect(page.get_by_role("link", name="Session 9")).to_be_focused()


@pytest.mark.slow
def test_identical_errors_are_one_group_and_the_link_keeps_it(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted, "?group=error")
    expect(page.get_by_label("Group by")).to_have_value("error")
    expect(page.locator("#rows .group-title")).to_have_text(["429", "boom", "Without an error"])
    page.get_by_role("searchbox").fill("boom")
    expect(page.locator("#rows .group-title")).to_have_text(["boom"])
    expect(page.locator("#matches")).to_have_text("1 of 6 sessions")


def test_a_long_error_takes_two_lines_of_its_heading_and_leaves_its_number_in_sight(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.say(snapshot([of_ci(7, "error", "no answer " * 50), row(1)], max_concurrent=0, uptime_seconds=60))
    page = tabs.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{scripted.url}?group=error")
    title = page.locator("#rows .group-title").first
    expect(title).to_contain_text("no answer")
    lines = title.evaluate(
        "node => node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight)"
    )
    assert lines < 2.1
    expect(page.locator("#rows .group b").first).to_be_in_viewport(ratio=1)


@pytest.mark.slow
def test_the_tables_headings_sort(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted)
    page.get_by_role("columnheader", name="In state").get_by_role("button").click()
    expect(page.locator("#rows .title").first).to_have_text("Session 9")
    expect(page.get_by_role("columnheader", name="In state")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_label("Sort by")).to_have_value("duration")
    assert page.url.endswith("/?sort=duration")
    page.get_by_role("columnheader", name="Session").get_by_role("button").click()
    expect(page.locator("th[aria-sort]")).to_have_text(["Session"])
    expect(page.locator("#rows .title").first).to_have_text("Session 1")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_groups(
    width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{scripted.url}?group=error")
        expect(page.locator("#rows .group")).to_have_count(3)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
