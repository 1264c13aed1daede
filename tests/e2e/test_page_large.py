"""The page at a fleet that no browser could list: it is counted, and those that need a person are listed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agent_status_publisher import StatusPublisher
from bench.fleets.process import FleetProcess
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot
from tests.e2e.test_page import opened
from tests.e2e.test_page_changes import change
from tests.e2e.test_page_session import row
from tests.support.axe import assert_axe_finds_nothing

pytestmark = pytest.mark.slow

WORKERS: Final = 100
EACH: Final = 1000
WEB: Final = {"streaming": 30_000, "waiting_for_user": 1}
BULK: Final = {"thinking": 60_000, "error": 1}
NEED: Final = "waiting_for_user,error"
WORDS: Final = (
    "90,002 sessions are too many to list. The list has those waiting for user or in error. "
    "Choose a channel for others. Search and groups are of this list."
)
HURRY: Final = "dispatchEvent(new Event('online'))"


def group(channel: str, states: dict[str, int]) -> dict[str, Any]:
    oldest = dict.fromkeys(states, 5)
    return {"channel": channel, "sessions": sum(states.values()), "states": states, "oldest_seconds": oldest}


def say(scripted: ScriptedGateway, *rows: Row) -> None:
    scripted.say(snapshot(list(rows), max_concurrent=0, uptime_seconds=60))


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say_summary([group("bulk", BULK), group("web", WEB)])
        say(made, row("bulk:1", "error", error_message="boom"), row("web:1", "waiting_for_user"))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def states_asked(scripted: ScriptedGateway) -> list[tuple[str, str]]:
    """Channel and state that each stream of the list asked for."""
    queries = [parse_qs(asked) for asked in scripted.asked]
    return [(query.get("channel", [""])[0], query.get("state", [""])[0]) for query in queries]


def test_the_fleet_is_counted_and_those_that_need_a_person_are_listed(page: Page, scripted: ScriptedGateway) -> None:
    expect(page.locator("#overview-words")).to_have_text(WORDS)
    expect(page.locator("#rows .title")).to_have_text(["Task 1", "Task 1"])
    assert states_asked(scripted) == [("", NEED)]  # and never for the whole
    expect(page.locator("#matches")).to_have_text("2 of 90,002 sessions")
    expect(page.locator("#need")).to_have_text("2")
    expect(page.locator("#active")).to_have_text("90,002")
    expect(page.locator("#fleet-label")).to_have_text("Fleet")
    expect(page.locator("#part")).to_be_hidden()
    expect(page.locator("#states button[data-state=thinking]")).to_have_text("60,000thinking")
    lines = page.locator("#overview-channels li")
    expect(lines).to_have_text(
        ["bulk 60,0011 in error, 60,000 thinking", "web 30,0011 waiting for user, 30,000 streaming"]
    )
    expect(page).to_have_title("1 waiting for user, 1 in error · Agent status")
    scripted.say_summary([group("bulk", BULK | {"error": 3}), group("web", {"streaming": 7})], "t")
    expect(page.locator("#active")).to_have_text("60,010")
    expect(page).to_have_title("3 in error · Agent status")
    expect(lines.last).to_have_text("web 77 streaming")


def test_a_channel_that_is_small_enough_is_listed_and_a_larger_one_is_not(
    page: Page, scripted: ScriptedGateway
) -> None:
    scripted.say_summary([group("bulk", BULK), group("web", {"streaming": 1, "error": 1})], "t")
    expect(page.locator("#active")).to_have_text("60,003")
    scripted.forget_streams()  # what follows is for the next one
    say(scripted, row("web:1", "error"), row("web:2", "streaming"))
    page.get_by_role("button", name="web 2").click()
    expect(page.locator("#fleet-label")).to_have_text("Filter")
    expect(page.locator("#overview")).to_be_hidden()
    expect(page.locator("#rows .what")).to_have_text(["error", "streaming"])
    assert page.url == f"{scripted.url}?channel=web"
    scripted.forget_streams()
    say(scripted)
    page.locator("#channel").select_option("bulk")
    expect(page.locator("#overview-words")).to_contain_text("60,001 sessions (bulk) are too many to list.")
    expect(page.locator("#active")).to_have_text("60,001")
    expect(page.locator("#no-match")).to_be_hidden()
    page.locator("#states").get_by_role("button", name="thinking").click()
    expect(page.locator("#overview-words")).to_have_text(
        "60,000 sessions (bulk, thinking) are too many to list. Choose a state or another channel."
    )
    expect(page.locator("#connection")).to_have_text("Live")  # with no list at all
    assert states_asked(scripted) == [("", NEED), ("web", ""), ("bulk", NEED)]


def test_in_an_outage_of_all_the_list_has_nobody_and_the_numbers_are_still_right(
    page: Page, scripted: ScriptedGateway
) -> None:
    scripted.say_summary([group("web", {"error": 90_000, "waiting_for_user": 30_000})], "t")
    expect(page.locator("#need")).to_have_text("120,000")
    expect(page.locator("#overview-words")).to_have_text("120,000 sessions are too many to list. Choose a channel.")
    expect(page.locator("#sessions")).to_be_hidden()
    expect(page.locator("#ended")).to_be_hidden()  # out of the list is not the end
    expect(page).to_have_title("30,000 waiting for user, 90,000 in error · Agent status")
    scripted.say_summary([group("web", {"error": 10, "thinking": 30_000})], "u")
    expect(page.locator("#sessions")).to_be_visible()
    expect(page.locator("#global")).to_have_text("Degraded")


def test_what_comes_to_need_a_person_is_listed_and_one_that_no_longer_does_has_not_ended(
    page: Page, scripted: ScriptedGateway
) -> None:
    expect(page.locator("#rows .title")).to_have_count(2)
    scripted.say_change(change("a", row("web:7", "waiting_for_user"), gone=("web:1",), size=2), "b")
    expect(page.locator("#rows .title")).to_have_text(["Task 7", "Task 1"])
    expect(page.locator("#ended")).to_be_hidden()


def test_a_fleet_that_shrinks_is_listed_as_a_whole_again(page: Page, scripted: ScriptedGateway) -> None:
    expect(page.locator("#overview")).to_be_visible()
    scripted.forget_streams()  # what follows is for the next one
    say(scripted, row("bulk:1", "error"), row("bulk:2", "thinking"))
    scripted.say_summary([group("bulk", {"thinking": 1, "error": 1})], "t")
    expect(page.locator("#overview")).to_be_hidden()
    expect(page.locator("#rows .what")).to_have_text(["error", "thinking"])
    expect(page.locator("#active")).to_have_text("2")
    assert states_asked(scripted) == [("", NEED), ("", "")]


def test_a_page_is_live_only_if_both_its_list_and_its_numbers_are(page: Page, scripted: ScriptedGateway) -> None:
    expect(page.locator("#connection")).to_have_text("Live")
    for stream in scripted.summaries:
        stream.put(None)
    expect(page.locator("#connection")).to_contain_text("Reconnecting")
    expect(page.locator("#notice")).to_contain_text("Connection lost")
    page.evaluate(HURRY)
    expect(page.locator("#connection")).to_have_text("Live")
    assert states_asked(scripted) == [("", NEED)]  # the list went on


def test_a_gateway_that_refuses_the_summary_is_asked_for_the_whole(
    tabs: BrowserContext, scripted: ScriptedGateway
) -> None:
    scripted.summary = None
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#rows .title")).to_have_count(2)
    expect(page.locator("#connection")).to_have_text("Live")
    assert states_asked(scripted) == [("", "")]
    assert page.evaluate("document.querySelector('#announcement').textContent").startswith("Fleet degraded")


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(width: int, scripted: ScriptedGateway, browser: Browser, node_packages: Path) -> None:
    channels = [group(f"{'long' * 12}{number}", {"thinking": 9000, "error": 1}) for number in range(20)]
    scripted.say_summary(channels)
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(scripted.url)
        expect(page.locator("#overview-words")).to_be_visible()
        page.locator("#overview-by-channel").evaluate("node => { node.open = true; }")
        expect(page.locator("#overview-more")).to_have_text("8 more can be chosen above.")
        assert_axe_finds_nothing(page, node_packages)
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.fixture(scope="module")
def large_gateway() -> Iterator[tuple[GatewayProcess, RedisServer]]:
    """A gateway with 100,000 sessions in ten channels."""
    server = RedisServer()
    with (
        FleetProcess(server.url, workers=WORKERS, sessions=EACH, channels=10),
        GatewayProcess(server.url, debounce_seconds=0.1) as gateway,
    ):
        yield gateway.ready(), server
    server.close()


def test_a_real_fleet_is_never_asked_for_as_a_whole(
    tabs: BrowserContext, large_gateway: tuple[GatewayProcess, RedisServer]
) -> None:
    gateway, server = large_gateway
    asked: list[str] = []
    tabs.on("request", lambda request: asked.append(request.url) if "/status/stream?" in request.url else None)
    with StatusPublisher(server.url) as publisher:
        publisher.publish("web:1", "waiting_for_user", title="Alpha")
        publisher.flush(5)
        page = opened(tabs, gateway)
        expect(page.locator("#rows .title")).to_have_text(["Alpha"], timeout=20_000)
        expect(page.locator("#active")).to_have_text("100,001")
        publisher.publish("web:2", "error", title="Bravo")
        expect(page.locator("#rows .title")).to_have_text(["Alpha", "Bravo"])
        expect(page.locator("#need")).to_have_text("2")
        page.locator("#rows .title").first.click()
        expect(page.get_by_role("dialog", name="Alpha")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name=re.compile(r"^channel003 10,000")).click()
        expect(page.locator("#matches")).to_have_text("10,000 sessions")
        page.locator("#channel").select_option("")
        expect(page.locator("#rows .title")).to_have_text(["Alpha", "Bravo"])
    queries = [parse_qs(urlsplit(url).query) for url in asked]
    lists = [(query.get("channel"), query.get("state")) for query in queries if "session" not in query]
    assert lists == [(None, [NEED]), (["channel003"], None), (None, [NEED])]
    wait_until(lambda: gateway.process.poll() is None, "the gateway runs")


def test_a_pause_holds_the_counted_fleet_and_the_newest_count_shows_at_its_end(
    page: Page, scripted: ScriptedGateway
) -> None:
    expect(page.locator("#active")).to_have_text("90,002")
    page.get_by_role("button", name="Pause").click()
    expect(page).to_have_title(re.compile("^Paused"))
    scripted.say_summary([group("bulk", BULK), group("web", {"streaming": 1})], "t")
    scripted.say_change(change("a", gone=("web:1",), size=1), "b")
    expect(page.locator("#active")).to_have_text("90,002")
    expect(page.locator("#rows .title")).to_have_count(2)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#active")).to_have_text("60,002")
    expect(page.locator("#rows .title")).to_have_count(1)
    scripted.forget_streams()  # what follows is for the next one
    say(scripted, row("bulk:1", "error"))
    page.get_by_role("button", name="Pause").click()
    page.locator("#states").get_by_role("button", name="in error").click()  # the picture does not have its numbers
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    wait_until(lambda: states_asked(scripted) == [("", NEED), ("", "error")], "the list asks for what was chosen")
