"""A receiver of messages over HTTP, that answers as it is told to."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, NamedTuple, Self

Answer = tuple[int, dict[str, str]]
HANGS: Final[Answer] = (0, {})
"""An answer that never comes."""
DRIPS: Final[Answer] = (1, {})
"""An answer whose head never ends: a byte now and then."""
NEVER_ENDS: Final[Answer] = (2, {})
"""An answer of 200 whose body never ends."""
CLOSES: Final[Answer] = (3, {})
"""No answer: the connection is closed."""


class Request(NamedTuple):
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """A server on a free port. `answer` says what each request gets; without it, 200."""

    def __init__(self, answer: Callable[[Request], Answer] | None = None) -> None:
        self.requests: list[Request] = []
        self._ended = threading.Event()
        receiver, ended = self, self._ended

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.path, headers, body)
                receiver.requests.append(request)
                status, answered = (200, {}) if answer is None else answer(request)
                if status == HANGS[0]:
                    ended.wait()
                    return
                if status == CLOSES[0]:
                    return
                if status in (DRIPS[0], NEVER_ENDS[0]):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if status == NEVER_ENDS[0] else b"X-Long: "))
                    while not ended.wait(0.05):
                        self.wfile.write(b"x")
                    return
                self.send_response(status)
                for name, value in {"Content-Length": "0", **answered}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                pass  # a client that gave up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
