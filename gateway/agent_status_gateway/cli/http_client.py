"""HTTP of the commands: the way to a gateway, and bounds on what it may answer.

What answers may be anything. So a body has a maximum size, and so has one event of a stream. A compressed answer is
refused, since nobody asked for it and a few bytes of it can become gigabytes. Text is UTF-8, whatever the header says.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, TypeVar
from urllib.request import getproxies

import httpx
from typing_extensions import override

from agent_status_gateway.cli.proxy import proxy_for

T = TypeVar("T")

MAX_BYTES: Final = 32 * 1024 * 1024
"""The maximum bytes of a body, or of one event of a stream."""
BLANK_LINES: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
"""The ends of an event, in the three spellings of a line end that the specification of SSE has."""


PASSING: Final = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS})
"""Refusals that pass: a later request may be taken."""
LASTING: Final = frozenset({httpx.codes.NOT_IMPLEMENTED, httpx.codes.HTTP_VERSION_NOT_SUPPORTED})
"""Errors of a server that do not pass: it cannot do what is asked (RFC 9110, sections 15.6.2 and 15.6.6)."""


class CertificatesError(Exception):
    """The certificates of the authorities that this machine trusts cannot be read."""


class UnboundedError(httpx.TransportError):
    """The answer is longer than anything that a gateway sends, or compressed."""


def open_client(url: str, headers: Mapping[bytes, bytes], timeout: httpx.Timeout) -> httpx.Client:
    """Open a client for the gateway at this address, by a proxy if the environment names one for it.

    Raises:
        ProxyError: The proxy cannot be used.
        CertificatesError: SSL_CERT_FILE or SSL_CERT_DIR cannot be used.
    """
    transport = open_transport(url)
    return httpx.Client(
        base_url=url,
        transport=_BoundedTransport(transport),
        headers={b"Accept-Encoding": b"identity", **headers},
        timeout=timeout,
        event_hooks={"response": [_read_as_utf8]},
    )


def open_transport(url: str) -> httpx.HTTPTransport:
    """Open the way to an address, by a proxy if the environment names one for it.

    Raises:
        httpx.InvalidURL: The address is not valid.
        ProxyError: The proxy cannot be used.
        CertificatesError: SSL_CERT_FILE or SSL_CERT_DIR cannot be used.
    """
    proxy = proxy_for(httpx.URL(url), getproxies())
    try:
        return httpx.HTTPTransport(proxy=proxy)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CertificatesError(f"the trusted certificates cannot be read: {reason}: check SSL_CERT_FILE") from None


def may_pass(status: int) -> bool:
    """True for a refusal or an error of a server after which a later request may be taken."""
    return status in PASSING or (httpx.codes.is_server_error(status) and status not in LASTING)


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Call a function in a thread, with a limit on the whole time: a byte now and then keeps every other limit.

    Raises:
        httpx.ReadTimeout: It took longer.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(ask())
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            result.set_exception(error)

    threading.Thread(target=run, name="ask-gateway", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError:
        raise httpx.ReadTimeout(f"no whole answer within {seconds:g} s") from None


def shut(response: httpx.Response) -> None:
    """Shut the connection of a stream, so that a thread that waits for its bytes wakes up and closes it."""
    stream = response.extensions.get("network_stream")
    connection = None if stream is None else stream.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class _BoundedTransport(httpx.BaseTransport):
    def __init__(self, inner: httpx.HTTPTransport) -> None:
        self._inner = inner

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity"}:
            response.close()
            raise UnboundedError("the answer is compressed, which was not asked for", request=request)
        if isinstance(response.stream, httpx.SyncByteStream):
            is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
            response.stream = _BoundedStream(response.stream, request, is_stream=is_stream)
        return response

    @override
    def close(self) -> None:
        self._inner.close()


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, request: httpx.Request, *, is_stream: bool) -> None:
        self._inner = inner
        self._request = request
        self._is_stream = is_stream

    @override
    def __iter__(self) -> Iterator[bytes]:
        size, tail = 0, b""
        for chunk in self._inner:
            size += len(chunk)
            if self._is_stream:
                seen = tail + chunk
                if (end := max(seen.rfind(blank) for blank in BLANK_LINES)) >= 0:
                    size = len(seen) - end
                tail = seen[-3:]
            if size > MAX_BYTES:
                what = "an event" if self._is_stream else "the answer"
                raise UnboundedError(f"{what} is longer than {MAX_BYTES} bytes", request=self._request)
            yield chunk

    @override
    def close(self) -> None:
        self._inner.close()


def _read_as_utf8(response: httpx.Response) -> None:
    response.encoding = "utf-8"
