"""Details of the one session that is open: a stream of its own, which a thread reads as long as it is open."""

from collections.abc import Callable
from queue import Queue

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.terminal.listening import start_reading, taken
from agent_status_gateway.cli.terminal.session.facts import OpenedSession
from agent_status_gateway.cli.terminal.view import Known, News
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.fields import FIELD_NAMES
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
        self._reader: Reader | None = None
        self._unread: Queue[News] = Queue()
        self._known = Known()
        self._last: SessionStatus | None = None
        self.key: str | None = None

    def open(self, key: str | None) -> None:
        """Read the details of the session with this key, and of no other; None for none at all."""
        if key == self.key:
            return
        self.close()
        self.key = key
        if key is not None:
            self._reader = self._of.reader_of(View(session=frozenset({key}), fields=FIELD_NAMES))
            self._unread = start_reading(self._reader, self._on_news)

    def close(self) -> None:
        """End the reading."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._known, self._last, self.key = None, Known(), None, None
        self._unread = Queue()

    def look(self, listed: SessionStatus | None, now: float) -> OpenedSession:
        """The open session at this time. What the list says of it, `listed`, goes before what the details say."""
        self._known = taken(self._unread, self._known)
        snapshot = self._known.snapshot(now)
        told = next((row for row in snapshot["sessions"] if row["session_key"] == self.key), None) if snapshot else None
        row: SessionStatus | None = {**told, **listed} if told and listed else listed or told
        trouble = self._known.trouble
        if row is not None:
            self._last = row if told or self._last is None else {**self._last, **row}
        return OpenedSession(
            key=self.key or "",
            row=self._last,
            is_open=row is not None or snapshot is None,
            problem="" if trouble is None else trouble.reason,
        )
