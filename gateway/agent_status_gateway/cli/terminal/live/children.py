"""Children of the open session: those that work for it, and those that did. The gateway is asked now and then.

They are asked for, and not streamed: a stream counts in the gateway's limits on streams and views, for each person who
has a session open. Only who they are comes with an answer. What they do comes with the list, as far as it shows them.
The page asks as often (`dashboard/page/session/children.js`).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent_status_gateway.cli.reading.answers import parse_snapshot
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.reading.requests import Gateway
from agent_status_gateway.cli.terminal.ended_sessions import ends_within
from agent_status_gateway.cli.terminal.view import aged
from agent_status_gateway.paths import STATUS_PATH
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus, Snapshot
from agent_status_gateway.state.views.fields import PARENT
from agent_status_gateway.state.views.view import View

ASK_SECONDS: Final = 5.0
"""Seconds from an answer to the next question."""
SOON_SECONDS: Final = 1.0
"""Seconds from an answer to the next question, if a child has left the list: it may have ended."""
MANY: Final = 200
"""Children that make an answer large. With each further time as many, the next question is ASK_SECONDS later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Last answer.

    Attributes:
        snapshot: None before the first one.
        at: Moment at which the snapshot came.
        problem: The reason why there is none, or no newer one.
    """

    snapshot: Snapshot | None = None
    at: float = 0.0
    problem: str = ""


class Children:
    """Children of one session, asked for by a thread until they are closed.

    Args:
        gateway: Gateway to ask.
        parent: Key of the session.
        ended_seconds: Maximum seconds since the end of those that have ended.
        is_list_whole: True if the list shows every session, so that a child that it does not show is not open.
        on_news: Function to call from the thread when an answer has come.
    """

    def __init__(
        self, gateway: Gateway, parent: str, *, ended_seconds: int, is_list_whole: bool, on_news: Callable[[], None]
    ) -> None:
        self._gateway = gateway
        self._parent = parent
        self._ended_seconds = ended_seconds
        self._is_list_whole = is_list_whole
        self._on_news = on_news
        self._answer = _Answer()
        self._has_left = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._keep_asking, name="children", daemon=True).start()

    @property
    def problem(self) -> str:
        """The reason why there is no newest answer; empty if there is one."""
        return self._answer.problem

    def look(self, listed: Mapping[str, SessionStatus], now: float) -> tuple[list[SessionStatus], list[EndedStatus]]:
        """Children that are open, and those that have ended, the newest first, at this time.

        Args:
            listed: All sessions of the list by their keys. What it says of a child goes before what the answer says.
            now: The moment.
        """
        answer = self._answer
        if answer.snapshot is None:
            return [], []
        snapshot = aged(answer.snapshot, now - answer.at)
        rows: list[SessionStatus] = [{**row, **listed.get(row["session_key"], row)} for row in snapshot["sessions"]]
        if self._is_list_whole:
            rows = [row for row in rows if row["session_key"] in listed]
            if len(rows) < len(snapshot["sessions"]):
                self._has_left.set()
        ends = ends_within(snapshot, self._ended_seconds) or []
        return rows, [end for end in ends if end["session_key"] not in listed]

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()
        self._has_left.set()

    def _keep_asking(self) -> None:
        while not self._closed.is_set():
            self._has_left.clear()
            try:
                self._answer = _Answer(snapshot=self._ask(), at=time.monotonic())
            except ReaderError as error:
                self._answer = replace(self._answer, problem=str(error))
            self._on_news()
            self._pause()

    def _ask(self) -> Snapshot:
        """Children alone, whatever an older gateway sends: that knows no parents, or no ends."""
        view = View(parent=frozenset({self._parent}), fields=(PARENT,), ended=self._ended_seconds)
        response = self._gateway.get(f"{STATUS_PATH}?{view.query()}")
        snapshot = self._gateway.parsed(parse_snapshot, response.text)
        children = [row for row in snapshot["sessions"] if row.get("parent") == self._parent]
        return {**snapshot, "sessions": children}

    def _pause(self) -> None:
        snapshot = self._answer.snapshot
        number = 0 if snapshot is None else len(snapshot["sessions"]) + len(snapshot.get("ended", []))
        if not self._closed.wait(SOON_SECONDS):
            self._has_left.wait(ASK_SECONDS * (1 + number // MANY) - SOON_SECONDS)
