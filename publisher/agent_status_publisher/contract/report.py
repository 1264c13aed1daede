"""A worker's report as plain frozen data, and as JSON.

Rule 1. A report is complete: it has all that its worker holds, so a newer report replaces an older one.
Rule 2. Times in a report are ages (`*_ms` since) and remainders (`*_ms` until) on the worker's own monotonic clock.
        The one absolute time, `at_ms`, is on Redis's clock.
Rule 3. A report counts only if all of it can be parsed. Unknown fields are allowed, an unknown schema is not. Texts
        that are too long are cut.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

import orjson

from agent_status_publisher.contract.text import (
    MAX_ERROR_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MAX_TOOL_CHARACTERS,
    cut_text,
)

SCHEMA: Final = 1
MAX_SESSIONS: Final = 1000
"""The most sessions of one worker, and the most ended session keys in one report."""
MAX_DURATION_MS: Final = 7 * 24 * 3600 * 1000
"""The longest lease, heartbeat and error TTL, in milliseconds. A report with more is malformed."""
MAX_HOST_CHARACTERS: Final = 255
MAX_KEY_BYTES: Final = 512
MIN_HEARTBEAT_MS: Final = 50
MAX_NUMBER: Final = 2**53 - 1
"""The largest number, which every JSON reader keeps exactly."""
HASH_MARGIN_MS: Final = 15_000
"""The milliseconds by which a hash outlives its lease and error TTL, so that a reader that was away finds it."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SessionState(StrEnum):
    """The states of a session."""

    THINKING = "thinking"
    TOOL_RUNNING = "tool_running"
    STREAMING = "streaming"
    WAITING_FOR_USER = "waiting_for_user"
    ERROR = "error"


_STATES: Final = {state.value: state for state in SessionState}


class SessionRecord(NamedTuple):
    """One open session, as its worker sees it when it drafts the report.

    A tuple, since gateways make thousands of them a second, and a frozen dataclass costs five times as much.

    Attributes:
        expires_ms: Milliseconds until a session in error, or a question that is not answered, vanishes. None for every
            other state.
    """

    key: str
    state: SessionState
    changed_ms: int
    run_ms: int
    title: str | None = None
    tool: str | None = None
    error: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    expires_ms: int | None = None


class EndedRecord(NamedTuple):
    """A session key that this worker has ended, and the milliseconds since the ended run began."""

    key: str
    run_ms: int


Record = TypeVar("Record", SessionRecord, EndedRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """All that a worker holds."""

    id: str
    host: str
    pid: int
    lease_ms: int
    heartbeat_ms: int
    error_ttl_ms: int
    max_concurrent: int
    uptime_ms: int
    left: bool = False
    sessions: tuple[SessionRecord, ...] = ()
    ended: tuple[EndedRecord, ...] = ()

    @property
    def ttl_ms(self) -> int:
        """The milliseconds for which Redis keeps this report."""
        return self.lease_ms + self.error_ttl_ms + HASH_MARGIN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A record, its number among its worker's reports, and when it was written (milliseconds on Redis's clock)."""

    seq: int
    at_ms: int
    record: WorkerRecord


class MalformedReportError(Exception):
    """Something that is not a report; `reason` is one of a few fixed labels, `detail` is for a log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def check_session_key(key: str) -> str:
    """Give `key` back if it may name a session.

    Raises:
        ValueError: The key is empty, longer than 512 bytes of UTF-8, or has control characters.
    """
    if not key:
        raise ValueError("a session key must not be empty")
    if not key.isascii() or len(key) > MAX_KEY_BYTES:
        size_bytes = len(key.encode("utf-8", "surrogatepass"))
        if size_bytes > MAX_KEY_BYTES:
            raise ValueError(f"a session key must not be longer than {MAX_KEY_BYTES} bytes; this one has {size_bytes}")
    if not key.isprintable() and _CONTROL.search(key):
        raise ValueError(f"a session key must not have control characters: {key!r}")
    return key


def encode_record(record: WorkerRecord) -> bytes:
    """The record as JSON. Optional fields that are false, empty or None are left out."""
    whole: dict[str, Any] = {
        "v": SCHEMA,
        "id": record.id,
        "host": record.host,
        "pid": record.pid,
        "lease_ms": record.lease_ms,
        "heartbeat_ms": record.heartbeat_ms,
        "error_ttl_ms": record.error_ttl_ms,
        "max_concurrent": record.max_concurrent,
        "uptime_ms": record.uptime_ms,
    }
    if record.left:
        whole["left"] = True
    whole["sessions"] = [_encode_session(session) for session in record.sessions]
    if record.ended:
        whole["ended"] = [{"key": run.key, "run_ms": run.run_ms} for run in record.ended]
    return orjson.dumps(whole)


def _encode_session(session: SessionRecord) -> dict[str, Any]:
    row: dict[str, Any] = {"key": session.key, "state": session.state.value}
    if session.title is not None:
        row["title"] = session.title
    if session.tool is not None:
        row["tool"] = session.tool
    if session.error is not None:
        row["error"] = session.error
    if session.input_tokens or session.output_tokens:
        row["input"] = session.input_tokens
        row["output"] = session.output_tokens
    row["changed_ms"] = session.changed_ms
    row["run_ms"] = session.run_ms
    if session.expires_ms is not None:
        row["expires_ms"] = session.expires_ms
    return row


def decode_record(encoded: bytes) -> WorkerRecord:
    """Parse a complete record.

    Raises:
        MalformedReportError: The text is not JSON or has another schema; a field is missing, of a wrong type or out of
        range; or a key is named twice.
    """
    try:
        whole = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        raise MalformedReportError("json", str(error)) from error
    if type(whole) is not dict:
        raise MalformedReportError("type", "the record is not an object")
    if whole.get("v") != SCHEMA:
        raise MalformedReportError("schema", f"version {whole.get('v')!r}, not {SCHEMA}")
    lease_ms = _number(whole, "lease_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    heartbeat_ms = _number(whole, "heartbeat_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    return WorkerRecord(
        id=_text(whole, "id"),
        host=cut_text(_text(whole, "host"), MAX_HOST_CHARACTERS),
        pid=_number(whole, "pid"),
        lease_ms=lease_ms,
        heartbeat_ms=heartbeat_ms,
        error_ttl_ms=_number(whole, "error_ttl_ms", 0, MAX_DURATION_MS),
        max_concurrent=_number(whole, "max_concurrent"),
        uptime_ms=_number(whole, "uptime_ms"),
        left=whole.get("left") is True,
        sessions=_once_each("sessions", tuple(map(_decode_session, _rows(whole, "sessions")))),
        ended=_once_each("ended", tuple(map(_decode_ended, _rows(whole, "ended")))),
    )


def _once_each(name: str, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Give the records back if each has another key: two rows of one session would be two sessions to a reader."""
    if len({record.key for record in records}) < len(records):
        raise MalformedReportError("key", f"a key is named twice in {name}")
    return records


def _decode_session(row: dict[str, Any]) -> SessionRecord:
    state = row.get("state")
    if type(state) is not str or state not in _STATES:
        raise MalformedReportError("type", "the state is unknown")
    return SessionRecord(
        _key(row),
        _STATES[state],
        _number(row, "changed_ms"),
        _number(row, "run_ms"),
        _optional_text(row, "title", MAX_TITLE_CHARACTERS),
        _optional_text(row, "tool", MAX_TOOL_CHARACTERS),
        _optional_text(row, "error", MAX_ERROR_CHARACTERS),
        _number(row, "input") if "input" in row else 0,
        _number(row, "output") if "output" in row else 0,
        None if row.get("expires_ms") is None else _number(row, "expires_ms"),
    )


def _decode_ended(row: dict[str, Any]) -> EndedRecord:
    return EndedRecord(key=_key(row), run_ms=_number(row, "run_ms"))


def _key(row: dict[str, Any]) -> str:
    try:
        return check_session_key(_text(row, "key"))
    except ValueError as error:
        raise MalformedReportError("key", str(error)) from error


def _number(row: dict[str, Any], name: str, least: int = 0, most: int = MAX_NUMBER) -> int:
    value = row.get(name)
    if type(value) is int and least <= value <= most:
        return value
    raise MalformedReportError("type", f"{name} is not a whole number from {least} to {most}")


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if type(value) is str:
        return value
    raise MalformedReportError("type", f"{name} is not a text")


def _optional_text(row: dict[str, Any], name: str, max_characters: int) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) is str:
        return value if len(value) <= max_characters else cut_text(value, max_characters)
    raise MalformedReportError("type", f"{name} is not a text")


def _rows(whole: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = whole.get(name, [])
    if type(rows) is list and all(type(row) is dict for row in rows):
        if len(rows) > MAX_SESSIONS:
            raise MalformedReportError("size", f"{len(rows)} {name}, and at most {MAX_SESSIONS} are believed")
        return rows
    raise MalformedReportError("type", f"{name} is not a list of objects")
