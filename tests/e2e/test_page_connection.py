"""The page says the truth about itself, finds its way back, and shares one connection with other tabs."""

import json
import re
import signal
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import STREAM, GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.conftest import DEBOUNCE_SECONDS
from tests.e2e.test_page import opened

pytestmark = pytest.mark.slow

COUNTDOWN: Final = re.compile(r"^Reconnecting( in \d+s)?$")
HURRY: Final = "dispatchEvent(new Event('online'))"
"""The network is back: the next try is now."""
SAID: Final = """() => {
  window.said = [];
  const text = document.querySelector("#connection-text");
  const all = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => said.push(text.textContent)).observe(text, all);
}"""
AS_OF: Final = re.compile(r"^as of \d\d:\d\d:\d\d$")


def streams(gateway: GatewayProcess) -> int:
    metrics = gateway.get("/metrics").text
    return int(float(metrics.partition("\nagent_status_clients ")[2].split()[0]))


def test_after_a_replicas_death_the_page_counts_down_and_is_right_again(
    tabs: BrowserContext, real_redis: RedisServer, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking", title="Alpha")
    with GatewayProcess(real_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as first:
        page = opened(tabs, first.ready())
        expect(page.locator("#rows .title")).to_have_text("Alpha")
        first.stop(signal.SIGKILL)
        expect(page.locator("#connection")).to_have_text(COUNTDOWN)
        expect(page.locator("#notice")).to_contain_text("Connection lost")
        expect(page.locator("#as-of")).to_have_text(AS_OF)
        expect(page.locator("#in-state-as-of")).to_have_text(AS_OF)
        assert page.title().startswith("? ")
        publisher.publish("web:1", "error", error_message="boom")
        with GatewayProcess(real_redis.url, port=first.port, debounce_seconds=DEBOUNCE_SECONDS) as second:
            second.ready()
            page.evaluate(HURRY)
            expect(page.locator("#connection")).to_have_text("Live")
            expect(page.locator("#rows .what")).to_have_text("error: boom")
            expect(page.locator("#notice")).to_be_hidden()
            expect(page.locator("#as-of")).to_be_hidden()
    publisher.session("web:1").end()  # an error would stay on the shared board for its time


@pytest.mark.usefixtures("session")
def test_an_answer_of_a_balancer_in_between_is_named_and_does_not_end_it(
    tabs: BrowserContext, gateway: GatewayProcess
) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=502, body="Bad Gateway")
        else:
            route.continue_()

    tabs.route(re.compile("/api/v1/agent/status/stream"), refuse)
    page = tabs.new_page()
    page.goto(gateway.url)
    expect(page.locator("#notice")).to_contain_text("the gateway answered 502")
    page.evaluate(HURRY)
    assert [url.partition("?")[0].removeprefix(gateway.url) for url in refused] == [STREAM, STREAM]
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .title")).to_have_text("Fix auth bug")


def test_during_an_outage_the_snapshot_is_stale_and_afterwards_it_is_live_again(
    tabs: BrowserContext, own_redis: RedisServer
) -> None:
    with (
        StatusPublisher(own_redis.url) as publisher,
        GatewayProcess(own_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as gateway,
    ):
        session = publisher.session("web:1", title="Alpha")
        page = opened(tabs, gateway.ready())
        expect(page.locator("#rows .what")).to_have_text("thinking")
        own_redis.kill()
        expect(page.locator("#connection")).to_have_text(re.compile(r"^Stale since \d\d:\d\d:\d\d$"))
        expect(page.locator("#notice")).to_contain_text("The gateway lost Redis")
        expect(page.locator("#in-state-as-of")).to_have_text(AS_OF)
        expect(page.locator("#rows .what")).to_have_text("thinking")
        session.waiting_for_user()
        own_redis.start()
        expect(page.locator("#connection")).to_have_text("Live")
        expect(page.locator("#rows .what")).to_have_text("waiting for user")


def test_two_tabs_share_a_connection_and_the_second_has_it_when_the_first_is_closed(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    wait_until(lambda: streams(gateway) == 0, "no stream is open")
    first, second = opened(tabs, gateway), opened(tabs, gateway)
    expect(second.locator("#rows .what")).to_have_text("thinking")
    assert streams(gateway) == 1
    session.tool_running("bash")
    for page in (first, second):
        expect(page.locator("#rows .what")).to_have_text("running bash")

    first.close()
    session.streaming()
    expect(second.locator("#rows .what")).to_have_text("streaming")
    assert streams(gateway) == 1


@pytest.mark.usefixtures("session")
def test_the_second_tab_says_nothing_of_a_loss_when_the_first_is_loaded_again(
    tabs: BrowserContext, gateway: GatewayProcess
) -> None:
    first, second = opened(tabs, gateway), opened(tabs, gateway)
    expect(second.locator("#connection")).to_have_text("Live")
    second.evaluate(SAID)
    first.reload()
    expect(first.locator("#connection")).to_have_text("Live")
    expect(second.locator("#connection")).to_have_text("Live")
    assert second.evaluate("said") == []


def test_a_tab_that_the_browser_freezes_hands_the_connection_over(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    first, second = opened(tabs, gateway), opened(tabs, gateway)
    protocol = tabs.new_cdp_session(first)
    protocol.send("Page.setWebLifecycleState", {"state": "frozen"})
    session.waiting_for_user()
    expect(second.locator("#rows .what")).to_have_text("waiting for user")
    protocol.send("Page.setWebLifecycleState", {"state": "active"})
    session.streaming()
    for page in (first, second):
        expect(page.locator("#rows .what")).to_have_text("streaming")
    assert streams(gateway) == 1


@pytest.mark.usefixtures("session")
def test_a_tab_that_does_not_answer_loses_the_connection_to_one_that_is_looked_at(
    tabs: BrowserContext, gateway: GatewayProcess
) -> None:
    first, second = tabs.new_page(), tabs.new_page()
    first.add_init_script("BroadcastChannel.prototype.postMessage = () => {}")
    first.goto(gateway.url)
    expect(first.locator("#connection")).to_have_text("Live")
    second.clock.install()
    second.goto(gateway.url)
    expect(second.locator("#connection")).to_have_text("Connecting")
    wait_until(lambda: len(second.evaluate("navigator.locks.query().then(({ pending }) => pending)")) == 1, "it queues")
    second.clock.run_for(11_000)
    expect(second.locator("#rows .what")).to_have_text("thinking")
    wait_until(lambda: streams(gateway) == 1, "the first one has let go")


@pytest.mark.usefixtures("session")
def test_without_web_locks_each_tab_has_a_connection_of_its_own(tabs: BrowserContext, gateway: GatewayProcess) -> None:
    wait_until(lambda: streams(gateway) == 0, "no stream is open")
    tabs.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    for page in (opened(tabs, gateway), opened(tabs, gateway)):
        expect(page.locator("#rows .what")).to_have_text("thinking")
    assert streams(gateway) == 2


def test_only_one_tab_notifies_of_a_session_that_begins_to_wait_and_only_if_asked_to(
    tabs: BrowserContext, gateway: GatewayProcess, session: Session
) -> None:
    tabs.grant_permissions(["notifications"], origin=gateway.url)
    tabs.add_init_script("""
        window.notices = [];
        const { requestPermission } = Notification;
        window.Notification = class {
          static permission = "granted";
          static requestPermission = requestPermission;
          constructor(name, { body }) { window.notices.push([name, body]); }
        };
    """)
    first, second = opened(tabs, gateway), opened(tabs, gateway)

    def notices() -> list[list[str]]:
        return [*first.evaluate("notices"), *second.evaluate("notices")]

    session.waiting_for_user()
    expect(second.locator("#rows .what")).to_have_text("waiting for user")
    assert notices() == []
    second.get_by_role("button", name="Notify me").click()
    expect(first.get_by_role("button", name="Notifying")).to_be_visible()
    session.thinking()
    expect(second.locator("#rows .what")).to_have_text("thinking")
    session.error("boom")
    expect(second.locator("#rows .what")).to_have_text("error: boom")
    assert notices() == [["Fix auth bug", "error: boom"]]
    session.end()
    assert json.loads(first.evaluate("JSON.stringify(localStorage)")) == {"agent-status notify": "on"}
