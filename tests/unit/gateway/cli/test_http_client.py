"""Bounds on what a gateway may answer."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from agent_status_gateway.cli import http_client
from agent_status_gateway.cli.http_client import CertificatesError, UnboundedError, open_client, within

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def client_of(answer: Answer) -> Iterator[httpx.Client]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:  # the client has had enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), name="answers", daemon=True).start()
        with open_client(f"http://127.0.0.1:{server.server_port}", {}, httpx.Timeout(10)) as client:
            yield client
        server.shutdown()


def answer(kind: str, body: bytes, *, times: int = 1, encoding: str = "") -> Answer:
    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        if encoding:
            request.send_header("Content-Encoding", encoding)
        request.end_headers()
        for _ in range(times):
            request.wfile.write(body)

    return send


@pytest.fixture(autouse=True)
def a_small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "MAX_BYTES", 1000)


def test_an_answer_within_the_bound_is_read_as_utf8_whatever_its_header_says() -> None:
    with client_of(answer("text/plain; charset=utf-16", "für alle".encode())) as client:
        assert client.get("/").text == "für alle"


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with client_of(answer("application/json", b"[" * 100, times=10**9)) as client, pytest.raises(UnboundedError):
        client.get("/")


def test_a_stream_may_be_of_any_length() -> None:
    stream = answer("text/event-stream", b"data: 1\r\n\r\n", times=1000)
    with client_of(stream) as client, client.stream("GET", "/") as response:
        assert len(response.read()) == 11_000


@pytest.mark.parametrize("part", [b"data: 1\n", b"data: no end"])
def test_one_event_of_a_stream_may_not(part: bytes) -> None:
    stream = answer("text/event-stream", part, times=10**9)
    too_long = pytest.raises(UnboundedError, match="an event is longer than 1000 bytes")
    with client_of(stream) as client, client.stream("GET", "/") as response, too_long:
        response.read()


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_compressed_answer_is_refused_before_it_is_unpacked(encoding: str) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    refused = pytest.raises(UnboundedError, match="compressed, which was not asked for")
    with client_of(answer("application/json", bomb, encoding=encoding)) as client, refused:
        client.get("/")


def test_the_whole_time_of_an_answer_is_limited() -> None:
    is_over = threading.Event()
    with pytest.raises(httpx.ReadTimeout, match=r"no whole answer within 0\.05 s"):
        within(0.05, lambda: is_over.wait(10))
    is_over.set()


def test_an_error_of_the_call_is_raised_where_its_answer_is_awaited() -> None:
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)
    assert within(10, lambda: 7) == 7


def test_certificates_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/does/not/exist.pem")
    with pytest.raises(CertificatesError, match="check SSL_CERT_FILE"):
        open_client("https://status.example", {}, httpx.Timeout(1))
