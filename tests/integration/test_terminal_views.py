"""Reading a view and its changes, from gateways of today, from older ones, and through what comes between."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from agent_status_gateway.cli import reader as reading
from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.asked_view import parse_asked_view
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.view import Feed, News, ReceivedSnapshot, Trouble
from agent_status_gateway.paths import STREAM_PATH
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from tests.support.gateways.answering import Request, answering
from tests.support.gateways.same_fleet import LIVE
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

OLD = {"detail": [{"type": "literal_error", "loc": ["query", "events"], "msg": "Input should be 'status' or 'all'"}]}


def status(id_: str, *rows: SessionStatus) -> str:
    return f"event: status\ndata: {orjson.dumps(snapshot(*rows)).decode()}\nid: {id_}\nretry: 1000\n\n"


def change(from_: str, id_: str, *rows: SessionStatus, gone: tuple[str, ...] = ()) -> str:
    data = {"from": from_, **snapshot(*rows), "gone": gone}
    return f"event: change\ndata: {orjson.dumps(data).decode()}\nid: {id_}\n\n"


def send(request: Request, code: int, body: str, kind: str = "application/json") -> None:
    request.send_response(code)
    request.send_header("Content-Type", kind)
    request.end_headers()
    request.wfile.write(body.encode())
    request.wfile.flush()


def fields_of(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.path).query, keep_blank_values=True)


@pytest.fixture
def is_over() -> Iterator[threading.Event]:
    """Streams that are held stay open until the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def streams(is_over: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Start a gateway whose streams are these texts, one after the other; the last one stays open."""
    monkeypatch.setattr(reading, "NEW_STREAM_SECONDS", 0.0)
    monkeypatch.setattr(reading, "LEAST_RETRY_SECONDS", 0.01)
    servers = []

    def start(*texts: str) -> str:
        left = list(texts)

        def answer(request: Request) -> None:
            send(request, 200, left.pop(0), "text/event-stream")
            if not left:
                is_over.wait(30)

        servers.append(answering(answer))
        return servers[-1].__enter__()

    yield start
    is_over.set()
    for server in servers:
        server.__exit__(None, None, None)


def old_gateway(is_over: threading.Event) -> Callable[[Request], None]:
    """A gateway from before there were views: it ignores their fields, and refuses other events than it knows."""

    def answer(request: Request) -> None:
        whole = (row("ci:1"), row("web:1"))
        if not request.path.startswith(STREAM_PATH):
            send(request, 200, json.dumps(snapshot(*whole)))
        elif fields_of(request).get("events", ["status"])[-1] not in {"status", "all"}:
            send(request, 422, json.dumps(OLD))
        else:
            send(request, 200, status("a", *whole) + LIVE, "text/event-stream")
            is_over.wait(30)

    return answer


def news(url: str, count: int, view: str | None = None) -> list[News]:
    reader = Reader(url, view=parse_asked_view(view))
    reader._retry_seconds = 0.01
    return list(islice(reader.read_news(), count))


def keys_of(piece: News) -> list[str]:
    assert isinstance(piece, ReceivedSnapshot), piece
    return [one["session_key"] for one in piece.snapshot["sessions"]]


def test_changes_come_out_as_whole_snapshots_whose_durations_go_on(streams: Callable[..., str]) -> None:
    url = streams(
        status("a", row("web:1", duration_seconds=5.0, host="one"), row("web:3"))
        + change("a", "b", row("web:2", state="streaming", duration_seconds=0.0))
        + change("b", "c", gone=("web:3", "web:9"))
    )
    first, second, third = news(url, 3)
    assert [keys_of(piece) for piece in (first, second, third)] == [
        ["web:1", "web:3"],
        ["web:1", "web:2", "web:3"],
        ["web:1", "web:2"],
    ]
    assert isinstance(third, ReceivedSnapshot)
    assert isinstance(first, ReceivedSnapshot)
    line = json.loads(third.json())
    assert list(line) == ["global", "sessions"], "a line is a snapshot, not a change"
    assert line["sessions"][0] | {"duration_seconds": 5.0} == json.loads(first.json())["sessions"][0]
    assert 5.0 <= line["sessions"][0]["duration_seconds"] < 15


def test_durations_go_on_from_the_event_that_brought_them(
    streams: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    old, new = row("web:1", duration_seconds=5.0), row("web:2", duration_seconds=0.0)
    url = streams(status("a", old) + change("a", "b", new) + change("b", "c", row("web:3", duration_seconds=0.0)))
    ats = []
    for piece in news(url, 3):
        assert isinstance(piece, ReceivedSnapshot)
        ats.append(piece.at)
    assert isinstance(piece, ReceivedSnapshot)
    ages = [one["duration_seconds"] for one in piece.snapshot["sessions"]]
    assert ages == [5.0 + ats[2] - ats[0], ats[2] - ats[1], 0.0]


def test_after_a_change_of_another_snapshot_a_new_stream_brings_a_whole_one(streams: Callable[..., str]) -> None:
    first = status("a", row("web:1")) + change("x", "c", row("web:2"))
    heard = news(streams(first, status("d", row("web:9")) + change("d", "e", gone=("web:9",))), 3)
    assert [keys_of(piece) for piece in heard] == [["web:1"], ["web:9"], []]


def test_a_stream_that_begins_with_a_change_is_a_trouble_and_asked_again(streams: Callable[..., str]) -> None:
    heard = news(streams(change("a", "b"), status("d", row("web:9"))), 2)
    assert isinstance(heard[0], Trouble)
    assert heard[0].reason.endswith("sent a change before a whole snapshot")
    assert not heard[0].is_final
    assert keys_of(heard[1]) == ["web:9"]


@pytest.mark.parametrize("data", ["{}", '{"from": "a"}', "nothing"])
def test_a_change_that_a_gateway_does_not_send_is_not_a_gateways(streams: Callable[..., str], data: str) -> None:
    heard = news(streams(f"{status('a')}event: change\ndata: {data}\nid: b\n\n"), 2)
    assert isinstance(heard[1], Trouble)
    assert "is it a gateway" in heard[1].reason


def test_an_older_gateway_is_read_by_its_whole_snapshots(is_over: threading.Event) -> None:
    with answering(old_gateway(is_over)) as url:
        heard = news(url, 2)
        assert keys_of(heard[0]) == ["ci:1", "web:1"]
        assert not getattr(heard[1], "will_repeat", True), "it says once that it is live"
        is_over.set()


@pytest.mark.parametrize("view", ["channel=web", "channel=web,ci", "label=team:web"])
def test_an_older_gateway_that_would_stream_everything_ends_a_view_with_a_sentence(
    is_over: threading.Event, view: str
) -> None:
    with answering(old_gateway(is_over)) as url:
        (trouble,) = news(url, 1, view)
    assert isinstance(trouble, Trouble)
    assert trouble.is_final
    assert (
        trouble.reason == f"{url} is older than this command and does not know --view: update it, or leave --view out"
    )


@pytest.mark.parametrize("view", ["channel=web", "label=team:web", "session=web:1", "state=error", "parent=ci:1"])
def test_an_older_gateway_that_answers_with_everything_is_an_error_of_show(is_over: threading.Event, view: str) -> None:
    with answering(old_gateway(is_over)) as url, pytest.raises(ReaderError, match="older than this command"):
        Reader(url, view=parse_asked_view(view)).read_once()


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("stalled=300", "does not tell which sessions are stalled"),
        ("ended=900", "does not tell which sessions have ended"),
    ],
)
def test_a_gateway_that_does_not_tell_what_is_asked_for_is_an_error(
    streams: Callable[..., str], view: str, said: str
) -> None:
    asked = parse_asked_view(view, shows_told=True)
    (trouble,) = islice(Reader(streams(status("a", row("web:1"))), view=asked).read_news(), 1)
    assert isinstance(trouble, Trouble)
    assert trouble.reason.endswith(f"is older than this command and {said}")
    answer = json.dumps(snapshot(row("web:1")))
    with answering(lambda request: send(request, 200, answer)) as url, pytest.raises(ReaderError, match=said):
        Reader(url, view=asked).read_once()


def test_an_end_is_folded_for_as_long_as_was_asked(
    streams: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 100_000, 100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    first = orjson.dumps(with_ends(snapshot(), end("web:9", 20.0))).decode()
    url = streams(f"event: status\ndata: {first}\nid: a\n\n" + change("a", "b") + change("b", "c"))
    reader = Reader(url, view=parse_asked_view("ended=30", shows_told=True))
    heard = list(islice(reader.read_news(), 2))
    assert [len(piece.snapshot["ended"]) for piece in heard if isinstance(piece, ReceivedSnapshot)] == [1, 0]


def test_an_older_replica_at_a_new_connection_is_waited_out(is_over: threading.Event, streams: Any) -> None:
    del streams  # its times alone are needed
    asked: list[str] = []
    old = old_gateway(is_over)

    def answer(request: Request) -> None:
        asked.append(request.path)
        if len(asked) == 2:
            old(request)
            return
        send(request, 200, status("a", row("web:1")), "text/event-stream")

    with answering(answer) as url:
        heard = news(url, 4, "channel=web")
    assert [type(piece) for piece in heard] == [ReceivedSnapshot, Trouble, Trouble, ReceivedSnapshot]
    assert isinstance(heard[2], Trouble)
    assert not heard[2].is_final


@pytest.mark.parametrize("text", [status("a", row("ci:1")), status("a") + change("a", "b", row("ci:1"))])
def test_a_row_outside_the_view_is_never_shown(streams: Callable[..., str], text: str) -> None:
    heard = news(streams(text, text), 2, "channel=web")
    assert all(keys_of(piece) == [] for piece in heard if isinstance(piece, ReceivedSnapshot))
    troubles = [piece.reason for piece in heard if isinstance(piece, Trouble)]
    assert troubles
    assert "sent sessions outside --view" in troubles[0]


def test_a_view_that_the_gateway_refuses_is_an_error_with_the_fields_name() -> None:
    refused = {"detail": [{"loc": ["query", "channel"], "msg": "Input should be \x1b[31mshort"}]}

    with answering(lambda request: send(request, 422, json.dumps(refused))) as url:
        (trouble,) = news(url, 1, "channel=web")
        assert isinstance(trouble, Trouble)
        assert trouble.is_final
        assert trouble.reason == f"{url} refused `channel`: Input should be  [31mshort"


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.05, drain_seconds=0.1) as gateway:
        yield gateway.ready()


def test_a_gateway_of_today_sends_the_view_and_its_changes(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    publisher.session("ci:1").streaming()
    web, waiting = publisher.session("web:1", title="Fix auth bug"), publisher.session("web:2")
    publisher.flush()
    reader = Reader(gateway.url, view=parse_asked_view("channel=web&state=thinking"))
    came = (piece for piece in reader.read_news() if not isinstance(piece, Feed))
    try:
        while keys_of(next(came)) != ["web:1", "web:2"]:
            pass
        assert keys_of(reader.read_once()) == ["web:1", "web:2"]
        waiting.waiting_for_user()
        assert keys_of(next(came)) == ["web:1"]
        web.end()
        after = next(came)
        assert keys_of(after) == []
        assert isinstance(after, ReceivedSnapshot)
        assert after.snapshot["global"]["state"] == "idle", "the figures are the view's"
    finally:
        came.close()
    assert reader.source == f"{gateway.url}, view channel=web&state=thinking"


def test_a_reader_starts_without_the_server() -> None:
    check = (
        "import sys, agent_status_gateway.cli.commands, agent_status_gateway.cli.terminal.watching; "
        "sys.exit(str({'fastapi', 'starlette'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == ""
