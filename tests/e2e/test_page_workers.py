"""The view of the workers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import row, whole
from tests.support.axe import assert_axe_finds_nothing


def worker(worker_id: str, state: str, sessions: int, most: int, host: str = "box-1") -> dict[str, Any]:
    return {
        "worker_id": worker_id,
        "host": host,
        "pid": 4711,
        "state": state,
        "sessions": [f"web:{number}" for number in range(sessions)],
        "max_concurrent": most,
        "uptime_seconds": 3600,
        "last_heard_seconds": 2.0,
        "lease_seconds": 30.0,
    }


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1)))
        lost = worker("w3", "lost", 2, 5, "<b>box</b>")
        made.workers = [worker("w1", "live", 3, 5), worker("w2", "live", 1, 0), lost]
        yield made


def opened(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    page = tabs.new_page()
    page.clock.install()
    page.goto(scripted.url)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_workers_are_asked_for_while_they_are_shown(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    asked: list[str] = []
    tabs.on("request", lambda request: asked.append(request.url) if "/api/v1/agent/workers" in request.url else None)
    page = opened(tabs, scripted)
    page.clock.run_for(11_000)
    assert asked == []
    page.locator("#workers summary").click()
    rows = page.locator("#worker-rows tr")
    expect(rows.locator(".title")).to_have_text(["<b>box</b>", "box-1", "box-1"])
    expect(rows.locator(".state")).to_have_text(["lost", "live", "live"])
    expect(rows.first).to_have_text(re.compile(r"process 4711 · w3lost2 of 5[23]s ago1h 0m"))
    summary = page.locator("#workers-summary")
    expect(summary).to_have_text("2 live workers, 1 lost, 3 of 5 places taken (1 names a limit).")
    scripted.workers = [worker("w1", "live", 4, 5)]
    page.clock.run_for(6000)
    expect(summary).to_have_text("1 live worker, 4 of 5 places taken.")
    scripted.workers = [worker("w1", "live", 1000, 12_500)]
    page.clock.run_for(6000)
    expect(rows.locator(".number").first).to_have_text("1,000 of 12,500")
    box = rows.first.bounding_box()
    assert box is not None
    assert box["height"] < 65, "a load takes one line"
    rows.first.hover()
    expect(rows.locator(".title").first).not_to_have_css("text-decoration-line", "underline")  # it leads nowhere
    scripted.workers = None
    page.clock.run_for(6000)
    problem = "The gateway answered 404. These are the workers as of its last answer."
    expect(page.locator("#workers-problem")).to_have_text(problem)
    expect(rows).to_have_count(1)


def test_a_button_above_the_list_goes_to_the_workers_which_stay_open_after_a_reload(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.say(whole(*(row(number) for number in range(300))))
    page = opened(tabs, scripted)
    page.clock.run_for(1000)
    page.get_by_role("button", name="Workers", exact=True).click()
    expect(page.locator("#worker-rows tr")).to_have_count(3)
    expect(page.locator("#worker-rows tr").last).to_be_in_viewport()
    expect(page.locator("#workers summary")).to_be_focused()
    page.reload()
    expect(page.locator("#worker-rows tr")).to_have_count(3)
    page.locator("#workers summary").click()
    page.wait_for_function(
        "sessionStorage.getItem('agent-status open /') === ''"
    )  # a browser tells of it a moment later
    page.reload()
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#worker-table")).to_be_hidden()


@pytest.mark.slow
def test_who_came_by_a_link_is_not_offered_the_workers(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = tabs.new_page()
    page.goto(f"{scripted.url}?ticket=1.a.b")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#workers")).to_be_hidden()
    expect(page.get_by_role("button", name="Workers", exact=True)).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_workers(
    width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(scripted.url)
        page.locator("#workers summary").click()
        expect(page.locator("#worker-rows tr")).to_have_count(3)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
