"""Requests for the JSON endpoint that are held until there is news, the same whichever way they are served."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from agent_status_gateway.access.credentials import REFUSAL
from agent_status_gateway.http.answers.room import GOING_AWAY
from agent_status_gateway.http.asking.wait import MAX_WAIT_SECONDS
from agent_status_gateway.state.views.query import seconds_expected
from agent_status_gateway.state.views.view import WHOLE
from agent_status_publisher import StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.terms import QUICK
from chaos.wait import wait_until
from chaos.workers.worker_process import WorkerProcess
from tests.support.clients.polls import LongPoll, release_all, tag_of, wait_for_held

OTHER = 'W/"ffffffffffffffffffffffffffffffff"'
"""The tag of no snapshot: zeros are that of an empty one."""


@pytest.fixture
def gateway(real_redis: RedisServer, served: Served) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, served, debounce_seconds=0.2, drain_seconds=0.1) as made:
        yield made.ready()


def keys_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["session_key"] for row in answer.json()["sessions"]]


# polls: Rule 1
@pytest.mark.parametrize("query", ["", "channel=web"])
def test_a_client_that_has_the_snapshot_is_answered_when_it_changes(
    gateway: GatewayThread, fleet: StatusPublisher, query: str
) -> None:
    tag = tag_of(gateway, query)
    with LongPoll(gateway, tag, query) as poll:
        wait_for_held(gateway)
        fleet.session("web:3")
        answer = poll.answer()
    assert "web:3" in keys_of(answer)
    assert answer.headers["etag"] == tag_of(gateway, query) != tag
    assert answer.headers["cache-control"] == "no-store"
    assert len(gateway.app.replica.hub) == 0


def test_a_poll_of_a_view_is_not_released_by_what_is_not_in_it(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    with (
        LongPoll(gateway, tag_of(gateway), "") as whole,
        LongPoll(gateway, tag_of(gateway, "channel=ci"), "channel=ci") as ci,
    ):
        wait_for_held(gateway, 2)
        fleet.session("web:3")
        assert "web:3" in keys_of(whole.answer())
        fleet.session("ci:2")
        assert keys_of(ci.answer()) == ["ci:1", "ci:2"]


@pytest.mark.parametrize(
    "tag", [None, OTHER, OTHER.removeprefix("W/"), f"{OTHER}, {OTHER}", "not a tag"], ids=lambda tag: str(tag)[:20]
)
@pytest.mark.usefixtures("fleet")
def test_a_client_that_does_not_have_the_snapshot_is_answered_at_once(gateway: GatewayThread, tag: str | None) -> None:
    for query in ("", "channel=web"):
        with LongPoll(gateway, tag, query) as poll:
            assert poll.answer().status_code == 200


@pytest.mark.usefixtures("fleet")
def test_without_a_tag_or_with_no_seconds_or_for_head_nothing_is_held(gateway: GatewayThread) -> None:
    tag = tag_of(gateway)
    assert gateway.get(f"{STATUS}?wait=60").status_code == 200
    assert gateway.get(f"{STATUS}?wait=60", headers={"If-None-Match": ""}).status_code == 200
    assert gateway.get(f"{STATUS}?wait=0", headers={"If-None-Match": tag}).status_code == 304
    head = httpx.head(f"{gateway.url}{STATUS}?wait=60", headers={"If-None-Match": tag}, timeout=8)
    assert (head.status_code, head.headers["etag"]) == (304, tag)


@pytest.mark.parametrize("query", ["", "channel=web"])
@pytest.mark.usefixtures("fleet")
def test_when_its_seconds_are_over_a_client_that_has_the_snapshot_gets_304(gateway: GatewayThread, query: str) -> None:
    tag = tag_of(gateway, query)
    strong = tag.removeprefix("W/")
    with ExitStack() as stack:
        polls = [
            stack.enter_context(LongPoll(gateway, spelled, query, seconds=1))
            for spelled in (tag, strong, "*", f"{OTHER}, {tag}", f'{strong} ,{OTHER},"x"')
        ]
        answers = [poll.answer() for poll in polls]
    for answer in answers:
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert 1.0 <= answer.elapsed.total_seconds() < 8.0
    assert len(gateway.app.replica.hub) == 0


@pytest.mark.slow
def test_a_change_that_goes_away_inside_its_window_is_not_news(real_redis: RedisServer, served: Served) -> None:
    with (
        GatewayThread(real_redis.url, served, debounce_seconds=4.0) as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        session = publisher.session("web:1")
        wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the session is shown")
        pipeline = gateway.app.replica.pipeline
        audience = pipeline.audience(WHOLE)
        debounce = audience.debounce
        wait_until(lambda: not debounce.is_open, "the window is closed")
        settled_id = audience.rows.id
        with LongPoll(gateway, tag_of(gateway)) as poll:
            wait_for_held(gateway)
            session.streaming()
            wait_until(lambda: debounce.is_open, "the change opens a window")
            session.thinking()
            assert publisher.flush(10)
            wait_until(
                lambda: len(pipeline._settling.inbox) or audience.rows.id == settled_id, "the gateway has heard of both"
            )
            assert debounce.is_open, "else nothing has gone away inside of it"
            wait_until(lambda: not debounce.is_open, "the window is closed")
            assert gateway.states() == {"web:1": "thinking"}
            session.waiting_for_user()
            answer = poll.answer()
        assert answer.status_code == 200, "a release at the first close would be a 304"
        assert answer.json()["sessions"][0]["state"] == "waiting_for_user"


def test_a_wrong_number_of_seconds_is_an_error_that_names_the_field(gateway: GatewayThread) -> None:
    for query in ("wait=61", "wait=", "wait=1&wait=2", "wait=x"):
        for headers in ({}, {"If-None-Match": "*"}):
            answer = gateway.get(f"{STATUS}?{query}", headers=headers)
            assert answer.status_code == 422
            (problem,) = answer.json()["detail"]
            assert (problem["loc"], problem["ctx"]) == (
                ["query", "wait"],
                {"expected": seconds_expected(0, MAX_WAIT_SECONDS)},
            )
    with Dashboard(gateway.url, f"{STREAM}?wait=x") as dashboard:
        dashboard.wait_for_first()


def test_a_wrong_view_is_refused_at_once(gateway: GatewayThread) -> None:
    assert gateway.get(f"{STATUS}?wait=60&state=x", headers={"If-None-Match": "*"}).status_code == 422


@pytest.mark.usefixtures("fleet")
def test_a_drain_answers_all_that_are_held_and_closes_their_connections(gateway: GatewayThread) -> None:
    with LongPoll(gateway, tag_of(gateway)) as whole, LongPoll(gateway, "*", "channel=web") as web:
        wait_for_held(gateway, 2)
        debounce = gateway.app.replica.pipeline.audience(WHOLE).debounce
        wait_until(lambda: not debounce.is_open, "all is quiet")
        gateway.drain()
        for poll in (whole, web):
            answer = poll.answer()
            assert answer.status_code == 304
            assert answer.headers["connection"] == "close"
    refused = gateway.get(f"{STATUS}?wait=60", headers={"If-None-Match": "*"})
    assert (refused.status_code, refused.json()) == (503, {"detail": GOING_AWAY})
    assert int(refused.headers["retry-after"]) > 0
    assert gateway.get(f"{STATUS}?wait=60", headers={"If-None-Match": OTHER}).status_code == 200
    assert gateway.get(STATUS, headers={"If-None-Match": "*"}).headers.get("connection") != "close"


def test_the_end_of_the_gateway_answers_all_that_are_held(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, drain_seconds=0.1) as gateway, LongPoll(gateway.ready(), "*") as poll:
        wait_for_held(gateway)
        gateway.drain()
    assert poll.answer().status_code == 304


LIMITS = [
    ({"max_clients": 1}, "", "", "this replica is full"),
    ({"max_clients_per_key": 1}, "", "", "this key has as many streams as it may have here"),
    ({"max_clients_per_address": 1}, "", "", "this address has as many streams as it may have here"),
    ({"max_views": 1}, "channel=web", "channel=ci", "this replica has as many views as it may have"),
    ({"max_views_per_key": 1}, "channel=web", "channel=ci", "this key has as many views as it may have here"),
]


def test_the_death_of_a_worker_is_news(gateway: GatewayThread, real_redis: RedisServer) -> None:
    with WorkerProcess(real_redis.url, QUICK) as worker:
        worker.publish("web:1", "thinking")
        worker.flush()
        wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "the session is shown")
        with LongPoll(gateway, tag_of(gateway)) as poll:
            wait_for_held(gateway)
            worker.kill()
            assert poll.answer().json()["sessions"][0]["state"] == "error"


# polls: Rule 2
@pytest.mark.parametrize(("limit", "first", "second", "reason"), LIMITS, ids=[next(iter(row[0])) for row in LIMITS])
def test_a_held_poll_takes_a_place_as_a_stream_does(
    real_redis: RedisServer, served: Served, limit: dict[str, int], first: str, second: str, reason: str
) -> None:
    with GatewayThread(real_redis.url, served, **limit) as gateway:
        gateway.ready()
        with LongPoll(gateway, "*", first) as poll:
            wait_for_held(gateway)
            assert gateway.get(f"{STREAM}?{second}").json() == {"detail": reason}
            refused = gateway.get(f"{STATUS}?wait=60&{second}", headers={"If-None-Match": "*"})
            assert (refused.status_code, refused.json()) == (503, {"detail": reason})
            assert int(refused.headers["retry-after"]) > 0
            at_once = gateway.get(f"{STATUS}?wait=60&{second}", headers={"If-None-Match": OTHER})
            assert at_once.status_code == 200, "who is not held needs no place"
            assert re.search(r"^agent_status_clients 1\.0$", gateway.get("/metrics").text, re.MULTILINE)
            release_all(gateway)
            assert poll.answer().status_code == 304
        with Dashboard(gateway.url, f"{STREAM}?{second}") as dashboard:
            dashboard.wait_for_first()


def test_a_poll_takes_one_token_of_its_addresss_rate(real_redis: RedisServer, served: Served) -> None:
    with GatewayThread(real_redis.url, served, max_requests_per_second=0.01) as gateway:
        gateway.ready()
        asked = [gateway.get(f"{STATUS}?wait=1", headers={"If-None-Match": "*"}).status_code for _ in range(2)]
        assert asked == [304, 429]


@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "http://example.com"])
def test_the_answer_to_a_held_request_is_that_to_any_other(
    real_redis: RedisServer, served: Served, origin: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    file.write_text("all: everything\nanother: other\n")
    headers = {"X-Status-Key": "other", "Accept-Encoding": "gzip"} | ({"Origin": origin} if origin else {})
    with (
        GatewayThread(real_redis.url, served, debounce_seconds=0.1, api_keys_file=file) as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        gateway.ready()
        for number in range(10):  # enough to be compressed
            publisher.session(f"web:{number}")
        publisher.flush()
        wait_until(lambda: len(gateway.get(headers=headers).json()["sessions"]) == 10, "the sessions are shown")
        for act in (
            lambda: publisher.session("web:10"),
            lambda: release_all(gateway),
            lambda: file.write_text("all: everything\n"),
        ):
            tag = tag_of(gateway, headers=headers)
            with LongPoll(gateway, tag, headers=headers) as poll:
                wait_for_held(gateway)
                act()
                held = poll.answer()
            other = gateway.get(headers=headers | ({"If-None-Match": tag} if held.status_code == 304 else {}))
            assert held.status_code == other.status_code
            assert without_lengths(held) == without_lengths(other)
            assert held.headers.keys() == other.headers.keys()
        assert held.json() == other.json() == {"detail": REFUSAL}


def without_lengths(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers, but for those that ages change."""
    return [(name, value) for name, value in answer.headers.multi_items() if name not in ("date", "content-length")]


def test_a_page_of_another_origin_may_poll(gateway: GatewayThread) -> None:
    origin = {"Origin": "http://localhost:3000"}
    with LongPoll(gateway, "*", seconds=1, headers=origin) as poll:
        answer = poll.answer()
    assert answer.status_code == 304
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "ETag" in answer.headers["access-control-expose-headers"]
