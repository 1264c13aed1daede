"""Pure: one row of the snapshot: what it shows, since when, its part in the snapshot's id, and its bytes.

A row's bytes are made once, when somebody first asks for them. Only the duration is filled in each time.
"""

from hashlib import blake2b
from typing import Final, NamedTuple

import orjson

from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.wire import SessionRecord, SessionState

WORKER_LOST: Final = "worker lost"
HASH_BYTES: Final = 16
"""Bytes of a row's hash. With eight, two sets of sessions with one sum could be found in a few hours."""


class Shown(NamedTuple):
    """All that a row shows but its key and its duration."""

    state: SessionState
    title: str | None
    tool: str | None
    error: str | None
    input_tokens: int
    output_tokens: int


class Row:
    """One row. `started_at` is when its state began, in seconds on the replica's monotonic clock."""

    __slots__ = ("_after", "_before", "hash", "key", "shown", "started_at")

    def __init__(self, key: str, shown: Shown, started_at: float) -> None:
        self.key = key
        self.shown = shown
        self.started_at = started_at
        self.hash = row_hash(key, shown.state, shown.tool)
        """The part of the snapshot's id that its key, state and tool make."""
        self._before = b""
        self._after = b""

    def duration_seconds(self, now: float) -> float:
        """Seconds since the state began, to a tenth."""
        return round(now - self.started_at, 1) if now > self.started_at else 0.0

    def json(self, now: float) -> bytes:
        """The row as JSON, at this moment."""
        if not self._before:
            self._encode()
        seconds = now - self.started_at
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
    text = f"{key}\0{state._value_}" if tool is None else f"{key}\0{state._value_}\0{tool}"
    return int.from_bytes(blake2b(text.encode(), digest_size=HASH_BYTES).digest())


def shown_of(session: SessionRecord, known: KnownWorker) -> tuple[Shown, float]:
    """Find what a session's row shows, and the moment at which that began.

    A lost worker's sessions show `error`, "worker lost", no tool. Those in error keep their message.
    """
    _, state, changed_ms, _, title, tool, error, input_tokens, output_tokens, _ = session
    if known.is_lost and state is not SessionState.ERROR:
        shown = Shown(SessionState.ERROR, title, None, WORKER_LOST, input_tokens, output_tokens)
        return shown, known.lease_ends_at
    return Shown(state, title, tool, error, input_tokens, output_tokens), known.moment - changed_ms / 1000
