"""A client's line on uvicorn: the connection itself, written to by the hub, with no task and no timer of its own.

It answers a request for the stream right in the parser's callback, if that has nothing to wait for, and then keeps the
response open. Everything else is uvicorn's. What is relied on there is named in `RELIED_ON`; docs/design.md says what
happens without it.
"""

import asyncio
import socket
from collections.abc import Coroutine
from functools import lru_cache
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.client import Client
from gateway.stream import LINE, STREAM, StatusStream

UNSENT_BYTES: Final = 128 * 1024
"""So much may wait in the kernel for a client that does not read, instead of megabytes of old pictures."""
RELIED_ON: Final = {
    HttpToolsProtocol: ("_start_asgi_task", "on_response_complete", "pause_writing", "resume_writing"),
    RequestResponseCycle: ("run_asgi", "send", "receive"),
}


def is_supported() -> bool:
    """Whether this uvicorn is built as we know it."""
    return all(callable(getattr(owner, name, None)) for owner, names in RELIED_ON.items() for name in names)


class OpenStream:
    """One response that stays open: a client's line."""

    __slots__ = ("_connection", "_cycle", "_transport", "client", "is_blocked", "is_chunked")

    def __init__(self, connection: "Connection", cycle: RequestResponseCycle) -> None:
        self.is_blocked = False
        # For HTTP/1.0 the end of the connection is the end of the response; uvicorn would send chunks all the same.
        self.is_chunked = cycle.scope["http_version"] != "1.0"
        if not self.is_chunked:
            cycle.chunked_encoding = False
        self.client: Client | None = None
        self._connection = connection
        self._transport = connection.transport
        self._cycle = cycle

    @property
    def backlog_bytes(self) -> int:
        """What the kernel has not taken."""
        return self._transport.get_write_buffer_size()

    def taken_by(self, client: Client) -> None:
        """Stay open for it."""
        self.client = client
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            connection: socket.socket | None = self._transport.get_extra_info("socket")
            if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def write(self, chunk: bytes) -> None:
        """Hand it to the kernel, or to the transport's buffer."""
        self._transport.write(chunk)

    def end(self, chunk: bytes) -> None:
        """Finish the response as uvicorn does; a request that was sent behind it is answered now."""
        self._transport.write(chunk)
        self.gone()
        self._cycle.response_complete = True
        if not self._cycle.keep_alive:
            self._transport.close()
        self._connection.on_stream_complete()

    def cut(self) -> None:
        """Throw away what is unsent."""
        self._transport.abort()

    def gone(self) -> None:
        """Nothing can be written any more."""
        self.is_blocked = True
        if self.client is not None:
            self.client.gone()

    def set_blocked(self, *, is_blocked: bool) -> None:
        """The transport's buffer is full, or has room again."""
        self.is_blocked = is_blocked
        if not is_blocked and self.client is not None:
            self.client.unblocked()


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP connection, with a stream on it perhaps."""

    _stream: OpenStream | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        endpoint: StatusStream | None = self.app_state.get(STREAM)
        scope: Scope = cycle.scope  # type: ignore[assignment]
        if (
            endpoint is None
            or app is not self.app  # uvicorn's own refusal
            or self.flow.write_paused
            or not endpoint.is_for(scope)
            or not endpoint.answers_at_once
        ):
            super()._start_asgi_task(cycle, app)
            return
        stream = OpenStream(self, cycle)
        scope["extensions"] = {LINE: stream}
        try:
            _run_at_once(_front(endpoint, self.config)(scope, cycle.receive, cycle.send))  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - it is for uvicorn to log it and to answer
            super()._start_asgi_task(cycle, _failing(error))  # type: ignore[arg-type]
            return
        if stream.client is not None:
            self._stream = stream

    def on_stream_complete(self) -> None:
        """The stream has been ended by us."""
        self._stream = None
        self.on_response_complete()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=True)

    def resume_writing(self) -> None:
        """It has room again."""
        super().resume_writing()
        if self._stream is not None:
            self._stream.set_blocked(is_blocked=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.gone()


@lru_cache(maxsize=16)
def _front(endpoint: StatusStream, config: Config) -> ASGIApp:
    """The endpoint with what uvicorn puts before an app: who the client is, for the access log."""
    if not config.proxy_headers:
        return endpoint
    return ProxyHeadersMiddleware(endpoint, trusted_hosts=config.forwarded_allow_ips)  # type: ignore[arg-type,return-value]


def _run_at_once(answer: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing.

    Raises:
        RuntimeError: It did wait.
    """
    try:
        answer.send(None)
    except StopIteration:
        return
    answer.close()
    raise RuntimeError("the stream's answer had something to wait for")


def _failing(error: Exception) -> ASGIApp:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0)
        raise error

    return fail
