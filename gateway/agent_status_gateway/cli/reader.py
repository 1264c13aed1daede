"""Reader of a gateway over HTTP for the terminal commands: one snapshot, or all news as it comes."""

import random
import re
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Final

import httpx
import orjson
from httpx_sse import EventSource, ServerSentEvent, SSEError

from agent_status_gateway.cli.http_client import shut
from agent_status_gateway.cli.reading.answers import parse_change, parse_feed, parse_snapshot, parse_workers
from agent_status_gateway.cli.reading.asked_view import TOLD, can_show
from agent_status_gateway.cli.reading.folding import Fold, GapError
from agent_status_gateway.cli.reading.problems import NoGatewayError, ReaderError, RefusedError, WrongQueryError
from agent_status_gateway.cli.reading.requests import Gateway
from agent_status_gateway.cli.terminal.view import Feed, News, ReceivedSnapshot, Trouble
from agent_status_gateway.http.asking.ended import ENDED, MAX_ENDED_SECONDS
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH, WORKERS_PATH
from agent_status_gateway.state.fold.schema import SessionStatus, Snapshot
from agent_status_gateway.state.views.stalls.stalled import STALLED
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_gateway.state.workers import Workers

SILENCE_SECONDS: Final = 75.0
"""Seconds without a byte after which a stream is replaced by a new one.

They are more than two keepalives of 30 seconds. A gateway may be set to a longer keepalive, so a silent stream need
not be dead: it is only called that if the gateway does not answer on another connection either.
"""
LEAST_RETRY_SECONDS: Final = 1.0
"""Seconds before a new try at least, whatever `retry` the gateway sends."""
LAST_RETRY_SECONDS: Final = 10.0
"""Seconds before a new try at most, whatever `retry` the gateway sends."""
RETRY_GROWTH: Final = 1.5
NEW_STREAM_SECONDS: Final = 0.5
"""Seconds before a new stream. After an outage, a gateway may send its last snapshot for so long."""
EVENTS: Final = "changes,feed"
OLD_EVENTS: Final = "all"
"""Events to ask a gateway for that is from before there were changes, and views: whole snapshots, again and again."""
TOO_OLD: Final = "is older than this command and does not know --view: update it, or leave --view out"
NO_FIELDS: Final = "is older than this command and does not know --fields: update it, or leave --fields out"
NO_TELLING: Final = "is older than this command and does not tell"
OUTSIDE: Final = "sent sessions outside --view: it is older than this command, or something on the way drops the query"


class Reader:
    """Reader of one gateway, or of a view of it. The key is sent as a header, never in a URL.

    Raises:
        ReaderError: The address or the key is not valid.
    """

    def __init__(self, url: str, key: str | None = None, view: View = WHOLE, *, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or Gateway(url, key)
        self.url = self.gateway.url
        self.view = view
        self._retry_seconds = random.uniform(1, 2)  # noqa: S311 - spread, not secrecy
        self._snapshots_received = 0
        self._stream: httpx.Response | None = None
        self._is_closed = False
        self._tells_changes = False  # gateways that do also repeat the state of their feed

    @property
    def source(self) -> str:
        """Address that is read, and the view if it is not the whole."""
        part = replace(self.view, fields=()).query()
        return f"{self.url}, view {part}" if part else self.url

    def reader_of(self, view: View) -> "Reader":
        """Another reader of the same gateway, with the same key, of this view."""
        return Reader(self.url, view=view, gateway=self.gateway)

    def read_once(self) -> ReceivedSnapshot:
        """Current snapshot.

        Raises:
            ReaderError: There is no answer, or it is not a snapshot, or not one of the view.
        """
        response = self.gateway.get("?".join(filter(None, [STATUS_PATH, self.view.query()])))
        snapshot = self.gateway.parsed(parse_snapshot, response.text)
        self._check_rows(snapshot["sessions"])
        self._check_ends(snapshot)
        if any(name not in row for row in snapshot["sessions"] for name in self.view.fields):
            raise NoGatewayError(f"{self.url} {NO_FIELDS}")
        # Rows tell neither their parent nor their labels, so that an old gateway is not known by them.
        if snapshot["sessions"] and (self.view.parent is not None or self.view.label) and not self._knows_views():
            raise NoGatewayError(f"{self.url} {TOO_OLD}")
        stale = response.headers.get("X-Status-Stale", "")
        stale_seconds = float(stale) if re.fullmatch(r"[0-9]{1,9}", stale) else None
        return ReceivedSnapshot(snapshot=snapshot, text=response.text, at=time.monotonic(), stale_seconds=stale_seconds)

    def read_workers(self) -> Workers:
        """Current workers.

        Raises:
            ReaderError: There is no answer, or it does not list workers.
        """
        return self.gateway.parsed(parse_workers, self.gateway.get(WORKERS_PATH).text)

    def read_news(self) -> Iterator[News]:
        """All news, as it comes, without an end. After a loss it yields the reason, and connects again."""
        while not self._is_closed:
            received_before = self._snapshots_received
            error = yield from self._connect()
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

    def close(self) -> None:
        """End `read_news()`, which another thread reads. Its stream is closed now, and no other one is opened."""
        self._is_closed = True
        if self._stream is not None:
            shut(self._stream)

    def _connect(self) -> Generator[News, None, ReaderError | None]:
        """News of one connection, then why it ended. None means that all is well, and a new connection is needed."""
        received_before = self._snapshots_received
        is_first = True
        fold = Fold(self.view.ended or MAX_ENDED_SECONDS)
        try:
            for event in self._events():
                if event.retry is not None:
                    least_ms, most_ms = int(1000 * LEAST_RETRY_SECONDS), int(1000 * LAST_RETRY_SECONDS)
                    self._retry_seconds = min(max(event.retry, least_ms), most_ms) / 1000
                if event.event in {"status", "change"}:
                    received = self._folded(fold, event)
                    self._snapshots_received += 1
                    yield received
                elif event.event == "feed":
                    yield self._feed(event.data, is_first=is_first)
                    is_first = False
        except _OutageEndedError:
            return None
        except GapError:
            has_begun = self._snapshots_received > received_before
            return None if has_begun else ReaderError(f"{self.url} sent a change before a whole snapshot")
        except httpx.HTTPError as error:
            if isinstance(error, httpx.ReadTimeout) and self._snapshots_received > received_before:
                return self._why_silent()
            return ReaderError(self.gateway.no_answer(error))
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

    def _events(self) -> Iterator[ServerSentEvent]:
        """Events of one connection. It ends after an outage, so that the next one begins with a new snapshot.

        Another replica may be an older one. So each connection asks for changes first.

        Raises:
            _OutageEndedError: The gateway is connected to Redis again.
        """
        try:
            self._tells_changes = True
            yield from self._events_of(EVENTS)
        except WrongQueryError as error:
            self._tells_changes = False
            if error.field != "events":
                raise
            if not self.view.is_whole:
                raise NoGatewayError(f"{self.url} {TOO_OLD}") from None
            yield from self._events_of(OLD_EVENTS)

    def _events_of(self, kinds: str) -> Iterator[ServerSentEvent]:
        was_lost = False
        query = "&".join(filter(None, [f"events={kinds}", self.view.query()]))
        with self.gateway.stream(f"{STREAM_PATH}?{query}", SILENCE_SECONDS) as response:
            self._stream = response
            try:
                for event in EventSource(response).iter_sse():
                    if self._is_closed:
                        return
                    if event.event == "feed":
                        is_lost = self._feed(event.data).is_lost
                        if was_lost and not is_lost:
                            raise _OutageEndedError
                        was_lost = is_lost
                    yield event
            except SSEError:
                self.gateway.refuse()
            finally:
                self._stream = None

    def _folded(self, fold: Fold, event: ServerSentEvent) -> ReceivedSnapshot:
        """Whole snapshot after this event.

        Raises:
            GapError: The event is a change of another snapshot than the last one.
        """
        at = time.monotonic()
        if event.event == "status":
            snapshot = self.gateway.parsed(parse_snapshot, event.data)
            self._check_rows(snapshot["sessions"])
            self._check_ends(snapshot)
            fold.begin(snapshot, event.id, at)
            return ReceivedSnapshot(snapshot=snapshot, text=event.data, at=at)
        change = self.gateway.parsed(parse_change, event.data)
        self._check_rows(change["sessions"])
        fold.take(change, event.id, at)
        snapshot = fold.snapshot
        return ReceivedSnapshot(snapshot=snapshot, text=orjson.dumps(snapshot).decode(), at=at)

    def _check_rows(self, rows: list[SessionStatus]) -> None:
        """Refuse rows outside the view, or without what it asks for: whatever sent them has ignored the query."""
        if not all(can_show(self.view, row) for row in rows):
            raise NoGatewayError(f"{self.url} {OUTSIDE}")
        if self.view.stalled is not None and not all("stalled" in row for row in rows):
            raise NoGatewayError(f"{self.url} {NO_TELLING} {TOLD[STALLED]}")

    def _check_ends(self, snapshot: Snapshot) -> None:
        if self.view.ended is not None and "ended" not in snapshot:
            raise NoGatewayError(f"{self.url} {NO_TELLING} {TOLD[ENDED]}")

    def _knows_views(self) -> bool:
        """Ask for what a gateway refuses if it knows views: a state without a value."""
        try:
            self.gateway.get(f"{STATUS_PATH}?state=")
        except WrongQueryError:
            return True
        return False

    def _feed(self, text: str, *, is_first: bool = False) -> Feed:
        event = self.gateway.parsed(parse_feed, text)
        now = time.monotonic()
        return Feed(
            is_lost=event.state == "lost",
            since=now - event.since_seconds,
            at=now,
            is_first=is_first,
            will_repeat=self._tells_changes,
        )


class _OutageEndedError(Exception):
    """The gateway is connected to Redis again, so a new snapshot is needed."""
