"""The page and its client at a stream of changes: what they show is the truth, or they begin again."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.scripted_gateway import Row, ScriptedGateway, snapshot
from tests.e2e.test_page import opened

EVENTS = "events=changes,feed"
CHANGES = f"ended=900&{EVENTS}"
HURRY = "dispatchEvent(new Event('online'))"
"""The network is back: the next try is now."""
KEEP_EVENTS = """() => {
  window.got = [];
  const Real = EventSource;
  window.EventSource = class extends Real {
    constructor(url) {
      super(url);
      for (const name of ["status", "change"]) this.addEventListener(name, () => got.push(name));
    }
  };
}"""


def row(number: int, state: str = "thinking", seconds: float = 1.0) -> Row:
    return {
        "session_key": f"web:{number}",
        "session_id": str(number),
        "channel": "web",
        "title": f"Session {number}",
        "state": state,
        "tool_name": None,
        "duration_seconds": seconds,
        "token_usage": None,
        "error_message": None,
    }


def whole(*rows: Row) -> dict[str, Any]:
    return snapshot([*rows], max_concurrent=5, uptime_seconds=60)


def change(from_: str, *rows: Row, gone: tuple[str, ...] = (), size: int = 2) -> dict[str, Any]:
    said = whole(*rows)
    return {"from": from_, "global": said["global"] | {"active_sessions": size}, "sessions": [*rows], "gone": [*gone]}


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as made:
        made.say(whole(row(1), row(2)))
        yield made


@pytest.fixture
def page(tabs: BrowserContext, scripted: ScriptedGateway) -> Page:
    made = tabs.new_page()
    made.goto(scripted.url)
    expect(made.locator("#connection")).to_have_text("Live")
    return made


def test_a_gateway_sends_the_page_one_snapshot_and_then_changes(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher, session: Session
) -> None:
    tabs.add_init_script(f"({KEEP_EVENTS})()")
    page = opened(tabs, gateway)
    expect(page.locator("#rows .what")).to_have_text("thinking")
    session.tool_running("bash")
    expect(page.locator("#rows .what")).to_have_text("running bash")
    publisher.publish("web:1", "error", title="Alpha", error_message="boom")
    expect(page.locator("#rows .title")).to_have_text(["Alpha", "Fix auth bug"])
    expect(page.locator("#global")).to_have_text("Degraded")
    publisher.session("web:1").end()
    expect(page.locator("#rows .title")).to_have_text(["Fix auth bug"])
    expect(page.locator("#global")).to_have_text("Active")
    assert page.title() == "active · Agent status"
    assert set(page.evaluate("got")[1:]) == {"change"}
    assert page.evaluate("got[0]") == "status"


def test_changes_are_shown_and_durations_of_other_rows_go_on(scripted: ScriptedGateway, tabs: BrowserContext) -> None:
    page = tabs.new_page()
    page.clock.install()
    page.goto(scripted.url)
    expect(page.locator("#connection")).to_have_text("Live")
    page.clock.run_for(64_000)
    scripted.say_change(change("a", row(2, "error", 0.0), row(3, "streaming", 0.0), size=3), "b")
    expect(page.locator("#rows .title")).to_have_text(["Session 2", "Session 1", "Session 3"])
    expect(page.locator("#rows .in-state")).to_have_text([re.compile("^[01]s$"), re.compile("^1m [56]s$"), "0s"])
    expect(page.locator("#active")).to_have_text("3")
    scripted.say_change(change("b", gone=("web:2", "web:9")), "c")
    expect(page.locator("#rows .title")).to_have_text(["Session 1", "Session 3"])
    expect(page.locator("#ended-number")).to_have_text("1")
    assert scripted.asked == [CHANGES]


def test_a_change_that_does_not_continue_the_event_before_is_not_shown_and_the_page_begins_again(
    scripted: ScriptedGateway, page: Page
) -> None:
    scripted.say(whole(row(1), row(2)))
    scripted.say_change(change("x", row(2, "error")), "y")
    expect(page.locator("#notice")).to_contain_text("an event was missing")
    expect(page.locator("#rows .what")).to_have_text(["thinking", "thinking"])
    assert page.title().startswith("? ")
    scripted.say(whole(row(1, "error")), "z")
    page.evaluate(HURRY)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .what")).to_have_text(["error"])
    assert scripted.asked == [CHANGES, CHANGES]


def test_a_gateway_that_knows_no_changes_is_asked_for_whole_snapshots(
    scripted: ScriptedGateway, tabs: BrowserContext
) -> None:
    scripted.is_old = True
    page = tabs.new_page()
    page.goto(scripted.url)
    expect(page.locator("#connection")).to_have_text("Live")
    scripted.say(whole(row(2, "error")), "b")
    expect(page.locator("#rows .what")).to_have_text(["error"])
    assert scripted.asked == ["ended=900&events=all"]
    scripted.is_old = False  # it was replaced by a new one
    scripted.cut()
    expect(page.locator("#connection")).to_contain_text("Reconnecting")
    page.evaluate(HURRY)
    expect(page.locator("#connection")).to_have_text("Live")
    assert scripted.asked == ["ended=900&events=all", CHANGES]


def test_a_tab_that_comes_later_or_has_missed_an_event_is_right_again(
    scripted: ScriptedGateway, page: Page, tabs: BrowserContext
) -> None:
    scripted.say_change(change("a", row(3, "streaming"), size=3), "b")
    expect(page.locator("#rows .title")).to_have_count(3)
    second = tabs.new_page()
    second.add_init_script("""
        const { postMessage } = BroadcastChannel.prototype;
        window.hellos = 0;
        BroadcastChannel.prototype.postMessage = function (message) {
          window.hellos += message.kind === "hello";
          postMessage.call(this, message);
        };
        const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
        Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
          set(listener) {
            set.call(this, (event) => event.data.id === "c" && event.data.kind === "change" || listener(event));
          },
        });
    """)
    second.goto(scripted.url)
    expect(second.locator("#rows .title")).to_have_text(["Session 1", "Session 2", "Session 3"])
    scripted.say_change(change("b", row(1, "error"), size=3), "c")
    expect(page.locator("#global")).to_have_text("Degraded")
    scripted.say_change(change("c", row(2, "tool_running"), size=3), "d")
    for tab in (page, second):
        expect(tab.locator("#rows .what")).to_have_text(["error", "running a tool", "streaming"])
    assert second.evaluate("hellos") == 3  # for the summary, for the list, and after the missing event
    assert scripted.asked == [CHANGES]


def test_a_tab_alone_copies_nothing_for_others_and_one_that_comes_later_gets_all(
    scripted: ScriptedGateway, tabs: BrowserContext
) -> None:
    first = tabs.new_page()
    first.clock.install()
    first.add_init_script("""
        const { postMessage } = BroadcastChannel.prototype;
        window.sent = [];
        BroadcastChannel.prototype.postMessage = function (message) {
          sent.push(message.kind);
          postMessage.call(this, message);
        };
    """)
    first.goto(scripted.url)
    expect(first.locator("#rows .title")).to_have_count(2)
    known = "a"

    def is_alone() -> bool:
        nonlocal known
        first.clock.run_for(6000)
        first.evaluate("sent.length = 0")
        before, known = known, f"{known}a"
        scripted.say_change(change(before, row(1, "streaming") | {"title": known}), known)
        expect(first.get_by_role("link", name=known, exact=True)).to_be_visible()
        sent: list[str] = first.evaluate("sent")
        return not sent

    wait_until(is_alone, "the leader sends nothing")
    second = tabs.new_page()
    second.goto(scripted.url)
    expect(second.locator("#rows .what")).to_have_text(["streaming", "thinking"])
    scripted.say_change(change(known, row(2, "error")), "z")
    expect(second.locator("#rows .what")).to_have_text(["error", "streaming"])
    assert first.evaluate("sent").count("change") == 1
    assert scripted.asked == [CHANGES]


def test_after_a_computers_sleep_the_durations_are_the_gateways_again(scripted: ScriptedGateway, page: Page) -> None:
    page.evaluate("{ const { now } = Date; Date.now = () => now() + 3_600_000; }")
    scripted.say(whole(row(1, seconds=3700.0)))
    scripted.say_feed("live", 1.0)
    wait_until(lambda: len(scripted.asked) == 2, "the page begins again")
    scripted.say_feed("live", 2.0)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .in-state")).to_have_text([re.compile(r"^1h 1m$")])
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    "view", ["'state=error&channel=web&key=secret'", "{ channel: 'web', state: ['error'] }"], ids=["text", "object"]
)
def test_a_view_is_asked_for_as_a_query(view: str, scripted: ScriptedGateway, page: Page) -> None:
    page.evaluate(f"""async () => {{
        const {{ watchStatus }} = await import("/dashboard/client.js");
        watchStatus({{ view: {view}, isShared: false }});
    }}""")
    wait_until(lambda: len(scripted.asked) == 2, "it is asked")
    assert scripted.asked[1] == f"channel=web&state=error&{EVENTS}"


def test_a_client_with_a_view_gets_snapshots_of_it(
    tabs: BrowserContext, gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.publish("web:1", "thinking")
    publisher.publish("ci:1", "thinking")
    publisher.flush(5)
    page = opened(tabs, gateway)
    page.evaluate("""async () => {
        const { watchStatus } = await import("/dashboard/client.js");
        window.seen = [];
        const onStatus = ({ global, sessions }) =>
          seen.push(`${global.active_sessions}: ${sessions.map((row) => `${row.session_key} ${row.state}`).join()}`);
        watchStatus({ view: { channel: "ci" }, onStatus });
    }""")
    wait_until(lambda: page.evaluate("seen") == ["1: ci:1 thinking"], "the client has the view")
    publisher.publish("web:1", "streaming")
    expect(page.locator("#rows .what")).to_have_text(["thinking", "streaming"])
    publisher.publish("ci:1", "streaming")
    wait_until(lambda: page.evaluate("seen.at(-1)") == "1: ci:1 streaming", "the client has the change")
    assert page.evaluate("seen.length") == 2


def test_a_client_that_takes_changes_gets_what_differs_and_a_tab_that_comes_later_all(
    scripted: ScriptedGateway, page: Page, tabs: BrowserContext
) -> None:
    watch = """async () => {
        const { watchStatus } = await import("/dashboard/client.js");
        window.seen = [];
        watchStatus({ onChange: ({ isWhole, global, sessions, gone }) => {
          const keys = sessions.map((row) => row.session_key).join();
          seen.push(`${isWhole} ${global.active_sessions} ${keys} ${gone.join()}`);
        } });
    }"""
    page.evaluate(watch)
    wait_until(lambda: page.evaluate("seen") == ["true 2 web:1,web:2 "], "the client has the snapshot")
    scripted.say_change(change("a", row(3, "streaming"), gone=("web:1",)), "b")
    wait_until(lambda: page.evaluate("seen.at(-1)") == "false 2 web:3 web:1", "the client has the change")
    second = tabs.new_page()
    second.goto(scripted.url)
    second.evaluate(watch)
    wait_until(lambda: second.evaluate("seen") == ["true 2 web:2,web:3 "], "the tab has all of it")


def test_an_older_gateway_that_ignores_the_filter_is_not_taken_at_its_word(
    scripted: ScriptedGateway, tabs: BrowserContext
) -> None:
    scripted.say(whole(*(row(number, "error" if number == 7 else "thinking") for number in range(501))))
    page = tabs.new_page()
    page.goto(f"{scripted.url}?state=error")
    wait_until(lambda: len(scripted.asked) == 2, "the page asks for its filter")
    assert scripted.asked[1] == f"ended=900&state=error&{EVENTS}"
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#rows .title")).to_have_text(["Session 7"])
    expect(page.locator("#fleet-label")).to_have_text("Fleet")
    expect(page.locator("#active")).to_have_text("501")
    expect(page.locator("#part")).to_be_hidden()
    expect(page).to_have_title("1 in error · Agent status")
    assert len(scripted.asked) == 2
