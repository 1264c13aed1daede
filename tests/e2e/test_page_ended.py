"""The list of sessions that have ended: what the gateway tells and what the tab has seen are one list."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow


def end(number: int, outcome: str | None, seconds: float, error: str | None = None) -> dict[str, Any]:
    about = {"session_key": f"web:{number}", "title": f"Session {number}", "error_message": error}
    return {**about, "outcome": outcome, "ended_seconds_ago": seconds}


ENDS = [end(3, "done", 4), end(4, "failed", 60, "out of <b>memory</b>"), end(5, "lost", 70, "worker lost")]


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1), row(2)) | {"ended": ENDS})
        yield made


def opened(page: Page, scripted: ScriptedGateway) -> Page:
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(2)
    page.locator("#ended summary").click()
    return page


def test_what_the_gateway_tells_is_listed_with_the_load(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs.new_page(), scripted)
    rows = page.locator("#ended-rows")
    expect(rows.locator(".title")).to_have_text(["Session 3", "Session 4", "Session 5"])
    expect(rows.locator(".what")).to_have_text(["done", "failed: out of <b>memory</b>", "lost"])
    shapes = rows.locator(".dot").evaluate_all(
        "dots => dots.map((dot) => getComputedStyle(dot).clipPath.split('(')[0])"
    )
    assert shapes == ["circle", "polygon", "polygon"], "what failed has a shape of its own, too"
    expect(rows.locator(".in-state")).to_have_text([re.compile(r"^\d+s ago$"), *[re.compile(r"^1m \d+s ago$")] * 2])
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(rows.locator(".in-state").first).to_have_css("white-space", "nowrap")
    expect(page.locator("#ended-number")).to_have_text("3")
    assert "ended=900" in scripted.asked[0]
    rows.get_by_role("link", name="Session 4").click()
    expect(page.locator("#session-gone")).to_contain_text(": failed: out of <b>memory</b>.")


def test_an_event_tells_how_a_session_ended_that_the_tab_saw(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs.new_page(), scripted)
    told = {"ended": [end(1, "cancelled", 0)]}
    scripted.say_change(change("a", gone=("web:1", "web:2"), size=0) | told, "b")
    rows = page.locator("#ended-rows")
    expect(rows.locator(".title")).to_have_text(["Session 1", "Session 2", "Session 3", "Session 4", "Session 5"])
    expect(rows.locator(".what").nth(0)).to_have_text("cancelled")
    expect(rows.locator(".what").nth(1)).to_have_text("thinking")
    scripted.say_change(change("b", row(3, "streaming", 0), size=1), "c")
    expect(rows.locator(".title")).to_have_text(["Session 1", "Session 2", "Session 4", "Session 5"])


def test_a_session_that_ended_during_a_reload_is_listed_by_what_the_gateway_tells(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs.new_page(), scripted)
    page.goto("about:blank")
    scripted.say(whole(row(1), row(6)) | {"ended": [end(2, "done", 1)]}, "b")
    opened(page, scripted)
    expect(page.locator("#ended-rows .title").first).to_have_text("Session 2")
    expect(page.locator("#ended-rows .what").first).to_have_text("done")


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_list_of_ended_sessions(
    width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = opened(context.new_page(), scripted)
        expect(page.locator("#ended-rows tr")).to_have_count(3)
        assert_axe_finds_nothing(page, node_packages)


def test_a_page_that_comes_later_is_told_by_a_real_gateway_how_sessions_ended(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    done = publisher.session("web:done", title="Was done")
    cancelled = publisher.session("web:cancelled", title="Was cancelled")
    kept = publisher.session("web:kept", title="Goes on")
    wait_until(lambda: "web:kept" in gateway.states(), "the gateway shows them")
    done.end("done")
    cancelled.end("cancelled")
    wait_until(lambda: set(gateway.states()) == {"web:kept"}, "they have ended")
    page = tabs.new_page()
    page.goto(f"{gateway.url}/")
    page.locator("#ended summary").click()
    rows = page.locator("#ended-rows tr")
    expect(rows.filter(has_text="Was done").locator(".what")).to_have_text("done")
    expect(rows.filter(has_text="Was cancelled").locator(".what")).to_have_text("cancelled")
    kept.end("cancelled")
    expect(rows.filter(has_text="Goes on").locator(".what")).to_have_text("cancelled")
    page.reload()
    page.locator("#ended summary").click()
    expect(rows.filter(has_text="Goes on").locator(".what")).to_have_text("cancelled")
