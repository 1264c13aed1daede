"""The view of the workers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import row, whole
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow


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


def opened(tabs: BrowserContext, scripted: ScriptedGateway, query: str = "") -> Page:
    page = tabs.new_page()
    page.clock.install()
    page.goto(scripted.url + query)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_workers_are_asked_for_while_they_are_shown(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    asked: list[str] = []
    tabs.on("request", lambda request: asked.append(request.url) if "/api/v1/agent/workers" in request.url else None)
    page = opened(tabs, scripted)
    page.clock.run_for(11_000)
    assert asked == []
    page.locator("#workers-open").click()
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


def test_its_address_shows_the_workers_in_place_of_the_sessions(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, "?workers=on&channel=web")
    page.clock.run_for(1000)
    expect(page.get_by_role("heading", name="Workers")).to_be_visible()
    expect(page.locator("#worker-rows tr")).to_have_count(3)
    expect(page.locator("#need")).to_be_visible()  # whoever looks at the workers still sees who waits
    for hidden in ("#sessions", "#filters", "#matches", "#workers-open", "#errors", "#ended", "#wall-counts"):
        expect(page.locator(hidden)).to_be_hidden()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.locator("#rows .title")).to_have_text(["Session 1"])
    expect(page.locator("#workers")).to_be_hidden()
    assert page.url == f"{scripted.url}?channel=web"
    expect(page.get_by_role("link", name="Workers", exact=True)).to_be_focused()


def test_an_unknown_value_and_a_wall_show_no_workers(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    scripted.say(whole(row(1, "waiting_for_user")))
    for query in ("?workers=perhaps", "?workers=on&wall=on"):
        page = opened(tabs, scripted, query)
        expect(page.get_by_role("link", name="Session 1")).to_be_visible()
        expect(page.locator("#workers")).to_be_hidden()


def test_a_link_leads_there_and_every_way_back_to_where_the_list_was(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.say(whole(*(row(number) for number in range(300))))
    page = opened(tabs, scripted, "?sort=name")
    page.clock.run_for(1000)
    page.evaluate("scrollTo(0, 5000)")
    page.clock.run_for(100)
    there = page.evaluate("scrollY")
    page.locator("#workers-open").evaluate("node => node.click()")
    assert page.url == f"{scripted.url}?sort=name&workers=on"
    expect(page.locator("#worker-rows tr").first).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator("#workers")).to_be_hidden()
    assert page.url == f"{scripted.url}?sort=name"
    wait_until(lambda: page.evaluate("scrollY") == there, "the list is where it was")
    page.clock.run_for(100)
    assert page.evaluate("document.elementFromPoint(200, 400).closest('#rows tr') !== null")
    page.keyboard.press("w")
    expect(page.locator("#worker-rows tr").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    assert page.evaluate("scrollY") == there
    page.go_back()
    expect(page.locator("#worker-rows tr").first).to_be_in_viewport()
    page.reload()
    expect(page.locator("#worker-rows tr")).to_have_count(3)


def test_keys_lead_there_and_back_and_a_screen_reader_hears_it(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = opened(tabs, scripted)
    heard = page.get_by_role("status")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", name="Workers")).to_be_focused()
    expect(heard).to_have_text("Workers: 2 live workers, 1 lost, 3 of 5 places taken (1 names a limit).")
    page.keyboard.press("j")
    expect(heard).to_have_text("These are the workers. Esc leads back to the sessions.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Sessions", exact=True)).to_be_focused()
    for key in ("w", "Escape"):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name="Workers", exact=True)).to_be_focused()
        expect(heard).to_have_text("The sessions are shown.")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Workers")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.url == scripted.url


def test_what_leads_into_the_list_leaves_the_workers(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    scripted.say(whole(row(1), row(2, "waiting_for_user")))
    page = opened(tabs, scripted, "?workers=on")
    page.get_by_role("button", name="1 waiting for user").click()
    expect(page.get_by_role("link", name="Session 2")).to_be_focused()
    expect(page.locator("#workers")).to_be_hidden()
    page.keyboard.press("w")
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Show the wall").click()
    expect(page.locator("#rows .title")).to_have_text(["Session 2"])
    assert page.url == f"{scripted.url}?wall=on"
    page.keyboard.press("w")
    expect(page.locator("#worker-rows tr")).to_have_count(3)
    assert page.url == f"{scripted.url}?workers=on"


def test_a_session_opens_beside_the_workers_and_esc_closes_it_first(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, "?workers=on&open=web:1")
    expect(page.locator("#session-name")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#session-name")).to_be_hidden()
    expect(page.locator("#workers")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#workers")).to_be_hidden()


def test_two_escs_at_once_close_a_session_and_leave_the_workers(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted, "?workers=on&open=web:1")
    expect(page.locator("#session-name")).to_be_focused()
    esc = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))"
    page.evaluate(f"{{ {esc}; {esc}; }}")  # what is closed has the focus until the browser next draws
    expect(page.locator("#session-name")).to_be_hidden()
    expect(page.locator("#workers")).to_be_hidden()


def test_a_pause_ends_at_the_workers_of_whom_its_picture_has_none(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    page = opened(tabs, scripted)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("#worker-rows tr")).to_have_count(3)


def test_a_gateway_that_has_never_answered_leaves_no_workers_to_speak_of(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.workers = None
    page = opened(tabs, scripted, "?workers=on")
    page.clock.run_for(1000)
    expect(page.locator("#workers-problem")).to_have_text("The gateway answered 404.")
    expect(page.get_by_role("status")).to_have_text("The gateway answered 404.")


def test_who_came_by_a_link_is_not_offered_the_workers(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    page = tabs.new_page()
    page.goto(f"{scripted.url}?ticket=1.a.b")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#workers-open")).to_be_hidden()
    page.keyboard.press("w")
    expect(page.get_by_role("status")).to_have_text("A share link shows sessions only, and no workers.")
    expect(page.locator("#workers")).to_be_hidden()
    page.goto(f"{scripted.url}?workers=on")
    expect(page.locator("#workers-problem")).to_have_text("A share link shows sessions only, and no workers.")


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_workers(
    width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path
) -> None:
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{scripted.url}?workers=on")
        expect(page.locator("#worker-rows tr")).to_have_count(3)
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width
