"""Reading whatever answers at a gateway's address."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import orjson
import pytest

from agent_status_gateway.cli import reader as reading
from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading import requests
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.view import Feed, News, ReceivedSnapshot, Trouble
from chaos.wait import wait_until
from tests.support.gateways.answering import Request, answering
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

STREAM = "text/event-stream"
HTML = (200, "text/html", "<h1>It works!</h1>")
Answer = tuple[int, str, str]
Serve = Callable[..., str]


def status(key: str = "web:1") -> str:
    return f"event: status\ndata: {orjson.dumps(snapshot(row(key))).decode()}\nid: 1\nretry: 10\n\n"


def feed(state: str) -> str:
    return f'event: feed\ndata: {{"state":"{state}","since_seconds":1.5}}\n\n'


@pytest.fixture(autouse=True)
def a_retry_may_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LEAST_RETRY_SECONDS", 0.01)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that gives these answers, one after the other; then it says nothing until the test is over.

    With `is_held`, streams stay open after what they say.
    """
    is_over = threading.Event()
    servers: list[ThreadingHTTPServer] = []

    def start(*answers: Answer, is_held: bool = False) -> str:
        left = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not left:
                    is_over.wait(30)
                    return
                code, kind, body = left.pop(0)
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body.encode())
                if is_held and kind == STREAM:
                    self.wfile.flush()
                    is_over.wait(30)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), name="answers", daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    is_over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def news(url: str, count: int) -> list[News]:
    reader = Reader(url)
    reader._retry_seconds = 0.01
    return list(islice(reader.read_news(), count))


def last_trouble(url: str, count: int) -> Trouble:
    trouble = news(url, count)[-1]
    assert isinstance(trouble, Trouble)
    return trouble


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [
        (HTML, True),
        ((404, "text/plain", "not found"), True),
        ((301, "text/plain", ""), False),
        ((403, "application/json", "{}"), True),
        ((401, "text/plain", ""), True),
        ((429, "text/plain", ""), False),
        ((502, "text/html", "bad gateway"), False),
        ((503, "application/json", "{}"), False),
        ((500, "text/plain", ""), False),
        ((501, "text/plain", "not implemented"), True),
        ((505, "text/plain", "old"), True),
        ((200, STREAM, "event: status\ndata: {}\n\n"), True),
        ((200, STREAM, "retry: 20\n"), False),
    ],
)
def test_what_is_not_a_gateway_ends_it_at_once_and_what_may_pass_is_waited_for(
    serve: Serve, answer: Answer, is_final: bool
) -> None:
    assert last_trouble(serve(answer), 1).is_final == is_final


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [
        (HTML, False),
        ((404, "text/plain", ""), False),
        ((501, "text/plain", ""), False),
        ((403, "application/json", "{}"), True),
    ],
)
def test_a_gateway_that_was_one_is_waited_for_whatever_answers_in_its_place_but_no_refusal(
    serve: Serve, answer: Answer, is_final: bool
) -> None:
    heard = news(serve((200, STREAM, status()), answer), 3)
    assert [type(piece) for piece in heard] == [ReceivedSnapshot, Trouble, Trouble]
    assert isinstance(heard[1], Trouble)
    assert heard[1].reason == "the gateway closed the stream"
    assert isinstance(heard[2], Trouble)
    assert heard[2].is_final == is_final


def test_the_status_of_what_is_not_a_gateway_is_said(serve: Serve) -> None:
    url = serve((501, "text/plain", "Not Implemented"))
    assert last_trouble(url, 1).reason == f"{url} answered 501: Not Implemented"


def test_an_unavailable_gateway_is_named_so_and_asked_again(serve: Serve) -> None:
    heard = news(serve((200, STREAM, "retry: 20\n"), (200, STREAM, status() + feed("live"))), 3)
    assert isinstance(heard[0], Trouble)
    assert heard[0].reason == "the gateway accepts no streams now"
    assert [type(piece) for piece in heard[1:]] == [ReceivedSnapshot, Feed]


def test_after_an_outage_a_new_snapshot_comes_before_the_feed_is_called_live(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "NEW_STREAM_SECONDS", 0.0)
    before = (200, STREAM, status("web:old") + feed("lost") + feed("live"))
    heard = news(serve(before, (200, STREAM, status("web:new") + feed("live"))), 4)
    said = [
        piece.snapshot["sessions"][0]["session_key"] if isinstance(piece, ReceivedSnapshot) else piece.is_lost
        for piece in heard
        if not isinstance(piece, Trouble) and getattr(piece, "will_repeat", True)  # one that takes `changes` repeats it
    ]
    assert said == ["web:old", True, "web:new", False]


def test_a_stream_that_says_nothing_for_too_long_is_dead(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.1)
    url = serve()
    assert last_trouble(url, 1).reason == f"{url} does not answer"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 502 Bad\r\nContent-Length: 999\r\n\r\n"])
def test_headers_or_a_refusal_that_come_a_byte_at_a_time_are_no_answer(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "ANSWER_SECONDS", 1.0)
    is_over = threading.Event()

    def drip(request: Request) -> None:
        with suppress(OSError):  # the reader has had enough
            request.wfile.write(start)
            while not is_over.wait(0.05):
                request.wfile.write(b"x")

    with answering(drip) as url:
        assert last_trouble(url, 2).reason == f"{url} does not answer"
        is_over.set()


def test_a_reader_that_is_closed_ends_its_news_though_the_stream_says_nothing_more(serve: Serve) -> None:
    reader = Reader(serve((200, STREAM, status()), is_held=True))
    heard: list[News] = []
    thread = threading.Thread(target=lambda: heard.extend(reader.read_news()), name="reads")
    thread.start()
    wait_until(lambda: reader._snapshots_received == 1, "the snapshot has come")
    reader.close()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(heard[0], ReceivedSnapshot)


def test_an_idle_stream_of_a_gateway_that_is_well_is_replaced_and_not_called_dead(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(reading, "NEW_STREAM_SECONDS", 0.0)
    probed = (200, "application/json", orjson.dumps(snapshot(row("web:1"))).decode())
    heard = news(serve((200, STREAM, status("web:1")), probed, (200, STREAM, status("web:2")), is_held=True), 2)
    assert [type(piece) for piece in heard] == [ReceivedSnapshot, ReceivedSnapshot]


def test_an_idle_stream_of_a_gateway_that_does_not_answer_elsewhere_is_dead(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(requests, "TIMEOUT_SECONDS", 0.2)
    url = serve((200, STREAM, status("web:1")), is_held=True)
    assert last_trouble(url, 2).reason == f"{url} does not answer"


def test_pauses_grow_to_a_limit_while_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    news("http://127.0.0.1:1", 30)
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.01
    assert pauses[-1] == reading.LAST_RETRY_SECONDS


def test_no_message_holds_a_secret_or_what_a_terminal_obeys(serve: Serve) -> None:
    hostile = serve((502, "text/plain", "\x1b[31m\x07"))
    assert last_trouble(hostile, 1).reason.isprintable()
    assert "hush" not in last_trouble("http://user:hush@127.0.0.1:1", 1).reason


@pytest.mark.parametrize(
    "url", ["", "nonsense", "localhost:8000", "ftp://host", "http://", "http://host/?key=hush", "http://\x00"]
)
def test_what_is_not_an_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ReaderError) as error:
        Reader(url)
    assert "http://localhost:8000" in str(error.value)
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(("retry", "seconds"), [("0", 1.0), ("20", 1.0), ("2000", 2.0), ("9" * 400, 10.0)])
def test_a_retry_of_any_size_is_neither_a_storm_nor_the_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, retry: str, seconds: float
) -> None:
    monkeypatch.setattr(reading, "LEAST_RETRY_SECONDS", 1.0)
    reader = Reader(serve((200, STREAM, status().replace("retry: 10", f"retry: {retry}"))))
    heard = list(islice(reader.read_news(), 2))
    assert isinstance(heard[1], Trouble)
    assert reader._retry_seconds == seconds


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "9" * 400, "-" + "9" * 400, "9007199254740993"])
def test_a_snapshot_with_a_number_that_nobody_can_show_is_not_a_gateways(serve: Serve, number: str) -> None:
    text = orjson.dumps(snapshot(row("web:1"))).decode()
    (field,) = re.findall(r'"uptime_seconds":[0-9.]+', text)
    url = serve((200, "application/json", text.replace(field, f'"uptime_seconds":{number}')))
    with pytest.raises(ReaderError, match="is it a gateway"):
        Reader(url).read_once()


@pytest.mark.parametrize("seconds", ["1e308", "NaN", "Infinity", "-1"])
def test_a_feed_event_with_such_a_number_is_not_a_gateways(serve: Serve, seconds: str) -> None:
    wrong_feed = feed("lost").replace("1.5", seconds)
    assert "is it a gateway" in last_trouble(serve((200, STREAM, status() + wrong_feed)), 2).reason


@pytest.mark.parametrize(
    ("header", "stale"), [("12", 12.0), ("9" * 400, None), ("\u0663".encode().decode("latin-1"), None)]
)
def test_a_stale_header_that_is_not_a_number_of_seconds_does_not_count(header: str, stale: float | None) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(snapshot(row("web:1")))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Status-Stale", header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), name="answers", daemon=True).start()
        assert Reader(f"http://127.0.0.1:{server.server_port}").read_once().stale_seconds == stale
        server.shutdown()


def test_a_proxy_variable_does_not_lead_away_from_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "fd00::/8,[")
    url = serve((200, "application/json", orjson.dumps(snapshot(row("web:1"))).decode()))
    assert Reader(url).read_once().snapshot["sessions"]
    with pytest.raises(ReaderError, match="_PROXY is a proxy of the kind socks5://"):
        Reader("http://status.example")
