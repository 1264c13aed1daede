"""Sessions that work, but have made no call for long: the page says which, if somebody asks it to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page import opened
from tests.e2e.test_page_changes import change, row, whole
from tests.support.axe import assert_axe_finds_nothing

WORDS = "Say which work, but have made no call for ten minutes"


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        rows = [row(1), row(2, "streaming"), row(3, "error"), row(4, "waiting_for_user")]
        made.say(whole(*(one | {"stalled": one["session_id"] == "2"} for one in rows)))
        yield made


@pytest.mark.slow
def test_a_stalled_session_is_called_that_comes_after_those_that_need_a_person_and_is_counted(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = tabs.new_page()
    page.goto(f"{scripted.url}?stalled=600")
    expect(page.locator("#rows .what")).to_have_text(["waiting for user", "error", "stalled: streaming", "thinking"])
    expect(page.locator("#matches")).to_have_text("4 sessions · stalled: 1")
    expect(page.locator("#need")).to_have_text("2")
    scripted.say_change(change("a", row(2, "streaming") | {"stalled": False}, size=4), "b")
    expect(page.locator("#rows .what")).to_have_text(["waiting for user", "error", "thinking", "streaming"])
    expect(page.locator("#matches")).to_have_text("4 sessions · stalled: 0")
    scripted.say_change(change("b", row(1) | {"stalled": True}, size=4), "c")
    expect(page.locator("#rows .what")).to_have_text(["waiting for user", "error", "stalled: thinking", "streaming"])
    page.get_by_role("searchbox").fill("stalled")
    expect(page.locator("#rows .what")).to_have_text(["stalled: thinking"])


@pytest.mark.slow
def test_the_gateway_is_asked_for_it_only_where_somebody_wants_it(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    asked: list[str] = []
    tabs.on("request", lambda request: asked.append(request.url) if "/status/stream?" in request.url else None)
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.flush(5)
    page = opened(tabs, gateway)
    expect(page.locator("#rows .what")).to_have_text(["thinking"])
    page.get_by_role("button", name="Options").click()
    page.get_by_label(WORDS).check()
    page.keyboard.press("Escape")
    expect(page.locator("#matches")).to_have_text("1 session · stalled: 0")
    assert page.url == f"{gateway.url}/?stalled=600"
    wait_until(lambda: page.evaluate("true") and "stalled=600" in asked[-1], "the page asks who has stalled")
    assert "stalled" not in asked[0]
    page.goto(f"{gateway.url}/?stalled=1")
    expect(page.locator("#rows .what")).to_have_text(["stalled: thinking"])
    page.get_by_role("button", name="Options").click()
    page.get_by_label(WORDS).uncheck()
    expect(page.locator("#rows .what")).to_have_text(["thinking"])
    assert page.url == f"{gateway.url}/"


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_where_a_session_has_stalled(
    browser: Browser, scripted: ScriptedGateway, node_packages: Path, width: int
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{scripted.url}?stalled=600")
        expect(page.locator("#rows .title")).to_have_count(4)
        assert_axe_finds_nothing(page, node_packages)
        page.get_by_role("button", name="Options").click()
        assert_axe_finds_nothing(page, node_packages)
