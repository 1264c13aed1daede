"""Details of the one session that is open: a stream of its own, which a thread reads as long as it is open.

The list's stream has neither its fields nor its end: those of the whole fleet would make every event larger. So there
is a second stream, with one row. A third one, of the children, would cost the gateway more than it tells
(live/children.py). The parent is a row of the list.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Queue
from typing import Final

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.terminal.ended_sessions import ends_within
from agent_status_gateway.cli.terminal.listening import start_reading, taken
from agent_status_gateway.cli.terminal.live.children import Children
from agent_status_gateway.cli.terminal.session.facts import OpenedSession
from agent_status_gateway.cli.terminal.view import Known, News
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_gateway.state.views.view import View

ENDED_SECONDS: Final = 900
"""Seconds since an end that is told, if the reader does not say otherwise. A gateway forgets none that is younger."""


class Details:
    """Details of the session that is open. Between sessions, nothing is read.

    Args:
        reader: Reader of the list. Its gateway is read, and its view says how old an end may be.
        on_news: Function to call from another thread when there is news.
    """

    def __init__(self, reader: Reader, on_news: Callable[[], None]) -> None:
        self._of = reader
        self._on_news = on_news
        self._ended_seconds = reader.view.ended or ENDED_SECONDS
        self._itself: _Stream | None = None
        self._children: Children | None = None
        self._last: SessionStatus | None = None
        self.key: str | None = None

    def open(self, key: str | None) -> None:
        """Read the details of the session with this key, and of no other; None for none at all."""
        if key == self.key:
            return
        self.close()
        self.key = key
        if key is not None:
            self._itself = self._stream_of(key, ended=self._ended_seconds)
            self._children = Children(
                self._of.gateway,
                key,
                ended_seconds=self._ended_seconds,
                is_list_whole=replace(self._of.view, ended=None, stalled=None).is_whole,
                on_news=self._on_news,
            )

    def close(self) -> None:
        """End the reading."""
        for part in (self._itself, self._children):
            if part is not None:
                part.close()
        self._itself = self._children = self._last = self.key = None

    def look(self, listed: Sequence[SessionStatus], seen: Sequence[tuple[str, str]], now: float) -> OpenedSession:
        """The open session at this time. What the list says of it goes before what the details say.

        Args:
            listed: All sessions of the list.
            seen: Times and words of what the session did, as far as the terminal has seen it.
            now: The moment.
        """
        key = self.key or ""
        by_key = {row["session_key"]: row for row in listed}
        told, ends = self._told(now)
        row: SessionStatus | None = {**told, **by_key.get(key, told)} if told else by_key.get(key)
        if row is not None:
            self._last = row if told or self._last is None else {**self._last, **row}
        children, ended_children = ([], []) if self._children is None else self._children.look(by_key, now)
        return OpenedSession(
            key=key,
            row=self._last,
            is_open=row is not None or self._itself is None or self._itself.known.received is None,
            end=next((end for end in ends if end["session_key"] == key), None) if row is None else None,
            problem=next(filter(None, (part.problem for part in (self._itself, self._children) if part)), ""),
            parent=by_key.get(self._last.get("parent") or "") if self._last else None,
            children=children,
            ended_children=ended_children,
            seen=seen,
        )

    def _told(self, now: float) -> tuple[SessionStatus | None, list[EndedStatus]]:
        """Row of the session as the stream tells it, and ends that are not too old."""
        if self._itself is None or self.key is None:
            return None, []
        self._itself.take_news()
        if self._itself.is_refused and self._itself.view.ended is not None:  # the gateway may know nothing of ends
            self._itself = self._stream_of(self.key)
        snapshot = self._itself.known.snapshot(now)
        if snapshot is None:
            return None, []
        row = next((row for row in snapshot["sessions"] if row["session_key"] == self.key), None)
        return row, ends_within(snapshot, self._ended_seconds) or []

    def _stream_of(self, key: str, *, ended: int | None = None) -> "_Stream":
        view = View(session=frozenset({key}), fields=FIELD_NAMES, ended=ended)
        return _Stream(self._of.reader_of(view), self._on_news)


class _Stream:
    """One stream, and what is known of it."""

    def __init__(self, reader: Reader, on_news: Callable[[], None]) -> None:
        self.known = Known()
        self.view = reader.view
        self._reader = reader
        self._unread: Queue[News] = start_reading(reader, on_news)

    @property
    def problem(self) -> str:
        trouble = self.known.trouble
        return "" if trouble is None else trouble.reason

    @property
    def is_refused(self) -> bool:
        """True if no more news will come."""
        return self.known.trouble is not None and self.known.trouble.is_final

    def take_news(self) -> None:
        self.known = taken(self._unread, self.known)

    def close(self) -> None:
        self._reader.close()
