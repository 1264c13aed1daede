"""Pure: one row of the snapshot: what it shows, since when, its part in the snapshot's id, its bytes and its details.

A row's bytes are made once, when somebody first asks for them. Only the duration is filled in each time.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from agent_status_gateway.state.ends.said import WORKER_LOST
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.text_hash import text_hash
from agent_status_publisher.contract.details.details import NO_DETAILS, Details
from agent_status_publisher.contract.details.labels import united
from agent_status_publisher.contract.wire import SessionRecord, SessionState


class Shown(NamedTuple):
    """All that a row shows but its key and its duration."""

    state: SessionState
    title: str | None
    tool: str | None
    error: str | None
    input_tokens: int
    output_tokens: int


class Source:
    """The worker that a row is of, by its newest report: a row is not touched when it only grows older.

    Attributes:
        rows: All rows that are shown, by key: a row's parent is found there.
    """

    __slots__ = ("known", "noted_late", "rows")

    def __init__(self, known: KnownWorker, rows: "Mapping[str, Row] | None" = None) -> None:
        self.known = known
        self.rows: Mapping[str, Row] = {} if rows is None else rows
        self.noted_late = known.late_seconds
        """How late its reports came when the starts of all its rows were last noted."""


class Row:
    """One row of a session that its source holds.

    Attributes:
        details: What the session says besides, with the labels of its worker. Few readers ask for them.
        extras: The bytes of details that were made for readers who ask for them, by what they ask for.
    """

    __slots__ = (
        "_after",
        "_before",
        "details",
        "extras",
        "hash",
        "key",
        "noted_call",
        "noted_start",
        "shown",
        "source",
    )

    def __init__(self, key: str, shown: Shown, source: Source, details: Details = NO_DETAILS) -> None:
        self.key = key
        self.shown = shown
        self.source = source
        self.details = details
        self.extras: dict[Any, bytes] | None = None
        self.hash = row_hash(key, shown.state, shown.tool)
        """The part of the snapshot's id that its key, state and tool make."""
        self.noted_start = 0.0
        """When its state began, as last noted (folded_rows: Rule 2)."""
        self.noted_call = 0.0
        """When its agent last made a call, as last noted (folded_rows: Rule 4)."""
        self._before = b""
        self._after = b""

    @property
    def started_at(self) -> float:
        """When its state began, in seconds on the replica's monotonic clock."""
        return self.source.known.began_at(self.key)

    @property
    def called_at(self) -> float:
        """When its agent last made a call, in seconds on the replica's monotonic clock."""
        return self.source.known.called_at(self.key)

    def json(self, now: float) -> bytes:
        """The row as JSON, at this moment."""
        if not self._before:
            self._encode()
        seconds = now - self.source.known.began_at(self.key)
        return b"%b%.1f%b" % (self._before, max(0.0, seconds), self._after)

    def _encode(self) -> None:
        shown = self.shown
        channel, session_id = split_key(self.key)
        before = {
            "session_key": self.key,
            "session_id": session_id,
            "channel": channel,
            "title": shown.title,
            "state": shown.state._value_,
            "tool_name": shown.tool,
        }
        used = shown.input_tokens or shown.output_tokens
        after = {
            "token_usage": {"input": shown.input_tokens, "output": shown.output_tokens} if used else None,
            "error_message": shown.error,
        }
        self._before = orjson.dumps(before)[:-1] + b',"duration_seconds":'
        self._after = b"," + orjson.dumps(after)[1:]


def row_hash(key: str, state: SessionState, tool: str | None) -> int:
    """Hash what makes a row news. A key has no control characters, so the parts cannot be confused."""
    return text_hash(f"{key}\0{state._value_}" if tool is None else f"{key}\0{state._value_}\0{tool}")


def shown_of(session: SessionRecord, known: KnownWorker) -> Shown:
    """Find what a session's row shows.

    A lost worker's sessions show `error`, "worker lost", no tool. Those in error keep their message.
    """
    _, state, _, _, title, tool, error, input_tokens, output_tokens, _, _, _ = session
    if known.is_lost and state is not SessionState.ERROR:
        return Shown(SessionState.ERROR, title, None, WORKER_LOST, input_tokens, output_tokens)
    return Shown(state, title, tool, error, input_tokens, output_tokens)


def details_of(session: SessionRecord, known: KnownWorker) -> Details:
    """Find the details of a session's row: its own, and the labels of its worker. A lost worker's waits for nobody."""
    own, of_worker = session.details, known.report.record.labels
    if own is None:
        return Details(of_worker) if of_worker else NO_DETAILS
    if of_worker:
        own = own._replace(labels=united(own.labels, of_worker))
    if own.waiting_for is not None and known.is_lost:
        own = own._replace(waiting_for=None)
    return NO_DETAILS if own == NO_DETAILS else own
