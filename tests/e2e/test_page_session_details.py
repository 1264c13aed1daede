"""The panel of an open session with all that a publisher says and a real gateway sends."""

import re
import socket

import pytest
from playwright.sync_api import BrowserContext, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.conftest import KEY
from tests.e2e.test_page import opened
from tests.e2e.test_page_session import facts

pytestmark = pytest.mark.slow

LINK = "https://ci.example.org/run/7"


@pytest.fixture
def run(publisher: StatusPublisher) -> Session:
    """A run with a parent and a step, that says all it can."""
    publisher.session("ci:0", title="Nightly").thinking()
    run = publisher.session("ci:1", title="Run", parent="ci:0", link=LINK, labels={"agent": "reviewer", "team": "web"})
    run.usage(input=12_000, output=345)
    run.context(used=96_000, window=200_000)
    run.cost(usd=1.24)
    run.progress(done=3, of=7)
    run.waiting_for_user("approval")
    publisher.session("ci:2", title="Step", parent="ci:1").thinking()
    publisher.flush(5)
    return run


def test_all_that_a_publisher_says_is_in_the_panel_and_goes_on(
    tabs: BrowserContext, gateway: GatewayProcess, run: Session, publisher: StatusPublisher
) -> None:
    wait_until(lambda: len(gateway.states()) == 3, "the gateway shows the sessions")
    page = opened(tabs, gateway, f"?open={run.key}")
    panel = page.get_by_role("dialog", name="Run")
    expect(panel.locator("#session-facts dt").last).to_have_text("Host")
    expect(panel.get_by_role("link", name="Step")).to_be_visible()
    shown = facts(page)
    assert re.fullmatch(r"\d+s, since \d\d:\d\d:\d\d", shown.pop("In state"))
    assert re.fullmatch(r"\d+s, as of the last event", shown.pop("Quiet"))
    assert shown.pop("Worker")
    assert shown == {
        "State": "waiting for user: approval",
        "Progress": "3 of 7",
        "Link": f"ci.example.org\n{LINK}",
        "Labels": "agent: reviewer\nteam: web",
        "Parent": "ci:0",
        "Children": "Step",
        "Tokens": "12,000 in, 345 out",
        "Context": "96,000 of 200,000 tokens (48 %)",
        "Cost": "$1.24",
        "Channel": "ci",
        "Host": socket.gethostname(),
    }
    run.progress(done=4, of=7)
    run.label("team", "docs")
    run.waiting_for_user("question")
    expect(panel.get_by_text("waiting for user: question")).to_be_visible()
    expect(panel.get_by_text("4 of 7")).to_be_visible()
    expect(panel.get_by_text("team: docs")).to_be_visible()
    publisher.session("ci:3", title="Another step", parent=run.key).thinking()
    expect(panel.get_by_role("link", name="Another step")).to_be_visible(timeout=20_000)
    panel.get_by_role("link", name="Another step").click()
    expect(page.get_by_role("dialog", name="Another step")).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="ci:1").click()
    expect(page.get_by_role("dialog", name="Run")).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="ci:0").click()
    expect(page.get_by_role("dialog", name="Nightly").get_by_role("link", name="Run")).to_be_visible(timeout=20_000)
    page.go_back()
    expect(page.get_by_role("dialog", name="Run")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog", name="Another step")).to_be_visible()


def test_children_are_found_with_a_key_and_wherever_the_list_does_not_have_them(
    tabs: BrowserContext, keyed_gateway: GatewayProcess, run: Session
) -> None:
    page = tabs.new_page()
    page.goto(f"{keyed_gateway.url}/?channel=web&open={run.key}")
    page.get_by_label("Status API key").fill(KEY)
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Run")
    expect(panel.get_by_role("link", name="Step")).to_be_visible()
    expect(panel.get_by_text("waiting for user: approval")).to_be_visible()
    run.end()
    expect(page.locator("#session-gone")).to_be_visible()
