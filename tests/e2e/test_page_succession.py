"""Another question to the gateway: until it is answered the picture stays, is live, and takes what comes."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import ScriptedGateway
from tests.e2e.test_page import opened
from tests.e2e.test_page_changes import change, row, whole

RECORD: Final = """() => {
  window.seen = new Set();
  const look = () => {
    seen.add(document.querySelector("#connection").textContent);
    seen.add(`${document.querySelectorAll("#rows .title").length} rows`);
    for (const node of document.querySelectorAll("#rows .group-title")) seen.add(node.textContent);
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
SEEN: Final = "[...seen].sort()"


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1) | {"host": "b"}, row(2) | {"host": "a"}))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.clock.install()
    made.goto(scripted.url)
    expect(made.locator("#connection")).to_have_text("Live")
    expect(made.locator("#rows .title")).to_have_count(2)
    made.evaluate(RECORD)
    return made


def group_by_host(page: Page, scripted: ScriptedGateway) -> None:
    """Group by host, for which the gateway must be asked again."""
    scripted.is_slow = True
    page.get_by_label("Group by").select_option("host")
    wait_until(lambda: page.evaluate("true") and "fields=host" in scripted.asked[-1], "the page asks for hosts")


@pytest.mark.slow
def test_the_picture_changes_over_without_a_gap_and_loses_nothing(page: Page, scripted: ScriptedGateway) -> None:
    group_by_host(page, scripted)
    scripted.say_change(change("a", row(1, "error") | {"host": "b"}), "b")
    expect(page.locator("#rows .what").first).to_have_text("error")
    page.clock.run_for(1000)
    assert page.evaluate(SEEN) == ["2 rows", "Live"]
    scripted.say(whole(row(1, "error") | {"host": "b"}, row(2) | {"host": "a"}), "c")
    scripted.hurry()
    expect(page.locator("#rows .group-title")).to_have_text(["a", "b"])
    assert page.evaluate(SEEN) == ["2 rows", "Live", "a", "b"]
    scripted.say_change(change("c", row(2, "streaming") | {"host": "a"}), "d")
    expect(page.locator("#rows .what").first).to_have_text("streaming")
    page.clock.run_for(6000)
    assert page.evaluate(SEEN) == ["2 rows", "Live", "a", "b"]


@pytest.mark.slow
def test_an_order_by_another_field_waits_for_it_too(page: Page, scripted: ScriptedGateway) -> None:
    scripted.is_slow = True
    page.evaluate("history.replaceState(null, '', '?sort=host'); dispatchEvent(new PopStateEvent('popstate'))")
    wait_until(lambda: page.evaluate("true") and "fields=host" in scripted.asked[-1], "the page asks for hosts")
    page.clock.run_for(1000)
    assert page.locator("#rows .title").all_inner_texts() == ["Session 1", "Session 2"]
    scripted.hurry()
    expect(page.locator("#rows .title")).to_have_text(["Session 2", "Session 1"])


@pytest.mark.slow
def test_a_gateway_that_refuses_the_question_is_lost(page: Page, scripted: ScriptedGateway) -> None:
    scripted.refusal = 503
    page.get_by_label("Group by").select_option("host")
    expect(page.locator("#notice")).to_contain_text("the gateway answered 503")


@pytest.mark.slow
def test_a_stream_that_may_be_in_the_way_is_closed_after_three_seconds(page: Page, scripted: ScriptedGateway) -> None:
    group_by_host(page, scripted)
    page.clock.run_for(2000)
    expect(page.locator("#connection")).to_have_text("Live")
    page.clock.run_for(1500)
    expect(page.locator("#connection")).to_have_text("Connecting")
    expect(page.locator("#rows .title")).to_have_count(2)
    scripted.hurry()
    expect(page.locator("#rows .group-title")).to_have_text(["a", "b"])
    expect(page.locator("#connection")).to_have_text("Live")


@pytest.mark.slow
def test_a_real_gateway_is_asked_for_hosts_without_a_gap(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Alpha")
    publisher.publish("web:2", "waiting_for_user", title="Bravo")
    publisher.flush(5)
    worker = publisher.worker_id
    assert worker is not None
    page = opened(tabs, gateway)
    expect(page.locator("#rows .title")).to_have_text(["Bravo", "Alpha"])
    page.evaluate(RECORD)
    page.get_by_label("Group by").select_option("worker")
    expect(page.locator("#rows .group-title")).to_have_text([worker])
    publisher.publish("web:1", "streaming")
    expect(page.locator("#rows .what").last).to_have_text("streaming")
    page.get_by_label("Group by").select_option("")
    expect(page.locator("#rows .group-title")).to_have_count(0)
    publisher.publish("web:1", "thinking")
    expect(page.locator("#rows .what").last).to_have_text("thinking")
    assert page.evaluate(SEEN) == sorted(["2 rows", "Live", worker])
