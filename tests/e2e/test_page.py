"""The page in a real browser: the snapshot, its changes, its order, what a person chooses, and hostile text."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.conftest import SESSION_KEY

HOSTILE: Final = {
    "<img src=x onerror=document.body.dataset.owned=1>": "<img src=x onerror=document.body.dataset.owned=1>",
    "<script>document.body.dataset.owned = 1</script>": "<script>document.body.dataset.owned = 1</script>",
    "gpj.\u202efdp\u2066": "gpj. fdp",
    "a\u0007b\x1b[31mc": "a b [31mc",
    "javascript:alert(1)": "javascript:alert(1)",
}
"""Titles, and what of them may be seen."""


def names(page: Page) -> list[str]:
    return page.locator("#rows .title").all_inner_texts()


def opened(tabs: BrowserContext, gateway: GatewayProcess, query: str = "") -> Page:
    page = tabs.new_page()
    page.goto(f"{gateway.url}/{query}")
    expect(page.locator("#connection")).to_have_text("Live")
    return page


@pytest.fixture
def fleet(publisher: StatusPublisher) -> Iterator[None]:
    """Five sessions, of which two need somebody."""
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("web:2", "error", title="Bravo", error_message="out of memory")
    publisher.publish("slack:3", "tool_running", title="Charlie", tool_name="bash")
    publisher.publish("slack:4", "waiting_for_user", title="Delta")
    publisher.session("slack:5", title="Echo").usage(input=12_000, output=345)
    publisher.flush(5)
    yield
    publisher.session("web:2").end()  # an error would stay on the shared board for its time


@pytest.mark.usefixtures("fleet")
def test_the_first_snapshot_is_whole(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = opened(tabs, gateway)
    expect(page.locator("#rows tr")).to_have_count(5)
    expect(page.locator("#global")).to_have_text("Degraded")
    expect(page.locator("#active")).to_have_text("5")
    expect(page.locator("#most")).to_have_text("of 5")
    expect(page.locator("#tokens")).to_have_text("12.3k")
    expect(page.locator("#uptime")).to_have_text(re.compile(r"^\d+s$"))
    expect(page.locator("#states button[data-state=error]")).to_have_text("1in error")
    row = page.get_by_role("row", name="Bravo")
    expect(row.locator(".what")).to_have_text("error: out of memory")
    expect(row.locator(".origin")).to_have_text("web · 2")
    assert page.title() == "1 waiting for user, 1 in error · Agent status"


def test_a_change_is_seen_without_a_reload(tabs: BrowserContext, gateway: GatewayProcess, session: Session) -> None:
    page = opened(tabs, gateway)
    what = page.locator("#rows .what")
    expect(what).to_have_text("thinking")
    session.tool_running("bash")
    expect(what).to_have_text("running bash")
    session.end()
    expect(page.get_by_text("No open sessions")).to_be_visible()
    expect(page.locator("#global")).to_have_text("Idle")
    page.locator("#ended summary").click()
    expect(page.locator("#ended-rows .title").first).to_have_text("Fix auth bug")


def test_a_duration_ticks_between_events(tabs: BrowserContext, gateway: GatewayProcess, session: Session) -> None:
    assert session.key == SESSION_KEY
    page = opened(tabs, gateway)
    page.clock.install()
    page.reload()
    lasts = page.locator("#rows .in-state")
    expect(lasts).to_have_text(re.compile(r"^\d+s$"))
    page.clock.fast_forward(125_000)
    expect(lasts).to_have_text(re.compile(r"^2m \d+s$"))


@pytest.mark.usefixtures("fleet")
def test_waiting_sessions_come_first_then_failed_ones_then_the_others_by_key(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    page = opened(tabs, gateway)
    expect(page.locator("#rows .title")).to_have_text(["Delta", "Bravo", "Charlie", "Echo", "Alpha"])
    publisher.publish("web:1", "waiting_for_user")
    expect(page.locator("#rows .title")).to_have_text(["Delta", "Alpha", "Bravo", "Charlie", "Echo"])
    publisher.publish("slack:4", "thinking")
    expect(page.locator("#rows .title")).to_have_text(["Alpha", "Bravo", "Charlie", "Delta", "Echo"])


@pytest.mark.usefixtures("fleet")
def test_what_is_chosen_is_shown_and_lives_in_the_url(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    page = opened(tabs, gateway)
    titles = page.locator("#rows .title")
    page.locator("#channel").select_option("slack")
    expect(titles).to_have_text(["Delta", "Charlie", "Echo"])
    page.locator("#states").get_by_role("button", name="thinking").click()
    expect(titles).to_have_text(["Echo"])
    assert page.url == f"{gateway.url}/?channel=slack&state=thinking"
    page.locator("#states").get_by_role("button", name="thinking").click()
    page.get_by_label("Sort by").select_option("tokens")
    expect(titles).to_have_text(["Echo", "Charlie", "Delta"])
    page.get_by_role("searchbox").fill("BASH")
    expect(titles).to_have_text(["Charlie"])
    assert page.url == f"{gateway.url}/?channel=slack&sort=tokens&search=BASH"

    page.reload()
    expect(titles).to_have_text(["Charlie"])
    page.get_by_role("searchbox").fill("nobody")
    page.get_by_role("button", name="Clear filters").click()
    expect(titles).to_have_text(["Echo", "Charlie", "Delta", "Alpha", "Bravo"])
    assert page.url == f"{gateway.url}/?sort=tokens"


def test_a_hostile_title_is_shown_as_text(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    for number, title in enumerate(HOSTILE):
        publisher.publish(f"<b>:{number}", "tool_running", title=title, tool_name=title)
    publisher.flush(5)
    page = opened(tabs, gateway)
    expect(page.locator("#rows tr")).to_have_count(len(HOSTILE))
    assert names(page) == list(HOSTILE.values())
    assert page.locator("#rows .what").all_inner_texts() == [f"running {seen}" for seen in HOSTILE.values()]
    assert page.locator("#rows :is(img, script, b)").count() == 0
    links = page.locator("#rows a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    assert links == [f"?open=%3Cb%3E%3A{number}" for number in range(len(HOSTILE))]
    assert page.locator("#channel option").all_inner_texts() == ["All channels", "<b>"]
    assert page.evaluate("document.body.dataset.owned") is None
