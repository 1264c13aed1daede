"""The columns of the list: which are shown, what they say, and that the list is sorted by them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway, snapshot
from tests.e2e.test_page import opened
from tests.e2e.test_page_session import FIELDS, row
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

FURTHER: Final = "waiting_for,agent,model,labels,host,worker,progress,context,cost,quiet_seconds"
ALL: Final = f"state,{FURTHER},duration,tokens,bar"
NOTHING: Final = "\N{EN DASH}"
SHOWN: Final = "#sessions th:visible"
PAST_ITS_CELL: Final = """(node, characters) => {
  const range = document.createRange();
  range.setStart(node.firstChild, 0);
  range.setEnd(node.firstChild, characters);
  return range.getBoundingClientRect().right - node.getBoundingClientRect().right;
}"""
"""Pixels by which so many characters of a text go past the node's end."""


@pytest.fixture
def fleet(publisher: StatusPublisher, gateway: GatewayProcess) -> None:
    """Three sessions, of which two have a price."""
    with publisher.session("web:0", title="Gone"):
        pass
    alpha = publisher.session("web:1", title="Alpha", labels={"agent": "reviewer", "model": "m-1"})
    alpha.cost(usd=0.5)
    alpha.progress(done=1, of=4)
    bravo = publisher.session("web:2", title="Bravo", labels={"agent": "builder"})
    bravo.cost(usd=2)
    bravo.context(used=96_000, window=200_000)
    bravo.waiting_for_user("approval")
    publisher.session("web:3", title="Charlie").thinking()
    wait_until(lambda: len(gateway.states()) == 3, "the gateway shows the fleet")


def choose(page: Page, *columns: str) -> None:
    page.get_by_role("button", name="Options").click()
    for column in columns:
        page.locator("#columns").get_by_label(column, exact=True).click()
    page.get_by_role("button", name="Close", exact=True).click()


@pytest.mark.usefixtures("fleet")
def test_whose_row_it_is_stays_in_sight_where_the_columns_scroll(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = tabs.new_page()
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{gateway.url}?group=channel&columns={ALL}")
    expect(page.locator("#rows .title")).to_have_text(["Bravo", "Alpha", "Charlie"])
    page.locator("#sessions").evaluate("table => table.scrollLeft = 300")
    for name in ("#rows .title", "#rows .group .fold", 'th[data-column="session"] button'):
        expect(page.locator(name).first).to_be_in_viewport(ratio=0.99)
    on_top = """node => {
      const { x, y } = node.getBoundingClientRect();
      return node.contains(document.elementFromPoint(x + 5, y + 5));
    }"""
    assert page.locator("#rows td.session").nth(1).evaluate(on_top)


@pytest.mark.usefixtures("fleet")
def test_columns_are_shown_and_hidden_and_the_page_asks_for_what_they_need(
    tabs: BrowserContext, gateway: GatewayProcess, asked_fields: Callable[[], list[str]]
) -> None:
    page = opened(tabs, gateway)
    expect(page.locator(SHOWN)).to_have_count(5)
    choose(page, "Agent", "Cost", "Tokens", "Waits for")
    expect(page.locator(f"{SHOWN}:not(.axis)")).to_have_text(
        ["Session", "State", "Waits for", "Agent", "Cost", "In state"]
    )
    assert page.url == f"{gateway.url}/?columns=session%2Cstate%2Cwaiting_for%2Cagent%2Ccost%2Cduration%2Cbar"
    first = page.get_by_role("row", name="Bravo").locator(".further")
    expect(first).to_have_text(["approval", "builder", "$2.00"])
    expect(page.get_by_role("row", name="Charlie").locator(".further")).to_have_text([NOTHING] * 3)
    assert asked_fields()[0] == ""
    assert asked_fields()[-1] == "cost_usd,labels,waiting_for"
    page.goto(f"{gateway.url}/?sort=name")  # this browser keeps them
    expect(page.locator(SHOWN)).to_have_count(7)
    choose(page, "Agent", "Cost", "Tokens", "Waits for")
    expect(page.locator(SHOWN)).to_have_count(5)
    expect(page.locator("#rows .further")).to_have_count(0)
    assert page.url == f"{gateway.url}/?sort=name"
    # Only what talks to the browser hears of its requests.
    wait_until(lambda: page.evaluate("true") and asked_fields()[-1] == "", "no field is asked for any more")


@pytest.mark.usefixtures("fleet")
def test_a_further_column_sorts_the_list_even_where_it_is_hidden(
    tabs: BrowserContext, gateway: GatewayProcess, asked_fields: Callable[[], list[str]]
) -> None:
    page = opened(tabs, gateway, "?columns=cost,agent")
    titles = page.locator("#rows .title")
    page.get_by_role("columnheader", name="Cost").get_by_role("button").click()
    expect(titles).to_have_text(["Bravo", "Alpha", "Charlie"])
    expect(page.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_label("Sort by")).to_have_value("cost")
    page.get_by_label("Sort by").select_option("Agent")
    expect(page.get_by_role("columnheader", name="Agent")).to_have_attribute("aria-sort", "ascending")
    expect(titles).to_have_text(["Bravo", "Alpha", "Charlie"])
    page.goto(f"{gateway.url}/?sort=progress")
    expect(page.get_by_label("Sort by")).to_have_value("progress")
    expect(titles.first).to_have_text("Alpha")
    assert asked_fields()[-1] == "progress"


def test_time_since_the_last_call_goes_on(tabs: BrowserContext) -> None:
    with ScriptedGateway() as scripted:
        scripted.say(snapshot([row("web:1", "thinking", **FIELDS)], max_concurrent=0, uptime_seconds=60))
        page = tabs.new_page()
        page.clock.install()
        page.goto(f"{scripted.url}?columns=quiet_seconds")
        cell = page.locator("#rows .further")
        expect(cell).to_have_text("12s")
        page.clock.run_for(60_000)
        expect(cell).to_have_text("1m 12s")


@pytest.mark.parametrize("width", [390, 768, 1280, 2560])
def test_axe_finds_nothing_in_all_columns_and_nothing_leaves_the_page(
    width: int, browser: Browser, node_packages: Path
) -> None:
    long: dict[str, Any] = {"labels": {"agent": "reviewer" * 8, "model": "m", "team": "unbroken" * 15}}
    rows = [row("web:1", "waiting_for_user", **FIELDS | long), row("web:2", "error", error_message="boom")]
    with (
        ScriptedGateway() as scripted,
        browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context,
    ):
        scripted.say(snapshot(rows, max_concurrent=20, uptime_seconds=60))
        page = context.new_page()
        page.goto(f"{scripted.url}?columns={ALL}&group=channel")
        expect(page.locator("#rows .title")).to_have_count(2)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("button", name="Options").click()
        assert_axe_finds_nothing(page, node_packages)


@pytest.mark.parametrize("query", ["", f"?columns={ALL}", f"?columns={ALL}&group=parent"])
@pytest.mark.parametrize("width", [390, 700, 961, 1280, 2560])
def test_in_compact_rows_the_channel_can_be_read(tabs: BrowserContext, width: int, query: str) -> None:
    long: dict[str, Any] = {"title": "A title of many words. " * 5, "session_id": "abcdef0123456789", "parent": None}
    with ScriptedGateway() as scripted:
        rows = [row("websocket:1", "error", channel="websocket", **FIELDS | long)]
        scripted.say(snapshot(rows, max_concurrent=0, uptime_seconds=60))
        page = tabs.new_page()
        page.add_init_script("localStorage.setItem('agent-status density', 'compact')")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(scripted.url + query)
        expect(page.locator("#rows .origin")).to_have_text("websocket · abcdef0123456789")
        assert page.locator("#rows .origin").evaluate(PAST_ITS_CELL, len("websocket…")) <= 0
        assert page.locator("#rows .title").evaluate("node => node.clientWidth") > 100
