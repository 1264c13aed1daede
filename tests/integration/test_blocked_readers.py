"""A reader of changes that reads nothing for a while: one event makes good what it has missed, and it delays nobody."""

import random
from collections.abc import Iterator
from typing import Self

import pytest

from agent_status_gateway.fanout.change_reader import ChangeReader as HubReader
from agent_status_gateway.server import sockets
from agent_status_gateway.state.views import change_log
from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.folded import differences
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

SESSIONS = 300
"""Of 200 random digits each: a change of all of them is 130 KB."""
NEXT = {"thinking": "streaming", "streaming": "waiting_for_user", "waiting_for_user": "thinking"}
KINDS = {"plain": "", "gzip": "Accept-Encoding: gzip\r\n"}


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayThread]:
    monkeypatch.setattr(sockets, "UNSENT_BYTES", 1)  # so that little is enough to wait with us, not in the kernel
    with GatewayThread(real_redis.url, served, debounce_seconds=0.02) as made:
        yield made.ready()


class Blocked:
    """Sessions, a reader that reads all, and one that reads nothing until `go_on`."""

    def __init__(self, gateway: GatewayThread, publisher: StatusPublisher, headers: str = "", view: str = "") -> None:
        self.gateway = gateway
        self.publisher = publisher
        self.expected: dict[str, str] = {}
        for number in range(SESSIONS):
            publisher.session(f"big:{number:03}", title=random.randbytes(100).hex())  # does not compress well
            self.expected[f"big:{number:03}"] = "thinking"
        publisher.flush()
        wait_until(lambda: len(gateway.states()) == SESSIONS, "the gateway knows the sessions")
        self.reading = ChangeReader(gateway.url, view)
        self.reading.wait_for(self.expected)
        self.stuck = ChangeReader(gateway.url, view, headers, reads=False, receive_bytes=4096)
        hub = gateway.app.replica.hub
        wait_until(lambda: len(hub) == 2, "both streams are open")
        client = list(hub._clients)[1]
        assert isinstance(client, HubReader)
        self.client = client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.reading.close()
        self.stuck.close()

    def change_all(self, sessions: int = SESSIONS) -> None:
        """Have so many sessions do something else, and wait until a reader has it."""
        for key, state in list(self.expected.items())[:sessions]:
            self.expected[key] = NEXT[state]
            self.publisher.publish(key, NEXT[state])
        self.publisher.flush()
        self.reading.wait_for(self.expected)

    def fill(self) -> int:
        """Change until nothing is written to the one that does not read; the events that were written to it.

        The kernels take more after a while, so it has missed something for good only after a few changes.
        """

        def gets_nothing() -> bool:
            written = self.client.events
            for _ in range(3):
                self.change_all()
            return self.client._is_behind and self.client.events == written

        wait_until(gets_nothing, "the client is behind", 60)
        return self.client.events

    def go_on(self) -> None:
        """Have it read again."""
        self.stuck.start()
        self.stuck.wait_for(self.expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", ["", "channel=big"])
def test_what_was_missed_comes_as_one_change(
    gateway: GatewayThread, publisher: StatusPublisher, kind: str, view: str
) -> None:
    with Blocked(gateway, publisher, KINDS[kind], view) as blocked:
        written = blocked.fill()
        for sessions in (1, 20, 3):
            blocked.change_all(sessions)
        blocked.go_on()
        assert blocked.stuck.names == ["status", *["change"] * written]
        assert differences(blocked.stuck.snapshot(), gateway.snapshot(f"?{view}")) == []
        before = len(blocked.stuck.changes)
        blocked.change_all(2)
        blocked.stuck.wait_for(blocked.expected)
        keys = [row["session_key"] for change in blocked.stuck.changes[before:] for row in change.data["sessions"]]
        assert sorted(keys) == ["big:000", "big:001"], "it is a reader as any other again"


def test_who_is_further_behind_than_is_known_gets_a_whole_snapshot(
    gateway: GatewayThread, publisher: StatusPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Blocked(gateway, publisher) as blocked:
        written = blocked.fill()
        monkeypatch.setattr(change_log, "MAX_LOGGED_KEYS", 10)
        blocked.change_all(20)
        blocked.go_on()
        assert blocked.stuck.names == ["status", *["change"] * (written - 1), "status"]
        assert differences(blocked.stuck.snapshot(), gateway.snapshot()) == []
        blocked.change_all(2)
        blocked.stuck.wait_for(blocked.expected)
        assert blocked.stuck.names[-1] == "change"


def test_who_missed_only_what_was_undone_gets_nothing_and_the_rest_with_the_next_change(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    with Blocked(gateway, publisher) as blocked:
        written = blocked.fill()
        (had,) = [shown.states for shown in blocked.reading.shown if shown.id == blocked.client._written_id][-1:]
        publisher.session("big:000").title = "T"
        for key, state in had.items():
            publisher.publish(key, state)
        publisher.flush()
        blocked.reading.wait_for(had)
        blocked.expected = had
        blocked.go_on()
        wait_until(lambda: not blocked.client._is_behind, "it was looked at")
        blocked.change_all(1)
        blocked.stuck.wait_for(blocked.expected)
        assert blocked.stuck.names == ["status", *["change"] * written]
        assert blocked.stuck.folded.snapshot(0)["sessions"][0]["title"] == "T"
        assert differences(blocked.stuck.snapshot(), gateway.snapshot()) == []
