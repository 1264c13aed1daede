"""A server of metrics over HTTP, which no stranger can make grow.

Rule 1. A connection beyond `MOST_CONNECTIONS` has the oldest one closed.
Rule 2. A connection is closed after `ANSWER_SECONDS`, whatever it has sent and read by then.
Rule 3. A request that arrives at a loopback address must name localhost or an IP address, as those for a gateway
        without a key. A page in a browser may have a name of its own lead there.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from typing_extensions import override

from agent_status_gateway.access.hosts import Hosts

MOST_CONNECTIONS: Final = 8
"""The most connections at the same time. Each has a thread."""
ANSWER_SECONDS: Final = 10.0
"""Maximum seconds of one connection, as long as Prometheus waits by default."""
ARRIVED_AT: Final = "agent_status.arrived_at"
"""The connection's own address, in a request's environment."""
MISDIRECTED: Final = b"These metrics are for requests to localhost or to an IP address: ask http://127.0.0.1 instead.\n"
ROOM_SECONDS: Final = 1.0
"""Seconds in which a connection that was closed must have ended. Otherwise the new one is closed."""


def serve_metrics(registry: CollectorRegistry, host: str, port: int) -> int:
    """Serve in threads until the process ends, and return the port.

    Raises:
        OSError: The address is not known, or cannot be listened on.
    """
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    server_type = type("Server", (_Server,), {"address_family": family})
    server: WSGIServer = server_type((host, port), _Handler)
    server.set_app(_not_for_other_names(make_wsgi_app(registry)))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server.server_port


def _not_for_other_names(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    hosts = Hosts((), lambda: False)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        named = [(b"host", environ["HTTP_HOST"].encode("latin-1"))] if "HTTP_HOST" in environ else []
        if hosts.refusal({"headers": named, "server": (environ[ARRIVED_AT], None)}) is None:
            return app(environ, start_response)
        start_response("421 Misdirected Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [MISDIRECTED]

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64  # with the five of the library, a few strangers make others wait for a second

    def __init__(self, *given: Any) -> None:
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_CONNECTIONS)
        self._open: dict[Any, float] = {}  # the oldest first, with the moment of its beginning
        super().__init__(*given)

    @override
    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's also asks DNS for our name, which may take seconds
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            if len(self._open) >= MOST_CONNECTIONS:
                _shut(next(iter(self._open)))
        if not self._places.acquire(timeout=ROOM_SECONDS):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open[request] = time.monotonic()
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._leave(request)
            self.shutdown_request(request)

    @override
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(request)

    @override
    def service_actions(self) -> None:
        """Close what has been open for too long. The server calls it twice a second."""
        latest = time.monotonic() - ANSWER_SECONDS
        with self._lock:
            for request, began_at in self._open.items():
                if began_at <= latest:
                    _shut(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, or that was closed."""

    def _leave(self, request: Any) -> None:
        with self._lock:
            del self._open[request]
        self._places.release()


class _Handler(WSGIRequestHandler):
    @override
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), ARRIVED_AT: self.connection.getsockname()[0]}

    @override
    def log_message(self, *_: object) -> None:
        """Log no request: a scrape comes every few seconds."""


def _shut(connection: socket.socket) -> None:
    """Have the thread that reads or writes go on, with an end or an error."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
