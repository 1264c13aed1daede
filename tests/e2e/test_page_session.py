"""A session that a person opens: what the panel shows, its address, its key and its share link."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.conftest import KEY, SESSION_KEY
from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot
from tests.e2e.test_page import opened
from tests.support.axe import assert_axe_finds_nothing

FIELDS: Final[dict[str, Any]] = {
    "labels": {"agent": "reviewer", "<b>": "<i>bold</i>"},
    "parent": "web:0",
    "link": "https://ci.example.org/run/7?x=<script>",
    "host": "box-1",
    "worker_id": "w1",
    "waiting_for": "approval",
    "context": {"used": 96_000, "window": 200_000},
    "cost_usd": 1.24,
    "progress": {"done": 3, "of": 7},
    "quiet_seconds": 12.3,
}
READ: Final = "navigator.clipboard.readText()"


def row(key: str, state: str, **more: object) -> Row:
    plain: dict[str, Any] = dict.fromkeys(("tool_name", "token_usage", "error_message"))
    channel, session_id = key.split(":")
    parts = {"session_key": key, "session_id": session_id, "channel": channel, "title": f"Task {session_id}"}
    return {**parts, "state": state, "duration_seconds": 65.0, **plain, **more}


def say(gateway: ScriptedGateway, *rows: Row) -> None:
    gateway.say(snapshot(list(rows), max_concurrent=20, uptime_seconds=60))


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        usage = {"input": 12_000, "output": 345}
        parent, child = row("web:0", "thinking"), row("web:2", "streaming", parent="web:1")
        say(made, parent, row("web:1", "waiting_for_user", token_usage=usage, **FIELDS), child)
        yield made


def facts(page: Page) -> dict[str, str]:
    """Names and texts, in one look: children come later than the rest."""
    found: list[list[str]] = page.locator("#session-facts").evaluate(
        "list => ['dt', 'dd'].map((name) => [...list.querySelectorAll(name)].map((one) => one.innerText))"
    )
    names, values = found
    return dict(zip(names, values, strict=True))


def test_a_session_opens_by_a_click_and_has_an_address(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    page = opened(tabs, gateway, "?sort=name")
    page.locator("#rows .what").click()
    panel = page.get_by_role("dialog", name="Fix auth bug")
    expect(panel).to_be_visible()
    expect(page.get_by_role("heading", name="Fix auth bug")).to_be_focused()
    assert page.url == f"{gateway.url}/?sort=name&open=websocket%3Aabc123"
    expect(panel.locator("#session-facts dd").first).to_have_text("thinking")
    session.tool_running("bash")
    expect(panel.locator("#session-facts dd").first).to_have_text("running bash")
    lines = panel.locator("#session-lines li")
    expect(lines).to_have_text([re.compile(r"nowrunning a tool, \ds$"), re.compile(r"thinking, \d+s$")])
    page.reload()
    expect(panel).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.go_back()
    expect(panel).to_be_hidden()
    assert page.url == f"{gateway.url}/?sort=name"
    page.go_forward()
    expect(panel).to_be_visible()
    session.end()
    expect(page.locator("#session-gone")).to_contain_text("Ended 0s ago, at ")


@pytest.mark.slow
def test_it_opens_and_closes_by_keys_and_the_focus_comes_back(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    assert session.key == SESSION_KEY
    page = opened(tabs, gateway)
    link = page.get_by_role("link", name="Fix auth bug")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()
    assert page.url == f"{gateway.url}/"
    with page.context.expect_page() as another:
        link.click(modifiers=["ControlOrMeta"])
    expect(another.value.get_by_role("dialog", name="Fix auth bug")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_session_that_is_opened_while_the_page_is_stale_is_as_old_as_the_page(
    scripted: ScriptedGateway, tabs: BrowserContext
) -> None:
    page = tabs.new_page()
    page.clock.install()
    say(scripted, row("web:1", "thinking", quiet_seconds=60.0))
    page.goto(scripted.url)
    expect(page.locator("#connection")).to_have_text("Live")
    scripted.say_feed("lost", 0.0)
    expect(page.locator("#connection")).to_have_attribute("data-state", "stale")
    page.clock.run_for(95_000)
    later = row("web:1", "thinking", quiet_seconds=155.0) | {"duration_seconds": 160.0}
    say(scripted, later)
    page.get_by_role("link", name="Task 1").click()
    expect(page.locator("#session-facts dt").last).to_have_text("Channel")
    expect(page.locator("#session-facts")).to_contain_text(re.compile(r"Quiet\s*(1m 0s|5\ds), as of the last event"))
    assert re.fullmatch(r"1m [56]s, since \d\d:\d\d:\d\d", facts(page)["In state"])


@pytest.mark.slow
def test_all_that_a_row_says_is_shown_as_text(scripted: ScriptedGateway, tabs: BrowserContext) -> None:
    page = tabs.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{scripted.url}?open=web:1")
    expect(page.get_by_role("dialog", name="Task 1")).to_be_visible()
    expect(page.locator("#session-facts dt").last).to_have_text("Host")
    expect(page.locator("#session-facts").get_by_role("link", name="Task 2")).to_be_visible()
    assert re.fullmatch(r"1m 5s, since \d\d:\d\d:\d\d", (shown := facts(page)).pop("In state"))
    assert shown == {
        "State": "waiting for user: approval",
        "Quiet": "12s, as of the last event",
        "Progress": "3 of 7",
        "Link": "ci.example.org\nhttps://ci.example.org/run/7?x=%3Cscript%3E",
        "Labels": "agent: reviewer\n<b>: <i>bold</i>",
        "Parent": "web:0",
        "Children": "Task 2",
        "Tokens": "12,000 in, 345 out",
        "Context": "96,000 of 200,000 tokens (48 %)",
        "Cost": "$1.24",
        "Channel": "web",
        "Worker": "w1",
        "Host": "box-1",
    }
    assert page.locator("#session-facts :is(b, i, script, img)").count() == 0
    link = page.get_by_role("link", name="ci.example.org")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert not [url for url in fetched if "ci.example.org" in url]
    assert any("fields=all" in asked and "session=web:1" in asked for asked in scripted.asked)
    page.get_by_role("link", name="Task 2").last.click()
    expect(page.get_by_role("dialog", name="Task 2")).to_be_visible()
    page.get_by_role("link", name="web:1", exact=True).click()
    expect(page.get_by_role("dialog", name="Task 1")).to_be_visible()


@pytest.mark.slow
def test_a_session_that_is_not_there_is_not_made_up(scripted: ScriptedGateway, tabs: BrowserContext) -> None:
    page = tabs.new_page()
    page.goto(f"{scripted.url}?open=web:99")
    expect(page.locator("#session-gone")).to_have_text("No session with this key is open, as far as this page can see.")
    expect(page.get_by_role("dialog", name="web:99")).to_be_visible()
    assert facts(page) == {}
    expect(page.locator("#session-timeline")).to_be_hidden()


@pytest.mark.slow
def test_a_key_is_copied_and_a_share_link_shows_this_session_alone(
    tabs: BrowserContext, browser: Browser, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("web:2", "thinking", title="Bravo")
    publisher.flush(5)
    tabs.grant_permissions(["clipboard-read", "clipboard-write"], origin=keyed_gateway.url)
    page = tabs.new_page()
    page.goto(f"{keyed_gateway.url}/?open=web:1")
    page.get_by_label("Status API key").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Alpha")).to_be_visible()
    page.get_by_role("button", name="Copy key").click()
    expect(page.locator("#copied")).to_have_text("Key copied.")
    expect(page.locator("#announcement")).to_have_text("Key copied.")
    assert page.evaluate(READ) == "web:1"
    page.get_by_role("button", name="Copy share link").click()
    expect(page.locator("#copied")).to_have_text("Link, good for a day, copied.")
    link = page.evaluate(READ)
    assert link.startswith(f"{keyed_gateway.url}/?ticket=")
    assert KEY not in link
    with browser.new_context() as stranger:
        shared = stranger.new_page()
        shared.goto(link)
        expect(shared.locator("#rows .title")).to_have_text(["Alpha"])
        shared.locator("#rows .what").click()
        expect(shared.get_by_role("button", name="Copy key")).to_be_visible()
        expect(shared.get_by_role("button", name="Copy share link")).to_be_hidden()  # a ticket opens no other


@pytest.mark.slow
def test_without_keys_a_share_link_names_the_session(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    tabs.grant_permissions(["clipboard-read", "clipboard-write"], origin=gateway.url)
    page = opened(tabs, gateway, f"?open={session.key}")
    page.get_by_role("button", name="Copy share link").click()
    expect(page.locator("#copied")).to_have_text("Link copied.")
    link = page.evaluate(READ)
    assert link == f"{gateway.url}/?session=websocket%3Aabc123"
    page.goto(link)
    expect(page.locator("#part-text")).to_have_text("Only session websocket:abc123 is shown.")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_axe_finds_nothing_in_it_and_nothing_is_cut_off(
    width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path
) -> None:
    long = {"title": "A title of many words. " * 9, "error_message": "Unbroken" * 60}
    say(scripted, row("web:1", "error", token_usage={"input": 1, "output": 2}, **FIELDS | long))
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{scripted.url}?open=web:1")
        expect(page.locator("#session-lines li")).to_have_count(1)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        panel = page.locator("#session").evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert panel[0] == panel[1]
