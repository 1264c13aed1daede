"""The list by worker, host, label and parent, with all that a real gateway is asked for."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway, snapshot
from tests.e2e.test_page import opened
from tests.e2e.test_page_session import row
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

DEPTH: Final = "node => getComputedStyle(node).getPropertyValue('--depth')"

BEGINNINGS: Final = """nodes => nodes.map((node) => {
  const text = document.createRange();
  text.selectNodeContents(node);
  return text.getBoundingClientRect().left;
})"""
INDENT: Final = 20.0  # pixels


@pytest.fixture
def fleet(publisher: StatusPublisher, gateway: GatewayProcess) -> StatusPublisher:
    """A run with two steps, of which one has a step of its own, and a session beside."""
    publisher.session("ci:1", title="Run", labels={"team": "web"}).thinking()
    publisher.session("ci:2", title="Build", parent="ci:1", labels={"team": "web"}).streaming()
    publisher.session("ci:3", title="Compile", parent="ci:2").waiting_for_user()
    publisher.session("ci:4", title="Check", parent="ci:1", labels={"team": "docs"}).thinking()
    publisher.session("web:5", title="Chat").thinking()
    wait_until(lambda: len(gateway.states()) == 5, "the gateway shows the fleet")
    return publisher


def depths(page: Page) -> list[str]:
    return [row.evaluate(DEPTH) or "0" for row in page.locator("#rows tr").all()]


@pytest.mark.usefixtures("fleet")
def test_sessions_stand_below_their_parents_and_a_branch_folds(
    tabs: BrowserContext, gateway: GatewayProcess, asked_fields: Callable[[], list[str]]
) -> None:
    page = opened(tabs, gateway)
    page.get_by_label("Group by").select_option("By parent")
    expect(page.locator("#rows .title")).to_have_text(["Run", "Build", "Compile", "Check", "Chat"])
    assert page.url == f"{gateway.url}/?group=parent"
    assert depths(page) == ["0", "1", "2", "1", "0"]
    assert asked_fields() == ["", "parent"]
    run = page.get_by_role("button", name="3 below Run")
    expect(run).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#rows tr").first.locator(".group-counts")).to_have_text(
        "1 waiting for user, 1 thinking, 1 streaming"
    )
    build = page.get_by_role("button", name="1 below Build")
    build.focus()
    page.keyboard.press("Enter")
    expect(build).to_have_attribute("aria-expanded", "false")
    expect(build).to_be_focused()
    expect(page.locator("#rows .title")).to_have_text(["Run", "Build", "Check", "Chat"])
    run.click()
    expect(page.locator("#rows .title")).to_have_text(["Run", "Chat"])
    expect(page.get_by_role("dialog")).to_be_hidden()  # to fold is not to open
    page.locator("#jump-waiting_for_user").click()
    expect(page.get_by_role("link", name="Compile")).to_be_focused()
    expect(page.locator("#rows .title")).to_have_count(5)
    expect(page.locator("#rows tr").nth(2)).to_contain_text("below Build")


def test_a_tree_follows_its_sessions(tabs: BrowserContext, gateway: GatewayProcess, fleet: StatusPublisher) -> None:
    page = opened(tabs, gateway, "?group=parent")
    expect(page.locator("#rows .title")).to_have_text(["Run", "Build", "Compile", "Check", "Chat"])
    page.get_by_role("button", name="3 below Run").click()
    fleet.publish("ci:4", "error")
    counts = page.locator("#rows tr").first.locator(".group-counts")
    expect(counts).to_have_text("1 waiting for user, 1 in error, 1 streaming")
    fleet.session("ci:4").end()
    expect(counts).to_have_text("1 waiting for user, 1 streaming")
    page.get_by_role("button", name="2 below Run").click()
    fleet.session("ci:2").end()
    expect(page.locator("#rows .group-title")).to_have_text("ci:2")  # its child is still there
    expect(page.locator("#rows .title")).to_have_text(["Compile", "Run", "Chat"])
    page.get_by_role("searchbox").fill("compile")
    expect(page.locator("#rows .title")).to_have_text(["Compile"])


@pytest.mark.parametrize("density", ["Comfortable", "Compact"])
def test_a_title_from_right_to_left_shows_how_deep_it_stands(tabs: BrowserContext, density: str) -> None:
    run, step = row("web:1", "thinking", title="בדיקה"), row("web:2", "thinking", title="שלב", parent="web:1")
    with ScriptedGateway() as scripted:
        scripted.say(snapshot([run, step], max_concurrent=20, uptime_seconds=60))
        page = tabs.new_page()
        page.goto(f"{scripted.url}?group=parent")
        expect(page.locator("#rows .title")).to_have_count(2)
        page.get_by_role("button", name="Options").click()
        page.get_by_label(density).check()
        page.keyboard.press("Escape")
        above, below = page.locator("#rows .title").evaluate_all(BEGINNINGS)
        assert below - above == pytest.approx(INDENT, abs=2)


@pytest.mark.usefixtures("fleet")
def test_sessions_are_grouped_by_worker_host_and_a_label_that_a_person_names(
    tabs: BrowserContext, gateway: GatewayProcess, asked_fields: Callable[[], list[str]]
) -> None:
    page = opened(tabs, gateway)
    titles = page.locator("#rows .group-title")
    page.get_by_label("Group by").select_option("By host")
    expect(titles).to_have_text([socket.gethostname()])
    page.get_by_label("Group by").select_option("By worker")
    expect(titles).to_have_text([re.compile(r".+")])
    page.get_by_label("Group by").select_option("By label")
    expect(titles).to_have_text(["Without the label agent"])
    label = page.get_by_label("Name of the label")
    expect(label).to_be_focused()
    label.fill("team")
    label.press("Enter")
    expect(titles).to_have_text(["docs", "web", "Without the label team"])
    expect(page.locator("#rows .group").nth(1)).to_contain_text("web 21 thinking, 1 streaming")
    assert page.url == f"{gateway.url}/?group=label.team"
    page.get_by_role("button", name="docs 1").click()
    expect(page.get_by_role("link", name="Check")).to_have_count(0)
    assert asked_fields() == ["", "host", "worker_id", "labels"]  # another label needs no other connection
    page.reload()
    expect(titles).to_have_text(["docs", "web", "Without the label team"])
    expect(label).to_have_value("team")
    page.get_by_label("Group by").select_option("No groups")
    expect(titles).to_have_count(0)
    expect(label).to_be_hidden()
    expect(page.locator("#rows .title")).to_have_count(5)


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_a_tree_and_the_deepest_branch_has_room(
    width: int, browser: Browser, node_packages: Path
) -> None:
    chain = [row(f"web:{number}", "thinking", parent=f"web:{number - 1}") for number in range(1, 15)]
    loop = [row("ci:1", "error", parent="ci:2", error_message="x" * 90), row("ci:2", "streaming", parent="ci:1")]
    with (
        ScriptedGateway() as scripted,
        browser.new_context(bypass_csp=True, viewport={"width": width, "height": 3000}) as context,
    ):
        scripted.say(snapshot([*chain, *loop], max_concurrent=20, uptime_seconds=60))
        page = context.new_page()
        page.goto(f"{scripted.url}?group=parent")
        expect(page.locator("#rows .title")).to_have_count(16)
        expect(page.locator("#rows .group-title")).to_have_text("web:0")
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        title = page.locator("#rows .title").last.bounding_box()
        assert title is not None
        assert title["width"] > 60
