"""Details of the one session that is open: streams of its own, which threads read as long as it is open."""

from collections.abc import Callable, Sequence
from queue import Queue

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.terminal.listening import start_reading, taken
from agent_status_gateway.cli.terminal.session.facts import OpenedSession
from agent_status_gateway.cli.terminal.view import Known, News
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.fields import FIELD_NAMES, PARENT
from agent_status_gateway.state.views.view import View


class Details:
    """Details of the session that is open. Between sessions, nothing is read.

    Args:
        reader: Reader of the gateway; only its address and its key are used.
        on_news: Function to call from another thread when there is news.
    """

    def __init__(self, reader: Reader, on_news: Callable[[], None]) -> None:
        self._of = reader
        self._on_news = on_news
        self._itself: _Part | None = None
        self._children: _Part | None = None
        self._last: SessionStatus | None = None
        self.key: str | None = None

    def open(self, key: str | None) -> None:
        """Read the details of the session with this key, and of no other; None for none at all."""
        if key == self.key:
            return
        self.close()
        self.key = key
        if key is not None:
            keys = frozenset({key})
            self._itself = _Part(self._of.reader_of(View(session=keys, fields=FIELD_NAMES)), self._on_news)
            self._children = _Part(self._of.reader_of(View(parent=keys, fields=(PARENT,))), self._on_news)

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
        told, of_list = self._told(now), _row(listed, self.key)
        row: SessionStatus | None = {**told, **of_list} if told and of_list else of_list or told
        if row is not None:
            self._last = row if told or self._last is None else {**self._last, **row}
        return OpenedSession(
            key=self.key or "",
            row=self._last,
            is_open=row is not None or self._itself is None or self._itself.known.received is None,
            problem=next(filter(None, (part.problem for part in (self._itself, self._children) if part)), ""),
            parent=_row(listed, self._last.get("parent")) if self._last else None,
            children=[] if self._children is None else self._rows_of(self._children, now),
            seen=seen,
        )

    def _told(self, now: float) -> SessionStatus | None:
        return None if self._itself is None else _row(self._itself.rows(now), self.key)

    def _rows_of(self, children: "_Part", now: float) -> list[SessionStatus]:
        """Rows that say that they are children: an older gateway may send others."""
        return [row for row in children.rows(now) if row.get("parent") == self.key]


class _Part:
    """One stream, and what is known of it."""

    def __init__(self, reader: Reader, on_news: Callable[[], None]) -> None:
        self.known = Known()
        self._reader = reader
        self._unread: Queue[News] = start_reading(reader, on_news)

    @property
    def problem(self) -> str:
        trouble = self.known.trouble
        return "" if trouble is None else trouble.reason

    def rows(self, now: float) -> list[SessionStatus]:
        self.known = taken(self._unread, self.known)
        snapshot = self.known.snapshot(now)
        return [] if snapshot is None else snapshot["sessions"]

    def close(self) -> None:
        self._reader.close()


def _row(rows: Sequence[SessionStatus], key: str | None) -> SessionStatus | None:
    return next((row for row in rows if row["session_key"] == key), None)
