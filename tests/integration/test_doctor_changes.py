"""`agent-status-gateway doctor` on a stream of changes: through what changes it on the way, and from older replicas."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from agent_status_gateway.cli.doctor import change_checks
from agent_status_gateway.paths import STATUS_PATH
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from tests.integration.test_doctor import examined
from tests.support.gateways.answering import Request, answering

CHANGE = re.compile(rb"event: change\n.*\n.*\n\n")


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.05, keepalive_seconds=1) as gateway:
        yield gateway.ready()


@contextmanager
def proxy_to(
    gateway: GatewayThread,
    *,
    change_path: Callable[[str], str] = str,
    change_chunk: Callable[[bytes], bytes] = bytes,
    refuses: Callable[[Request], bool] = lambda _: False,
) -> Iterator[str]:
    """A proxy that changes what it is asked for, or what comes."""
    connections: list[socket.socket] = []

    def answer(request: Request) -> None:
        if refuses(request):
            request.send_error(422)
            return
        url, headers = f"{gateway.url}{change_path(request.path)}", {"Accept-Encoding": "identity"}
        with httpx.stream(request.command, url, headers=headers, timeout=30) as response:
            is_stream = response.headers["content-type"].startswith("text/event-stream")
            connections.append(response.extensions["network_stream"].get_extra_info("socket"))
            request.send_response(response.status_code)
            request.send_header("Content-Type", response.headers["content-type"])
            request.end_headers()
            with suppress(OSError, httpx.TransportError):  # the doctor has gone, or the test is over
                for chunk in response.iter_raw():
                    request.wfile.write(change_chunk(chunk) if is_stream else chunk)
                    request.wfile.flush()

    with answering(answer) as address:
        yield address
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def asks_for_changes(request: Request) -> bool:
    return "events=changes" in request.path


def test_through_a_proxy_that_passes_everything_on_the_changes_add_up(
    gateway: GatewayThread, real_redis: RedisServer, publisher: StatusPublisher
) -> None:
    publisher.session("web:1").streaming()
    with proxy_to(gateway) as url:
        is_well, said = examined(url, real_redis.url)
    assert is_well, said
    assert "ok     3 change events of a view add up to its JSON snapshot" in said
    assert set(gateway.states()) == {"web:1"}, "the doctor's own session has ended"


def test_a_gateway_from_before_there_were_changes_is_a_note(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with proxy_to(gateway, refuses=asks_for_changes) as url:
        is_well, said = examined(url, real_redis.url)
    assert is_well, said
    assert "note   the gateway does not know change events and views: it is older than this command" in said


def test_an_older_replica_behind_the_same_address_is_wrong(gateway: GatewayThread, real_redis: RedisServer) -> None:
    asked: list[str] = []

    def refuses(request: Request) -> bool:
        if asks_for_changes(request):
            asked.append(request.path)
        return len(asked) % 4 == 1 and asks_for_changes(request)

    with proxy_to(gateway, refuses=refuses) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "wrong  2 of 8 answers are from replicas that do not know change events and views" in said
    assert "gets all sessions from them" in said


def test_a_proxy_that_drops_the_query_is_wrong(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with proxy_to(gateway, change_path=lambda path: path.partition("?")[0]) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "wrong  no change event came, only whole snapshots" in said
    assert "it must pass on the query" in said


def test_a_proxy_that_sends_an_event_again_is_wrong(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with proxy_to(gateway, change_chunk=lambda chunk: 2 * chunk if CHANGE.search(chunk) else chunk) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "wrong  a change event does not begin where the event before it ended" in said


def test_a_proxy_that_writes_into_events_is_wrong(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with proxy_to(gateway, change_chunk=lambda chunk: chunk.replace(b'"gone":', b'"left":')) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert "wrong  a change event is not as a gateway sends it" in said


def test_a_proxy_that_answers_with_an_old_snapshot_is_wrong(
    gateway: GatewayThread, real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_checks, "EVENT_SECONDS", 1.0)

    def of_nothing(path: str) -> str:
        return f"{STATUS_PATH}?session=nothing:1" if path.startswith(f"{STATUS_PATH}?") else path

    with proxy_to(gateway, change_path=of_nothing) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert re.search(r"wrong  the JSON snapshot of a view \(200\) is not .* add up to, doctor:\d+ streaming", said)


def test_changes_that_do_not_come_are_wrong_within_a_time_limit(
    gateway: GatewayThread, real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_checks, "EVENT_SECONDS", 0.5)
    with proxy_to(gateway, change_chunk=lambda chunk: b"" if CHANGE.search(chunk) else chunk) as url:
        is_well, said = examined(url, real_redis.url)
    assert not is_well
    assert re.search(r"wrong  the change events add up to no session and not to doctor:\d+ thinking within 1.5 s", said)


def test_a_user_who_cannot_publish_is_told_at_least_that_changes_are_known(
    gateway: GatewayThread, real_redis: RedisServer
) -> None:
    with real_redis.client() as admin:
        admin.acl_setuser("reader", enabled=True, passwords=["+secret"], commands=["+ping"])
        try:
            said = examined(gateway.url, real_redis.url.replace("unix://", "unix://reader:secret@"))[1]
        finally:
            admin.acl_deluser("reader")
    assert "ok     the gateway knows change events and views" in said
