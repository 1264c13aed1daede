"""The page at a large fleet: it asks the gateway for its filter, and claims nothing about the rest."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.test_page import opened

pytestmark = pytest.mark.slow

LARGE: Final = 520
KEYS: Final = ("web:1", "web:2", "ci:3", "ci:4")
NAMES: Final = ("channel", "state", "session")


@pytest.fixture(scope="module")
def large_fleet(shared_redis: RedisServer) -> Iterator[StatusPublisher]:
    """Mostly of the channel bulk, thinking."""
    with StatusPublisher(shared_redis.url, max_concurrent=1000) as publisher:
        for number in range(LARGE - 4):
            publisher.publish(f"bulk:{number:04}", "thinking")
        publisher.flush(5)
        yield publisher


@pytest.fixture
def fleet(large_fleet: StatusPublisher, gateway: GatewayProcess) -> Iterator[StatusPublisher]:
    large_fleet.publish("web:1", "thinking", title="Alpha")
    large_fleet.publish("web:2", "waiting_for_user", title="Bravo")
    large_fleet.publish("ci:3", "error", title="Charlie", error_message="boom")
    large_fleet.publish("ci:4", "streaming", title="Delta")
    large_fleet.flush(5)
    wait_until(lambda: len(gateway.states()) == LARGE, "the gateway shows the fleet")
    yield large_fleet
    for key in KEYS:
        large_fleet.session(key).end()


@pytest.fixture
def asked(tabs: BrowserContext) -> list[dict[str, list[str]]]:
    """The view that each stream asked for."""
    views: list[dict[str, list[str]]] = []

    def note(url: str) -> None:
        if "/status/stream?" in url:
            query = parse_qs(urlsplit(url).query)
            views.append({name: query[name] for name in NAMES if name in query})

    tabs.on("request", lambda request: note(request.url))
    return views


def chips(page: Page) -> list[str]:
    return page.locator("#states button").all_inner_texts()


def ended(page: Page) -> set[str | None]:
    """Sessions of this fleet that the page calls ended. Others of the shared board have ended, too."""
    page.locator("#ended").evaluate("details => { details.open = true; details.scrollIntoView(); }")
    page.evaluate("() => new Promise((go) => setTimeout(go, 200))")
    keys = page.locator("#ended-rows tr").evaluate_all("rows => rows.map((row) => row.dataset.key ?? null)")
    return {key for key in keys if key in KEYS or re.fullmatch(r"bulk:\d{4}", str(key))}


@pytest.mark.usefixtures("fleet")
def test_the_gateway_is_asked_for_the_filter_and_the_page_says_what_its_numbers_are(
    tabs: BrowserContext, gateway: GatewayProcess, asked: list[dict[str, list[str]]]
) -> None:
    page = opened(tabs, gateway)
    expect(page.locator("#matches")).to_have_text(f"{LARGE} sessions")
    expect(page.locator("#part")).to_be_hidden()
    top = page.locator("#states").evaluate("node => node.getBoundingClientRect().top")
    page.locator("#channel").select_option("web")
    expect(page.locator("#part-text")).to_have_text(
        "The fleet is large: all numbers, notifications and the tab's title are of this filter alone (web)."
    )
    assert page.locator("#states").evaluate("node => node.getBoundingClientRect().top") == top
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .title")).to_have_text(["Bravo", "Alpha"])
    expect(page.locator("#active")).to_have_text("2")
    expect(page.locator("#most")).to_have_text("")
    expect(page.locator("#fleet-label")).to_have_text("Filter")
    expect(page.locator("#global")).to_have_text("Active")  # the failed session is not in it
    expect(page).to_have_title("1 waiting for user · web · Agent status")
    expect(page.get_by_role("status")).to_have_text("Filter web: active: 1 waiting for user.", timeout=40_000)
    assert [chip.replace("\n", "") for chip in chips(page)][:3] == ["1waiting for user", "0in error", "1thinking"]
    thinking = page.locator("#states").get_by_role("button", name="thinking")
    place = thinking.bounding_box()
    page.locator("#states").get_by_role("button", name="waiting for user").click()
    expect(page).to_have_title("1 waiting for user · web, waiting for user · Agent status")
    assert thinking.bounding_box() == place  # so that it can be pressed next
    expect(page.locator("#rows .title")).to_have_text(["Bravo"])
    assert [chip.replace("\n", "") for chip in chips(page)][:3] == ["1waiting for user", "in error", "thinking"]
    assert page.url == f"{gateway.url}/?channel=web&state=waiting_for_user"
    assert ended(page) == set(), "out of view is not the end"
    page.locator("#channel").select_option("")
    page.locator("#states").get_by_role("button", name="waiting for user").click()
    expect(page.locator("#matches")).to_have_text(f"{LARGE} sessions")
    expect(page.locator("#fleet-label")).to_have_text("Fleet")
    expect(page.locator("#most")).to_have_text(re.compile(r"^of [\d,]+$"))
    assert ended(page) == set()
    state = {"state": ["waiting_for_user"]}
    assert asked == [{}, {"channel": ["web"]}, {"channel": ["web"], **state}, state, {}]


def test_changes_of_the_filters_sessions_are_shown_and_an_end_is_one_only_if_it_is_sure(
    tabs: BrowserContext, gateway: GatewayProcess, fleet: StatusPublisher
) -> None:
    page = opened(tabs, gateway, "?channel=web")
    expect(page.locator("#fleet-label")).to_have_text("Filter")
    expect(page.locator("#rows .what")).to_have_text(["waiting for user", "thinking"])
    fleet.publish("web:1", "streaming")
    expect(page.locator("#rows .what")).to_have_text(["waiting for user", "streaming"])
    fleet.session("web:2").end()
    expect(page.locator("#rows .title")).to_have_text(["Alpha"])
    assert ended(page) == {"web:2"}
    page.locator("#states").get_by_role("button", name="streaming").click()
    expect(page).to_have_title("active · web, streaming · Agent status")
    expect(page.locator("#connection")).to_have_text("Live")
    fleet.publish("web:1", "thinking")
    expect(page.get_by_text("No sessions match.")).to_be_visible()
    expect(page.locator("#filters")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()
    assert ended(page) == {"web:2"}
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#matches")).to_have_text(f"{LARGE - 1} sessions")
    assert ended(page) == {"web:2"}


@pytest.mark.usefixtures("fleet")
def test_a_channel_that_the_fleet_does_not_have_is_not_asked_for(
    tabs: BrowserContext, gateway: GatewayProcess, asked: list[dict[str, list[str]]]
) -> None:
    page = opened(tabs, gateway, "?channel=a:b")
    expect(page.get_by_text("No sessions match.")).to_be_visible()
    expect(page.locator("#active")).to_have_text(str(LARGE))
    assert asked == [{}]


@pytest.mark.usefixtures("fleet")
def test_sessions_that_come_into_view_by_another_filter_are_not_notified_of(
    tabs: BrowserContext, gateway: GatewayProcess
) -> None:
    tabs.grant_permissions(["notifications"], origin=gateway.url)
    tabs.add_init_script("""
        window.notices = [];
        window.Notification = class {
          static permission = "granted";
          static requestPermission = () => Promise.resolve("granted");
          constructor(name) { window.notices.push(name); }
        };
    """)
    page = opened(tabs, gateway, "?state=streaming")
    expect(page.locator("#fleet-label")).to_have_text("Filter")
    expect(page.locator("#rows .title")).to_have_text(["Delta"])
    page.get_by_role("button", name="Notify me").click()
    expect(page.get_by_role("button", name="Notifying")).to_be_visible()
    page.locator("#states").get_by_role("button", name="waiting for user").click()
    expect(page.locator("#rows .title")).to_have_text(["Bravo", "Delta"])
    expect(page.locator("#connection")).to_have_text("Live")
    page.locator("#states").get_by_role("button", name="streaming").click()
    page.locator("#states").get_by_role("button", name="waiting for user").click()
    expect(page.locator("#matches")).to_have_text(f"{LARGE} sessions")
    assert page.evaluate("notices") == []


def test_a_small_fleet_is_filtered_by_the_page_alone(
    tabs: BrowserContext, own_redis: RedisServer, asked: list[dict[str, list[str]]]
) -> None:
    with (
        StatusPublisher(own_redis.url) as publisher,
        GatewayProcess(own_redis.url, debounce_seconds=0.1) as gateway,
    ):
        publisher.publish("web:1", "thinking", title="Alpha")
        publisher.publish("ci:2", "error", title="Bravo")
        page = opened(tabs, gateway.ready(), "?channel=web")
        expect(page.locator("#rows .title")).to_have_text(["Alpha"])
        expect(page).to_have_title("1 in error · Agent status")
        expect(page.locator("#part")).to_be_hidden()
        page.locator("#states").get_by_role("button", name="error").click()
        expect(page.get_by_text("No sessions match.")).to_be_visible()
        assert asked == [{}]


@pytest.mark.usefixtures("fleet")
def test_while_the_gateway_does_not_answer_a_new_filter_the_page_does_not_say_that_nothing_matches(
    tabs: BrowserContext, gateway: GatewayProcess
) -> None:
    page = opened(tabs, gateway, "?channel=web")
    expect(page.locator("#fleet-label")).to_have_text("Filter")
    expect(page.locator("#connection")).to_have_text("Live")
    tabs.route("**/status/stream?channel=ci*", lambda route: route.abort())
    page.locator("#channel").select_option("ci")
    expect(page.locator("#connection")).to_contain_text("Reconnecting")
    expect(page.get_by_text("No sessions match.")).to_be_hidden()
    expect(page.locator("#sessions")).to_be_hidden()
    assert page.title().startswith("? ")
    tabs.unroute("**/status/stream?channel=ci*")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#rows .title")).to_have_text(["Charlie", "Delta"])
