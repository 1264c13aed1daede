"""What a client may try with a request that is held, and what its reader may see when it is answered."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from agent_status_gateway.access.keys.key_lines import Key
from agent_status_gateway.access.keys.keyring import KeyRing
from agent_status_gateway.http.polls import MAX_HEADER_BYTES, MAX_TAGS
from agent_status_gateway.server.request_limits import MAX_BEHIND
from agent_status_gateway.state.views.view import View
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_client import STATUS
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way
from tests.support.clients.http import RawClient
from tests.support.clients.polls import LongPoll, release_all, tag_of, wait_for_held
from tests.support.gateways.scoped_gateway import KEYS, ci_worker, file, gateway, keys_of, web_worker

__all__ = ["ci_worker", "file", "gateway", "web_worker"]

OURS = pytest.mark.parametrize(
    "served", [way(name) for name in EVERY_WAY if name.startswith("connection")], indirect=True
)
WEB: Final = {"X-Status-Key": "webkey"}
ALL: Final = {"X-Status-Key": "everything"}
LIVEZ: Final = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEPT_ALIVE: Final = LIVEZ.replace("Connection: close\r\n", "")


def request(*, seconds: int = 60, headers: str = "", key: str = "everything") -> str:
    """A request that is held for all its seconds."""
    fields = f"Host: localhost\r\nX-Status-Key: {key}\r\nIf-None-Match: *\r\n{headers}"
    return f"GET {STATUS}?wait={seconds} HTTP/1.1\r\n{fields}\r\n"


# polls: Rule 3
# poll: Rule 2
def test_a_key_that_gets_another_scope_is_answered_by_the_new_one_at_once(gateway: GatewayThread, file: Path) -> None:
    tag = tag_of(gateway, headers=WEB)
    with LongPoll(gateway, tag, headers=WEB) as poll:
        wait_for_held(gateway)
        file.write_text(KEYS.replace("webkey channel=web", "webkey channel=ci"))
        answer = poll.answer()
    assert keys_of(answer.json()) == ["ci:1", "ci:2"]
    assert answer.headers["etag"] != tag


# polls: Rule 3
def test_a_key_that_is_removed_gets_403_at_once_and_no_tag(gateway: GatewayThread, file: Path) -> None:
    with LongPoll(gateway, tag_of(gateway, headers=WEB), headers=WEB) as poll:
        wait_for_held(gateway)
        file.write_text(KEYS.replace("web: webkey channel=web\n", ""))
        answer = poll.answer()
    assert answer.status_code == 403
    assert "etag" not in answer.headers


# polls: Rule 3
@pytest.mark.parametrize("served", [way("task on httptools"), way("task on h11")], indirect=True)
def test_a_key_that_gets_another_scope_while_its_rows_are_found_is_not_held_for_the_old_one(
    gateway: GatewayThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, tag = gateway.app.replica, tag_of(gateway, headers=WEB)
    snapshot_id = replica.pipeline.snapshot_id

    async def find_rows(view: View) -> str:
        scope = View(channel=frozenset({"ci"}))
        monkeypatch.setattr(replica.access, "_ring", KeyRing({"web": Key("webkey", scope)}))
        return await snapshot_id(view)

    monkeypatch.setattr(replica.pipeline, "snapshot_id", find_rows)
    answer = gateway.get(f"{STATUS}?wait=60", headers=WEB | {"If-None-Match": tag})
    assert keys_of(answer.json()) == ["ci:1", "ci:2"]


def test_a_poll_counts_as_one_use_of_its_key_when_it_is_answered(gateway: GatewayThread) -> None:
    uses = gateway.app.replica.access.uses
    with LongPoll(gateway, "*", seconds=1, headers=WEB) as poll:
        wait_for_held(gateway)
        poll.answer()
    assert uses["web"] == 1


def test_a_poll_is_not_released_by_what_is_outside_of_its_scope(
    gateway: GatewayThread, web_worker: StatusPublisher, ci_worker: StatusPublisher
) -> None:
    scoped, states = tag_of(gateway, headers=WEB), iter(["streaming", "thinking", "waiting_for_user"])
    for query in ("", "channel=ci", "session=ci:2&session=web:1"):
        with (
            LongPoll(gateway, tag_of(gateway, query, headers=WEB), query, headers=WEB) as poll,
            LongPoll(gateway, tag_of(gateway, headers=ALL), headers=ALL) as witness,
        ):
            wait_for_held(gateway, 2)
            ci_worker.publish("ci:2", next(states))
            assert witness.answer().status_code == 200
            assert not poll.is_answered
            release_all(gateway)
            assert poll.answer().status_code == 304, "it was released by the test"
        ci_worker.publish("ci:2", "tool_running", tool_name="make")
        wait_until(lambda: gateway.get(headers=ALL).json()["sessions"][1]["state"] == "tool_running", "as before")
    assert tag_of(gateway, headers=WEB) == scoped
    with LongPoll(gateway, scoped, headers=WEB) as poll:
        wait_for_held(gateway)
        web_worker.publish("web:2", "thinking")
        assert keys_of(poll.answer().json()) == ["web:1", "web:2"]


def test_a_ticket_opens_no_poll(gateway: GatewayThread) -> None:
    ticket = gateway.app.replica.access.ticket("all")[0]
    answer = gateway.get(f"{STATUS}?wait=60&ticket={ticket}", headers={"If-None-Match": "*"})
    assert answer.status_code == 403


def test_a_reader_with_a_scope_is_not_told_what_there_is_too_much_of(
    real_redis: RedisServer, served: Served, file: Path
) -> None:
    for limit in ("max_clients", "max_views"):
        with GatewayThread(real_redis.url, served, api_keys_file=file, **{limit: 1}) as gateway:
            gateway.ready()
            with LongPoll(gateway, "*", "channel=ci", headers=ALL) as poll:
                wait_for_held(gateway)
                refused = gateway.get(f"{STATUS}?wait=60", headers=WEB | {"If-None-Match": "*"})
                assert refused.status_code == 503
                assert refused.json() == {"detail": "unavailable: there is no room for this stream now"}
                release_all(gateway)
                assert poll.answer().status_code == 304


def test_a_client_that_closes_while_it_is_held_frees_its_place_at_once(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, request()), RawClient(gateway.port, request(key="webkey")):
        wait_for_held(gateway, 2)
        assert gateway.app.replica.hub.count("web") == 1
    wait_until(lambda: len(gateway.app.replica.hub) == 0, "both places are free")
    assert len(gateway.app.replica.pipeline._audiences) == 0


@OURS
def test_a_client_that_ends_its_half_of_the_connection_frees_its_place(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, request()) as client:
        wait_for_held(gateway)
        client.end_writing()
        assert client.wait_for_end() == b""
        wait_until(lambda: len(gateway.app.replica.hub) == 0, "its place is free")


@OURS
def test_requests_behind_a_held_one_are_answered_after_it(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, request(seconds=1) + request(seconds=1) + LIVEZ) as client:
        answers = client.wait_for_end()
    assert [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")] == [
        b"304",
        b"304",
        b"200",
    ]
    assert answers.endswith(b'{"status":"ok"}')


@OURS
def test_a_request_that_has_half_arrived_behind_a_held_one_is_answered_after_it(gateway: GatewayThread) -> None:
    half = len(LIVEZ) // 2
    with RawClient(gateway.port, KEPT_ALIVE + request() + LIVEZ[:half]) as client:
        wait_for_held(gateway)
        release_all(gateway)
        client.wait_for(b"304 Not Modified")
        client.send(LIVEZ[half:])
        assert client.wait_for_end().endswith(b'{"status":"ok"}')


@OURS
@pytest.mark.parametrize(
    "behind",
    [
        KEPT_ALIVE * (MAX_BEHIND + 1),
        "nonsense\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 70_000}\r\n\r\n",
    ],
    ids=["many requests", "nonsense", "a large head"],
)
def test_a_client_that_is_refused_behind_a_held_request_has_left(gateway: GatewayThread, behind: str) -> None:
    with RawClient(gateway.port, request()) as client:
        wait_for_held(gateway)
        client.send(behind)
        client.wait_for_end()
        wait_until(lambda: len(gateway.app.replica.hub) == 0, "its place is free")
    assert gateway.requests() == 0


@OURS
def test_the_body_of_a_held_request_is_kept_nowhere(gateway: GatewayThread) -> None:
    size = 300_000
    with RawClient(gateway.port, request(headers=f"Content-Length: {size}\r\n") + "x" * size) as client:
        wait_for_held(gateway)
        assert all(not connection.cycle.body for connection in gateway.connections() if connection._open)
        release_all(gateway)
        client.wait_for(b"304 Not Modified")


@OURS
def test_a_request_with_a_body_that_does_not_come_is_refused_in_time_and_has_left(gateway: GatewayThread) -> None:
    with RawClient(gateway.port, request(headers="Content-Length: 9\r\n")) as client:
        wait_for_held(gateway)
        (held,) = [connection for connection in gateway.connections() if connection._open is not None]
        gateway.run(late(held))
        assert client.wait_for_end().startswith(b"HTTP/1.1 408 ")
        wait_until(lambda: len(gateway.app.replica.hub) == 0, "its place is free")


async def late(connection: object) -> None:
    """Let the time of a connection's request be over."""
    connection.time_out()  # type: ignore[attr-defined]


@OURS
def test_polls_that_are_held_take_no_task_and_are_no_guests(gateway: GatewayThread) -> None:
    before = gateway.tasks()
    with ExitStack() as stack:
        for number in range(100):
            key = "webkey" if number % 2 else "everything"
            stack.enter_context(RawClient(gateway.port, request(key=key)))
        wait_for_held(gateway, 100)
        wait_until(lambda: gateway.tasks() == before, "the polls take no task")
        (guests,) = {connection._guests for connection in gateway.connections()}
        assert len(guests) == 0


@pytest.mark.parametrize(
    "headers",
    [{"If-None-Match": ", ".join(['"x"'] * MAX_TAGS + ["{tag}"])}, {"If-None-Match": "*", "X": "x" * MAX_HEADER_BYTES}],
    ids=["many tags", "large headers"],
)
def test_a_request_that_would_take_much_memory_is_not_held(gateway: GatewayThread, headers: dict[str, str]) -> None:
    given = {name: value.format(tag=tag_of(gateway, headers=WEB)) for name, value in headers.items()}
    assert gateway.get(f"{STATUS}?wait=60", headers=WEB | given).status_code == 304
