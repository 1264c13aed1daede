"""Reader of a gateway over HTTP for the terminal commands: one snapshot, or all news as it comes."""

import random
import re
import time
from collections.abc import Generator, Iterator
from typing import Final, NoReturn

import httpx
from httpx_sse import ServerSentEvent, SSEError, connect_sse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from agent_status_gateway.cli.http_client import CertificatesError, open_client, within
from agent_status_gateway.cli.proxy import ProxyError
from agent_status_gateway.cli.terminal.presentation import plain
from agent_status_gateway.cli.terminal.view import Feed, News, ReceivedSnapshot, Trouble
from agent_status_gateway.fanout.events.frames import FeedState
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH, WORKERS_PATH
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.workers import Workers

TIMEOUT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 75.0
"""Seconds without a byte after which a stream is replaced by a new one.

They are more than two keepalives of 30 seconds. A gateway may be set to a longer keepalive, so a silent stream need
not be dead: it is only called that if the gateway does not answer on another connection either.
"""
ANSWER_SECONDS: Final = 30.0
"""Seconds in which the whole answer to one request must come, when it is not a stream."""
LEAST_RETRY_SECONDS: Final = 1.0
"""Seconds before a new try at least, whatever `retry` the gateway sends."""
LAST_RETRY_SECONDS: Final = 10.0
"""Seconds before a new try at most, whatever `retry` the gateway sends."""
RETRY_GROWTH: Final = 1.5
NEW_STREAM_SECONDS: Final = 0.5
"""Seconds before a new stream. After an outage, a gateway may send its last snapshot for so long."""
PASSING: Final = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS}

MAX_NUMBER: Final = 2**53
"""The greatest number that a gateway sends, of any unit: the greatest that JSON readers agree on (RFC 8259, section 6).
"""

_snapshot = TypeAdapter(Snapshot)
_workers = TypeAdapter(Workers)


class _FeedEvent(BaseModel):
    state: FeedState
    since_seconds: float = Field(ge=0, le=MAX_NUMBER)


class ReaderError(Exception):
    """The gateway cannot be read; the message says why, and what to do."""


class RefusedError(ReaderError):
    """The gateway refuses, and would refuse again."""


class NoGatewayError(ReaderError):
    """The answer is not a gateway's."""


class Reader:
    """Reader of one gateway. The key is sent as a header, never in a URL.

    Raises:
        ReaderError: The address or the key is not valid.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url, self._address = parse_address(url)
        self._headers = key_headers(key)
        try:
            self._client(httpx.Timeout(TIMEOUT_SECONDS)).close()
        except (ProxyError, CertificatesError) as error:
            raise ReaderError(str(error)) from None
        self._retry_seconds = random.uniform(1, 2)  # noqa: S311 - spread, not secrecy
        self._snapshots_received = 0

    def read_once(self) -> ReceivedSnapshot:
        """Current snapshot.

        Raises:
            ReaderError: There is no answer, or it is not a snapshot.
        """
        response = self._get(STATUS_PATH)
        stale = response.headers.get("X-Status-Stale", "")
        return self._received(response.text, float(stale) if re.fullmatch(r"[0-9]{1,9}", stale) else None)

    def read_workers(self) -> Workers:
        """Current workers.

        Raises:
            ReaderError: There is no answer, or it does not list workers.
        """
        response = self._get(WORKERS_PATH)
        try:
            workers = _workers.validate_json(response.text)
        except ValidationError:
            self._not_a_gateway()
        return workers if _is_in_bounds(workers) else self._not_a_gateway()

    def read_news(self) -> Iterator[News]:
        """All news, as it comes, without an end. After a loss it yields the reason, and connects again."""
        timeout = httpx.Timeout(TIMEOUT_SECONDS, read=SILENCE_SECONDS)
        with self._client(timeout) as client:
            while True:
                received_before = self._snapshots_received
                error = yield from self._connect(client)
                if error is None:
                    time.sleep(NEW_STREAM_SECONDS)
                    continue
                # Wait for a gateway that has once answered, whatever answers in its place now.
                is_first = self._snapshots_received == 0
                is_final = isinstance(error, RefusedError) or (isinstance(error, NoGatewayError) and is_first)
                wait_seconds = self._retry_seconds
                yield Trouble(reason=str(error), retry_at=time.monotonic() + wait_seconds, is_final=is_final)
                time.sleep(wait_seconds)
                if self._snapshots_received == received_before:
                    self._retry_seconds = min(RETRY_GROWTH * wait_seconds, LAST_RETRY_SECONDS)

    def _client(self, timeout: httpx.Timeout) -> httpx.Client:
        return open_client(self._address, self._headers, timeout)

    def _get(self, path: str) -> httpx.Response:
        try:
            with self._client(httpx.Timeout(TIMEOUT_SECONDS)) as client:
                response = within(ANSWER_SECONDS, lambda: client.get(path))
        except httpx.HTTPError as error:
            raise ReaderError(self._no_answer(error)) from None
        self._check(response)
        return response

    def _connect(self, client: httpx.Client) -> Generator[News, None, ReaderError | None]:
        """News of one connection, then why it ended. None means that all is well, and a new connection is needed."""
        received_before = self._snapshots_received
        is_first = True
        try:
            for event in self._events(client):
                if event.retry is not None:
                    least_ms, most_ms = int(1000 * LEAST_RETRY_SECONDS), int(1000 * LAST_RETRY_SECONDS)
                    self._retry_seconds = min(max(event.retry, least_ms), most_ms) / 1000
                if event.event == "status":
                    received = self._received(event.data)
                    self._snapshots_received += 1
                    yield received
                elif event.event == "feed":
                    yield self._feed(event.data, is_first=is_first)
                    is_first = False
        except _OutageEndedError:
            return None
        except httpx.HTTPError as error:
            if isinstance(error, httpx.ReadTimeout) and self._snapshots_received > received_before:
                return self._why_silent()
            return ReaderError(self._no_answer(error))
        except ReaderError as error:
            return error
        is_over = self._snapshots_received > received_before
        return ReaderError("the gateway closed the stream" if is_over else "the gateway accepts no streams now")

    def _why_silent(self) -> ReaderError | None:
        """Ask over another connection. None means that the gateway is well, and only a new stream is needed."""
        try:
            self.read_once()
        except ReaderError as error:
            return error
        return None

    def _events(self, client: httpx.Client) -> Iterator[ServerSentEvent]:
        """Events of one connection. It ends after an outage, so that the next one begins with a new snapshot.

        Raises:
            _OutageEndedError: The gateway is connected to Redis again.
        """
        was_lost = False
        with connect_sse(client, "GET", f"{self._address}{STREAM_PATH}", params={"events": "all"}) as source:
            if source.response.status_code != httpx.codes.OK:
                source.response.read()
            self._check(source.response)
            try:
                for event in source.iter_sse():
                    if event.event == "feed":
                        is_lost = self._feed(event.data).is_lost
                        if was_lost and not is_lost:
                            raise _OutageEndedError
                        was_lost = is_lost
                    yield event
            except SSEError:
                self._not_a_gateway()

    def _received(self, text: str, stale_seconds: float | None = None) -> ReceivedSnapshot:
        try:
            snapshot = _snapshot.validate_json(text)
        except ValidationError:
            self._not_a_gateway()
        if not _is_in_bounds(snapshot):
            self._not_a_gateway()
        return ReceivedSnapshot(snapshot=snapshot, text=text, at=time.monotonic(), stale_seconds=stale_seconds)

    def _feed(self, text: str, *, is_first: bool = False) -> Feed:
        try:
            event = _FeedEvent.model_validate_json(text)
        except ValidationError:
            self._not_a_gateway()
        now = time.monotonic()
        return Feed(is_lost=event.state == "lost", since=now - event.since_seconds, at=now, is_first=is_first)

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            problem = "refused the key" if b"X-Status-Key" in self._headers else "requires a key"
            raise RefusedError(f"{self.url} {problem}: set AGENT_STATUS_API_KEY or use --key-file")
        if status == httpx.codes.OK:
            return
        reason = f"{self.url} answered {status}: {plain(response.text[:200])}"
        raise (NoGatewayError if response.has_redirect_location or _is_final(status) else ReaderError)(reason)

    def _not_a_gateway(self) -> NoReturn:
        raise NoGatewayError(f"{self.url} did not answer with a status snapshot: is it a gateway?")

    def _no_answer(self, error: httpx.HTTPError) -> str:
        if isinstance(error, httpx.ReadTimeout):
            return f"{self.url} does not answer"
        return f"no gateway answers at {self.url}: {str(error) or type(error).__name__}"


class _OutageEndedError(Exception):
    """The gateway is connected to Redis again, so a new snapshot is needed."""


def _is_in_bounds(value: object) -> bool:
    """True if no number in it is too great or is not a number. Such numbers would fail wherever they are shown."""
    match value:
        case dict():
            return all(map(_is_in_bounds, value.values()))
        case list():
            return all(map(_is_in_bounds, value))
        case int() | float():
            return -MAX_NUMBER <= value <= MAX_NUMBER
        case _:
            return True


def _is_final(status: int) -> bool:
    return httpx.codes.is_client_error(status) and status not in PASSING


def parse_address(url: str) -> tuple[str, str]:
    """Address to show, and address to use: without and with the user's name and password.

    Raises:
        ReaderError: It is not the address of a server.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ReaderError(f"--url must be an address such as http://localhost:8000, not {url!r}")
    if parsed.query or parsed.fragment:
        raise ReaderError(
            "--url must not have a query or fragment: use --key-file for a key, and for --url http://localhost:8000"
        )
    return str(parsed.copy_with(userinfo=b"")).rstrip("/"), str(parsed).rstrip("/")


def key_headers(key: str | None) -> dict[bytes, bytes]:
    """Header of the key; none without one.

    Raises:
        ReaderError: The key is longer than a line.
    """
    key = (key or "").strip()
    if "\n" in key or "\r" in key:
        raise ReaderError("the key must be a single line")
    return {b"X-Status-Key": key.encode()} if key else {}
