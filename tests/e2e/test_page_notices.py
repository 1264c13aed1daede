"""What the page tells somebody who does not look at it: notifications, a sound, and sentences for a screen reader."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.conftest import DEBOUNCE_SECONDS
from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot

pytestmark = pytest.mark.slow

STUBS: Final = """
    window.notices = [];
    window.tones = 0;
    const { requestPermission } = Notification;
    window.Notification = class {
      static permission = "granted";
      static requestPermission = requestPermission;
      constructor(title, { body }) { window.notices.push([title, body]); }
    };
    const { createOscillator } = AudioContext.prototype;
    AudioContext.prototype.createOscillator = function () {
      window.tones += 1;
      return createOscillator.call(this);
    };
"""
LISTEN: Final = """() => {
    window.heard = [];
    new MutationObserver(() => heard.push(document.querySelector("#announcement").textContent))
      .observe(document.querySelector("#announcement"), { subtree: true, childList: true, characterData: true });
}"""


def row(number: int, state: str = "thinking", **more: object) -> Row:
    plain: dict[str, Any] = dict.fromkeys(("tool_name", "token_usage", "error_message"))
    key = {"session_key": f"web:{number}", "session_id": str(number), "channel": "web", "title": f"Task {number}"}
    return {**key, "state": state, "duration_seconds": 1.0, **plain, **more}


def say(gateway: ScriptedGateway, *rows: Row) -> None:
    gateway.say(snapshot(list(rows), max_concurrent=20, uptime_seconds=60))


def labels_asked(requests: list[str]) -> list[bool]:
    """Whether each stream among these requests asked for labels."""
    return ["fields=labels" in url for url in requests if "/status/stream?" in url]


def fail(page: Page, quiet: Session, loud: Session) -> None:
    """Let both sessions fail. Only one of them gives a notice."""
    quiet.error("boom")
    loud.error("boom")
    expect(page.locator("#rows .what")).to_have_text(["error: boom", "error: boom"])
    wait_until(lambda: page.evaluate("notices") == [["Task 2", "error: boom"]], "the other one's notice alone")


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        say(made, *(row(number) for number in range(10)))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, gateway: ScriptedGateway) -> Page:
    tabs.grant_permissions(["notifications"], origin=gateway.url)
    tabs.add_init_script(STUBS)
    made = tabs.new_page()
    made.clock.install()
    made.goto(gateway.url)
    expect(made.locator("#connection")).to_have_text("Live")
    return made


@pytest.fixture
def real(shared_redis: RedisServer) -> Iterator[GatewayProcess]:
    with GatewayProcess(shared_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as made:
        yield made.ready()


def test_ten_sessions_that_wait_at_once_are_one_notification_with_a_count(gateway: ScriptedGateway, page: Page) -> None:
    page.get_by_role("button", name="Notify me").click()
    say(gateway, *(row(number, "waiting_for_user") for number in range(10)))
    expect(page.locator("#rows .what").last).to_have_text("waiting for user")
    words = "10 waiting for user: Task 0, Task 1, Task 2 and 7 more"
    assert page.evaluate("notices") == [["10 sessions need attention", words]]


def test_a_muted_channel_gives_no_notice_until_it_is_unmuted(gateway: ScriptedGateway, page: Page) -> None:
    page.get_by_role("button", name="Notify me").click()
    page.get_by_role("button", name="Options").click()
    page.get_by_label("No notices for").select_option("channel web")
    expect(page.get_by_role("list", name="Muted").get_by_role("listitem")).to_have_text("channel webUnmute")
    say(gateway, row(1, "waiting_for_user"), row(2, channel="ci", session_key="ci:2"))
    expect(page.locator("#rows tr")).to_have_count(2)
    say(gateway, row(1, "waiting_for_user"), row(2, "error", channel="ci", session_key="ci:2"))
    expect(page.locator("#rows .what").last).to_have_text("error")
    assert page.evaluate("notices") == [["Task 2", "error"]]
    page.reload()
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Unmute channel web").click()
    expect(page.get_by_label("No notices for")).to_be_focused()
    page.get_by_role("button", name="Close").click()
    say(gateway, row(1, "error"))
    expect(page.locator("#rows .what")).to_have_text(["error"])
    assert page.evaluate("notices") == [["Task 1", "error"]]


def test_a_label_is_muted_as_a_channel_is(gateway: ScriptedGateway, page: Page) -> None:
    page.get_by_role("button", name="Notify me").click()
    quiet: Row = {"labels": {"team": "night"}}
    loud: Row = {"labels": {"team": "day"}}
    say(gateway, row(1, **quiet), row(2, **loud))
    expect(page.locator("#rows tr")).to_have_count(2)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("No notices for").select_option("label team:night")
    say(gateway, row(1, "error", **quiet), row(2, "error", **loud))
    expect(page.locator("#rows .what").first).to_have_text("error")
    assert page.evaluate("notices") == [["Task 2", "error"]]


def test_options_ask_for_labels_once_and_leave_the_list_and_a_pause_as_they_are(
    gateway: ScriptedGateway, page: Page
) -> None:
    say(gateway, row(1, labels={"team": "night"}))
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    for _ in range(2):
        page.get_by_role("button", name="Options").click()
        expect(page.locator("#mute option").last).to_have_text("label team:night")
        page.get_by_role("button", name="Close").click()
    expect(page.locator("#connection")).to_have_text("Paused")
    assert ["fields=labels" in asked for asked in gateway.asked] == [False, True, True]


def test_a_label_of_a_real_gateways_session_is_muted_and_still_after_a_reload(
    tabs: BrowserContext, real: GatewayProcess, publisher: StatusPublisher
) -> None:
    requests: list[str] = []
    tabs.on("request", lambda request: requests.append(request.url))
    tabs.grant_permissions(["notifications"], origin=real.url)
    tabs.add_init_script(STUBS)
    quiet = publisher.session("web:1", title="Task 1", labels={"team": "night"})
    loud = publisher.session("web:2", title="Task 2", labels={"team": "day"})
    page = tabs.new_page()
    page.goto(f"{real.url}/")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.get_by_role("button", name="Notify me").click()
    assert labels_asked(requests) == [False], "labels are asked for only where a mute needs them"
    page.get_by_role("button", name="Options").click()
    page.get_by_label("No notices for").select_option("label team:night")
    page.get_by_role("button", name="Close").click()
    fail(page, quiet, loud)
    for session in (quiet, loud):
        session.thinking()
    expect(page.locator("#rows .what")).to_have_text(["thinking", "thinking"])
    page.reload()
    expect(page.locator("#rows .what")).to_have_text(["thinking", "thinking"])
    fail(page, quiet, loud)
    assert labels_asked(requests) == [False, True, True, True], "by the dialog, for the mute, and after the reload"
    for session in (quiet, loud):
        session.end()  # an error would stay on the shared board for its time


def test_an_error_is_notified_of_once_whatever_becomes_of_it_and_of_the_page(
    gateway: ScriptedGateway, page: Page
) -> None:
    page.get_by_role("button", name="Notify me").click()
    say(gateway, row(1, "error"), row(2))
    expect(page.locator("#rows tr")).to_have_count(2)
    assert page.evaluate("notices") == [["Task 1", "error"]]
    page.reload()
    expect(page.locator("#rows tr")).to_have_count(2)
    say(gateway, row(2))
    page.get_by_role("button", name="1 past error").click()
    page.reload()
    page.get_by_role("button", name="1 past error").click()
    page.get_by_role("button", name="Acknowledge all").click()
    expect(page.locator("#errors")).to_be_hidden()
    page.clock.run_for(6000)
    assert page.evaluate("notices") == []


def test_a_sound_is_played_only_if_somebody_turned_it_on(gateway: ScriptedGateway, page: Page) -> None:
    say(gateway, row(1, "error"))
    expect(page.locator("#rows .what")).to_have_text(["error"])
    assert page.evaluate("tones") == 0
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Sound when a session begins to wait or fails").check()
    wait_until(lambda: page.evaluate("tones") == 2, "a tone is heard, so that one knows it")
    page.clock.run_for(6000)
    say(gateway, row(1, "waiting_for_user"))
    wait_until(lambda: page.evaluate("tones") == 4, "a tone is heard again")
    assert page.evaluate("notices") == []


def test_a_screen_reader_is_told_at_most_once_in_five_seconds(gateway: ScriptedGateway, page: Page) -> None:
    page.clock.run_for(6000)
    page.evaluate(LISTEN)
    for waiting in range(1, 9):
        say(gateway, *(row(number, "waiting_for_user" if number < waiting else "thinking") for number in range(9)))
        expect(page.locator("#states button[data-state=waiting_for_user] b")).to_have_text(str(waiting))
        page.clock.run_for(500)
    page.clock.run_for(6000)
    heard = page.evaluate("heard")
    assert heard[0] == "Fleet active: 1 waiting for user."
    assert heard[-1] == "Fleet active: 8 waiting for user."
    assert len(heard) <= 3


def test_a_screen_reader_is_told_how_many_sessions_a_search_or_a_filter_finds(
    gateway: ScriptedGateway, page: Page
) -> None:
    expect(page.locator("#rows tr")).to_have_count(10)
    page.clock.run_for(6000)
    page.evaluate(LISTEN)
    for text in ("T", "Task", "Task 3"):
        page.get_by_role("searchbox").fill(text)
        page.clock.run_for(300)
    assert page.evaluate("heard") == [], "somebody types"
    page.clock.run_for(2000)
    assert page.evaluate("heard") == ["1 of 10 sessions."]
    page.get_by_role("searchbox").fill("")
    page.locator("#states").get_by_role("button", name="in error").click()
    page.clock.run_for(2000)
    say(gateway, *(row(number, "error" if number < 4 else "thinking") for number in range(10)))
    expect(page.locator("#rows tr")).to_have_count(4)
    page.clock.run_for(6000)
    assert page.evaluate("heard")[1:] == ["4 of 10 sessions."]
    page.clock.run_for(6000)
    assert page.evaluate("heard")[2:] == ["Fleet degraded: 4 in error."]


@pytest.mark.parametrize("width", [390, 1280])
def test_long_titles_and_errors_are_cut_to_two_lines(gateway: ScriptedGateway, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    say(gateway, row(1, "error", title="A title of many words. " * 30, error_message="It went wrong. " * 30))
    expect(page.locator("#rows tr")).to_have_count(1)
    for part in (".title", ".what"):
        lines = page.locator(f"#rows {part}").evaluate(
            "node => node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight)"
        )
        assert 1.5 < lines < 2.1
