"""When readers of changes get one: at once after quiet, then together at the end of each window."""

from collections.abc import Iterator

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.folded import differences
from chaos.clients.sse import Dashboard, Event
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

WINDOW = 1.0

# Windows take their time, and are decided before a transport has anything of it.
pytestmark = pytest.mark.parametrize("served", ["connection on uvloop", "task on httptools"], indirect=True)


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    """A gateway whose windows are long enough to do something in them."""
    with GatewayThread(real_redis.url, served, debounce_seconds=WINDOW) as made:
        yield made.ready()


def rows_of(event: Event) -> list[str]:
    return [row["session_key"] for row in event.data["sessions"]]


def wait_to_know(gateway: GatewayThread, **states: str) -> None:
    """Wait until the gateway has taken in that the sessions `web:NAME` have these states."""
    expected = {f"web:{name}": state for name, state in states.items()}
    wait_until(lambda: gateway.states() == expected, f"the gateway knows {expected}")


def wait_for_quiet(gateway: GatewayThread) -> None:
    """Wait until no window is open: the next change is sent at once."""
    cadence = gateway.app.replica.pipeline._audiences.plain.cadence
    clock = gateway.app.replica.pipeline._clock
    wait_until(lambda: cadence.wanted_from <= clock() and not cadence.is_due(clock()), "no window is open")


def test_the_first_change_after_quiet_is_sent_at_once_and_what_follows_together_at_the_windows_end(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with ChangeReader(gateway.url) as reader, Dashboard(gateway.url) as whole:
        reader.wait_for_first()
        whole.wait_for_first()
        publisher.session("web:1")
        wait_until(lambda: len(reader.changes) == 1, "the first change comes")
        assert len(whole.statuses) == 1, "who reads whole snapshots waits for the end of the window"
        for number in (2, 3, 4):
            publisher.session(f"web:{number}")
            publisher.flush()
        publisher.session("web:3").end()
        expected = {"web:1": "thinking", "web:2": "thinking", "web:4": "thinking"}
        reader.wait_for(expected)
        whole.wait_for(expected)
        assert [rows_of(change) for change in reader.changes] == [["web:1"], ["web:2", "web:4"]]
        first, second = reader.changes
        assert second.came_at - first.came_at > 0.8 * WINDOW


def test_under_constant_change_a_reader_gets_one_event_a_window(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    with ChangeReader(gateway.url) as reader:
        reader.wait_for({"web:1": "thinking"})
        number = 0

        def has_three() -> bool:
            nonlocal number
            number += 1
            session.tool_running(f"tool-{number}")
            return len(reader.changes) >= 4

        wait_until(has_three, "changes come while nothing is quiet")
        moments = [change.came_at for change in reader.changes]
    assert min(later - earlier for earlier, later in zip(moments[-3:], moments[-2:], strict=False)) > 0.8 * WINDOW


def test_what_is_undone_inside_a_window_sends_nothing_and_what_rode_along_goes_with_the_next_change(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    wait_to_know(gateway, **{"1": "thinking"})
    with ChangeReader(gateway.url) as reader:
        reader.wait_for({"web:1": "thinking"})
        publisher.session("web:2")
        reader.wait_for({"web:1": "thinking", "web:2": "thinking"})
        session.streaming()
        wait_to_know(gateway, **{"1": "streaming", "2": "thinking"})
        session.usage(input=7)
        session.title = "T"
        session.thinking()
        wait_to_know(gateway, **{"1": "thinking", "2": "thinking"})
        wait_for_quiet(gateway)
        assert len(reader.changes) == 1
        publisher.session("web:3")
        reader.wait_for({f"web:{number}": "thinking" for number in (1, 2, 3)})
        assert [rows_of(change) for change in reader.changes] == [["web:2"], ["web:1", "web:3"]]
        assert reader.changes[-1].data["sessions"][0]["title"] == "T"
        assert differences(reader.snapshot(), gateway.snapshot()) == []


def test_who_joins_inside_a_window_and_who_was_there_get_what_each_of_them_lacks(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    session = publisher.session("web:1")
    wait_to_know(gateway, **{"1": "thinking"})
    with ChangeReader(gateway.url) as early:
        early.wait_for({"web:1": "thinking"})
        publisher.session("web:2")
        early.wait_for({"web:1": "thinking", "web:2": "thinking"})
        session.streaming()
        wait_to_know(gateway, **{"1": "streaming", "2": "thinking"})
        with ChangeReader(gateway.url) as late:
            assert late.wait_for_first().data["sessions"][0]["state"] == "streaming"
            session.thinking()
            late.wait_for({"web:1": "thinking", "web:2": "thinking"})
            assert rows_of(late.changes[0]) == ["web:1"]
            publisher.session("web:3")
            everything = {f"web:{number}": "thinking" for number in (1, 2, 3)}
            late.wait_for(everything)
            early.wait_for(everything)
            assert [rows_of(change) for change in early.changes] == [["web:2"], ["web:1", "web:3"]]
            for reader in (early, late):
                assert differences(reader.snapshot(), gateway.snapshot()) == []


def test_a_state_that_began_anew_inside_a_window_that_another_session_opened_goes_with_its_end(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    publisher.session("web:1")
    wait_until(lambda: [row["duration_seconds"] > 1.5 for row in gateway.snapshot()["sessions"]] == [True], "it lasts")
    with ChangeReader(gateway.url) as reader:
        reader.wait_for({"web:1": "thinking"})
        publisher.session("web:2")
        reader.wait_for({"web:1": "thinking", "web:2": "thinking"})
        publisher.session("web:1").end()
        publisher.session("web:1")
        publisher.session("web:2").streaming()
        reader.wait_for({"web:1": "thinking", "web:2": "streaming"})
        row = reader.changes[-1].data["sessions"][0]
        assert (row["session_key"], row["state"]) == ("web:1", "thinking")
        assert row["duration_seconds"] < 1.5
        assert differences(reader.snapshot(), gateway.snapshot()) == []
