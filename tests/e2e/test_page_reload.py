"""What the page knows beyond a reload: what its own tab has seen, and nothing that another reader has."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page_changes import change, row, whole

pytestmark = pytest.mark.slow

KEPT = "agent-status past /"
COUNT_WRITES = """
    window.writes = [];
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (name, text) {
      window.writes.push(name);
      return setItem.call(this, name, text);
    };
"""
ALLOW_NOTHING = """
    for (const name of ["sessionStorage", "localStorage"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }
"""
TAKE_NOTHING = """
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1, "thinking", 60), row(2)))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#rows .title")).to_have_text(["Session 1", "Session 2"])
    return made


def stream(scripted: ScriptedGateway, page: Page) -> None:
    """Let the first session stream, and the second one end."""
    scripted.say(whole(row(1, "streaming", 0)), "b")
    expect(page.locator("#rows .what")).to_have_text(["streaming"])


def told(page: Page) -> list[str | None]:
    """States of the first session that the page tells, the newest first."""
    page.locator("#rows").get_by_role("link", name="Session 1").click()
    expect(page.locator("#session-name")).to_have_text("Session 1")
    states = [dot.get_attribute("data-state") for dot in page.locator("#session-lines .dot").all()]
    page.get_by_role("button", name="Close session").click()
    return states


def reloaded(page: Page) -> Page:
    page.reload()
    expect(page.locator("#rows .what")).to_have_text(["streaming"])
    return page


def test_after_a_reload_older_bars_are_those_that_the_tab_has_seen(
    tabs: BrowserContext, scripted: ScriptedGateway, page: Page
) -> None:
    stream(scripted, page)
    scripted.say(whole(row(1, "streaming", 60)), "c")  # no younger than it is, however long a load takes
    for _ in range(2):
        assert told(reloaded(page)) == ["streaming", "thinking"]
    other = tabs.new_page()
    other.goto(scripted.url)
    expect(other.locator("#rows .what")).to_have_text(["streaming"])
    assert told(other) == ["streaming"], "another tab has not seen it"


def test_a_real_gateway_proves_that_a_state_went_on_while_the_page_was_loaded(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Session 1")
    page = tabs.new_page()
    page.goto(f"{gateway.url}/")
    expect(page.locator("#rows .what")).to_have_text(["thinking"])
    publisher.publish("web:1", "streaming")
    expect(page.locator("#rows .what")).to_have_text(["streaming"])
    assert told(reloaded(page)) == ["streaming", "thinking"]


def test_what_ended_is_still_listed_after_a_reload_by_its_key(scripted: ScriptedGateway, page: Page) -> None:
    stream(scripted, page)
    reloaded(page)
    page.locator("#ended summary").click()
    expect(page.locator("#ended-rows .title")).to_have_text(["2"])
    kept = page.evaluate("name => sessionStorage.getItem(name)", KEPT)
    assert "web:2" in kept
    assert "Session" not in kept


def test_nothing_is_written_for_an_event(tabs: BrowserContext, scripted: ScriptedGateway) -> None:
    tabs.add_init_script(COUNT_WRITES)
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(2)
    base = "a"
    for number in range(20):
        id_ = f"e{number}"
        scripted.say_change(change(base, row(1, "thinking" if number % 2 else "streaming", 0)), id_)
        base = id_
    scripted.say_change(change(base, row(1, "error", 0)), "last")
    expect(page.locator("#rows .what").first).to_have_text("error")
    assert page.evaluate("writes") == []


@pytest.mark.parametrize("what", ["?ticket=1.a.b", "?key=other"])
def test_what_a_tab_has_seen_is_forgotten_with_the_next_key_or_link(
    scripted: ScriptedGateway, page: Page, what: str
) -> None:
    stream(scripted, page)
    page.goto(f"{scripted.url}{what}")
    expect(page.locator("#connection")).not_to_have_text("Connecting")
    assert page.evaluate("name => sessionStorage.getItem(name)", KEPT) is None


def test_a_share_link_shows_no_bar_that_another_reader_has_seen(scripted: ScriptedGateway, page: Page) -> None:
    stream(scripted, page)
    page.goto(f"{scripted.url}?ticket=1.a.b")
    expect(page.locator("#rows .what")).to_have_text(["streaming"])
    assert told(page) == ["streaming"]


def test_a_frame_beside_another_readers_keeps_nothing_for_it(scripted: ScriptedGateway, page: Page) -> None:
    stream(scripted, page)
    page.evaluate("sessionStorage.setItem('agent-status ticket', '1.of.another')")
    assert told(reloaded(page)) == ["streaming"]


@pytest.mark.parametrize("storage", [ALLOW_NOTHING, TAKE_NOTHING])
def test_a_browser_that_keeps_nothing_shows_what_the_gateway_says(
    tabs: BrowserContext, scripted: ScriptedGateway, storage: str
) -> None:
    tabs.add_init_script(storage)
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(2)
    stream(scripted, page)
    assert told(page) == ["streaming", "thinking"]
    assert told(reloaded(page)) == ["streaming"]


@pytest.mark.parametrize("text", ["{", "[]", '{"format":1,"at":1e999,"tracks":7}'])
def test_what_others_have_stored_in_the_tab_does_no_harm(
    tabs: BrowserContext, scripted: ScriptedGateway, text: str
) -> None:
    tabs.add_init_script(f"if (location.host) sessionStorage.setItem({KEPT!r}, {text!r})")
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows tr")).to_have_count(2)
    stream(scripted, page)
    assert told(page) == ["streaming", "thinking"]
